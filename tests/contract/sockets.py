"""A WebSocket of a scenario: what was sent and what came, a line per frame, as far as the scenario waited for it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

_PATIENCE = 60.0  # seconds, for any one thing that a scenario waits for


class Socket:
    """Frames arrive in the background; they are told when the scenario waits for one of them, or for their end."""

    def __init__(self, address: tuple[str, int], path: str, tell: Callable[[str], None]) -> None:
        self.told: list[str] = []
        self._address, self._path, self._tell = address, path, tell
        self._inbox: list[str] = []
        self._news = asyncio.Event()
        self._end = ""
        self._client: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def begin(self) -> Self:
        """Opens the connection; a server that refuses it is told as well."""
        host, port = self._address
        try:
            self._client = await connect(
                f"ws://{host}:{port}{self._path}", open_timeout=_PATIENCE, proxy=None
            )
        except InvalidStatus as refused:
            self._end = f"refused: {refused.response.status_code}"
        else:
            self._reading = asyncio.create_task(self._read(self._client))
        return self

    async def send(self, frame: Any) -> None:
        """Sends a command, or a text or bytes as they are."""
        assert self._client is not None
        raw = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        self.told.append(f"ask {raw!r}" if isinstance(raw, bytes) else f"ask {raw}")
        await self._client.send(raw)

    async def __call__(self, number: int, method: str, **params: Any) -> Any:
        """Sends a command and waits for its reply."""
        await self.send({"id": number, "method": method, **({"params": params} if params else {})})
        return await self.reply(number)

    async def reply(self, number: Any) -> Any:
        """The next reply to this command, once it came; or to any, if it is `...`."""

        def answers(frame: Any) -> bool:
            return frame["type"] != "event" and (number is ... or frame["id"] == number)

        return await self._next(answers, f"a reply to {number}")

    async def caught_up(self, root: str) -> None:
        """Asks for the tree until its root is so: then the thread's history is there. Nothing is told.

        A socket learns of what was before it while it is open already: what comes as history, and what live, is luck.
        """
        assert self._client is not None
        async with asyncio.timeout(_PATIENCE):
            while f'"tree":{{"namespace":[],"status":{root}' not in (
                self._inbox.pop() if self._inbox else ""
            ):
                await self._client.send('{"id":0,"method":"agent.getTree"}')
                self._news.clear()
                await self._news.wait()

    async def until(self, text: str, times: int = 1) -> Any:
        """The next event with this text in it, once it came; or the so manieth."""
        for _ in range(times):
            found = await self._next(
                lambda frame: text in json.dumps(frame, separators=(",", ":")), repr(text)
            )
        return found

    async def end(self) -> None:
        """Waits until the server closes the connection, and tells everything."""
        async with asyncio.timeout(_PATIENCE):
            while not self._end:
                self._news.clear()
                await self._news.wait()
        self.told += [f"get {frame}" for frame in self._inbox]
        self._finish(self._end)

    async def close(self) -> None:
        """Closes the connection, and tells what was waited for."""
        await self.abandon()
        self._finish("(closed)")

    async def abandon(self) -> None:
        """Ends the connection, told or not."""
        if self._client is not None:
            await self._client.close()
        if self._reading is not None:
            await asyncio.wait([self._reading])

    def _finish(self, end: str) -> None:
        self._tell("\n".join([f"WEBSOCKET {self._path}", *(f"> {line}" for line in [*self.told, end])]))

    async def _next(self, wanted: Callable[[Any], bool], what: str) -> Any:
        async with asyncio.timeout(_PATIENCE):
            while True:
                while self._inbox:
                    frame = self._inbox.pop(0)
                    self.told.append(f"get {frame}")
                    if wanted(found := json.loads(frame)):
                        return found
                if self._end:
                    raise EOFError(f"{self._path} ended before {what}: {self.told}")
                self._news.clear()
                await self._news.wait()

    async def _read(self, client: ClientConnection) -> None:
        try:
            async for frame in client:
                self._inbox.append(frame if isinstance(frame, str) else repr(frame))
                self._news.set()
            self._end = f"closed: {client.close_code} {client.close_reason}"
        except ConnectionClosed as closed:
            self._end = f"closed: {closed.rcvd.code if closed.rcvd else None} {client.close_reason}"
        finally:
            self._news.set()
