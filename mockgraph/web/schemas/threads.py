"""Threads, their state and its history, as requests and answers have them."""

from mockgraph.web.schemas.pieces import (
    BOOLEAN,
    OBJECT,
    STRING,
    TIME,
    UUID,
    Schema,
    enum,
    listed,
    page,
    ref,
    sorting,
)
from mockgraph.words.vocabulary import THREAD_STATUSES

_TTL: Schema = {
    "type": "object",
    "properties": {
        "strategy": {**enum("delete", "keep_latest"), "default": "delete"},
        "ttl": {"type": "number"},
    },
}
SCHEMAS: dict[str, Schema] = {
    "CheckpointConfig": {
        "type": "object",
        "properties": {
            "thread_id": STRING,
            "checkpoint_ns": STRING,
            "checkpoint_id": STRING,
            "checkpoint_map": OBJECT,
        },
    },
    "Interrupt": {
        "type": "object",
        "properties": {"id": {"type": ["string", "null"]}, "value": {}},
        "required": ["value"],
    },
    "Thread": {
        "type": "object",
        "properties": {
            "thread_id": UUID,
            "created_at": TIME,
            "updated_at": TIME,
            "state_updated_at": TIME,
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
            **page(),
            **sorting("thread_id", "status", "created_at", "updated_at", "state_updated_at"),
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
        "properties": {"checkpoint": ref("CheckpointConfig"), "subgraphs": BOOLEAN},
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
