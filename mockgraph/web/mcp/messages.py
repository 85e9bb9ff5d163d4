"""What kind of MCP message a body is, and its answer. The protocol's sessions and streams are not used."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockgraph.runtime.runner import Runner
from mockgraph.web import rpc
from mockgraph.web.bodies import read_request
from mockgraph.web.mcp import tools
from mockgraph.web.rpc import INVALID_PARAMS, METHOD_NOT_FOUND, RpcError
from mockgraph.words.errors import Refusal
from mockgraph.words.vocabulary import UPSTREAM

# langgraph-api 0.16.7: the versions that it knows; to any other it answers with the newest.
_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")

_ACCEPT = "Accept header must include application/json or text/event-stream"
_NO_MESSAGE = (
    "Invalid message format. A message is to be either a JSON-RPC request, response, or notification.Please see "
    "the Messages section of the Streamable HTTP RFC for more information."
)


async def answer(runner: Runner, request: Request) -> Response:
    """`POST /mcp`."""
    body = await read_request(request)
    try:
        message = json.loads(body)
    except (json.JSONDecodeError, RecursionError):
        return rpc.refused("Invalid JSON")
    except ValueError as error:
        # langgraph-api 0.16.7: bytes that are no text, numbers of too many digits.
        raise Refusal(400, str(error)) from None
    accept = request.headers.get("accept", "")
    if "application/json" not in accept and "text/event-stream" not in accept:
        return rpc.refused(_ACCEPT)
    if not isinstance(message, dict):
        return rpc.refused("Invalid message format.")
    if message.get("jsonrpc") != "2.0":
        return rpc.refused("Invalid JSON-RPC message. Missing or invalid jsonrpc version.")
    call_id, method = message.get("id"), message.get("method")
    if call_id is None and not method:
        return rpc.refused(_NO_MESSAGE)
    if call_id is None or not method:
        return Response(status_code=202)  # a notification, or the response to a request that we never make
    try:
        return rpc.told(rpc.result(call_id, await _called(runner, request, method, message)))
    except RpcError as error:
        return rpc.told(rpc.failure(call_id, error))


async def _called(runner: Runner, request: Request, method: Any, message: dict[str, Any]) -> Any:
    called = _METHODS.get(method) if isinstance(method, str) else None
    if called is None:
        raise RpcError(METHOD_NOT_FOUND, f"Method not found: {rpc.spelled(method)}")
    params = message.get("params", {})
    if not isinstance(params, dict) and called is not _ping:
        raise RpcError(INVALID_PARAMS, "Invalid params: must be an object")
    return await called(runner, request, params)


# --- the methods -----------------------------------------------------------------------------------------


async def _initialize(_runner: Runner, _request: Request, params: dict[str, Any]) -> Any:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in _VERSIONS else _VERSIONS[-1],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "LangGraph", "version": UPSTREAM.api_version},
    }


async def _ping(_runner: Runner, _request: Request, _params: Any) -> Any:
    return {}


async def _list(runner: Runner, request: Request, params: dict[str, Any]) -> Any:
    return tools.listed(runner.namespace, request.scope, params.get("cursor"))


async def _call(runner: Runner, request: Request, params: dict[str, Any]) -> Any:
    return await tools.called(runner, request.scope, params)


_Method = Callable[[Runner, Request, Any], Awaitable[Any]]

_METHODS: dict[str, _Method] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list,
    "tools/call": _call,
}
