"""Our OpenAPI document, as `/openapi.json` serves it: every operation that is built."""

from typing import Any

from mockgraph import __version__
from mockgraph.backend.runs import COLUMNS
from mockgraph.web.schemas import OBJECT, SCHEMAS, STRING, UUID, Schema, enum, listed, ref
from mockgraph.words.vocabulary import RUN_STATUSES

_PATH_PARAMETERS = {
    "thread_id": "The thread.",
    "run_id": "The run.",
    "assistant_id": "The assistant.",
    "checkpoint_id": "The checkpoint.",
}


def _operation(
    summary: str,
    *,
    path: str,
    body: str | None = None,
    answer: Schema | None = None,
    kind: str = "application/json",
    query: dict[str, Schema] | None = None,
    refusals: tuple[int, ...] = (422,),
) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True, "description": doc, "schema": UUID}
        for name, doc in _PATH_PARAMETERS.items()
        if f"{{{name}}}" in path
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in (query or {}).items()
    ]
    operation: Schema = {"summary": summary}
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(body)}}}
    ok: Schema = {"description": "Success", "content": {kind: {"schema": answer or {}}}}
    refused = {"content": {"application/json": {"schema": ref("ErrorResponse")}}}
    operation["responses"] = {
        "204" if answer is None and kind == "" else "200": ok if kind else {"description": "Done"},
        **{str(status): {"description": _REFUSALS[status], **refused} for status in refusals},
    }
    return operation


_REFUSALS = {
    400: "The graph refuses it",
    404: "Not found",
    409: "Conflict",
    422: "Not valid, or no stub matched the run",
    501: "Not built yet",
}
_SSE = "text/event-stream"
_INT: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean", "default": False}
_SELECT_RUNS = {"type": "array", "items": enum(*COLUMNS)}

# Every operation that is built: path, method, and what it says of itself.
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("/ok", "get", {"summary": "Whether the server is up", "answer": OBJECT, "refusals": ()}),
    ("/info", "get", {"summary": "Which server this is", "answer": OBJECT, "refusals": ()}),
    (
        "/assistants/search",
        "post",
        {
            "summary": "Search assistants",
            "body": "AssistantSearchRequest",
            "answer": listed(ref("Assistant")),
            "refusals": (404, 422),
        },
    ),
    (
        "/assistants/count",
        "post",
        {
            "summary": "Count assistants",
            "body": "AssistantCountRequest",
            "answer": _INT,
            "refusals": (404, 422),
        },
    ),
    (
        "/assistants/{assistant_id}",
        "get",
        {"summary": "Get an assistant", "answer": ref("Assistant"), "refusals": (404, 422)},
    ),
    (
        "/assistants/{assistant_id}/graph",
        "get",
        {
            "summary": "Draw an assistant's graph",
            "answer": OBJECT,
            "query": {"xray": {"anyOf": [{"type": "boolean"}, _INT]}},
            "refusals": (404, 422, 501),
        },
    ),
    (
        "/threads",
        "post",
        {
            "summary": "Create a thread",
            "body": "ThreadCreate",
            "answer": ref("Thread"),
            "refusals": (409, 422),
        },
    ),
    (
        "/threads/search",
        "post",
        {"summary": "Search threads", "body": "ThreadSearchRequest", "answer": listed(ref("Thread"))},
    ),
    (
        "/threads/{thread_id}",
        "get",
        {"summary": "Get a thread", "answer": ref("Thread"), "refusals": (404, 422)},
    ),
    ("/threads/{thread_id}", "delete", {"summary": "Delete a thread", "kind": "", "refusals": (404, 422)}),
    (
        "/threads/{thread_id}/state",
        "get",
        {"summary": "The thread's state", "answer": ref("ThreadState"), "refusals": (404, 422)},
    ),
    (
        "/threads/{thread_id}/state",
        "post",
        {
            "summary": "Write to the thread's state",
            "body": "ThreadStateUpdate",
            "answer": ref("ThreadStateUpdateResponse"),
            "refusals": (400, 404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/state/checkpoint",
        "post",
        {
            "summary": "The thread's state at a checkpoint",
            "body": "ThreadStateCheckpointRequest",
            "answer": ref("ThreadState"),
            "refusals": (404, 422, 501),
        },
    ),
    (
        "/threads/{thread_id}/state/{checkpoint_id}",
        "get",
        {
            "summary": "The thread's state at a checkpoint",
            "answer": ref("ThreadState"),
            "query": {"subgraphs": _FLAG},
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/stream",
        "get",
        {
            "summary": "Follow every run of the thread",
            "answer": STRING,
            "kind": _SSE,
            "query": {"stream_modes": {"type": "string", "default": "run_modes"}},
        },
    ),
    (
        "/threads/{thread_id}/history",
        "get",
        {
            "summary": "The thread's states, newest first",
            "answer": listed(ref("ThreadState")),
            "query": {"limit": {**_INT, "default": 1}, "before": STRING},
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/history",
        "post",
        {
            "summary": "The thread's states, newest first",
            "body": "ThreadStateSearch",
            "answer": listed(ref("ThreadState")),
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs",
        "get",
        {
            "summary": "The thread's runs, newest first",
            "answer": listed(ref("Run")),
            "query": {
                "limit": {**_INT, "default": 10},
                "offset": {**_INT, "default": 0},
                "status": enum(*RUN_STATUSES),
                "select": _SELECT_RUNS,
            },
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs",
        "post",
        {
            "summary": "Run in the background",
            "body": "RunCreateStateful",
            "answer": ref("Run"),
            "refusals": (404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/stream",
        "post",
        {
            "summary": "Run and stream",
            "body": "RunCreateStreamingStateful",
            "answer": STRING,
            "kind": _SSE,
            "refusals": (404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/wait",
        "post",
        {
            "summary": "Run and wait",
            "body": "RunCreateStreamingStateful",
            "answer": OBJECT,
            "refusals": (404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/{run_id}",
        "get",
        {"summary": "Get a run", "answer": ref("Run"), "refusals": (404, 422)},
    ),
    (
        "/threads/{thread_id}/runs/{run_id}",
        "delete",
        {"summary": "Delete a run and its checkpoints", "kind": "", "refusals": (404, 422)},
    ),
    (
        "/threads/{thread_id}/runs/{run_id}/cancel",
        "post",
        {
            "summary": "Cancel a run",
            "answer": OBJECT,
            "query": {"wait": _FLAG, "action": enum("interrupt", "rollback")},
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/{run_id}/join",
        "get",
        {
            "summary": "Wait for a run",
            "answer": OBJECT,
            "query": {"cancel_on_disconnect": _FLAG},
            "refusals": (422,),
        },
    ),
    (
        "/threads/{thread_id}/runs/{run_id}/stream",
        "get",
        {
            "summary": "Follow a run's stream",
            "answer": STRING,
            "kind": _SSE,
            "query": {"stream_mode": STRING, "cancel_on_disconnect": _FLAG},
            "refusals": (422,),
        },
    ),
    (
        "/runs/batch",
        "post",
        {
            "summary": "Run several in the background, stateless",
            "body": "RunBatchCreate",
            "answer": listed(ref("Run")),
            "refusals": (404, 422),
        },
    ),
    (
        "/runs/cancel",
        "post",
        {
            "summary": "Cancel many runs",
            "body": "RunsCancel",
            "query": {"action": enum("interrupt", "rollback")},
            "kind": "",
            "refusals": (404, 422),
        },
    ),
    (
        "/runs",
        "post",
        {
            "summary": "Run in the background, stateless",
            "body": "RunCreateStateless",
            "answer": ref("Run"),
            "refusals": (404, 422),
        },
    ),
    (
        "/runs/stream",
        "post",
        {
            "summary": "Run and stream, stateless",
            "body": "RunCreateStreamingStateless",
            "answer": STRING,
            "kind": _SSE,
            "refusals": (404, 422),
        },
    ),
    (
        "/runs/wait",
        "post",
        {
            "summary": "Run and wait, stateless",
            "body": "RunCreateStreamingStateless",
            "answer": OBJECT,
            "refusals": (404, 422),
        },
    ),
]


def document(graph_ids: list[str]) -> Schema:
    """The whole document, for a server that scripts these graphs."""
    paths: dict[str, Schema] = {}
    for path, method, words in OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(path=path, **words)
    schemas = dict(SCHEMAS)
    for name in ("Assistant", "AssistantSearchRequest"):
        properties = {**SCHEMAS[name]["properties"], "graph_id": enum(*graph_ids)}
        schemas[name] = {**SCHEMAS[name], "properties": properties}
    return {
        "openapi": "3.1.0",
        "info": {"title": "mockgraph", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }
