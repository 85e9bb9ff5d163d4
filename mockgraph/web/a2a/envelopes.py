"""What a body calls: its method, its parameters, and the id that its answer carries."""

from typing import Any

import msgspec
import orjson

from mockgraph.web.rpc import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError


class Envelope(msgspec.Struct):
    """A message that was opened as far as it can be: `error` says why no further.

    `method` is None for a response, which calls nothing.
    """

    call_id: Any = None
    method: str | None = None
    message: dict[str, Any] = {}
    error: RpcError | None = None


def opened(body: bytes) -> Envelope:
    """The envelope of a body."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Envelope(error=RpcError(PARSE_ERROR, "Invalid JSON payload"))
    if not isinstance(message, dict):
        return _invalid(None, "message format: expected object")
    call_id, method = message.get("id"), message.get("method")
    if message.get("jsonrpc") != "2.0":
        return _invalid(call_id, "JSON-RPC message: missing or invalid jsonrpc version")
    if isinstance(call_id, list | dict):
        return _invalid(None, "JSON-RPC request: 'id' must be a string, number, or null")
    if method is None:
        if call_id is None:
            return Envelope(error=RpcError(INVALID_REQUEST, NEITHER))
        if "result" in message or "error" in message:
            return Envelope()
        return _invalid(call_id, "JSON-RPC request: missing 'method' field")
    if not isinstance(method, str):
        unknown = RpcError(METHOD_NOT_FOUND, "Method not found: method must be a string")
        return Envelope(call_id, error=unknown)
    return Envelope(call_id, method, message)


NEITHER = "Invalid message format: must be a JSON-RPC request or notification"


def _invalid(call_id: Any, what: str) -> Envelope:
    return Envelope(call_id, error=RpcError(INVALID_REQUEST, f"Invalid {what}"))
