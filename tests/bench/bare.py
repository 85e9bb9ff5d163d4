"""The apps that mockgraph is measured against: they read the request as JSON and answer bytes that are there.

The bytes are those that mockgraph answers for `counter.yaml`, but for the ids in them.
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

OK = b'{"ok":true,"services":{}}'
PARTS = (
    b'event: metadata\r\ndata: {"run_id":"019a0000-0000-7000-8000-000000000000","attempt":1}\r\n\r\n',
    b'event: updates\r\ndata: {"inc":{"n":1,"log":["inc"],"facts":{"inc":true}}}\r\n\r\n',
    b'event: updates\r\ndata: {"double":{"n":2,"log":["double"],"facts":{"double":[1,2.5,null]}}}\r\n\r\n',
)
VALUES = b'{"n":4,"log":["inc","double"],"facts":{"inc":true,"double":[1,2.5,null]}}'


async def _ok(_request: Request) -> Response:
    return Response(OK, media_type="application/json")


async def _parts() -> AsyncIterator[bytes]:
    for part in PARTS:
        yield part


async def _stream(request: Request) -> Response:
    await request.json()
    return StreamingResponse(_parts(), media_type="text/event-stream")


async def _idle_parts() -> AsyncIterator[bytes]:
    yield PARTS[0]
    yield b'event: custom\r\ndata: "begun"\r\n\r\n'
    await asyncio.sleep(3600)


async def _idle(request: Request) -> Response:
    await request.json()
    return StreamingResponse(_idle_parts(), media_type="text/event-stream")


async def _wait(request: Request) -> Response:
    await request.json()
    return Response(VALUES, media_type="application/json")


app = Starlette(
    routes=[
        Route("/ok", _ok),
        Route("/stream", _stream, methods=["POST"]),
        Route("/idle", _idle, methods=["POST"]),
        Route("/wait", _wait, methods=["POST"]),
    ]
)


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """The same stream without any framework: as much as the server below lets an app do."""
    if scope["path"] == "/ok":
        await send({"type": "http.response.start", "status": 200, "headers": _headers(b"application/json")})
        await send({"type": "http.response.body", "body": OK})
        return
    json.loads(await _body(receive))
    await send({"type": "http.response.start", "status": 200, "headers": _headers(b"text/event-stream")})
    for part in PARTS:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _headers(content_type: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", content_type)]


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
