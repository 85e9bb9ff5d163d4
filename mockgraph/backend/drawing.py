"""The drawing of a graph: its nodes and edges, as far as its plays tell.

An edge is conditional where a node has been seen to go to different places.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from mockgraph.script.model import Ask, Fail, Graph, Stub, Superstep, Task
from mockgraph.words.vocabulary import END, START

# What a stub that takes up a play in its middle looks at.
_MIDDLE = frozenset({"resume", "command"})


def drawn(graph: Graph) -> dict[str, Any]:
    """Nodes and edges, in the order in which plays come to them."""
    edges = list(dict.fromkeys(edge for stub in graph.stubs for edge in _edges(stub)))
    found = (task.node for stub in graph.stubs for step in stub.play.supersteps for task in step.tasks)
    names = [START, *dict.fromkeys(found), END]
    ways = {source: sum(other == source for other, _ in edges) for source, _ in edges}
    together = {pair for stub in graph.stubs for pair in _together(stub)}
    return {
        "nodes": [_node(name) for name in names],
        "edges": [_edge(source, target, edges, ways, together) for source, target in edges],
    }


def _node(name: str) -> dict[str, Any]:
    # langgraph 1.2.22: the end is no runnable.
    return {"id": name} if name == END else {"id": name, "type": "runnable", "data": {"name": name}}


Pair = tuple[str, str]


def _edge(
    source: str, target: str, edges: list[Pair], ways: dict[str, int], together: set[tuple[str, str, str]]
) -> dict[str, Any]:
    others = [other for start, other in edges if start == source and other != target]
    conditional = ways[source] > 1 and not all((source, target, other) in together for other in others)
    return {"source": source, "target": target, **({"conditional": True} if conditional else {})}


def _edges(stub: Stub) -> Iterator[Pair]:
    supersteps = stub.play.supersteps
    if not supersteps:
        return
    if not stub.roots & _MIDDLE:
        yield from ((START, task.node) for task in supersteps[0].tasks)
    for before, after in _neighbours(supersteps):
        for task in before:
            targets = [target.node for target in after] or [END]
            yield from ((task.node, target) for target in targets)


def _together(stub: Stub) -> Iterator[tuple[str, str, str]]:
    """Pairs of targets that a node goes to at once."""
    first: list[tuple[list[str], tuple[Task, ...]]] = [([START], _tasks(stub.play.supersteps[:1]))]
    later = [([task.node for task in before], after) for before, after in _neighbours(stub.play.supersteps)]
    for sources, after in first + later:
        for source in sources:
            for one in after:
                yield from ((source, one.node, other.node) for other in after)


def _neighbours(supersteps: tuple[Superstep, ...]) -> Iterator[tuple[list[Task], tuple[Task, ...]]]:
    """Each superstep's tasks that come to their end, and the tasks behind them."""
    for position, superstep in enumerate(supersteps):
        ending = [task for task in superstep.tasks if not any(map(_stops, task.steps))]
        yield ending, _tasks(supersteps[position + 1 : position + 2])


def _tasks(supersteps: Iterable[Superstep]) -> tuple[Task, ...]:
    return tuple(task for superstep in supersteps for task in superstep.tasks)


def _stops(step: Any) -> bool:
    return isinstance(step, Ask | Fail)
