"""The parts of one run's stream, numbered as they come, for anybody who follows: live, late or several at once."""

import asyncio
from collections.abc import AsyncIterator, Iterable

Part = tuple[str, bytes]


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

    def extend(self, parts: Iterable[Part]) -> None:
        """Add parts, each with its event name."""
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
