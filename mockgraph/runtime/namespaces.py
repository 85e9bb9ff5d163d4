"""One isolated world: its graphs, its backend, its journal, its stub counters, its time and its ids."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockgraph.backend.assistants import Assistants
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread, Threads
from mockgraph.runtime.journal import Journal
from mockgraph.runtime.stream_log import Tape
from mockgraph.script.loading import OPEN_CHANNELS, load, stubs_from_python, with_stubs
from mockgraph.script.model import Graph, Stub
from mockgraph.words.clock import Clock, FixedClock, SystemClock
from mockgraph.words.ids import digest, key_of, uuid4, uuid7

if TYPE_CHECKING:
    from mockgraph.backend.crons import Crons
    from mockgraph.backend.items import Items
    from mockgraph.runtime.event_tapes import EventTape, EventTapes
    from mockgraph.runtime.live import LiveRun


class Options:
    """How a server behaves: `deterministic` fixes the seed of its ids and holds its clock still.

    `heartbeat` is the seconds between two signs of life of a long answer; `pace` those for which a stream that only
    tells how runs stand is held back, so that what they said is read before it; `webhook_hosts` are hosts beside
    loopback that webhooks may be posted to.
    """

    def __init__(
        self,
        *,
        deterministic: bool = False,
        heartbeat: float = 5.0,
        pace: float = 0.1,
        webhook_hosts: Collection[str] = (),
    ) -> None:
        self.deterministic = deterministic
        self.heartbeat = heartbeat
        self.pace = pace
        self.webhook_hosts = frozenset(map(str.lower, webhook_hosts))
        self.clock: Clock = FixedClock() if deterministic else SystemClock()
        self.seed = key_of("mockgraph") if deterministic else os.urandom(16)


class Namespace:
    """Everything that a client can see, and nothing that two of them share."""

    def __init__(self, graphs: Mapping[str, Graph], *, options: Options | None = None) -> None:
        self.options = options or Options()
        self.scripted = dict(graphs)
        self._clear()

    def _clear(self) -> None:
        self.graphs: dict[str, Graph] = dict(self.scripted)
        self._items: Items | None = None
        self._crons: Crons | None = None
        self.assistants = Assistants()
        self._have_assistants()
        self.threads = Threads()
        self.runs: dict[str, Run] = {}
        self.live: dict[str, LiveRun] = {}
        self.active: dict[str, list[LiveRun]] = {}
        self.tapes: dict[str, Tape] = {}
        self._events: EventTapes | None = None
        self.alarm: asyncio.TimerHandle | None = None
        self.errands: set[asyncio.Task[None]] = set()
        self.journal = Journal()
        self.played: Counter[Stub] = Counter()
        self._asked: Counter[bytes] = Counter()
        self.answered: Counter[tuple[str, Any, int]] = Counter()
        self._added: dict[str, int] = {}
        self.sown: set[str] = set()
        self._sow()

    @property
    def items(self) -> "Items":
        """The store."""
        if self._items is None:
            from mockgraph.backend.items import Items

            self._items = Items()
        return self._items

    @property
    def crons(self) -> "Crons":
        """Every cron."""
        if self._crons is None:
            from mockgraph.backend.crons import Crons

            self._crons = Crons()
        return self._crons

    @property
    def events(self) -> "EventTapes":
        """The tapes of threads in the newer thread protocol."""
        if self._events is None:
            from mockgraph.runtime.event_tapes import EventTapes

            self._events = EventTapes(self)
        return self._events

    def event_tape(self, thread_id: str) -> "EventTape | None":
        """The thread's tape, if it is in memory."""
        return None if self._events is None else self._events.find(thread_id)

    def forget_events(self, thread_id: str) -> None:
        """A thread is gone: so is its tape."""
        if self._events is not None:
            self._events.drop(thread_id)

    def forget_crons(self, *, thread_id: str | None = None, assistant_id: str | None = None) -> None:
        """A thread or an assistant is gone: so are the crons on it, if there ever were any."""
        if self._crons is not None and thread_id is not None:
            self._crons.forget_thread(thread_id)
        if self._crons is not None and assistant_id is not None:
            self._crons.forget_assistant(assistant_id)

    def reset(self) -> None:
        """Back to what the fixtures say: stubs added in code, threads, runs, items, crons, journal and counters are gone."""
        self.silence()
        for running in list(self.live.values()):
            running.drop()
        for errand in list(self.errands):
            errand.cancel()
        for tape in self.tapes.values():
            tape.end()
        if self._events is not None:
            self._events.end()
        self._clear()

    def silence(self) -> None:
        """No cron fires by itself until an alarm is set again."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None

    async def settled(self, seconds: float) -> None:
        """Let every run begin that waits for somebody to look, and wait a while until all have."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self.live and asyncio.get_running_loop().time() < deadline:
            for running in list(self.live.values()):
                running.release.set()
            if all(running.run.started for running in self.live.values()):
                return
            await asyncio.sleep(0.005)

    def script(self, graphs: Mapping[str, Graph]) -> None:
        """Answer new runs with other fixtures from now on; threads and their history stay. Raises FixtureError."""
        self._rehearse(graphs)
        self.scripted = dict(graphs)
        self.graphs = dict(graphs)
        self._added = {}
        self._have_assistants()
        self._sow()

    def load(self, paths: Sequence[str | Path]) -> None:
        """Add the stubs of more fixtures, behind those that are there."""
        graphs = load(paths, onto=self.graphs)
        self._rehearse(graphs)
        self.graphs = graphs
        self._have_assistants()
        self._sow()

    def _sow(self) -> None:
        """Have what the fixtures seed; raises FixtureError."""
        if any(graph.given.seed.threads or graph.given.seed.items for graph in self.graphs.values()):
            from mockgraph.runtime.seeding import sow

            sow(self)

    def _rehearse(self, graphs: Mapping[str, Graph]) -> None:
        """Raise FixtureError for seeds that cannot be, before anything has changed."""
        if any(graph.given.seed.threads or graph.given.seed.items for graph in graphs.values()):
            Namespace(graphs, options=Options(deterministic=True))

    def _have_assistants(self) -> None:
        """Those of the graphs, and those that fixtures give; and whoever a fixture lets in."""
        self.auth = next((graph.given.auth for graph in self.graphs.values() if graph.given.auth), None)
        now = self.options.clock.now()
        for gone in self.assistants.have(self.graphs, now=now):
            self.forget_crons(assistant_id=gone)
        for graph in self.graphs.values():
            for given in graph.given.assistants:
                self.assistants.give(
                    given.assistant_id, {"graph_id": graph.graph_id, **given.fields}, now=now
                )

    def stub(self, graph_id: str, words: dict[str, Any], *, file: str, line: int) -> None:
        """Add a stub that a Python caller described; it is tried before what files say."""
        if not isinstance(graph_id, str) or not graph_id:
            raise TypeError(f"a graph is named by a text, got {graph_id!r}")
        graph = self.graphs.get(graph_id) or Graph(graph_id, OPEN_CHANNELS)
        if "name" not in words:
            words["name"] = _free(f"{Path(file).name}:{line}", {stub.name for stub in graph.stubs})
        added = stubs_from_python(graph, words, file=file, line=line)
        at = self._added.get(graph_id, 0)
        self._added[graph_id] = at + len(added)
        self.graphs[graph_id] = with_stubs(graph, [*graph.stubs[:at], *added, *graph.stubs[at:]])
        if graph_id not in self.assistants.graph_ids:
            self._have_assistants()

    # --- ids ---

    def new_thread_id(self, request: bytes) -> str:
        """The id of a thread that `POST /threads` makes: the next one for such a request."""
        bits = self._bits(b"thread " + request) if self.options.deterministic else os.urandom(16)
        return uuid7(self.options.clock.now(), bits)

    def new_copy_id(self, thread: Thread) -> str:
        """The id of a copy of a thread: its next one."""
        asked = b"copy " + thread.thread_id.encode()
        return uuid4(self._bits(asked) if self.options.deterministic else os.urandom(16))

    def new_context_id(self, request: bytes) -> str:
        """The id of a thread that an A2A message begins: the next one for such a message."""
        return uuid4(self._bits(b"context " + request) if self.options.deterministic else os.urandom(16))

    def unused(self, request: bytes) -> None:
        """Nothing came of the message that `new_context_id` was asked for: the next one like it gets its id."""
        asked = key_of((b"context " + request).decode("utf-8", "replace"))
        self._asked[asked] -= 1
        if self._asked[asked] <= 0:
            del self._asked[asked]

    def new_task_start(self, thread_id: str, made: int) -> str:
        """What marks the messages of an A2A task that begins on a thread, with `made` runs and edits before it."""
        bits = digest(self.options.seed, f"{thread_id} task {made}")
        return uuid7(self.options.clock.now(), bits)

    def new_status_id(self, task_id: str) -> str:
        """The id of a message that says how an A2A task stands: another one whenever somebody asks."""
        bits = os.urandom(16)
        if self.options.deterministic:
            bits = self._bits(b"status " + task_id.encode())
        return uuid4(bits)

    def new_subscription_id(self, thread_id: str) -> str:
        """The id of a subscription to a thread's events."""
        bits = os.urandom(16)
        if self.options.deterministic:
            bits = self._bits(b"subscription " + thread_id.encode())
        return uuid4(bits)

    def new_assistant_id(self, request: bytes) -> str:
        """The id of an assistant that `POST /assistants` makes."""
        return uuid4(self._bits(b"assistant " + request) if self.options.deterministic else os.urandom(16))

    def new_run_ids(self, thread: Thread | None, request: bytes, now: int) -> tuple[str, str]:
        """The ids of a run and of its thread; a stateless run brings its own thread."""
        if not self.options.deterministic:
            fresh = os.urandom(32)
            bits, more = fresh[:16], fresh[16:]
        elif thread is None:
            bits = self._bits(b"stateless " + request)
            more = digest(bits, "thread")
        else:
            bits = digest(self.options.seed, f"{thread.thread_id} run {thread.made}")
            more = b""
        return uuid7(now, bits), thread.thread_id if thread is not None else uuid7(now, more)

    def new_cron_id(self, thread_id: str | None, request: bytes) -> str:
        """The id of a cron: the next one for such a request."""
        asked = b"cron %b " % (thread_id or "").encode() + request
        bits = self._bits(asked) if self.options.deterministic else os.urandom(16)
        return uuid7(self.options.clock.now(), bits)

    def _bits(self, request: bytes) -> bytes:
        """A hash of the request and of how often it was made."""
        asked = key_of(request.decode("utf-8", "replace"))
        self._asked[asked] += 1
        return digest(self.options.seed, f"{asked.hex()} {self._asked[asked]}")


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name} #{number}" in taken:
        number += 1
    return f"{name} #{number}"


def caller(depth: int) -> tuple[str, int]:
    """The file and line of the code that called, `depth` frames above the function that asks."""
    frame = sys._getframe(depth + 1)
    return frame.f_code.co_filename, frame.f_lineno
