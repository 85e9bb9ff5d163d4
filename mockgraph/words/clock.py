"""Time as whole microseconds since the epoch, behind one method, so that tests can hold it still."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that tells the time; `ticks` says whether it goes on by itself."""

    @property
    def ticks(self) -> bool: ...

    def now(self) -> int:
        """Microseconds since the epoch."""
        ...

    def advance(self, micros: int) -> None:
        """Be so much later from now on."""
        ...


class SystemClock:
    """The machine's clock, or so much ahead of it as it was advanced."""

    ticks = True

    def __init__(self) -> None:
        self._ahead = 0

    def now(self) -> int:
        return time.time_ns() // 1000 + self._ahead

    def advance(self, micros: int) -> None:
        self._ahead += micros


class FixedClock:
    """A clock that stands still: the same requests are answered with the same times."""

    ticks = False
    # 2024-01-01T00:00:00Z: a round instant that is easy to recognise in an output.
    START = 1_704_067_200_000_000

    def __init__(self, start: int = START) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def advance(self, micros: int) -> None:
        self._now += micros


def iso(micros: int) -> str:
    """The real server's timestamp: six digits and `+00:00`."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds")
