"""Which stub plays: the order in which stubs are tried, and everything that a failed choice found out.

Code before files, a fitting `after` before none, then the order in which they stand.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from mockgraph.script.matching import Difference, differences, matches
from mockgraph.script.model import Graph, Stub
from mockgraph.words.errors import MatchingFailed


class Miss(msgspec.Struct, frozen=True):
    """Why one stub did not take a run: differences of its `when`, or a sentence."""

    stub: Stub
    differences: tuple[Difference, ...] = ()
    reason: str = ""


def tried(graph: Graph, last_played: str | None) -> Iterator[Stub]:
    """The graph's stubs in the order of trial for a thread whose last run played `last_played`."""
    if last_played is not None:
        for stub in graph.stubs:
            if stub.after == last_played:
                yield stub
    for stub in graph.stubs:
        if stub.after is None:
            yield stub


def choose(
    graph: Graph, scope: dict[str, Any], *, last_played: str | None, played: Callable[[Stub], int]
) -> Stub | None:
    """The first stub that takes the run. Raises MatchingFailed, with the stub's place in it."""
    for stub in tried(graph, last_played):
        if stub.times is not None and played(stub) >= stub.times:
            continue
        try:
            if matches(stub.when, scope):
                return stub
        except MatchingFailed as error:
            raise MatchingFailed(f"{stub.source}   {stub.name}\n    {error}") from None
    return None


def misses(
    graph: Graph, scope: dict[str, Any], *, last_played: str | None, played: Callable[[Stub], int]
) -> list[Miss]:
    """For every stub of the graph why it did not take the run, the nearest first."""
    found = []
    for stub in graph.stubs:
        different = tuple(differences(stub.when, scope))
        reason = ""
        if stub.times is not None and played(stub) >= stub.times:
            reason = f"played {played(stub)} of {stub.times} times"
        elif stub.after is not None and stub.after != last_played:
            last = f"the last run played {last_played!r}" if last_played else "no run has played on it"
            reason = f"only after '{stub.after}' on the same thread; {last}"
        found.append(Miss(stub, different, reason))
    # Of those that are as near, one that comes after what was played last is nearer.
    return sorted(
        found,
        key=lambda miss: (
            len(miss.differences) + bool(miss.reason),
            miss.stub.after is None or miss.stub.after != last_played,
        ),
    )
