"""Threads, their state and its history, as requests and answers have them."""

from mockgraph.web.schemas.pieces import (
    BOOLEAN,
    INTEGER,
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
    page,
    record,
    ref,
    sorting,
)
from mockgraph.words.vocabulary import THREAD_STATUSES

_WHEN_OLD = ("delete", "keep_latest")
_TTL = record(strategy=enum(*_WHEN_OLD, default="delete"), ttl=NUMBER)
_CHECKPOINT = ref("CheckpointConfig")
_INTERRUPTS = listed(ref("Interrupt"))
_VALUES: list[Schema] = [listed(OBJECT), OBJECT]
_SIZE = {"count": INTEGER, "bytes": INTEGER}


def _or_null(component: str) -> Schema:
    return {"anyOf": [ref(component), NULL]}


SCHEMAS: dict[str, Schema] = {
    "Thread": record(
        *("thread_id", "created_at", "updated_at", "metadata", "status"),
        thread_id=UUID,
        created_at=TIME,
        updated_at=TIME,
        state_updated_at=TIME,
        metadata=OBJECT,
        config=OBJECT,
        status=enum(*THREAD_STATUSES),
        values=nullable(OBJECT),
        interrupts=OBJECT,
        ttl=record(strategy=enum(*_WHEN_OLD), ttl_minutes=NUMBER, expires_at=TIME),
        extracted=OBJECT,
    ),
    "ThreadCreate": record(
        thread_id=UUID,
        metadata=OBJECT,
        if_exists=enum("raise", "do_nothing", default="raise"),
        ttl=_TTL,
        supersteps=listed(record("updates", updates=listed(ref("ThreadSuperstepUpdate")))),
    ),
    "ThreadPatch": record(metadata=OBJECT, ttl=_TTL),
    "ThreadSuperstepUpdate": record(
        "as_node",
        values={"anyOf": [*_VALUES, NULL]},
        command={"anyOf": [ref("Command"), NULL]},
        as_node=STRING,
    ),
    "ThreadSearchRequest": record(
        ids=listed(UUID),
        metadata=OBJECT,
        values=OBJECT,
        status=enum(*THREAD_STATUSES),
        **page(),
        **sorting("thread_id", "status", "created_at", "updated_at", "state_updated_at"),
        select=listed(
            enum(
                *(
                    "thread_id",
                    "created_at",
                    "updated_at",
                    "state_updated_at",
                    "metadata",
                    "config",
                    "status",
                ),
                *("values", "interrupts"),
            )
        ),
        extract={"type": "object", "additionalProperties": STRING, "maxProperties": 10},
    ),
    "ThreadCountRequest": record(metadata=OBJECT, values=OBJECT, status=enum(*THREAD_STATUSES)),
    "ThreadPruneRequest": record(
        "thread_ids", thread_ids=listed(UUID), strategy=enum(*_WHEN_OLD, default="delete")
    ),
    "ThreadPruneResponse": record("pruned_count", pruned_count=INTEGER),
    "ThreadStorage": record(
        *("thread_id", "total_bytes", "checkpoints", "channel_values", "pending_writes"),
        thread_id=UUID,
        total_bytes=INTEGER,
        checkpoints=record("count", "bytes", **_SIZE),
        channel_values=record(
            *("count", "bytes", "by_channel"),
            **_SIZE,
            by_channel={
                "type": "object",
                "additionalProperties": record("versions", "bytes", versions=INTEGER, bytes=INTEGER),
            },
        ),
        pending_writes=record("count", "bytes", **_SIZE),
    ),
    "ThreadState": record(
        *("values", "next", "checkpoint", "metadata", "created_at"),
        values={"anyOf": _VALUES},
        next=listed(STRING),
        tasks=listed(
            record(
                *("id", "name"),
                id=STRING,
                name=STRING,
                error=nullable(STRING),
                interrupts=_INTERRUPTS,
                checkpoint=_or_null("CheckpointConfig"),
                state=_or_null("ThreadState"),
            )
        ),
        checkpoint=_or_null("CheckpointConfig"),
        metadata=nullable(OBJECT),
        created_at=nullable(STRING),
        parent_checkpoint=nullable(OBJECT),
        interrupts=_INTERRUPTS,
    ),
    "ThreadStateCheckpointRequest": record("checkpoint", checkpoint=_CHECKPOINT, subgraphs=BOOLEAN),
    "ThreadStateSearch": record(
        limit={"type": "integer", "default": 1, "maximum": 1000, "minimum": 1},
        before=_CHECKPOINT,
        metadata=OBJECT,
        checkpoint=_CHECKPOINT,
    ),
    "ThreadStateUpdate": record(
        values={"anyOf": [listed({}), OBJECT, NULL]}, checkpoint=_CHECKPOINT, as_node=STRING
    ),
    "ThreadStateUpdateResponse": record(checkpoint=OBJECT),
    "CheckpointConfig": record(
        thread_id=STRING, checkpoint_ns=STRING, checkpoint_id=STRING, checkpoint_map=OBJECT
    ),
    "Interrupt": record("value", id=nullable(STRING), value={}, response_schema=nullable(OBJECT)),
}
