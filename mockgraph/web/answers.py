"""Answers in JSON: bodies, refusals, and what Starlette says of unknown routes and methods."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockgraph.backend.json import dumps_in_full, kept
from mockgraph.words.errors import PlainRefusal, Refusal


def json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer; `headers` stand before the two that every body has."""
    return written(dumps_in_full(value), status=status, headers=headers)


def written(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of JSON that is bytes already."""
    response = Response(status_code=status)
    response.body = body
    response.raw_headers = [
        *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
    ]
    return response


def refused(refusal: Refusal) -> Response:
    """A Refusal as the real server words it: `{"detail": …}`, or without a content type the text alone."""
    if isinstance(refusal, PlainRefusal):
        return Response(refusal.detail, status_code=refusal.status)
    # langgraph-api 0.16.7: NUL stays as it is, other than in what is kept.
    return written(kept({"detail": refusal.detail}), status=refusal.status)


def not_routed(error: HTTPException) -> Response:
    """404 and 405 of the router, with its `allow` header."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers:
        # Starlette has the methods in a set: the same request gets the same bytes all the same.
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    return json({"detail": error.detail}, status=error.status_code, headers=headers)
