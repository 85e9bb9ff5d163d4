"""Where a graph stands once one of its nodes has written: which play goes on from there, and at which superstep.

A fixture has no edges, so a node is looked for in the plays: first in the one that the graph stands in, then in
what follows a question, then in all others. For a graph inside a node, the same is done for the graphs around it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from mockgraph.backend.runs import Run
from mockgraph.engine.facts import Outcome, Snapshot
from mockgraph.meaning.channels import Channels
from mockgraph.script.model import Ask, Fail, Graph, Stub, Subgraph, Superstep, steps_of
from mockgraph.words.vocabulary import START

# What a stub that takes up a play in its middle looks at.
MIDDLE = frozenset({"resume", "command"})


class Stage(msgspec.Struct, frozen=True):
    """A graph before the superstep at `position` of its play."""

    supersteps: tuple[Superstep, ...] = ()
    position: int = 0


class Edit(msgspec.Struct, frozen=True):
    """What is kept of an edit by hand beside the checkpoint that it made.

    `base` is the checkpoint beneath, with what the edit wrote in the place of a task that was due; `around` are the
    checkpoints of the graphs around one inside a node, innermost first, as they stand with it; `ran` is where the
    last run stood, for edits do not count as having run.
    """

    ran: Stage
    base: Snapshot | None = None
    around: tuple[Snapshot, ...] = ()


# The root's stage, and those of the graphs inside one another, down to the one that is meant.
Line = tuple[Stage, ...]


def subgraph_of(outcome: Outcome) -> Subgraph | None:
    """The graph that runs inside a task."""
    steps = outcome.task.script.steps if outcome.task.script is not None else ()
    return next((step for step in steps if type(step) is Subgraph), None)


def channels_of(graph: Graph, levels: Sequence[Snapshot]) -> Channels:
    """The schema of the innermost of these graphs, each of which runs in a task of the one before."""
    channels = graph.channels
    for outer, inner in pairwise(levels):
        step = subgraph_of(task_around(outer, inner.checkpoint.within))
        if step is not None and step.channels is not None:
            channels = step.channels
    return channels if len(levels) < 2 else msgspec.structs.replace(channels, input_keys=None)


def task_around(outer: Snapshot, within: str) -> Outcome:
    """What has become of the task that a graph of this namespace runs in."""
    return next(outcome for outcome in outer.tasks if outcome.task.namespace == within)


def path_of(within: str) -> tuple[str, ...]:
    """The nodes that a checkpoint namespace leads through."""
    return tuple(segment.partition(":")[0] for segment in within.split("|")) if within else ()


def known(graph: Graph, path: Sequence[str]) -> bool:
    """Whether some play has graphs inside one another along these nodes."""
    return any(True for stub in graph.stubs for _ in _down((Stage(stub.play.supersteps),), path))


# --- lines -----------------------------------------------------------------------------------------------


class Standing:
    """Where a thread stands: `levels` are the root's checkpoint and those of the graphs inside, down to one of them."""

    def __init__(
        self, graph: Graph, levels: Sequence[Snapshot], path: Sequence[str], last_played: str | None
    ) -> None:
        self._graph = graph
        self._path = path
        self._last_played = last_played
        self._base = levels[-1] if levels else None
        self._asks = bool(levels and levels[0].interrupts)
        self._own: Line = tuple(Stage(level.supersteps, level.position) for level in levels)

    @property
    def own(self) -> Line:
        """Where it stands now."""
        return self._own or (Stage(),) * (len(self._path) + 1)

    def ran_last(self) -> set[str]:
        """The nodes that ran last; START where none has."""
        stage = self._before_sends()
        if stage.position < 1:
            return {START}
        return {task.node for _, task in stage.supersteps[stage.position - 1].pulled}

    @property
    def ran(self) -> Stage:
        """Where the last run stood."""
        edit: Edit | None = self._base.edit if self._base is not None else None
        return self.own[-1] if edit is None else edit.ran

    def behind(self, as_node: str | None) -> Line | None:
        """Where it stands once this node has written, or the one that ran last; None where there is no such node."""
        if as_node == START or (as_node is None and self.ran_last() == {START}):
            return self._begun()
        if as_node is None:
            return (*self.own[:-1], self._before_sends())
        found = [
            (*line[:-1], Stage(line[-1].supersteps, at + 1))
            for line in self._lines()
            if (at := _nearest(line[-1], as_node)) is not None
        ]
        # A play that a node has ended does not tell what comes behind it.
        return next((line for line in found if not _stops(line[-1], as_node)), next(iter(found), None))

    def ended(self) -> Line:
        """Where it stands once nothing is left to do in it."""
        line = next(self._lines(), self.own)
        return (*line[:-1], Stage())

    def _begun(self) -> Line:
        """At the first node of the graph: a play that begins there, its thread's own if it does."""
        writer: Run | None = self._base.writer if self._base is not None else None
        own = [writer.stub] if writer is not None and writer.stub is not None else []
        stubs = sorted([*own, *self._graph.stubs], key=lambda stub: bool(stub.roots & MIDDLE))
        return next(self._in(stubs), self.own)

    def _before_sends(self) -> Stage:
        """langgraph 1.2.22: tasks that were sent do not count as having run; whoever sent them has run last."""
        stage = self.ran
        position = max(stage.position, 0)
        while position and not stage.supersteps[position - 1].pulled:
            position -= 1
        return Stage(stage.supersteps, position)

    def _lines(self) -> Iterator[Line]:
        """Where a node is looked for: what follows a question stands in another stub's play."""
        if not self._asks and self._own and self._own[-1].supersteps:
            yield self._own
        yield from self._in(sorted(self._graph.stubs, key=self._farther))
        if self._own and self._own[-1].supersteps:
            yield self._own

    def _farther(self, stub: Stub) -> tuple[bool, ...]:
        """How far a stub's play is from where the thread stands, to sort by."""
        writer: Run | None = self._base.writer if self._base is not None else None
        another = writer is None or stub is not writer.stub
        if self._asks:
            last = self._last_played
            return stub.after != last or last is None, "resume" not in stub.roots, another
        return bool(stub.roots & MIDDLE), another

    def _in(self, stubs: Sequence[Stub]) -> Iterator[Line]:
        for stub in stubs:
            if stub.play.supersteps:
                yield from _down((Stage(stub.play.supersteps),), self._path)


def _down(line: Line, path: Sequence[str]) -> Iterator[Line]:
    """The same line and the stages inside, along these nodes."""
    if not path:
        yield line
        return
    *outer, here = line
    for position, superstep in enumerate(here.supersteps):
        for task in superstep.tasks:
            if task.node != path[0]:
                continue
            at = Stage(here.supersteps, position)
            for step in task.steps:
                if type(step) is Subgraph:
                    yield from _down((*outer, at, Stage(step.supersteps)), path[1:])


def _stops(stage: Stage, node: str) -> bool:
    """Whether this node has ended the play before this stage: it asks, or fails."""
    superstep = stage.supersteps[stage.position - 1]
    tasks = tuple(task for task in superstep.tasks if task.node == node)
    return any(type(step) in (Ask, Fail) for step in steps_of((Superstep(tasks),)))


def _nearest(stage: Stage, node: str) -> int | None:
    """The superstep with this node: the one that is due, else the last before it, else the first behind it."""
    found = [
        position
        for position, superstep in enumerate(stage.supersteps)
        if any(task.node == node for task in superstep.tasks)
    ]
    due = max(stage.position, 0)
    order: list[Callable[[int], Any]] = [lambda at: at == due, lambda at: at < due]
    for fits in order:
        if fitting := [position for position in found if fits(position)]:
            return fitting[-1]
    return found[0] if found else None
