"""The Python front door of one namespace: its stubs, journal, faults and clock, as a test steers and sees them.

Whatever changes something is done in the server's own thread, where nothing else touches the namespace.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson

from mockgraph.runtime import repeating, steering, verifying
from mockgraph.runtime.journal import Entry, Journal
from mockgraph.runtime.lints import lints
from mockgraph.runtime.namespaces import Namespace, caller
from mockgraph.words.errors import MockgraphError

Given = TypeVar("Given")

PATIENCE = 30.0  # seconds until a thread that neither starts nor stops is given up


class Front:
    """One namespace of a server: the root, or one within."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Where clients find it, without a trailing slash; raises MockgraphError before it listens."""
        raise NotImplementedError

    # --- what it plays ---

    def stub(
        self,
        graph: str,
        *,
        name: str | None = None,
        when: Mapping[str, Any] | None = None,
        after: str | None = None,
        times: int | None = None,
        play: Sequence[Any] | None = None,
        turns: Sequence[Any] | None = None,
    ) -> None:
        """Add a stub, in the words of the fixture language; it is tried before what files say.

        Stubs that are added in code are tried in the order in which they were added, until `reset()`. Raises
        FixtureError, with the place of this call, for words that are not of the language.
        """
        __tracebackhide__ = True
        file, line = caller(1)
        given = {"name": name, "when": when, "after": after, "times": times, "play": play, "turns": turns}
        words = {key: value for key, value in given.items() if value is not None}
        self._in_loop(lambda: self._space.stub(graph, words, file=file, line=line))

    def load(self, *paths: str | Path) -> None:
        """Add the stubs of more fixtures, behind those that are there, until `reset()`; raises FixtureError."""
        __tracebackhide__ = True
        for path in paths:
            if not isinstance(path, str | Path):
                raise TypeError(f"load takes paths of fixtures, got {path!r}; stub(…) takes words")
        self._in_loop(lambda: self._space.load(paths))

    def latency(self, graph: str, /, **words: Any) -> None:
        """Have a graph's runs take their time: `run`, `node`, `chunk`, `nodes`, as in a fixture; without any, none."""
        __tracebackhide__ = True
        file, line = caller(1)
        given = words or None
        self._in_loop(lambda: steering.set_latency(self._space, graph, given, file=file, line=line))

    def reset(self) -> None:
        """Forget threads, runs and whatever was added in code; what the fixtures say is as it was."""
        self._in_loop(self._space.reset)

    # --- what was asked of it ---

    @property
    def journal(self) -> "JournalView":
        """What was asked, and what became of it."""
        return JournalView(self)

    @property
    def unmatched(self) -> list[str]:
        """The reports on the runs that no stub matched since the last reset."""
        return list(self._space.journal.unmatched_reports)

    def verify(
        self,
        graph: str | None = None,
        *,
        when: Mapping[str, Any] | None = None,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        name: str | None = None,
    ) -> None:
        """Fail unless so many runs fit (at least one, if nothing is said); raises AssertionError with the nearest runs."""
        __tracebackhide__ = True
        file, line = caller(1)
        given = {"when": when, "times": times, "at_least": at_least, "at_most": at_most, "name": name}
        words = {key: value for key, value in given.items() if value is not None}
        self._hold(lambda: steering.verify(self._space, graph, words, file=file, line=line))

    def verify_no_more(self) -> None:
        """Fail if there was a run that no `verify` has met; raises AssertionError."""
        __tracebackhide__ = True
        self._hold(lambda: verifying.no_more(self._space))

    def assert_all_played(self) -> None:
        """Fail if a stub that was added in code has not been played; raises AssertionError. The pytest fixture does it."""
        __tracebackhide__ = True
        self._hold(lambda: verifying.unplayed(self._space))

    def _hold(self, look: Callable[[], str | None]) -> None:
        __tracebackhide__ = True
        failure = self._in_loop(look)
        if failure is not None:
            raise AssertionError(failure)

    # --- what goes wrong, and when ---

    @property
    def faults(self) -> "FaultsView":
        """What goes wrong between client and server."""
        return FaultsView(self)

    @property
    def clock(self) -> "ClockView":
        """How time passes."""
        return ClockView(self)

    # --- in the server's thread ---

    @property
    def _space(self) -> Namespace:
        return self._namespace

    def _in_loop(self, change: Callable[[], Given]) -> Given:
        """Do something to the namespace where nothing else touches it: in the server's own thread, if there is one."""
        __tracebackhide__ = True
        loop = self._loop
        if loop is None or not loop.is_running() or _running() is loop:
            return change()
        done = threading.Event()
        given: list[Given] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                given.append(change())
            except BaseException as error:
                failed.append(error)
            finally:
                done.set()

        loop.call_soon_threadsafe(run)
        if not done.wait(PATIENCE):
            raise MockgraphError("the server does not answer; its thread may have died")
        if failed:
            raise failed[0]
        return given[0]

    def _await(self, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        __tracebackhide__ = True
        if self._loop is None or not self._loop.is_running():
            raise MockgraphError("the server is not running, so no time passes; use it as a context manager")
        asyncio.run_coroutine_threadsafe(make(), self._loop).result(PATIENCE)


def _running() -> asyncio.AbstractEventLoop | None:
    """The loop of this thread, if it has one that runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class JournalView:
    """What was asked of a namespace since its last reset."""

    def __init__(self, front: Front) -> None:
        self._front = front

    @property
    def _journal(self) -> Journal:
        return self._front._space.journal

    def runs(
        self,
        *,
        graph: str | None = None,
        thread: str | None = None,
        stub: str | None = None,
        status: str | None = None,
    ) -> list[Entry]:
        """The runs that were asked for, oldest first, with those that no stub matched."""
        return self._journal.runs(graph=graph, thread=thread, stub=stub, status=status)

    def requests(
        self, *, method: str | None = None, path: str | None = None, status: int | None = None
    ) -> list[Entry]:
        """The requests, oldest first; a `path` may end in `*`, for all that begin so."""
        return self._journal.requests(method=method, path=path, status=status)

    @property
    def unmatched(self) -> list[Entry]:
        """The runs that no stub matched, and those in which something of mockgraph's broke."""
        return self._journal.unmatched

    @property
    def lints(self) -> list[str]:
        """What is odd about what clients asked for, though the real server takes it."""
        from mockgraph.web.known_keys import known_keys

        return [f"{name}: {entry.asked}: {said}" for name, entry, said in lints(self._journal, known_keys)]

    def parts(self, entry: Entry) -> list[tuple[str, Any]]:
        """The parts that a run's stream had: event names and data, told again from its script."""
        run = entry.run
        if run is None:
            return []
        sent = self._front._in_loop(lambda: repeating.sent(self._front._space, run))
        return [(part.event, orjson.loads(part.body.partition(b"\r\ndata: ")[2])) for part in sent]

    def missed(self, entry: Entry) -> list[str]:
        """Why the other stubs of its graph did not take a run, the nearest first."""
        found = self._front._in_loop(lambda: verifying.missed(self._front._space, entry))
        return [verifying.why(miss, self._journal.hiding(())) for miss in found]

    def __iter__(self) -> Any:
        return iter(self._journal)

    def __len__(self) -> int:
        return len(self._journal)


class FaultsView:
    """The faults that are laid over a namespace's next requests."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def next(self, **words: Any) -> None:
        """Lay a fault over the next requests, in the words of the fixture language: `status=503, times=2`.

        `route` and `graph` say which requests, `at` which part, `times` how many. Raises FixtureError.
        """
        __tracebackhide__ = True
        file, line = caller(1)
        front = self._front
        front._in_loop(lambda: steering.lay_fault(front._space, words, file=file, line=line))

    @property
    def pending(self) -> list[str]:
        """Those that are still to strike."""
        return [strikes.fault.name for strikes in self._front._space.faults.laid]

    def clear(self) -> None:
        """Lay them off."""
        self._front._in_loop(self._front._space.faults.clear)


class ClockView:
    """The time of a namespace: `real`, `instant` or `held`."""

    def __init__(self, front: Front) -> None:
        self._front = front

    @property
    def mode(self) -> str:
        """How time passes."""
        return self._front._space.timeline.mode

    @property
    def now(self) -> int:
        """The date, in microseconds since the epoch."""
        return self._front._space.options.clock.now()

    @property
    def waiting(self) -> int:
        """How many delays and parts wait for time to pass."""
        return self._front._space.timeline.waiting

    def set(self, mode: str, *, speed: float = 1.0) -> None:
        """Let time pass otherwise, until `reset()`; a real clock goes `speed` times as fast. Raises ValueError."""
        __tracebackhide__ = True
        front = self._front
        front._in_loop(lambda: front._space.set_clock(mode, speed=speed))

    def hold(self) -> None:
        """Let nothing happen but what `advance` and `next_part` release."""
        self.set("held")

    def advance(self, time: float | str | timedelta) -> None:
        """Let time pass, with all that is due in it: delays, heartbeats, crons. Not on a real clock.

        So many seconds, or `90s`, `2m`, `24h`, `7d`; raises MockgraphError for anything else.
        """
        __tracebackhide__ = True
        seconds = steering.seconds_of(time)
        self._front._await(lambda: self._front._space.timeline.advance(seconds))

    def next_part(self, *, timeout: float = 5.0) -> None:
        """On a held clock, let time pass until one more part is told; waits so many seconds for a client to ask for it."""
        __tracebackhide__ = True
        self._front._await(lambda: self._front._space.timeline.next_part(patience=timeout))
