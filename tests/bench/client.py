"""A closed-loop HTTP/1.1 client: each kept connection sends its next request when the last answer has ended.

It parses no more than where an answer ends, so that it needs far less time than any server that it measures.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import uvloop

CONNECTIONS = 8
_PATIENCE = 60.0  # seconds that a load may take beyond its time
_LONG = 900.0  # seconds that a count may take

# Takes the last answer (empty before the first), gives the next request, or None to hang up.
Conversation = Callable[[bytes], bytes | None]


class Unexpected(Exception):
    """An answer that is no 200, or none at all."""


@dataclass(frozen=True)
class Load:
    """What a load came to. `busy` is the client's own share of one core."""

    answers: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def for_seconds(port: int, request: bytes, seconds: float, *, connections: int = CONNECTIONS) -> Load:
    """The same request over and over; no new one is sent after that time."""
    answers = 0
    deadline = time.perf_counter() + seconds

    def conversation(answer: bytes) -> bytes | None:
        nonlocal answers
        answers += bool(answer)
        return request if time.perf_counter() < deadline else None

    began, used = time.perf_counter(), time.process_time()
    converse(port, [conversation] * connections, patience=seconds + _PATIENCE)
    took = time.perf_counter() - began
    return Load(answers, took, (time.process_time() - used) / took)


def for_count(port: int, request: bytes, count: int) -> None:
    """The same request so many times."""
    left = count

    def conversation(_answer: bytes) -> bytes | None:
        nonlocal left
        left -= 1
        return request if left >= 0 else None

    converse(port, [conversation] * CONNECTIONS)


def once(port: int, request: bytes) -> bytes:
    """One answer, head and all."""
    heard: list[bytes] = []

    def conversation(answer: bytes) -> bytes | None:
        heard.append(answer)
        return None if answer else request

    converse(port, [conversation], patience=_PATIENCE)
    return heard[-1]


def converse(port: int, conversations: Sequence[Conversation], *, patience: float = _LONG) -> None:
    """Hold conversations side by side, each on a connection of its own, until all have hung up."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_converse(port, conversations, patience))


async def _converse(port: int, conversations: Sequence[Conversation], patience: float) -> None:
    loop = asyncio.get_running_loop()
    speakers = [_Speaker(conversation, loop.create_future()) for conversation in conversations]
    try:
        async with asyncio.timeout(patience):
            for speaker in speakers:
                await loop.create_connection(lambda speaker=speaker: speaker, "127.0.0.1", port)  # type: ignore[misc]
            await asyncio.gather(*(speaker.over for speaker in speakers))
    finally:
        for speaker in speakers:
            speaker.hang_up()


class _Speaker(asyncio.Protocol):
    def __init__(self, conversation: Conversation, over: "asyncio.Future[None]") -> None:
        self.over = over
        self._conversation = conversation
        self._heard = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's are no subclasses
        self._say(b"")

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not ended(self._heard):
            return
        heard, self._heard = self._heard, b""
        if heard.startswith(b"HTTP/1.1 200 "):
            self._say(heard)
        else:
            self._fail(Unexpected(heard.decode(errors="replace")))

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or Unexpected(f"the server hung up after {self._heard!r}"))

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _say(self, heard: bytes) -> None:
        try:
            request = self._conversation(heard)
        except Exception as error:
            self._fail(error)
            return
        if request is None:
            if not self.over.done():
                self.over.set_result(None)
            self.hang_up()
        elif self._transport is not None:
            self._transport.write(request)

    def _fail(self, error: Exception) -> None:
        if not self.over.done():
            self.over.set_exception(error)


def ended(heard: bytes) -> bool:
    """Whether these bytes are a whole answer: of a known length, or with the chunk that closes it."""
    head = heard.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = heard.find(b"content-length: ", 0, head)
    if length < 0:
        return heard.endswith(b"\r\n0\r\n\r\n")
    value = heard[length + 16 : heard.find(b"\r\n", length)]
    return len(heard) >= head + 4 + int(value)
