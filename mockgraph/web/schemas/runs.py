"""Runs, as requests and answers have them."""

from mockgraph.backend.runs import COLUMNS
from mockgraph.web.schemas.pieces import (
    ANY_JSON,
    CONFIG,
    OBJECT,
    STRING,
    TIME,
    UUID,
    Schema,
    enum,
    listed,
    ref,
)
from mockgraph.words.vocabulary import DURABILITIES, MULTITASK_STRATEGIES, RUN_STATUSES, STREAM_MODES


def _nodes() -> Schema:
    return {"anyOf": [enum("*"), listed(STRING)]}


_INPUT: Schema = {
    "anyOf": [{"type": kind} for kind in ("object", "array", "string", "number", "boolean", "null")]
}
_RUN_COMMON: dict[str, Schema] = {
    "assistant_id": {"anyOf": [UUID, STRING]},
    "input": _INPUT,
    "command": {"anyOf": [ref("Command"), {"type": "null"}]},
    "metadata": OBJECT,
    "config": CONFIG,
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
_ON_DISCONNECT: Schema = {
    "type": "object",
    "properties": {"on_disconnect": {**enum("cancel", "continue"), "default": "continue"}},
}

SCHEMAS: dict[str, Schema] = {
    "Command": {
        "type": "object",
        "properties": {
            "update": {"type": ["object", "array", "null"]},
            "resume": ANY_JSON,
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
        "properties": {"node": STRING, "input": ANY_JSON},
        "required": ["node", "input"],
    },
    "ErrorResponse": {
        "type": "object",
        "properties": {"detail": STRING},
        "required": ["detail"],
    },
    "Run": {
        "type": "object",
        "properties": {
            "run_id": UUID,
            "thread_id": UUID,
            "assistant_id": UUID,
            "created_at": TIME,
            "updated_at": TIME,
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
}
