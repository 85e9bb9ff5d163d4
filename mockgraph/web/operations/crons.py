"""Crons: every operation."""

from mockgraph.web.operations.pieces import GRAPH, HELLO, Operation, selected
from mockgraph.web.schemas.pieces import INTEGER, ref

_DAILY = {"assistant_id": GRAPH, "schedule": "0 9 * * *", "input": HELLO}

OPERATIONS = [
    Operation(
        "/runs/crons",
        "post",
        "Crons",
        "Create a cron, each of whose runs has a thread of its own",
        body="CronCreate",
        example=_DAILY,
        answer=ref("Cron"),
        refusals=(404,),
    ),
    Operation(
        "/threads/{thread_id}/runs/crons",
        "post",
        "Crons",
        "Create a cron whose runs share a thread",
        body="ThreadCronCreate",
        example=_DAILY,
        answer=ref("Cron"),
        refusals=(404,),
    ),
    Operation(
        "/runs/crons/search",
        "post",
        "Crons",
        "Search crons",
        body="CronSearch",
        example={"enabled": True, "limit": 10},
        answer=selected("Cron"),
        paged=True,
    ),
    Operation(
        "/runs/crons/count",
        "post",
        "Crons",
        "Count crons",
        body="CronCountRequest",
        example={"metadata": {"team": "support"}},
        answer=INTEGER,
        refusals=(404,),
    ),
    Operation("/runs/crons/{cron_id}", "get", "Crons", "Get a cron", answer=ref("Cron"), refusals=(404, 422)),
    Operation(
        "/runs/crons/{cron_id}",
        "patch",
        "Crons",
        "Change a cron",
        body="CronPatch",
        example={"enabled": False},
        answer=ref("Cron"),
        refusals=(404,),
    ),
    Operation("/runs/crons/{cron_id}", "delete", "Crons", "Delete a cron", status=204, refusals=(404, 422)),
]
