"""Connections that are followed: an SSE answer without end, a WebSocket, or one answer after the other.

Nothing is parsed: who waits names the bytes that end what is wanted. They arrive whole, for the server sends each part
as a chunk or a frame of its own.
"""

import asyncio
import time
from typing import cast

from tests.bench.client import Unexpected

_PATIENCE = 60.0  # seconds until what is waited for has come


class Line(asyncio.Protocol):
    """A connection: `say` something, and wait `until` some bytes have come behind what was waited for last."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._from = 0  # where the next look begins
        self._wanted = b""
        self._come: asyncio.Future[None] | None = None
        self._lost = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        self._look()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._come is not None and not self._come.done():
            self._come.set_exception(error or Unexpected(self._told()))

    def say(self, data: bytes) -> None:
        """Send something."""
        assert self._transport is not None
        self._transport.write(data)

    async def until(self, wanted: bytes) -> None:
        """Wait for these bytes."""
        if self._lost:
            raise Unexpected(self._told())
        self._come = asyncio.get_running_loop().create_future()
        self._wanted = wanted
        self._look()
        async with asyncio.timeout(_PATIENCE):
            await self._come

    def taken(self) -> bytes:
        """All that has come since this was last asked."""
        heard, self._heard = bytes(self._heard), bytearray()
        self._from = 0
        return heard

    def hang_up(self) -> None:
        """Close the connection, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _look(self) -> None:
        if self._come is None or self._come.done():
            return
        found = self._heard.find(self._wanted, self._from)
        if found < 0:
            self._from = max(self._from, len(self._heard) - len(self._wanted) + 1)
            return
        self._from = found + len(self._wanted)
        self._come.set_result(None)

    def _told(self) -> str:
        return f"the server hung up after {bytes(self._heard[-500:])!r}"


async def connected(port: int) -> Line:
    """A new connection."""
    _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port)
    return line


async def following(port: int, request: bytes) -> Line:
    """An SSE answer that has begun."""
    line = await connected(port)
    line.say(request)
    await line.until(b"\r\n\r\n")
    if not (heard := line.taken()).startswith(b"HTTP/1.1 200 "):
        raise Unexpected(heard.decode(errors="replace"))
    return line


async def socket(port: int, path: str) -> Line:
    """A WebSocket, without compression."""
    line = await connected(port)
    line.say(
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n".encode()
    )
    await line.until(b"\r\n\r\n")
    if not (heard := line.taken()).startswith(b"HTTP/1.1 101 "):
        raise Unexpected(heard.decode(errors="replace"))
    return line


def frame(text: bytes) -> bytes:
    """A text as a client's frame; its mask is zero, which leaves it as it is."""
    size = len(text)
    length = bytes((128 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


class Watch:
    """Adds up the seconds of its `with` blocks, and the client's processor time in them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.used = 0.0
        self._began = (0.0, 0.0)

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.used += time.process_time() - self._began[1]
