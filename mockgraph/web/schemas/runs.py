"""Runs, as requests and answers have them."""

from mockgraph.backend.runs import COLUMNS
from mockgraph.web.schemas.pieces import (
    ANY_JSON,
    CONFIG,
    FALSE,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TIME,
    UUID,
    Schema,
    enum,
    listed,
    nullable,
    record,
    ref,
)
from mockgraph.words.vocabulary import DURABILITIES, MULTITASK_STRATEGIES, RUN_STATUSES, STREAM_MODES

_NODES: Schema = {"anyOf": [enum("*"), listed(STRING)]}
_FIELDS: dict[str, Schema] = {
    "assistant_id": {"anyOf": [UUID, STRING]},
    "checkpoint": {"type": "object", **ref("CheckpointConfig")},
    "input": {
        "anyOf": [{"type": kind} for kind in ("object", "array", "string", "number", "boolean", "null")]
    },
    "command": {"anyOf": [ref("Command"), NULL]},
    "metadata": OBJECT,
    "config": CONFIG,
    "context": OBJECT,
    "webhook": {"type": "string", "maxLength": 65536, "minLength": 1, "format": "uri-reference"},
    "interrupt_before": _NODES,
    "interrupt_after": _NODES,
    "stream_mode": {"anyOf": [listed(enum(*STREAM_MODES)), enum(*STREAM_MODES)], "default": ["values"]},
    "stream_subgraphs": FALSE,
    "stream_resumable": FALSE,
    "feedback_keys": listed(STRING),
    "multitask_strategy": enum(*MULTITASK_STRATEGIES, default="enqueue"),
    "if_not_exists": enum("create", "reject", default="reject"),
    "on_completion": enum("delete", "keep", default="delete"),
    "after_seconds": NUMBER,
    "checkpoint_during": {"type": "boolean", "deprecated": True, "default": False},
    "durability": enum(*DURABILITIES, default="async"),
}
_STATEFUL = tuple(name for name in _FIELDS if name != "on_completion")
_STATELESS = (
    *("assistant_id", "input", "command", "metadata", "config", "context", "webhook", "stream_mode"),
    *("feedback_keys", "stream_subgraphs", "stream_resumable", "on_completion", "after_seconds"),
    *("checkpoint_during", "durability"),
)


def fields(*names: str) -> dict[str, Schema]:
    """What a request for a run may say, these of it."""
    return {name: _FIELDS[name] for name in names}


def _streaming(name: str) -> Schema:
    disconnect = record(on_disconnect=enum("cancel", "continue", default="continue"))
    return {"allOf": [ref(name), disconnect]}


SCHEMAS: dict[str, Schema] = {
    "Run": record(
        *(column for column in COLUMNS if column != "langsmith_session_name"),
        run_id=UUID,
        thread_id=UUID,
        assistant_id=UUID,
        created_at=TIME,
        updated_at=TIME,
        status=enum(*RUN_STATUSES),
        metadata=OBJECT,
        kwargs=OBJECT,
        multitask_strategy=enum(*MULTITASK_STRATEGIES),
        langsmith_session_name=nullable(STRING),
    ),
    "Send": record("node", "input", node=STRING, input=ANY_JSON),
    "Command": record(
        update={"type": ["object", "array", "null"]},
        resume=ANY_JSON,
        goto={"anyOf": [ref("Send"), listed(ref("Send")), STRING, listed(STRING), NULL]},
    ),
    "RunCreateStateful": record("assistant_id", **fields(*_STATEFUL)),
    "RunBatchCreate": {"type": "array", "items": ref("RunCreateStateless"), "minItems": 1},
    "RunCreateStateless": record("assistant_id", **fields(*_STATELESS)),
    "RunCreateStreamingStateful": _streaming("RunCreateStateful"),
    "RunCreateStreamingStateless": _streaming("RunCreateStateless"),
    "RunsCancel": {
        **record(status=enum("pending", "running", "all"), thread_id=UUID, run_ids=listed(UUID)),
        "oneOf": [{"required": ["status"]}, {"required": ["thread_id", "run_ids"]}],
    },
    "ErrorResponse": record("detail", detail=STRING),
}
