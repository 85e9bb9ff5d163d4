"""Request bodies: read, parsed, and validated against our own OpenAPI document.

A body is refused as soon as it shows that it is too large: by what its header promises, or by what came so far. The
real server's 422 texts are sentences of the jsonschema-rs library, paths into the schema included, so the
form in which a schema is compiled shows. A validator is compiled at its first request, on a document that holds
only what it references.
"""

from functools import cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope

from mockgraph.web.noting import brought
from mockgraph.words.errors import Refusal

LARGEST = 64 * 2**20  # bytes


class Disconnected(Exception):
    """The client went away before its request was there."""


async def read(scope: Scope, receive: Receive) -> bytes:
    """The whole body; raises Refusal where it is too large, and Disconnected."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _whole(scope, receive, body)
    elif message["type"] == "http.disconnect":
        raise Disconnected
    if len(body) > LARGEST:
        raise _too_large()
    if body:
        brought(scope, body)
    return body


async def _whole(scope: Scope, receive: Receive, first: bytes) -> bytes:
    """A body that comes in several pieces; one that is too large as far as that shows."""
    if _promised(scope) > LARGEST:
        raise _too_large()
    pieces, size, more = [first], len(first), True
    while more and size <= LARGEST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        more = message.get("more_body", False)
    return b"".join(pieces)


def _too_large() -> Refusal:
    return Refusal(413, f"Request body too large: expected at most {LARGEST} bytes")


async def read_request(request: Request) -> bytes:
    """The whole body of a request; raises as `read` does."""
    return await read(request.scope, request.receive)


def _promised(scope: Scope) -> int:
    """How many bytes the request's header says that there are."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


def parsed(body: bytes, schema: str) -> Any:
    """The JSON value of a body that fits a component schema; raises Refusal."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refusal(422, "Invalid JSON in request body") from None
    return valid(data, schema)


def valid(data: Any, schema: str) -> Any:
    """A JSON value that fits a component schema; raises Refusal."""
    error = _validator(schema)(data)
    if error is not None:
        raise Refusal(422, error)
    return data


@cache
def _validator(schema: str) -> Any:
    import jsonschema_rs

    from mockgraph.web.schemas import SCHEMAS

    schemas = _referenced(schema, SCHEMAS)
    # langgraph-api 0.16.7: the bare component, with all that it references beside it.
    document = {**schemas[schema], "components": {"schemas": schemas}}
    compiled = jsonschema_rs.validator_for(document)
    required: list[str] = schemas[schema].get("required", [])

    def validate(data: Any) -> str | None:
        try:
            compiled.validate(data)
        except jsonschema_rs.ValidationError as error:
            return str(error)
        except ValueError as error:
            # langgraph-api 0.16.7: so is a document that is nested too deeply for the validator.
            raise Refusal(400, str(error)) from None
        return _missing(data, required)

    return validate


def _missing(data: Any, required: list[str]) -> str | None:
    """jsonschema-rs 0.44 forgets what is required where there are many properties: its sentence all the same."""
    for name in required:
        if name not in data:
            told = orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
            return f'"{name}" is a required property\n\nFailed validating "required" in schema\n\nOn instance:\n    {told}'
    return None


def _referenced(schema: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """A component and all that it references."""
    found: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = schemas[name]
            waiting.extend(_references(found[name]))
    return found


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []
