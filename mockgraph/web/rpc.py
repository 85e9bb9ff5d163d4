"""JSON-RPC 2.0, as MCP and A2A speak it here: results and errors, in JSON as Python's own writer has it."""

import json
from typing import Any

from starlette.responses import Response

from mockgraph.web import answers
from mockgraph.words.errors import Refusal

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603


class RpcError(Exception):
    """A call fails: a code, and what is told of it, in words and in data."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(f"{code}: {message}")


def result(call_id: Any, value: Any) -> dict[str, Any]:
    """The answer of a call that worked."""
    return {"jsonrpc": "2.0", "id": call_id, "result": value}


def failure(call_id: Any, error: RpcError) -> dict[str, Any]:
    """The answer of a call that failed."""
    data = {} if error.data is None else {"data": error.data}
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": error.code, "message": error.message, **data}}


def dumps(value: Any) -> bytes:
    """The bytes of an answer. langgraph-api 0.16.7: here, and here alone, it is Python's `json` that writes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def told(value: Any) -> Response:
    """The answer of a call, always a 200; refuses what cannot be written."""
    try:
        return answers.written(dumps(value))
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        # langgraph-api 0.16.7: numbers that are none, and halves of characters, in what the answer repeats.
        raise Refusal(400, str(error)) from None


def refused(sentence: str) -> Response:
    """A message that is none: 400, and in a JSON of its own."""
    return answers.written(json.dumps({"error": sentence}).encode(), status=400)


def spelled(value: Any) -> str:
    """A value from a message as Python prints it, for the text of an error."""
    try:
        return str(value)
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> Refusal:
    return Refusal(400, "The message is nested too deeply to be answered")
