"""Threads: every operation."""

from mockgraph.web.operations.pieces import FLAG, SSE, Operation
from mockgraph.web.schemas.pieces import INTEGER, STRING, listed, ref

OPERATIONS = [
    Operation(
        "/threads",
        "post",
        "Threads",
        "Create a thread",
        body="ThreadCreate",
        answer=ref("Thread"),
        refusals=(409, 422),
    ),
    Operation(
        "/threads/search",
        "post",
        "Threads",
        "Search threads",
        body="ThreadSearchRequest",
        answer=listed(ref("Thread")),
    ),
    Operation(
        "/threads/{thread_id}", "get", "Threads", "Get a thread", answer=ref("Thread"), refusals=(404, 422)
    ),
    Operation(
        "/threads/{thread_id}", "delete", "Threads", "Delete a thread", refusals=(404, 422), status=204
    ),
    Operation(
        "/threads/{thread_id}/state",
        "get",
        "Threads",
        "The thread's state",
        answer=ref("ThreadState"),
        refusals=(404, 422),
    ),
    Operation(
        "/threads/{thread_id}/state",
        "post",
        "Threads",
        "Write to the thread's state",
        body="ThreadStateUpdate",
        answer=ref("ThreadStateUpdateResponse"),
        refusals=(400, 404, 409, 422),
    ),
    Operation(
        "/threads/{thread_id}/state/checkpoint",
        "post",
        "Threads",
        "The thread's state at a checkpoint",
        body="ThreadStateCheckpointRequest",
        answer=ref("ThreadState"),
        refusals=(404, 422, 501),
    ),
    Operation(
        "/threads/{thread_id}/state/{checkpoint_id}",
        "get",
        "Threads",
        "The thread's state at a checkpoint",
        answer=ref("ThreadState"),
        query={"subgraphs": FLAG},
        refusals=(404, 422),
    ),
    Operation(
        "/threads/{thread_id}/stream",
        "get",
        "Threads",
        "Follow every run of the thread",
        answer=STRING,
        kind=SSE,
        query={"stream_modes": {"type": "string", "default": "run_modes"}},
    ),
    Operation(
        "/threads/{thread_id}/history",
        "get",
        "Threads",
        "The thread's states, newest first",
        answer=listed(ref("ThreadState")),
        query={"limit": {**INTEGER, "default": 1}, "before": STRING},
        refusals=(404, 422),
    ),
    Operation(
        "/threads/{thread_id}/history",
        "post",
        "Threads",
        "The thread's states, newest first",
        body="ThreadStateSearch",
        answer=listed(ref("ThreadState")),
        refusals=(404, 422),
    ),
]
