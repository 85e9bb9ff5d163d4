"""A network that drops connections: a proxy on the loopback interface that cuts streams of events where it is told to.

It knows where events end, in SSE and in WebSocket frames, and nothing else of what it hands on. It is for cuts at
every position of a stream, many clients at a time; `proxy.py` holds an answer back until its client has read so far.
"""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PATIENCE = 10.0  # seconds
_BLOCK = b"\r\n\r\n"  # ends the head of an answer, and each SSE part
_EVENT = b'{"type":"event"'  # begins what a WebSocket frame says that is no answer
_COMPRESSION = re.compile(rb"(?im)^sec-websocket-extensions:.*\r\n")
_TEXT, _MASKED, _LENGTH = 0x1, 0x80, 0x7F

# Which of a client's streams: the one that tells how runs stand, or the one that tells what they say.
WATCHING = re.compile(rb'"channels":\["lifecycle","input"\]')
READING = re.compile(rb'"channels":\[[^]]*"messages"')


class Line:
    """A client's way to the server. `cuts` counts how often it was cut."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._server = (place.hostname or "", place.port or 0)
        self._due: tuple[re.Pattern[bytes], int, bool] | None = None
        self.url = ""
        self.cuts = 0

    def cut(self, of: re.Pattern[bytes], *, after: int, torn: bool = False) -> None:
        """Cut the next stream whose client says `of` once, behind so many events; `torn`: in the middle of the next.

        What is to be cut before its first event is cut when that comes.
        """
        self._due = (of, after, torn)
        self.cuts = 0

    async def listen(self) -> asyncio.Server:
        """Take a port of the line's own."""
        listening = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return listening

    async def _connected(self, said: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        answered, server = await asyncio.open_connection(*self._server)
        connection = _Connection(self, client, server)
        ways = [
            asyncio.create_task(connection.up(said)),
            asyncio.create_task(connection.down(answered)),
        ]
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in (client, server):
                end.close()
            for way in ways:
                way.cancel()
                with suppress(OSError, asyncio.CancelledError):
                    await way

    def due(self, said: bytes) -> tuple[int, bool] | None:
        """Where a stream is to be cut whose client has said this."""
        if self._due is None or not self._due[0].search(said):
            return None
        return self._due[1:]

    def done(self) -> None:
        """A stream has been cut."""
        self._due = None
        self.cuts += 1


class _Connection:
    """One connection of a line: bytes in both directions."""

    def __init__(self, line: Line, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._line, self._client, self._server = line, client, server
        self._said = b""
        self._socket = False  # once the answer says so, what follows is frames

    async def up(self, said: asyncio.StreamReader) -> None:
        """Hand on what the client says."""
        frames = b""
        while given := await said.read(65536):
            if self._socket:
                frames += given
                for frame in _frames(frames):
                    self._said += _payload(frame)
                    frames = frames[len(frame) :]
            else:
                given = _COMPRESSION.sub(b"", given)
                # A connection carries many requests; streams are the last of theirs.
                self._said = (self._said + given)[-65536:]
            self._server.write(given)

    async def down(self, answered: asyncio.StreamReader) -> None:
        """Hand on what the server answers, as far as the line is not cut."""
        rest, seen = b"", 0
        while given := await answered.read(65536):
            rest += given
            for piece in self._pieces(rest):
                rest = rest[len(piece) :]
                told = self._told(piece)
                after, torn = self._line.due(self._said) or (None, False)
                if told and seen == after:
                    self._client.write(piece[: len(piece) // 2] if torn else b"")
                    self._line.done()
                    return
                self._client.write(piece)
                seen += told
                if told and seen == after and not torn:
                    self._line.done()
                    return
            if self._line.due(self._said) is None:
                self._client.write(rest)
                rest = b""

    def _pieces(self, given: bytes) -> Iterator[bytes]:
        """The answers' heads, and what they tell, each whole."""
        while not self._socket:
            block, end, given = given.partition(_BLOCK)
            if not end:
                return
            self._socket = block.startswith(b"HTTP/1.1 101")
            yield block + end
        yield from _frames(given)

    def _told(self, piece: bytes) -> bool:
        """Whether a piece is an event."""
        return _payload(piece).startswith(_EVENT) if self._socket else b"\r\nid: " in piece


def _frames(given: bytes) -> Iterator[bytes]:
    """The WebSocket frames that are there whole."""
    while (whole := sum(_sizes(given))) and len(given) >= whole:
        yield given[:whole]
        given = given[whole:]


def _sizes(frame: bytes) -> tuple[int, int]:
    """How long a frame's head and its payload are; nothing as long as that is not there."""
    if len(frame) < 2:
        return 0, 0
    length = frame[1] & _LENGTH
    more = {126: 2, 127: 8}.get(length, 0)
    if len(frame) < 2 + more:
        return 0, 0
    if more:
        length = int.from_bytes(frame[2 : 2 + more])
    return 2 + more + (4 if frame[1] & _MASKED else 0), length


def _payload(frame: bytes) -> bytes:
    """What a text frame says."""
    head, length = _sizes(frame)
    if not head or frame[0] & 0x0F != _TEXT:
        return b""
    said = frame[head : head + length]
    if not frame[1] & _MASKED:
        return said
    mask = frame[head - 4 : head]
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(said))


class Network:
    """Lines to the server at `url`, in a thread of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listening: list[asyncio.Server] = []

    def line(self) -> Line:
        """A new line."""
        line = Line(self._url)
        listening = asyncio.run_coroutine_threadsafe(line.listen(), self._loop).result(_PATIENCE)
        self._listening.append(listening)
        return line

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    async def _end(self) -> None:
        for listening in self._listening:
            listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
