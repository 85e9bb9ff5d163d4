"""Our OpenAPI document: what requests are validated against, and what `/openapi.json` serves.

Names, types, required keys and enums are the wire's; everything said about them is said here.
"""

from typing import Any

from mockgraph import __version__
from mockgraph.backend.runs import COLUMNS
from mockgraph.words.vocabulary import (
    DURABILITIES,
    MULTITASK_STRATEGIES,
    RUN_STATUSES,
    STREAM_MODES,
    THREAD_STATUSES,
)

Schema = dict[str, Any]

_OBJECT: Schema = {"type": "object"}
_STRING: Schema = {"type": "string"}
_BOOLEAN: Schema = {"type": "boolean"}
_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _enum(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _nodes() -> Schema:
    return {"anyOf": [_enum("*"), _list(_STRING)]}


def _page() -> dict[str, Schema]:
    return {
        "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 1000},
        "offset": {"type": "integer", "default": 0, "minimum": 0},
    }


def _sorted(*columns: str) -> dict[str, Schema]:
    return {"sort_by": _enum(*columns), "sort_order": _enum("asc", "desc")}


_CONFIG: Schema = {
    "type": "object",
    "properties": {
        "tags": _list(_STRING),
        "recursion_limit": {"type": "integer"},
        "configurable": _OBJECT,
    },
}
_JSON: Schema = {"type": ["object", "array", "number", "string", "boolean", "null"]}
_INPUT: Schema = {
    "anyOf": [{"type": kind} for kind in ("object", "array", "string", "number", "boolean", "null")]
}
_RUN_COMMON: dict[str, Schema] = {
    "assistant_id": {"anyOf": [_UUID, _STRING]},
    "input": _INPUT,
    "command": {"anyOf": [_ref("Command"), {"type": "null"}]},
    "metadata": _OBJECT,
    "config": _CONFIG,
    "context": _OBJECT,
    "webhook": {"type": "string", "maxLength": 65536, "minLength": 1, "format": "uri-reference"},
    "stream_mode": {
        "anyOf": [_list(_enum(*STREAM_MODES)), _enum(*STREAM_MODES)],
        "default": ["values"],
    },
    "stream_subgraphs": {"type": "boolean", "default": False},
    "stream_resumable": {"type": "boolean", "default": False},
    "feedback_keys": _list(_STRING),
    "after_seconds": {"type": "number"},
    "checkpoint_during": {"type": "boolean", "deprecated": True, "default": False},
    "durability": {**_enum(*DURABILITIES), "default": "async"},
}
_TTL: Schema = {
    "type": "object",
    "properties": {
        "strategy": {**_enum("delete", "keep_latest"), "default": "delete"},
        "ttl": {"type": "number"},
    },
}
_ON_DISCONNECT: Schema = {
    "type": "object",
    "properties": {"on_disconnect": {**_enum("cancel", "continue"), "default": "continue"}},
}

SCHEMAS: dict[str, Schema] = {
    "Assistant": {
        "type": "object",
        "properties": {
            "assistant_id": _UUID,
            "graph_id": _STRING,
            "config": _CONFIG,
            "context": _OBJECT,
            "created_at": _TIME,
            "updated_at": _TIME,
            "metadata": _OBJECT,
            "version": {"type": "integer"},
            "name": _STRING,
            "description": {"type": ["string", "null"]},
        },
        "required": ["assistant_id", "graph_id", "config", "created_at", "updated_at", "metadata"],
    },
    "AssistantSearchRequest": {
        "type": "object",
        "properties": {
            "metadata": _OBJECT,
            "graph_id": _STRING,
            "name": _STRING,
            **_page(),
            **_sorted("assistant_id", "created_at", "updated_at", "name", "graph_id"),
            "select": _list(
                _enum(
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
        "properties": {"metadata": _OBJECT, "graph_id": _STRING, "name": _STRING},
    },
    "CheckpointConfig": {
        "type": "object",
        "properties": {
            "thread_id": _STRING,
            "checkpoint_ns": _STRING,
            "checkpoint_id": _STRING,
            "checkpoint_map": _OBJECT,
        },
    },
    "Command": {
        "type": "object",
        "properties": {
            "update": {"type": ["object", "array", "null"]},
            "resume": _JSON,
            "goto": {
                "anyOf": [
                    _ref("Send"),
                    _list(_ref("Send")),
                    _STRING,
                    _list(_STRING),
                    {"type": "null"},
                ]
            },
        },
    },
    "Send": {
        "type": "object",
        "properties": {"node": _STRING, "input": _JSON},
        "required": ["node", "input"],
    },
    "ErrorResponse": {
        "type": "object",
        "properties": {"detail": _STRING},
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
            "run_id": _UUID,
            "thread_id": _UUID,
            "assistant_id": _UUID,
            "created_at": _TIME,
            "updated_at": _TIME,
            "status": _enum(*RUN_STATUSES),
            "metadata": _OBJECT,
            "kwargs": _OBJECT,
            "multitask_strategy": _enum(*MULTITASK_STRATEGIES),
            "langsmith_session_name": {"type": ["string", "null"]},
        },
        "required": [column for column in COLUMNS if column != "langsmith_session_name"],
    },
    "RunCreateStateful": {
        "type": "object",
        "properties": {
            **_RUN_COMMON,
            "checkpoint": {"type": "object", **_ref("CheckpointConfig")},
            "interrupt_before": _nodes(),
            "interrupt_after": _nodes(),
            "multitask_strategy": {**_enum(*MULTITASK_STRATEGIES), "default": "enqueue"},
            "if_not_exists": {**_enum("create", "reject"), "default": "reject"},
        },
        "required": ["assistant_id"],
    },
    "RunCreateStateless": {
        "type": "object",
        "properties": {
            **_RUN_COMMON,
            "on_completion": {**_enum("delete", "keep"), "default": "delete"},
        },
        "required": ["assistant_id"],
    },
    "RunCreateStreamingStateful": {"allOf": [_ref("RunCreateStateful"), _ON_DISCONNECT]},
    "RunCreateStreamingStateless": {"allOf": [_ref("RunCreateStateless"), _ON_DISCONNECT]},
    "Thread": {
        "type": "object",
        "properties": {
            "thread_id": _UUID,
            "created_at": _TIME,
            "updated_at": _TIME,
            "state_updated_at": _TIME,
            "metadata": _OBJECT,
            "config": _OBJECT,
            "status": _enum(*THREAD_STATUSES),
            "values": _OBJECT,
            "interrupts": _OBJECT,
            "extracted": _OBJECT,
        },
        "required": ["thread_id", "created_at", "updated_at", "metadata", "status"],
    },
    "ThreadCreate": {
        "type": "object",
        "properties": {
            "thread_id": _UUID,
            "metadata": _OBJECT,
            "if_exists": {**_enum("raise", "do_nothing"), "default": "raise"},
            "ttl": _TTL,
            "supersteps": _list(
                {
                    "type": "object",
                    "properties": {"updates": _list(_ref("ThreadSuperstepUpdate"))},
                    "required": ["updates"],
                }
            ),
        },
    },
    "ThreadSuperstepUpdate": {
        "type": "object",
        "properties": {
            "values": {"anyOf": [_list(_OBJECT), _OBJECT, {"type": "null"}]},
            "command": {"anyOf": [_ref("Command"), {"type": "null"}]},
            "as_node": _STRING,
        },
        "required": ["as_node"],
    },
    "ThreadSearchRequest": {
        "type": "object",
        "properties": {
            "ids": _list(_UUID),
            "metadata": _OBJECT,
            "values": _OBJECT,
            "status": _enum(*THREAD_STATUSES),
            **_page(),
            **_sorted("thread_id", "status", "created_at", "updated_at", "state_updated_at"),
            "select": _list(
                _enum(
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
            "extract": {"type": "object", "additionalProperties": _STRING, "maxProperties": 10},
        },
    },
    "ThreadState": {
        "type": "object",
        "properties": {
            "values": {"anyOf": [_list(_OBJECT), _OBJECT]},
            "next": _list(_STRING),
            "tasks": _list(
                {
                    "type": "object",
                    "properties": {
                        "id": _STRING,
                        "name": _STRING,
                        "error": {"type": ["string", "null"]},
                        "interrupts": _list(_ref("Interrupt")),
                    },
                    "required": ["id", "name"],
                }
            ),
            "checkpoint": _ref("CheckpointConfig"),
            "metadata": _OBJECT,
            "created_at": _STRING,
            "parent_checkpoint": _OBJECT,
            "interrupts": _list(_ref("Interrupt")),
        },
        "required": ["values", "next", "checkpoint", "metadata", "created_at"],
    },
    "ThreadStateSearch": {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "default": 1, "maximum": 1000, "minimum": 1},
            "before": _ref("CheckpointConfig"),
            "metadata": _OBJECT,
            "checkpoint": _ref("CheckpointConfig"),
        },
    },
}

_PATH_PARAMETERS = {"thread_id": "The thread.", "run_id": "The run.", "assistant_id": "The assistant."}


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
        {"name": name, "in": "path", "required": True, "description": doc, "schema": _UUID}
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
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    ok: Schema = {"description": "Success", "content": {kind: {"schema": answer or {}}}}
    refused = {"content": {"application/json": {"schema": _ref("ErrorResponse")}}}
    operation["responses"] = {
        "204" if answer is None and kind == "" else "200": ok if kind else {"description": "Done"},
        **{str(status): {"description": _REFUSALS[status], **refused} for status in refusals},
    }
    return operation


_REFUSALS = {
    404: "Not found",
    409: "Conflict",
    422: "Not valid, or no stub matched the run",
    501: "Not built yet",
}
_SSE = "text/event-stream"
_INT: Schema = {"type": "integer"}
_SELECT_RUNS = {"type": "array", "items": _enum(*COLUMNS)}

# Every operation that is built: path, method, and what it says of itself.
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("/ok", "get", {"summary": "Whether the server is up", "answer": _OBJECT, "refusals": ()}),
    ("/info", "get", {"summary": "Which server this is", "answer": _OBJECT, "refusals": ()}),
    (
        "/assistants/search",
        "post",
        {
            "summary": "Search assistants",
            "body": "AssistantSearchRequest",
            "answer": _list(_ref("Assistant")),
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
        {"summary": "Get an assistant", "answer": _ref("Assistant"), "refusals": (404, 422)},
    ),
    (
        "/threads",
        "post",
        {
            "summary": "Create a thread",
            "body": "ThreadCreate",
            "answer": _ref("Thread"),
            "refusals": (409, 422),
        },
    ),
    (
        "/threads/search",
        "post",
        {"summary": "Search threads", "body": "ThreadSearchRequest", "answer": _list(_ref("Thread"))},
    ),
    (
        "/threads/{thread_id}",
        "get",
        {"summary": "Get a thread", "answer": _ref("Thread"), "refusals": (404, 422)},
    ),
    ("/threads/{thread_id}", "delete", {"summary": "Delete a thread", "kind": "", "refusals": (404, 422)}),
    (
        "/threads/{thread_id}/state",
        "get",
        {"summary": "The thread's state", "answer": _ref("ThreadState"), "refusals": (404, 422)},
    ),
    (
        "/threads/{thread_id}/history",
        "get",
        {
            "summary": "The thread's states, newest first",
            "answer": _list(_ref("ThreadState")),
            "query": {"limit": {**_INT, "default": 1}, "before": _STRING},
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/history",
        "post",
        {
            "summary": "The thread's states, newest first",
            "body": "ThreadStateSearch",
            "answer": _list(_ref("ThreadState")),
            "refusals": (404, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs",
        "get",
        {
            "summary": "The thread's runs, newest first",
            "answer": _list(_ref("Run")),
            "query": {
                "limit": {**_INT, "default": 10},
                "offset": {**_INT, "default": 0},
                "status": _enum(*RUN_STATUSES),
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
            "answer": _ref("Run"),
            "refusals": (404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/stream",
        "post",
        {
            "summary": "Run and stream",
            "body": "RunCreateStreamingStateful",
            "answer": _STRING,
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
            "answer": _OBJECT,
            "refusals": (404, 409, 422),
        },
    ),
    (
        "/threads/{thread_id}/runs/{run_id}",
        "get",
        {"summary": "Get a run", "answer": _ref("Run"), "refusals": (404, 422)},
    ),
    (
        "/threads/{thread_id}/runs/{run_id}/join",
        "get",
        {"summary": "Wait for a run", "answer": _OBJECT, "refusals": (422,)},
    ),
    (
        "/threads/{thread_id}/runs/{run_id}/stream",
        "get",
        {
            "summary": "Follow a run's stream",
            "answer": _STRING,
            "kind": _SSE,
            "query": {"stream_mode": _STRING},
            "refusals": (422,),
        },
    ),
    (
        "/runs",
        "post",
        {
            "summary": "Run in the background, stateless",
            "body": "RunCreateStateless",
            "answer": _ref("Run"),
            "refusals": (404, 422),
        },
    ),
    (
        "/runs/stream",
        "post",
        {
            "summary": "Run and stream, stateless",
            "body": "RunCreateStreamingStateless",
            "answer": _STRING,
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
            "answer": _OBJECT,
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
        properties = {**SCHEMAS[name]["properties"], "graph_id": _enum(*graph_ids)}
        schemas[name] = {**SCHEMAS[name], "properties": properties}
    return {
        "openapi": "3.1.0",
        "info": {"title": "mockgraph", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }
