"""What is there before the first request: threads with the runs that they have had, and store items.

A seeded run is played like any other, by the stub that matches it; but at once, whatever time its play takes.
"""

from collections import Counter

from mockgraph.backend.json import dumps
from mockgraph.runtime.editing import edit
from mockgraph.runtime.journal import Entry, Journal
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Runner
from mockgraph.script.given import SeedThread
from mockgraph.script.model import Graph
from mockgraph.script.places import Source
from mockgraph.words.errors import Complaint, FixtureError, Refusal

_URL = "http://127.0.0.1"


def sow(namespace: Namespace) -> None:
    """Everything that the fixtures seed and that is not there; raises FixtureError for what cannot be."""
    kept_apart = namespace.played, namespace.journal
    namespace.played, namespace.journal = Counter(), _Unwritten()
    try:
        runner = Runner(namespace)
        for graph in namespace.graphs.values():
            for at, seed in enumerate(graph.given.seed.threads):
                if namespace.threads.find(seed.thread_id) is None:
                    _thread(runner, graph, seed, path=f"seed.threads[{at}]")
            for item in graph.given.seed.items:
                if namespace.items.get(item.namespace, key=item.key) is None:
                    fields = {"namespace": item.namespace, "key": item.key, "value": item.value}
                    namespace.items.put(fields, now=namespace.options.clock.now())
    finally:
        namespace.played, namespace.journal = kept_apart


class _Unwritten(Journal):
    """Seeds are no requests of anybody's."""

    def add(self, entry: Entry) -> None:
        """Nothing."""


def _thread(runner: Runner, graph: Graph, seed: SeedThread, *, path: str) -> None:
    namespace = runner.namespace
    metadata = {"graph_id": graph.graph_id, **seed.metadata}
    now = namespace.options.clock.now()
    thread = namespace.threads.create({"metadata": metadata}, new_id=seed.thread_id, now=now)
    for at, run in enumerate(seed.runs):
        data = {"assistant_id": graph.graph_id, **run.fields}
        request = RunRequest("seed", dumps(data), data, [], thread.thread_id)
        try:
            begun = runner.begin(request, api_url=_URL, at_once=True)
        except Refusal as refusal:
            raise _wrong(run.source, f"{path}.runs[{at}]", refusal.detail) from None
        if begun.outcome.broke and begun.outcome.error is not None:
            raise _wrong(run.source, f"{path}.runs[{at}]", begun.outcome.error["message"])
    if seed.values is not None:
        as_node = {"as_node": seed.as_node} if seed.as_node is not None else {}
        try:
            edit(namespace, thread, {"values": dict(seed.values), **as_node})
        except Refusal as refusal:
            raise _wrong(seed.source, f"{path}.values", refusal.detail) from None


def _wrong(source: Source, path: str, why: str) -> FixtureError:
    what = f"this cannot be seeded\n{why}"
    return FixtureError([Complaint(source.file, source.line, source.column, path, what)])
