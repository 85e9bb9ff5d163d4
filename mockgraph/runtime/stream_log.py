"""The parts of a stream, numbered as they come, for anybody who follows: live, late or several at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

import msgspec

from mockgraph.runtime.faults import Strikes


class Part(msgspec.Struct, frozen=True, gc=False):
    """One SSE part: its event name, its bytes, and its id, which only some streams show.

    Or, with a `fault` and no bytes, what strikes those who follow, before the next part.
    """

    event: str
    body: bytes
    id: str
    fault: Strikes | None = None

    @property
    def numbered(self) -> bytes:
        """The bytes with the id in them."""
        return b"%bid: %b\r\n\r\n" % (self.body[:-2], self.id.encode())


def after(part_id: str, last: tuple[int, int]) -> bool:
    """Whether a part comes behind the one that a client saw last."""
    milliseconds, _, number = part_id.partition("-")
    return (int(milliseconds), int(number)) > last


class Numbers:
    """The ids of a run's parts: scripted time in milliseconds, and a count within each, so that none is like another.

    They come out the same whenever the run is played again.
    """

    __slots__ = ("_at", "_count", "_milliseconds")

    def __init__(self, start: int) -> None:
        self._at = start
        self._milliseconds = start // 1000
        self._count = 0

    @property
    def milliseconds(self) -> int:
        """Those of the newest id."""
        return self._milliseconds

    def wait(self, seconds: float) -> None:
        """Let scripted time pass."""
        self._at += round(seconds * 1_000_000)
        if self._at // 1000 > self._milliseconds:
            self._milliseconds = self._at // 1000
            self._count = 0

    def next(self) -> str:
        """The id of the next part."""
        self._count += 1
        return f"{self._milliseconds}-{self._count - 1}"


class StreamLog:
    """An append-only list of encoded parts that ends once.

    Followers share the list and keep only a position, so one that reads slowly costs nothing and slows nobody.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._ended = False
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def parts(self) -> list[Part]:
        """The parts so far."""
        return self._parts

    def extend(self, parts: Iterable[Part]) -> None:
        """Add parts."""
        self._parts.extend(parts)
        self._tell()

    def end(self) -> None:
        """No part will follow."""
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, position: int = 0) -> AsyncIterator[Part]:
        """The parts from a position on, until the end."""
        while True:
            while position < len(self._parts):
                yield self._parts[position]
                position += 1
            if self._ended:
                return
            await self._news.wait()


class Tape:
    """The parts of all runs of a thread, for whoever follows the thread: only the newest are kept.

    A follower that falls so far behind that parts are gone is let go; it may come back with its last id.
    """

    LENGTH = 10_000  # parts

    def __init__(self) -> None:
        self._parts: deque[Part] = deque(maxlen=self.LENGTH)
        self._count = 0
        self._ended = False
        self._news = asyncio.Event()
        self.followers = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, parts: Iterable[Part]) -> None:
        """Add parts."""
        for part in parts:
            self._parts.append(part)
            self._count += 1
        self._news.set()
        self._news = asyncio.Event()

    def end(self) -> None:
        """Nobody will play on the thread any more: whoever follows is let go."""
        self._ended = True
        self._news.set()

    async def follow(self, position: int) -> AsyncIterator[Part]:
        """The parts from a position on, until the end."""
        while not self._ended:
            while position < self._count:
                oldest = self._count - len(self._parts)
                if position < oldest:
                    return
                yield self._parts[position - oldest]
                position += 1
            await self._news.wait()
