"""The component schemas of our OpenAPI document: what requests are validated against.

Names, types, required keys and enums are the wire's.
"""

from typing import Any

from mockgraph.backend.runs import COLUMNS
from mockgraph.words.vocabulary import (
    DURABILITIES,
    MULTITASK_STRATEGIES,
    RUN_STATUSES,
    STREAM_MODES,
    THREAD_STATUSES,
)

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object"}
STRING: Schema = {"type": "string"}
_BOOLEAN: Schema = {"type": "boolean"}
UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def enum(*values: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def listed(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def _nodes() -> Schema:
    return {"anyOf": [enum("*"), listed(STRING)]}


def _page() -> dict[str, Schema]:
    return {
        "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 1000},
        "offset": {"type": "integer", "default": 0, "minimum": 0},
    }


def _sorted(*columns: str) -> dict[str, Schema]:
    return {"sort_by": enum(*columns), "sort_order": enum("asc", "desc")}


_CONFIG: Schema = {
    "type": "object",
    "properties": {
        "tags": listed(STRING),
        "recursion_limit": {"type": "integer"},
        "configurable": OBJECT,
    },
}
_JSON: Schema = {"type": ["object", "array", "number", "string", "boolean", "null"]}
_INPUT: Schema = {
    "anyOf": [{"type": kind} for kind in ("object", "array", "string", "number", "boolean", "null")]
}
_RUN_COMMON: dict[str, Schema] = {
    "assistant_id": {"anyOf": [UUID, STRING]},
    "input": _INPUT,
    "command": {"anyOf": [ref("Command"), {"type": "null"}]},
    "metadata": OBJECT,
    "config": _CONFIG,
    "context": OBJECT,
    "webhook": {"type": "string", "maxLength": 65536, "minLength": 1, "format": "uri-reference"},
    "stream_mode": {
        "anyOf": [listed(enum(*STREAM_MODES)), enum(*STREAM_MODES)],
        "default": ["values"],
    },
    "stream_subgraphs": {"type": "boolean", "default": False},
    "stream_resumable": {"type": "boolean", "default": False},
    "feedback_keys": listed(STRING),
    "after_seconds": {"type": "number"},
    "checkpoint_during": {"type": "boolean", "deprecated": True, "default": False},
    "durability": {**enum(*DURABILITIES), "default": "async"},
}
_TTL: Schema = {
    "type": "object",
    "properties": {
        "strategy": {**enum("delete", "keep_latest"), "default": "delete"},
        "ttl": {"type": "number"},
    },
}
_ON_DISCONNECT: Schema = {
    "type": "object",
    "properties": {"on_disconnect": {**enum("cancel", "continue"), "default": "continue"}},
}

SCHEMAS: dict[str, Schema] = {
    "Assistant": {
        "type": "object",
        "properties": {
            "assistant_id": UUID,
            "graph_id": STRING,
            "config": _CONFIG,
            "context": OBJECT,
            "created_at": _TIME,
            "updated_at": _TIME,
            "metadata": OBJECT,
            "version": {"type": "integer"},
            "name": STRING,
            "description": {"type": ["string", "null"]},
        },
        "required": ["assistant_id", "graph_id", "config", "created_at", "updated_at", "metadata"],
    },
    "AssistantSearchRequest": {
        "type": "object",
        "properties": {
            "metadata": OBJECT,
            "graph_id": STRING,
            "name": STRING,
            **_page(),
            **_sorted("assistant_id", "created_at", "updated_at", "name", "graph_id"),
            "select": listed(
                enum(
                    "assistant_id",
                    "graph_id",
                    "name",
                    "description",
                    "config",
                    "context",
                    "created_at",
                    "updated_at",
                    "metadata",
                    "version",
                )
            ),
        },
    },
    "AssistantCountRequest": {
        "type": "object",
        "properties": {"metadata": OBJECT, "graph_id": STRING, "name": STRING},
    },
    "CheckpointConfig": {
        "type": "object",
        "properties": {
            "thread_id": STRING,
            "checkpoint_ns": STRING,
            "checkpoint_id": STRING,
            "checkpoint_map": OBJECT,
        },
    },
    "Command": {
        "type": "object",
        "properties": {
            "update": {"type": ["object", "array", "null"]},
            "resume": _JSON,
            "goto": {
                "anyOf": [
                    ref("Send"),
                    listed(ref("Send")),
                    STRING,
                    listed(STRING),
                    {"type": "null"},
                ]
            },
        },
    },
    "Send": {
        "type": "object",
        "properties": {"node": STRING, "input": _JSON},
        "required": ["node", "input"],
    },
    "ErrorResponse": {
        "type": "object",
        "properties": {"detail": STRING},
        "required": ["detail"],
    },
    "Interrupt": {
        "type": "object",
        "properties": {"id": {"type": ["string", "null"]}, "value": {}},
        "required": ["value"],
    },
    "Run": {
        "type": "object",
        "properties": {
            "run_id": UUID,
            "thread_id": UUID,
            "assistant_id": UUID,
            "created_at": _TIME,
            "updated_at": _TIME,
            "status": enum(*RUN_STATUSES),
            "metadata": OBJECT,
            "kwargs": OBJECT,
            "multitask_strategy": enum(*MULTITASK_STRATEGIES),
            "langsmith_session_name": {"type": ["string", "null"]},
        },
        "required": [column for column in COLUMNS if column != "langsmith_session_name"],
    },
    "RunCreateStateful": {
        "type": "object",
        "properties": {
            **_RUN_COMMON,
            "checkpoint": {"type": "object", **ref("CheckpointConfig")},
            "interrupt_before": _nodes(),
            "interrupt_after": _nodes(),
            "multitask_strategy": {**enum(*MULTITASK_STRATEGIES), "default": "enqueue"},
            "if_not_exists": {**enum("create", "reject"), "default": "reject"},
        },
        "required": ["assistant_id"],
    },
    "RunCreateStateless": {
        "type": "object",
        "properties": {
            **_RUN_COMMON,
            "on_completion": {**enum("delete", "keep"), "default": "delete"},
        },
        "required": ["assistant_id"],
    },
    "RunBatchCreate": {"type": "array", "items": ref("RunCreateStateless"), "minItems": 1},
    "RunsCancel": {
        "type": "object",
        "properties": {
            "status": enum("pending", "running", "all"),
            "thread_id": UUID,
            "run_ids": listed(UUID),
        },
        "oneOf": [{"required": ["status"]}, {"required": ["thread_id", "run_ids"]}],
    },
    "RunCreateStreamingStateful": {"allOf": [ref("RunCreateStateful"), _ON_DISCONNECT]},
    "RunCreateStreamingStateless": {"allOf": [ref("RunCreateStateless"), _ON_DISCONNECT]},
    "Thread": {
        "type": "object",
        "properties": {
            "thread_id": UUID,
            "created_at": _TIME,
            "updated_at": _TIME,
            "state_updated_at": _TIME,
            "metadata": OBJECT,
            "config": OBJECT,
            "status": enum(*THREAD_STATUSES),
            "values": OBJECT,
            "interrupts": OBJECT,
            "extracted": OBJECT,
        },
        "required": ["thread_id", "created_at", "updated_at", "metadata", "status"],
    },
    "ThreadCreate": {
        "type": "object",
        "properties": {
            "thread_id": UUID,
            "metadata": OBJECT,
            "if_exists": {**enum("raise", "do_nothing"), "default": "raise"},
            "ttl": _TTL,
            "supersteps": listed(
                {
                    "type": "object",
                    "properties": {"updates": listed(ref("ThreadSuperstepUpdate"))},
                    "required": ["updates"],
                }
            ),
        },
    },
    "ThreadSuperstepUpdate": {
        "type": "object",
        "properties": {
            "values": {"anyOf": [listed(OBJECT), OBJECT, {"type": "null"}]},
            "command": {"anyOf": [ref("Command"), {"type": "null"}]},
            "as_node": STRING,
        },
        "required": ["as_node"],
    },
    "ThreadSearchRequest": {
        "type": "object",
        "properties": {
            "ids": listed(UUID),
            "metadata": OBJECT,
            "values": OBJECT,
            "status": enum(*THREAD_STATUSES),
            **_page(),
            **_sorted("thread_id", "status", "created_at", "updated_at", "state_updated_at"),
            "select": listed(
                enum(
                    "thread_id",
                    "created_at",
                    "updated_at",
                    "state_updated_at",
                    "metadata",
                    "config",
                    "status",
                    "values",
                    "interrupts",
                )
            ),
            "extract": {"type": "object", "additionalProperties": STRING, "maxProperties": 10},
        },
    },
    "ThreadState": {
        "type": "object",
        "properties": {
            "values": {"anyOf": [listed(OBJECT), OBJECT]},
            "next": listed(STRING),
            "tasks": listed(
                {
                    "type": "object",
                    "properties": {
                        "id": STRING,
                        "name": STRING,
                        "error": {"type": ["string", "null"]},
                        "interrupts": listed(ref("Interrupt")),
                    },
                    "required": ["id", "name"],
                }
            ),
            "checkpoint": ref("CheckpointConfig"),
            "metadata": OBJECT,
            "created_at": STRING,
            "parent_checkpoint": OBJECT,
            "interrupts": listed(ref("Interrupt")),
        },
        "required": ["values", "next", "checkpoint", "metadata", "created_at"],
    },
    "ThreadStateCheckpointRequest": {
        "type": "object",
        "properties": {"checkpoint": ref("CheckpointConfig"), "subgraphs": _BOOLEAN},
        "required": ["checkpoint"],
    },
    "ThreadStateUpdate": {
        "type": "object",
        "properties": {
            "values": {"anyOf": [{"type": "array", "items": {}}, OBJECT, {"type": "null"}]},
            "checkpoint": ref("CheckpointConfig"),
            "as_node": STRING,
        },
    },
    "ThreadStateUpdateResponse": {"type": "object", "properties": {"checkpoint": OBJECT}},
    "ThreadStateSearch": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "default": 1, "maximum": 1000, "minimum": 1},
            "before": ref("CheckpointConfig"),
            "metadata": OBJECT,
            "checkpoint": ref("CheckpointConfig"),
        },
    },
}
