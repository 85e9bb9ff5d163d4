"""The graphs inside a graph's nodes, as its plays show them."""

from collections.abc import Iterable

import msgspec

from mockgraph.meaning.channels import Channels
from mockgraph.script.model import Graph, Subgraph, Superstep


class Part(msgspec.Struct, frozen=True):
    """Supersteps that some play has in a row; `from_start` where they begin at the graph's entry."""

    supersteps: tuple[Superstep, ...]
    channels: Channels
    from_start: bool = True


def parts_of(graph: Graph) -> list[Part]:
    """What the stubs of a graph play in it, from its entry first."""
    parts = [
        Part(stub.play.supersteps, graph.channels, not stub.goes_on)
        for stub in graph.stubs
        if stub.play.supersteps
    ]
    return sorted(parts, key=lambda part: not part.from_start)


def inside(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """What is played inside nodes, by node."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        for superstep in part.supersteps:
            for task in superstep.tasks:
                for step in task.steps:
                    if type(step) is Subgraph:
                        within = Part(step.supersteps, step.channels or part.channels, part.from_start)
                        found.setdefault(task.node, []).append(within)
    return found
