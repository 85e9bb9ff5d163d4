"""Which graph a thread is of."""

from mockgraph.backend.json import loads
from mockgraph.backend.threads import Thread
from mockgraph.runtime.namespaces import Namespace
from mockgraph.script.model import Graph
from mockgraph.words.errors import Refusal


def graph_of(namespace: Namespace, thread: Thread) -> Graph | None:
    """The graph that a thread is of, as its metadata says; None where it says nothing. Refuses one that is not there."""
    graph_id = loads(thread.metadata).get("graph_id")
    if graph_id is None:
        return None
    graph = namespace.graphs.get(graph_id) if isinstance(graph_id, str) else None
    if graph is None:
        known = sorted(namespace.graphs)
        raise Refusal(404, f"Graph '{graph_id}' not found. Expected one of: {known}")
    return graph
