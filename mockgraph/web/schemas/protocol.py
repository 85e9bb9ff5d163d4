"""The newer thread protocol: commands, their answers, and events."""

from typing import Any

from mockgraph.web.schemas.pieces import COUNT, INTEGER, NULL, STRING, Schema, enum, listed, record, ref

CHANNELS = ("values", "updates", "messages", "tools", "lifecycle", "input", "tasks", "custom")
ERRORS = (
    "invalid_argument",
    "unknown_command",
    "unknown_error",
    "no_such_run",
    "no_such_subscription",
    "no_such_namespace",
    "no_such_interrupt",
    "no_such_checkpoint",
    "permission_denied",
    "not_supported",
)
_ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}


def _open(*required: str, **properties: Schema) -> Schema:
    """An object with these properties and any others."""
    return {**record(*required, **properties), "additionalProperties": True}


def _type(name: str) -> dict[str, Any]:
    return {"type": {"type": "string", "const": name}}


SCHEMAS: dict[str, Schema] = {
    "ProtocolChannel": {
        "type": "string",
        "anyOf": [enum(*CHANNELS), {"type": "string", "pattern": "^custom:.+$"}],
    },
    "ProtocolNamespace": listed(STRING),
    "ProtocolEventStreamRequest": _open(
        "channels",
        channels={**listed(ref("ProtocolChannel")), "minItems": 1},
        namespaces=listed(ref("ProtocolNamespace")),
        depth=COUNT,
        since=COUNT,
    ),
    "ProtocolCommand": _open("id", "method", id=COUNT, method=STRING, params=_ANY_OBJECT),
    "ProtocolResponseMeta": _open(applied_through_seq=COUNT),
    "ProtocolSuccess": _open(
        *("type", "id", "result"),
        **_type("success"),
        id=COUNT,
        result=_ANY_OBJECT,
        meta=ref("ProtocolResponseMeta"),
    ),
    "ProtocolError": _open(
        *("type", "id", "error", "message"),
        **_type("error"),
        id={"oneOf": [COUNT, NULL]},
        error=enum(*ERRORS),
        message=STRING,
        stacktrace=STRING,
        meta=ref("ProtocolResponseMeta"),
    ),
    "ProtocolEvent": _open(
        *("type", "method", "params"),
        **_type("event"),
        event_id=STRING,
        seq=COUNT,
        method=STRING,
        params=_open(
            *("namespace", "timestamp", "data"),
            namespace=ref("ProtocolNamespace"),
            timestamp=INTEGER,
            data={},
            node=STRING,
        ),
    ),
}
