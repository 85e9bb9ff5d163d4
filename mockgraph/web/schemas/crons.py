"""Crons, as requests and answers have them."""

from mockgraph.web.schemas.pieces import (
    BOOLEAN,
    OBJECT,
    STRING,
    TIME,
    TRUE,
    UUID,
    Schema,
    enum,
    listed,
    nullable,
    page,
    record,
)
from mockgraph.web.schemas.runs import fields

_ONCE_DONE = ("delete", "keep")
_WHEN = {"schedule": STRING, "timezone": STRING, "end_time": TIME}
_WHAT: dict[str, Schema] = {
    "input": {"anyOf": [listed(OBJECT), OBJECT]},
    **fields("metadata", "config", "context", "webhook", "interrupt_before", "interrupt_after"),
}
_HOW = fields("stream_mode", "stream_subgraphs", "stream_resumable", "durability")

SCHEMAS: dict[str, Schema] = {
    "Cron": record(
        *("cron_id", "thread_id", "end_time", "schedule", "created_at", "updated_at", "payload", "enabled"),
        cron_id=UUID,
        assistant_id=nullable(UUID),
        thread_id=nullable(UUID),
        end_time=nullable(STRING),
        schedule=STRING,
        created_at=TIME,
        updated_at=TIME,
        user_id=nullable(STRING),
        payload=OBJECT,
        next_run_date=nullable(TIME),
        metadata=OBJECT,
        enabled=TRUE,
    ),
    "CronCreate": {
        **record(
            *("assistant_id", "schedule"),
            **_WHEN,
            **fields("assistant_id"),
            **_WHAT,
            on_run_completed=enum(*_ONCE_DONE, default="delete"),
            enabled=TRUE,
            **_HOW,
        ),
        "additionalProperties": True,
    },
    "ThreadCronCreate": record(
        *("assistant_id", "schedule"),
        **_WHEN,
        **fields("assistant_id"),
        **_WHAT,
        **fields("multitask_strategy"),
        enabled=TRUE,
        **_HOW,
    ),
    "CronPatch": record(
        **{**_WHEN, "end_time": nullable(TIME)},
        **_WHAT,
        on_run_completed=enum(*_ONCE_DONE),
        enabled=BOOLEAN,
        **_HOW,
    ),
    "CronSearch": {
        **record(
            assistant_id=UUID,
            thread_id=UUID,
            enabled=BOOLEAN,
            metadata=OBJECT,
            **page(),
            sort_by={
                **enum(
                    *("cron_id", "assistant_id", "thread_id", "next_run_date", "end_time"),
                    *("created_at", "updated_at"),
                    default="created_at",
                )
            },
            sort_order=enum("asc", "desc", default="desc"),
            select=listed(
                enum(
                    *("cron_id", "assistant_id", "thread_id", "on_run_completed", "end_time", "schedule"),
                    *("timezone", "created_at", "updated_at", "user_id", "payload", "next_run_date"),
                    *("metadata", "enabled"),
                )
            ),
        ),
        "required": [],
    },
    "CronCountRequest": record(assistant_id=UUID, thread_id=UUID, metadata=OBJECT),
}
