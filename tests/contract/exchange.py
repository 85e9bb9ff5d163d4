"""A plain HTTP/1.1 exchange, byte by byte: what an SDK's client library would smooth over is what is compared.

A scenario steers by what it has seen of an answer, never by the clock: the servers differ in speed.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

from tests.contract.sockets import Socket

# They tell how long an answer took, not what it says; their own tests hold them.
HEARTBEATS = (": heartbeat\r\n\r\n", "\n")

_PATIENCE = 60.0  # seconds, for any one thing that a scenario waits for
_PAUSE = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Answer:
    """What came back: the status line, the headers in order, and the body's chunks (one, where it is not chunked)."""

    asked: str
    status: str
    headers: list[tuple[str, str]]
    chunks: list[str] = field(default_factory=list)
    dropped: bool = False

    @property
    def body(self) -> str:
        return "".join(self.chunks)

    def json(self) -> Any:
        return json.loads(self.body)

    def transcript(self) -> str:
        """Everything as one text, a line per chunk; but for what differs between any two answers of one server."""
        headers = [f"{name}: {value}" for name, value in self.headers if name not in ("date", "server")]
        chunks = [f"> {chunk}" for chunk in self.chunks if chunk not in HEARTBEATS]
        return "\n".join([self.asked, self.status, *headers, *chunks, *["> (dropped)"] * self.dropped])


Tell = Callable[[Answer], None]


class Open:
    """An answer that arrives in the background, until it ends or the client drops the connection."""

    def __init__(
        self, asked: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tell: Tell
    ) -> None:
        self.asked = asked
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.parts: list[str] = []  # the chunks, without heartbeats
        self._reader, self._writer, self._tell = reader, writer, tell
        self._news = asyncio.Event()
        self._over = False
        self._beats = 0
        self._reading: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """The status and the headers; the body then arrives by itself."""
        self.status = (await self._reader.readline()).decode().rstrip("\r\n")
        while line := (await self._reader.readline()).decode().rstrip("\r\n"):
            name, _, value = line.partition(": ")
            self.headers.append((name, value))
        self._reading = asyncio.create_task(self._read())

    @property
    def run(self) -> str:
        """The id of the run that the answer is about, as its headers name it."""
        return dict(self.headers)["content-location"].rpartition("/")[2]

    async def part(self, number: int) -> str:
        """The part of this number, from 1, once it came."""
        await self._until(lambda: len(self.parts) >= number, f"part {number}")
        return self.parts[number - 1]

    async def until(self, text: str) -> str:
        """The first part with this text in it, once it came."""
        await self._until(lambda: any(text in part for part in self.parts), repr(text))
        return next(part for part in self.parts if text in part)

    async def end(self, *, but: str | None = None) -> Answer:
        """The whole answer, told here, where the scenario waits for its end.

        `but`: parts with this text in them are left out, because the real server does not always send them.
        """
        assert self._reading is not None
        async with asyncio.timeout(_PATIENCE):
            await self._reading
        return self._told([part for part in self.parts if but is None or but not in part])

    async def drop(self, after: str | int, *, times: int = 1) -> Answer:
        """Closes the connection once a part with this text, or so many parts, came; told is what came until then.

        `times`: so many parts with that text.
        """
        if isinstance(after, str):
            after = await self._number(after, times)
        elif after:
            await self.part(after)
        await self.close()
        return self._told(self.parts[:after], dropped=True)

    async def rest(self, after: str = "", *, times: int = 1) -> Answer:
        """Closes the connection two heartbeats behind so many parts with this text: nothing more comes."""
        if after:
            await self._number(after, times)
        beats = self._beats
        await self._until(lambda: self._beats > beats + 1, "two heartbeats")
        await self.close()
        return self._told(self.parts, dropped=True)

    async def _number(self, text: str, times: int) -> int:
        def numbers() -> list[int]:
            return [number for number, part in enumerate(self.parts, 1) if text in part]

        await self._until(lambda: len(numbers()) >= times, f"{times} of {text!r}")
        return numbers()[times - 1]

    async def close(self) -> None:
        """Ends the connection, told or not."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        self._writer.close()

    def _told(self, parts: list[str], *, dropped: bool = False) -> Answer:
        answer = Answer(self.asked, self.status, self.headers, parts, dropped)
        self._tell(answer)
        return answer

    async def _until(self, true: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not (true() or self._over):
                self._news.clear()
                await self._news.wait()
        if not true():
            raise EOFError(f"{self.asked} ended before {what}: {self.parts}")

    async def _read(self) -> None:
        try:
            if self.asked.startswith("HEAD "):
                return
            if dict(self.headers).get("transfer-encoding") != "chunked":
                self._came((await self._reader.read()).decode())
                return
            while size := int(await self._reader.readline(), 16):
                self._came((await self._reader.readexactly(size)).decode())
                await self._reader.readexactly(2)
        finally:
            self._over = True
            self._news.set()
            self._writer.close()

    def _came(self, chunk: str) -> None:
        if chunk in HEARTBEATS:
            self._beats += 1
        elif chunk:
            self.parts.append(chunk)
        self._news.set()


def _telling(shown: Callable[[Any], Any], tell: Tell) -> Tell:
    def tell_part(answer: Answer) -> None:
        headers = [(name, value) for name, value in answer.headers if name != "content-length"]
        tell(replace(answer, headers=headers, chunks=[json.dumps(shown(answer.json()), ensure_ascii=False)]))

    return tell_part


class Ask:
    """A scenario's way to a server: every answer is told, in the order in which the scenario waited for them."""

    def __init__(self, address: tuple[str, int], say: Callable[[str], None]) -> None:
        self.address = address
        self._say = say
        self._tell: Tell = lambda answer: say(answer.transcript())
        self._opened: list[Open] = []
        self._sockets: list[Socket] = []

    async def __aenter__(self) -> "Ask":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in self._opened:
            await opened.close()
        for socket in self._sockets:
            await socket.abandon()

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        shown: Callable[[Any], Any] | None = None,
    ) -> Answer:
        """One request and its whole answer. A body that is no bytes is sent as JSON.

        `shown` gives the part of a JSON answer that is told, where the rest is another scenario's.
        """
        tell = self._tell if shown is None else _telling(shown, self._tell)
        return await (await self._send(method, path, body, headers, tell)).end()

    async def begin(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Open:
        """A request whose answer arrives in the background; here once the server has answered with a status."""
        return await self._send(method, path, body, headers, self._tell)

    async def socket(self, path: str) -> Socket:
        """A WebSocket, told when it is closed."""
        socket = Socket(self.address, path, self._say)
        self._sockets.append(socket)
        return await socket.begin()

    async def poll(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        until: Callable[[Answer], Any],
        shown: Callable[[Any], Any] | None = None,
    ) -> Answer:
        """Asks until the answer is so; only that one is told, or the part of it that `shown` gives."""
        async with asyncio.timeout(_PATIENCE):
            while not until(
                answer := await (await self._send(method, path, body, None, lambda _: None)).end()
            ):
                await asyncio.sleep(_PAUSE)
        (self._tell if shown is None else _telling(shown, self._tell))(answer)
        return answer

    async def _send(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None, tell: Tell
    ) -> Open:
        host, port = self.address
        payload = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
        lines = [f"{method} {path} HTTP/1.1", f"host: {host}:{port}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if payload or method in ("POST", "PUT", "PATCH"):
            lines.append(f"content-length: {len(payload)}")
        async with asyncio.timeout(_PATIENCE):
            opened = Open(f"{method} {path}", *await asyncio.open_connection(host, port, limit=2**24), tell)
            self._opened.append(opened)
            opened._writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
            await opened.begin()
        return opened
