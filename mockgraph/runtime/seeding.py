"""What is there before the first request: threads with the runs that they have had, and store items.

A seeded run is played like any other, by the stub that matches it; but at once, whatever time its play takes.
"""

from collections import Counter

from mockgraph.backend.json import dumps
from mockgraph.runtime import settling
from mockgraph.runtime.editing import edit
from mockgraph.runtime.journal import Entry, Journal
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Runner
from mockgraph.script.given import SeedThread
from mockgraph.script.model import Fail, Graph, steps_of
from mockgraph.script.places import Source
from mockgraph.words.clock import Clock
from mockgraph.words.errors import Complaint, FixtureError, Refusal

_URL = "http://127.0.0.1"


def sow(namespace: Namespace) -> None:
    """Everything that the fixtures seed and that was not sown before; raises FixtureError for what cannot be."""
    kept_apart = namespace.played, namespace.journal
    namespace.played, namespace.journal = Counter(), _Unwritten()
    try:
        runner = Runner(namespace)
        for graph in namespace.graphs.values():
            for at, seed in enumerate(graph.given.seed.threads):
                if _new(namespace, seed.thread_id):
                    _thread(runner, graph, seed, path=f"seed.threads[{at}]")
            for item in graph.given.seed.items:
                if _new(namespace, item.id):
                    fields = {"namespace": item.namespace, "key": item.key, "value": item.value}
                    namespace.items.put(fields, now=namespace.options.clock.now())
    finally:
        namespace.played, namespace.journal = kept_apart


def _new(namespace: Namespace, seed_id: str) -> bool:
    """Whether a seed is still to be sown; what became of those that were is the clients' affair."""
    if seed_id in namespace.sown or namespace.threads.find(seed_id) is not None:
        return False
    namespace.sown.add(seed_id)
    return True


class _Unwritten(Journal):
    """Seeds are no requests of anybody's."""

    def __init__(self) -> None:
        super().__init__(entries=0)

    def went_wrong(self, entry: Entry, report: str) -> None:
        """Nothing: who sows is told."""


def _thread(runner: Runner, graph: Graph, seed: SeedThread, *, path: str) -> None:
    """Sow a thread; one whose runs took time is sown once more, so much earlier that it is of now."""
    namespace, options, clock = runner.namespace, runner.namespace.options, runner.namespace.options.clock
    played = Counter(namespace.played)
    took = _sown(runner, graph, seed, path=path)
    if took <= 0:
        return
    runner.forget(namespace.threads.get(seed.thread_id))
    namespace.played = played
    options.clock = _Earlier(clock, took)
    try:
        _sown(runner, graph, seed, path=path)
    finally:
        options.clock = clock


class _Earlier:
    """A clock that says what another said so many microseconds ago."""

    ticks = False

    def __init__(self, clock: Clock, micros: int) -> None:
        self._clock = clock
        self._micros = micros

    def now(self) -> int:
        """Microseconds since the epoch."""
        return self._clock.now() - self._micros

    def advance(self, micros: int) -> None:
        """Be so much later from now on."""
        self._micros -= micros


def _sown(runner: Runner, graph: Graph, seed: SeedThread, *, path: str) -> int:
    """Make a thread and play its runs; gives how many microseconds these took."""
    namespace = runner.namespace
    metadata = {"graph_id": graph.graph_id, **seed.metadata}
    now = namespace.options.clock.now()
    thread = namespace.threads.create({"metadata": metadata}, new_id=seed.thread_id, now=now)
    for at, run in enumerate(seed.runs):
        data = {"assistant_id": graph.graph_id, **run.fields}
        if data["assistant_id"] == graph.graph_id and namespace.assistants.named(graph.graph_id) is None:
            return 0  # a client has deleted it
        request = RunRequest("seed", dumps(data), data, [], thread.thread_id)
        try:
            begun = runner.begin(request, api_url=_URL, at_once=True)
        except Refusal as refusal:
            raise _wrong(run.source, f"{path}.runs[{at}]", refusal.detail) from None
        error, stub = begun.outcome.error, begun.run.stub
        scripted = stub is not None and any(type(step) is Fail for step in steps_of(stub.play.supersteps))
        if error is not None and error["error"] in settling.OURS:
            raise _wrong(run.source, f"{path}.runs[{at}]", error["message"])
        if error is not None and not scripted:
            raise _wrong(run.source, f"{path}.runs[{at}]", f"{error['error']}: {error['message']}")
    if seed.values is not None:
        as_node = {"as_node": seed.as_node} if seed.as_node is not None else {}
        try:
            edit(namespace, thread, {"values": dict(seed.values), **as_node})
        except Refusal as refusal:
            raise _wrong(seed.source, f"{path}.values", refusal.detail) from None
    return thread.updated_at - namespace.options.clock.now()


def _wrong(source: Source, path: str, why: str) -> FixtureError:
    what = f"this cannot be seeded\n{why}"
    return FixtureError([Complaint(source.file, source.line, source.column, path, what)])
