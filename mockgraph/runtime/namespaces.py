"""One isolated world: its graphs, its backend, its journal, its stub counters, its time and its ids."""

import asyncio
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mockgraph.backend.assistants import Assistants
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Threads
from mockgraph.runtime.faults import Faults
from mockgraph.runtime.journal import Journal
from mockgraph.runtime.new_ids import NewIds
from mockgraph.runtime.options import Options
from mockgraph.runtime.stream_log import Tape
from mockgraph.runtime.timeline import Timeline, Timer
from mockgraph.script.latency import Latency
from mockgraph.script.loading import (
    OPEN_CHANNELS,
    load,
    load_texts,
    stub_from_text,
    stubs_from_python,
    stubs_of,
    with_stubs,
)
from mockgraph.script.model import Graph, Stub
from mockgraph.words.errors import FixtureError, MockgraphError, Refusal

if TYPE_CHECKING:
    from mockgraph.backend.crons import Crons
    from mockgraph.backend.items import Items
    from mockgraph.runtime.event_tapes import EventTape, EventTapes
    from mockgraph.runtime.live import LiveRun


_LOST = 1000


class Namespace:
    """Everything that a client can see, and nothing that two of them share."""

    def __init__(
        self,
        graphs: Mapping[str, Graph],
        *,
        options: Options | None = None,
        name: str = "",
        parent: "Namespace | None" = None,
    ) -> None:
        self.options = options or Options()
        self.name = name  # empty: the root
        self.parent = parent
        self.lost: deque[str] = deque(maxlen=_LOST)  # reports from before a reset
        self.used = 0.0
        self.scripted = dict(graphs)
        self.children: dict[str, Namespace] = {}
        self._clear()

    def _clear(self) -> None:
        self.graphs: dict[str, Graph] = dict(self.scripted)
        self.timeline = Timeline(self.options.clock, mode=self.options.time, speed=self.options.speed)
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
        self.alarm: Timer | None = None
        self.rearm: Callable[[], None] | None = None  # sets the alarm anew
        self.errands: set[asyncio.Task[None]] = set()
        self.journal = Journal(
            entries=self.options.journal_entries,
            size=self.options.journal_size,
            redact=self.options.redact,
            mounted=f"/ns/{self.name}" if self.name else "",
        )
        self.faults = Faults()
        self.verified: set[int] = set()  # runs, by their numbers in the journal
        self.played: Counter[Stub] = Counter()
        self.played_within: Counter[Stub] = Counter()  # in namespaces that were dropped
        self.ids = NewIds(self.options)
        self.answered: Counter[tuple[str, Any, int]] = Counter()
        self._loaded: list[tuple[str | Path, ...]] = []
        self._texts: list[tuple[str, str]] = []
        self._added: dict[str, list[Stub]] = {}
        self._latencies: dict[str, Latency | None] = {}
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
        """Back to what the fixtures say: what was added, threads, runs, items, crons, journal and counters are gone.

        So are the namespaces within, and the time is that of the beginning.
        """
        for name in list(self.children):
            self.drop(name)
        if self.parent is not None:
            mine = self.parent.added
            self.parent.played_within.update({stub: self.played[stub] for stub in mine if self.played[stub]})
        (self.parent or self).lost.extend(self.journal.unmatched_reports)
        self.silence()
        for running in list(self.live.values()):
            running.drop()
        for errand in list(self.errands):
            errand.cancel()
        for tape in self.tapes.values():
            tape.end()
        if self._events is not None:
            self._events.end()
        self.timeline.end()
        self.options.clock = self.options.new_clock()
        self._clear()

    def silence(self) -> None:
        """No cron fires by itself until an alarm is set again."""
        if self.alarm is not None:
            self.timeline.cancel(self.alarm)
            self.alarm = None

    async def settled(self, seconds: float) -> None:
        """Let every run begin that waits for somebody to look, and wait a while until all have."""
        for child in self.children.values():
            await child.settled(seconds)
        deadline = asyncio.get_running_loop().time() + seconds
        while self.live and asyncio.get_running_loop().time() < deadline:
            for running in list(self.live.values()):
                running.release.set()
            if all(running.run.started for running in self.live.values()):
                return
            await asyncio.sleep(0.005)

    # --- what it plays ---

    def script(self, graphs: Mapping[str, Graph]) -> None:
        """Answer new runs with other fixtures from now on; what was added, threads and their history stay.

        Raises FixtureError, and nothing has changed.
        """
        composed = self._composed(graphs)
        heirs = [(child, child._composed(composed)) for child in self.children.values()]
        self.scripted = dict(graphs)
        self._play_by(composed)
        for child, inherited in heirs:
            child.scripted = composed
            child._play_by(inherited)

    def load(self, paths: Sequence[str | Path]) -> None:
        """Add the stubs of more fixtures, behind those that are there; raises FixtureError."""
        self._loaded.append(tuple(paths))
        self._anew(self._loaded.pop)

    def _composed(self, graphs: Mapping[str, Graph]) -> dict[str, Graph]:
        """Those graphs with all that was added here; raises FixtureError."""
        composed = dict(graphs)
        for paths in self._loaded:
            composed = load(paths, onto=composed)
        for text in self._texts:
            composed = load_texts([text], onto=composed)
        for graph_id, added in self._added.items():
            if not added:
                continue
            graph = composed.get(graph_id) or Graph(graph_id, OPEN_CHANNELS)
            composed[graph_id] = with_stubs(graph, [*added, *graph.stubs])
        for graph_id, latency in self._latencies.items():
            if graph_id in composed:
                given = msgspec.structs.replace(composed[graph_id].given, latency=latency)
                composed[graph_id] = msgspec.structs.replace(composed[graph_id], given=given)
        self._rehearse(composed)
        return composed

    def _play_by(self, composed: dict[str, Graph]) -> None:
        self.graphs = composed
        played, self.played = self.played, Counter()
        for graph in composed.values():
            # Of stubs that are gone nothing is remembered.
            self.played.update({stub: played[stub] for stub in graph.stubs if played[stub]})
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

    def stub(self, graph_id: str, words: dict[str, Any], *, file: str, line: int) -> list[Stub]:
        """Add a stub that somebody described; it is tried before what files say. Raises FixtureError."""
        if not isinstance(graph_id, str) or not graph_id:
            raise TypeError(f"a graph is named by a text, got {graph_id!r}")
        graph = self.graphs.get(graph_id) or Graph(graph_id, OPEN_CHANNELS)
        if "name" not in words:
            words["name"] = _free(f"{Path(file).name}:{line}", {stub.name for stub in graph.stubs})
        return self._add(graph, stubs_from_python(graph, words, file=file, line=line))

    def _add(self, graph: Graph, added: list[Stub]) -> list[Stub]:
        """Add stubs behind those that were added before, and before all others; raises FixtureError."""
        before = self._added.get(graph.graph_id, [])
        self._added[graph.graph_id] = [*before, *added]
        if self.children:
            self._anew(lambda: self._added.update({graph.graph_id: before}))
            return added
        at = len(before)
        self.graphs[graph.graph_id] = with_stubs(graph, [*graph.stubs[:at], *added, *graph.stubs[at:]])
        if graph.graph_id not in self.assistants.graph_ids:
            self._have_assistants()
        return added

    def _anew(self, undo: Callable[[], object]) -> None:
        """Play what is there now, here and in the namespaces within; where that cannot be, as before. Raises FixtureError."""
        try:
            self.script(self.scripted)
        except FixtureError:
            undo()
            raise

    def stubs_from_text(self, text: str, *, file: str) -> list[Stub]:
        """Add what a YAML or JSON text says: a stub with its `graph`, or a fixture; raises FixtureError."""
        described = stub_from_text(text, file=file)
        if described is not None:
            graph_id, node = described
            graph = self.graphs.get(graph_id) or Graph(graph_id, OPEN_CHANNELS)
            return self._add(graph, stubs_of(graph, node, file=file))
        before = {id(stub) for graph in self.graphs.values() for stub in graph.stubs}
        self._texts.append((f"{file} #{len(self._texts) + 1}", text))
        self._anew(self._texts.pop)
        return [stub for graph in self.graphs.values() for stub in graph.stubs if id(stub) not in before]

    def unstub(self, graph_id: str, name: str) -> bool:
        """Take back a stub that was added here; whether there was one of this name."""
        mine = self._added.get(graph_id, [])
        left = [stub for stub in mine if stub.name != name]
        if len(left) == len(mine):
            return False
        self._added[graph_id] = left
        self._anew(lambda: self._added.update({graph_id: mine}))
        return True

    def take_time(self, graph_id: str, latency: Latency | None) -> None:
        """Have a graph's runs take their time; raises MockgraphError where there is no such graph."""
        if graph_id not in self.graphs:
            known = ", ".join(sorted(self.graphs)) or "none"
            raise MockgraphError(
                f"there is no graph '{graph_id}' that could take its time; there are: {known}"
            )
        before = dict(self._latencies)
        self._latencies[graph_id] = latency
        self._anew(lambda: setattr(self, "_latencies", before))

    def set_clock(self, mode: str, *, speed: float = 1.0) -> None:
        """Let time pass otherwise from now on; to be called in the loop, if there is one. Raises ValueError."""
        self.timeline.set(mode, speed=speed)
        if self.alarm is not None and self.rearm is not None:
            self.rearm()

    @property
    def added(self) -> list[Stub]:
        """The stubs that were added here."""
        return [stub for stubs in self._added.values() for stub in stubs]

    # --- namespaces within ---

    def child(self, name: str) -> "Namespace":
        """The namespace of this name, made at its first use; raises Refusal where there are too many."""
        found = self.children.get(name)
        if found is None:
            self._make_room()
            found = Namespace(self.graphs, options=self.options.fresh(), name=name, parent=self)
            self.children[name] = found
        found.used = time.monotonic()
        return found

    def drop(self, name: str) -> bool:
        """End a namespace; whether there was one."""
        found = self.children.pop(name, None)
        if found is not None:
            found.reset()
        return found is not None

    def _make_room(self) -> None:
        """Drop what nobody has used for long; raises Refusal where there is no room all the same."""
        if len(self.children) < self.options.namespaces:
            return
        before = time.monotonic() - self.options.idle
        for name, found in list(self.children.items()):
            if found.used < before and not found.live:
                self.drop(name)
        if len(self.children) >= self.options.namespaces:
            raise Refusal(
                503,
                f"There are {len(self.children)} namespaces already, which is as many as may be: "
                "DELETE /_mockgraph/ns/<name> ends one",
            )


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
