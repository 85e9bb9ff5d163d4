"""How time passes in a namespace: by itself, at once, or only when it is told to.

Theory of operation. Whatever waits stands in one heap, by when it is due and then by who came first. What a script or a
request asks for (a delay, `after_seconds`) drives time; what only happens as time goes by (a heartbeat, a cron) does not.
A real clock lets the machine's time pass, `speed` times as fast. On an instant clock time jumps to the next entry as
long as one that drives it is there, after giving the loop a few turns, so that whoever was to come before it has come:
delays keep their order and take no time. A held clock stands still until `advance` or `next_part`; every part of a
stream then waits for its release too.

The date (`clock`) is moved by `advance` and `next_part` alone. An instant clock that jumps leaves it where it is: the
dates of one run do not depend on the delays of another.
"""

import asyncio
import heapq
from collections.abc import Callable

from mockgraph.words.clock import Clock
from mockgraph.words.errors import MockgraphError

MODES = ("real", "instant", "held")
LONGEST = 366 * 24 * 3600  # seconds
_TURNS = 3  # of the loop before an instant clock jumps
_SETTLING = 10  # turns of the loop for what was released: a run, those who follow it, and their sockets


class Timer:
    """An entry of the heap: what is called when it is due."""

    __slots__ = ("call", "drives", "due", "order", "part")

    def __init__(self, due: float, order: int, call: Callable[[], None], *, drives: bool, part: bool) -> None:
        self.due = due
        self.order = order
        self.call: Callable[[], None] | None = call
        self.drives = drives
        self.part = part

    @property
    def gone(self) -> bool:
        """Whether it has been called, or will not be."""
        return self.call is None

    def __lt__(self, other: "Timer") -> bool:
        return (self.due, self.order) < (other.due, other.order)


class Timeline:
    """The time of one namespace, in seconds since it began; to be used in the loop's own thread."""

    def __init__(self, clock: Clock, *, mode: str = "real", speed: float = 1.0) -> None:
        self.clock = clock
        self._mode, self._speed = mode, speed
        self._heap: list[Timer] = []
        self._made = 0
        self._gone = 0  # entries that were cancelled and are still in the heap
        self._driving = 0
        self._elapsed = 0.0
        self._since: float | None = None  # the loop's time at `_elapsed`, on a real clock
        self._handle: asyncio.Handle | None = None
        self._told = False  # somebody moves it just now

    # --- how it passes ---

    @property
    def mode(self) -> str:
        """`real`, `instant` or `held`."""
        return self._mode

    @property
    def speed(self) -> float:
        """How much faster than the machine's a real clock goes."""
        return self._speed

    @property
    def held(self) -> bool:
        """Whether nothing happens until it is told to."""
        return self._mode == "held"

    @property
    def waiting(self) -> int:
        """How many delays and parts wait."""
        return self._driving

    def set(self, mode: str, *, speed: float = 1.0) -> None:
        """Let time pass otherwise from now on; raises ValueError."""
        if mode not in MODES:
            raise ValueError(f"a clock is {', '.join(MODES[:-1])} or {MODES[-1]}, got {mode!r}")
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed is a number above 0, got {speed!r}")
        self._elapsed = self.time()
        self._since = None
        self._mode, self._speed = mode, speed
        self._arm()

    def time(self) -> float:
        """Seconds since it began."""
        if self._mode != "real" or self._since is None:
            return self._elapsed
        return self._elapsed + (asyncio.get_running_loop().time() - self._since) * self._speed

    def end(self) -> None:
        """Nothing waits any more; whoever did is cancelled by its owner."""
        for timer in self._heap:
            timer.call = None
        self._heap.clear()
        self._driving = self._gone = 0
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    # --- waiting ---

    async def sleep(self, seconds: float) -> None:
        """Wait so long; this drives an instant clock."""
        await self._wait(self.time() + max(0.0, seconds), drives=True)

    async def pass_by(self, due: float) -> None:
        """Wait until the time is `due`, without driving anything."""
        await self._wait(due, drives=False)

    async def part(self) -> None:
        """On a held clock, wait until a part may be told."""
        if self._mode == "held":
            await self._wait(self._elapsed, drives=True, part=True)

    async def _wait(self, due: float, *, drives: bool, part: bool = False) -> None:
        done = asyncio.get_running_loop().create_future()

        def release() -> None:
            if not done.done():
                done.set_result(None)

        timer = self._push(due, release, drives=drives, part=part)
        try:
            await done
        finally:
            self.cancel(timer)

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Call when the time is `due`, without driving anything."""
        return self._push(due, call, drives=False)

    def cancel(self, timer: Timer) -> None:
        """Do not call it, if it has not been."""
        if timer.call is None:
            return
        timer.call = None
        self._driving -= timer.drives
        self._gone += 1
        if self._gone > len(self._heap) // 2 + 16:
            self._heap = [entry for entry in self._heap if entry.call is not None]
            heapq.heapify(self._heap)
            self._gone = 0

    def _push(self, due: float, call: Callable[[], None], *, drives: bool, part: bool = False) -> Timer:
        self._made += 1
        timer = Timer(due, self._made, call, drives=drives, part=part)
        heapq.heappush(self._heap, timer)
        self._driving += drives
        if self._heap[0] is timer or (drives and self._mode == "instant"):
            self._arm()
        return timer

    # --- passing ---

    def _next(self) -> Timer | None:
        heap = self._heap
        while heap and heap[0].call is None:
            heapq.heappop(heap)
            self._gone -= 1
        return heap[0] if heap else None

    def _arm(self) -> None:
        """Be woken when the next entry is due; where no loop runs nothing waits."""
        if not self._heap:
            return
        loop = asyncio.get_running_loop()
        if self._mode == "real":
            if self._handle is not None:
                self._handle.cancel()
                self._handle = None
            if self._since is None:
                self._since = loop.time()
            first = self._next()
            if first is not None:
                self._handle = loop.call_later(max(0.0, first.due - self.time()) / self._speed, self._wake)
            return
        if self._handle is not None and self._since is not None:
            self._handle.cancel()  # of a real clock that is none any more
            self._handle = None
        self._since = None
        if self._mode == "instant" and self._handle is None and self._driving and not self._told:
            self._handle = loop.call_soon(self._jump, _TURNS)

    def _wake(self) -> None:
        """A real clock: whatever is due is called."""
        self._handle = None
        now = self.time()
        while (first := self._next()) is not None and first.due <= now:
            self._release(first)
        self._arm()

    def _jump(self, turns: int) -> None:
        """An instant clock: the next entry is called, when the loop has had its turns."""
        self._handle = None
        if self._mode != "instant" or self._told or not self._driving:
            return
        if turns:
            self._handle = asyncio.get_running_loop().call_soon(self._jump, turns - 1)
            return
        first = self._next()
        if first is not None:
            self._elapsed = max(self._elapsed, first.due)
            self._release(first)
        self._arm()

    def _release(self, timer: Timer) -> None:
        heapq.heappop(self._heap)
        call, timer.call = timer.call, None
        self._driving -= timer.drives
        if call is not None:
            call()

    # --- moved by hand ---

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass, with whatever is due in them; raises MockgraphError on a real clock."""
        self._refuse_real("advance")
        if not 0 <= seconds < float("inf"):
            raise MockgraphError(f"time goes on by 0 seconds or more, got {seconds!r}")
        if seconds > LONGEST:
            raise MockgraphError(
                f"time goes on by a year at most at once ({LONGEST} seconds), got {seconds!r}"
            )
        until = self._elapsed + seconds
        self._told = True
        try:
            await self._settle()
            while (first := self._next()) is not None and first.due <= until:
                self._move(first.due)
                self._release(first)
                await self._settle()
            self._move(until)
        finally:
            self._told = False
            self._arm()

    async def next_part(self, *, patience: float) -> None:
        """Let time pass until one more part is told; raises MockgraphError where none comes within `patience` seconds.

        Those are the machine's: a client may still be on its way.
        """
        self._refuse_real("next_part")
        if not self.held:
            raise MockgraphError("the clock is instant: its parts do not wait; hold it first, mode 'held'")
        await self._settle()
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while True:
            first = self._next()
            if first is not None and self._driving:
                self._move(first.due)
                self._release(first)
                await self._settle()
                if first.part:
                    return
            elif loop.time() >= until:
                raise MockgraphError(
                    "no part is to come: no client has asked for a stream or a wait yet, or whatever plays waits for something else"
                )
            else:
                await asyncio.sleep(0.002)

    def _refuse_real(self, what: str) -> None:
        if self._mode == "real":
            raise MockgraphError(f"{what}: the clock is real; set its mode to 'held' or 'instant' first")

    def _move(self, due: float) -> None:
        """Time and date go on together."""
        if due > self._elapsed:
            self.clock.advance(round((due - self._elapsed) * 1_000_000))
            self._elapsed = due

    async def _settle(self) -> None:
        for _ in range(_SETTLING):
            await asyncio.sleep(0)
