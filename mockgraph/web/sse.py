"""Long answers, written straight to ASGI `send`: streams of SSE parts, and waits that keep the line alive.

langgraph-api 0.16.7: one HTTP chunk per part, a heartbeat every five seconds of the connection's life, and for
waits a newline in its place. Starlette's StreamingResponse costs about three times as much as writing directly.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from starlette.types import Message, Receive, Send

from mockgraph.runtime.timeline import Timeline

_BEAT = b": heartbeat\r\n\r\n"
BEATS = (_BEAT, b"\n")  # of streams and of waits
_CLOSE = {"type": "http.response.body", "body": b"", "more_body": False}

RawHeaders = list[tuple[bytes, bytes]]
Arming = Callable[[Send], Send]

_STREAM_HEADERS: RawHeaders = [
    (b"cache-control", b"no-store"),
    (b"connection", b"keep-alive"),
    (b"x-accel-buffering", b"no"),
    (b"content-type", b"text/event-stream; charset=utf-8"),
]
_JSON_HEADERS: RawHeaders = [(b"content-type", b"application/json")]


def places(location: str, content_location: str) -> RawHeaders:
    """Where to reconnect and what was made: relative, as both SDKs need them."""
    return [(b"location", location.encode()), (b"content-location", content_location.encode())]


def begin_stream(send: Send, where: RawHeaders) -> Awaitable[None]:
    """The headers of an SSE answer."""
    return send({"type": "http.response.start", "status": 200, "headers": [*where, *_STREAM_HEADERS]})


def begin_wait(send: Send, where: RawHeaders) -> Awaitable[None]:
    """The headers of a wait: sent before the result is known, so that a failure is a 200 as well."""
    return send({"type": "http.response.start", "status": 200, "headers": [*where, *_JSON_HEADERS]})


async def write(send: Send, parts: Sequence[bytes]) -> None:
    """Parts that are all there, each its own chunk; the end goes with the last."""
    left = len(parts)
    for part in parts:
        left -= 1
        await send({"type": "http.response.body", "body": part, "more_body": left > 0})


async def follow(
    send: Send,
    receive: Receive,
    parts: AsyncIterator[bytes | Arming],
    *,
    heartbeat: float,
    timeline: Timeline,
) -> bool:
    """Parts as they come, until they end or the client goes; whether it stayed to the end.

    Where a function stands among them, what follows is sent with the `send` that it makes of the one before.
    """
    sending = send

    async def forward() -> None:
        nonlocal sending
        async for part in parts:
            if isinstance(part, bytes):
                await sending({"type": "http.response.body", "body": part, "more_body": True})
            else:
                sending = part(sending)
        await sending(_CLOSE)

    async def beat(message: Message) -> None:
        await sending(message)

    return await _accompanied(forward(), beat, receive, beat=_BEAT, heartbeat=heartbeat, timeline=timeline)


async def wait(
    send: Send, receive: Receive, body: Awaitable[bytes], *, heartbeat: float, timeline: Timeline
) -> bool:
    """A body that takes time, until it is there or the client goes; whether it stayed to the end."""

    async def forward() -> None:
        await send({"type": "http.response.body", "body": await body, "more_body": True})
        await send(_CLOSE)

    return await _accompanied(forward(), send, receive, beat=BEATS[1], heartbeat=heartbeat, timeline=timeline)


async def _accompanied(
    work: Awaitable[None],
    send: Send,
    receive: Receive,
    *,
    beat: bytes,
    heartbeat: float,
    timeline: Timeline,
) -> bool:
    """Do the work, with heartbeats beside it, and stop when the client disconnects; whether it was done."""
    main = asyncio.ensure_future(work)
    beating = asyncio.ensure_future(_beating(send, beat, heartbeat, timeline))
    beside = [beating, asyncio.ensure_future(_disconnected(receive))]
    try:
        await asyncio.wait([main, *beside], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (main, *beside):
            task.cancel()
    if main.done() and not main.cancelled():
        main.result()
        return True
    return False


async def _beating(send: Send, beat: bytes, heartbeat: float, timeline: Timeline) -> None:
    due = timeline.time()
    while True:
        due += heartbeat
        await timeline.pass_by(due)
        await send({"type": "http.response.body", "body": beat, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
