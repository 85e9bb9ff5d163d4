"""Assistants as tools: each is one, under a name that the protocol allows; a call is a stateless run."""

import re
from collections.abc import Iterator
from typing import Any

from starlette.types import Scope

from mockgraph.backend.access import allowed
from mockgraph.backend.assistants import Assistant
from mockgraph.backend.json import dumps, loads
from mockgraph.backend.schemas import schemas_of
from mockgraph.backend.search import ordered
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Runner
from mockgraph.runtime.settling import OURS
from mockgraph.runtime.telling import STOPPED, Outcome
from mockgraph.web.auth import access_of
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url
from mockgraph.web.rpc import INVALID_PARAMS, RpcError, spelled
from mockgraph.words.errors import Refusal

_PAGE = 100  # langgraph-api 0.16.7: assistants in a page, of which those that share a name are one tool
_LONGEST = 128

_HINTS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}

# langgraph-api 0.16.7: what a list of messages, or a message, is to the schema of a tool.
_SAID = "The user message to send to the agent."
_MESSAGES = frozenset({"#/$defs/AIMessage", "#/$defs/HumanMessage"})


# --- the list --------------------------------------------------------------------------------------------


def listed(namespace: Namespace, scope: Scope, cursor: Any) -> dict[str, Any]:
    """`tools/list`: newest first; of assistants that share a name, the newest."""
    offset = _offset(cursor)
    assistants = _newest_first(namespace, scope)
    tools: dict[str, dict[str, Any]] = {}
    for assistant in assistants[offset : offset + _PAGE]:
        schema = schemas_of(namespace.graphs[assistant.graph_id])["input_schema"]
        name = name_of(assistant)
        # langgraph-api 0.16.7: a graph whose input has no schema can be called, but is not listed.
        if name not in tools and schema is not None:
            tools[name] = _tool(name, assistant, schema)
    # langgraph-api 0.16.7: behind a page that is full, though it be the last.
    more = {"nextCursor": offset + _PAGE} if len(assistants) >= offset + _PAGE else {}
    return {"tools": list(tools.values()), **more}


def name_of(assistant: Assistant) -> str:
    """The assistant's name without what the name of a tool must not have."""
    joined = re.sub(r"\s+", "_", assistant.now.name.strip())
    return re.sub(r"[^A-Za-z0-9_.-]", "", joined)[:_LONGEST]


def _tool(name: str, assistant: Assistant, schema: Any) -> dict[str, Any]:
    title = assistant.now.name
    return {
        "name": name,
        "title": title,
        "description": assistant.now.description or f"Tool based on the {title} assistant",
        "inputSchema": simplified(schema) if isinstance(schema, dict) else {"type": "object"},
        "annotations": _HINTS,
    }


def simplified(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an input with a text in place of messages, and without the definitions that then nobody needs."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    messages = {
        key: found for key, found in properties.items() if not _MESSAGES.isdisjoint(_references(found))
    }
    if not messages:
        return {**schema, "type": schema.get("type", "object")}
    texts = {key: _text(key, found) for key, found in messages.items()}
    simple = {**schema, "properties": {**properties, **texts}}
    simple["type"] = schema.get("type", "object")
    definitions = simple.pop("$defs", None) or {}
    gone = _used(messages, definitions) - _used(simple, definitions)
    kept = {name: known for name, known in definitions.items() if name not in gone}
    return {"$defs": kept, **simple} if kept else simple


def _text(key: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "string", "title": schema.get("title", key), "description": _SAID}


def _used(schema: Any, definitions: dict[str, Any]) -> set[str]:
    """The definitions that a schema needs, directly or by way of others."""
    used: set[str] = set()
    waiting = [schema]
    while waiting:
        named = {reference.rpartition("/")[2] for reference in _references(waiting.pop())}
        for name in named & definitions.keys() - used:
            used.add(name)
            waiting.append(definitions[name])
    return used


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _references(value)


def _offset(cursor: Any) -> int:
    """Where a page begins. langgraph-api 0.16.7: what Python's `int` reads; a text that it does not read is 0."""
    if cursor is None:
        return 0
    try:
        offset = int(cursor)
    except ValueError:
        return 0
    except (TypeError, OverflowError):
        offset = -1
    if offset < 0:
        raise RpcError(
            INVALID_PARAMS, f"cursor must be a nextCursor of this server, got {spelled(cursor):.50}"
        )
    return offset


def _newest_first(namespace: Namespace, scope: Scope) -> list[Assistant]:
    """The assistants that the caller sees; raises RpcError where it may see none."""
    try:
        seen = allowed(access_of(scope), "assistants", "search")
    except Refusal as refusal:
        raise RpcError(INVALID_PARAMS, refusal.detail) from None
    found = namespace.assistants.matching({}, seen=seen)
    return ordered(found, None, None, default="created_at", key=lambda assistant, _: assistant.created_at)


# --- a call ----------------------------------------------------------------------------------------------


async def called(runner: Runner, scope: Scope, params: dict[str, Any]) -> dict[str, Any]:
    """`tools/call`: the last values as Python prints them, or the class of what the graph raised."""
    name = params.get("name")
    assistant = _named(runner.namespace, scope, name)
    asked = f"{scope['method']} {scope['path']}  tools/call {name}"
    request = _request(asked, scope, assistant, params)
    try:
        begun = runner.begin(request, api_url=api_url(scope))
    except Refusal as refusal:
        raise RpcError(INVALID_PARAMS, refusal.detail) from None
    return _answer(await begun.over())


def _named(namespace: Namespace, scope: Scope, name: Any) -> Assistant:
    named = [
        assistant for assistant in _newest_first(namespace, scope) if name and name_of(assistant) == name
    ]
    if not named:
        raise RpcError(INVALID_PARAMS, f"Unknown tool: {spelled(name)}")
    if len(named) > 1:
        raise RpcError(INVALID_PARAMS, "Multiple tools found with the same name.")
    return named[0]


def _request(asked: str, scope: Scope, assistant: Assistant, params: dict[str, Any]) -> RunRequest:
    """The run that a call is; refuses arguments that no run can take."""
    data = {"assistant_id": assistant.assistant_id, "input": params.get("arguments", {})}
    context = params.get("context")
    if context is not None:
        if not isinstance(context, dict):
            raise RpcError(INVALID_PARAMS, "Invalid params: 'context' must be an object")
        data["context"] = context
    try:
        body = dumps(data)
    except TypeError as error:
        raise RpcError(INVALID_PARAMS, f"Invalid params: 'arguments' and 'context': {error}") from None
    return RunRequest(
        asked, body, loads(body), scope["headers"], access=access_of(scope), entry=entry_of(scope)
    )


def _answer(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    if error is not None and error["error"] not in STOPPED:
        if error["error"] in OURS:
            raise RpcError(INVALID_PARAMS, error["message"])
        return {"isError": True, "content": [{"type": "text", "text": error["error"]}]}
    return {"content": [{"type": "text", "text": str(loads(outcome.waited(None)))}]}
