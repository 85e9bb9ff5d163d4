"""Where a run begins and what plays there: from START by a stub, or from a checkpoint of its thread.

What needs no stub: going on with nodes that are due, replaying from an older checkpoint, a command that only
updates. A resume that answers somebody, and a command that goes somewhere, are matched like an input.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.commands import command_of
from mockgraph.backend.json import kept, loads
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Checkpoint, Snapshot
from mockgraph.engine.setting import Command
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import SCOPE, RunRequest, scope
from mockgraph.script.choosing import choose, misses
from mockgraph.script.model import Graph, Stub
from mockgraph.script.near_miss import report
from mockgraph.words.errors import MatchingFailed, Refusal


class Unmatched(Refusal):
    """No stub matched: 422, a status that no SDK retries, with the whole report."""

    def __init__(self, report: str) -> None:
        super().__init__(422, report)


class Beginning(msgspec.Struct, frozen=True, gc=False):
    """Where a run begins.

    `stub` is None where the graph itself would refuse or ignore what the run brings. The rest is as in
    `engine.setting.Setting`; `kept` is the scope of the run whose play goes on, for its templates.
    """

    stub: Stub | None = None
    ground: Snapshot | None = None
    anew: bool = False
    fork: bool = False
    before: bytes | None = None
    step: int = -2
    parent: Checkpoint | None = None
    after: str | None = None
    kept: bytes | None = None


def beginning(namespace: Namespace, request: RunRequest, graph: Graph, thread: Thread | None) -> Beginning:
    """Where the run begins; raises Unmatched."""
    graph = namespace.graphs.get(graph.graph_id, graph)
    choosing = _Choosing(
        namespace, request, graph, thread, thread.last_played if thread is not None else None
    )
    if thread is None or thread.checkpoint is None:
        return choosing.on_nothing()
    data = request.data
    named = (data.get("checkpoint") or {}).get("checkpoint_id") or data.get("checkpoint_id") or None
    if not named and not data.get("command") and data.get("input") is not None:
        # The common case: new input behind whatever there is.
        return choosing.from_start(thread.values, thread.step, thread.checkpoint, thread.last_played)
    resumes = (data.get("command") or {}).get("resume") is not None
    snapshot = states.saved(thread, named) if named and not resumes else states.standing(thread, named)
    if snapshot is not None and _blank(snapshot, graph):
        return choosing.on_nothing()
    if snapshot is None:
        # langgraph-api 0.16.7: a checkpoint that is not there is an empty one.
        return choosing.on_nothing(Checkpoint(b"", -2, 0, name=named) if named else None)
    if data.get("command"):
        if named:
            choosing.stands_at(states.saved(thread, named))
        return choosing.commanded(snapshot, fork=bool(named) and not resumes)
    if data.get("input") is not None:
        values = kept(snapshot.values)
        return choosing.from_start(values, snapshot.checkpoint.step, snapshot.checkpoint, _after(snapshot))
    return choosing.goes_on(snapshot, fork=bool(named))


def _blank(snapshot: Snapshot, graph: Graph) -> bool:
    """langgraph 1.2.22: a thread that was brought to its end before anything was written is as good as new."""
    if snapshot.edit is None or snapshot.parent is not None or snapshot.tasks:
        return False
    return snapshot.values == graph.channels.start()


def _after(snapshot: Snapshot) -> str | None:
    """The stub that the thread stood at, at an older checkpoint."""
    writer: Run | None = snapshot.writer
    if writer is None:
        return None
    return writer.after if snapshot.source == "input" else writer.stands


class _Choosing(msgspec.Struct, gc=False):
    """One run's way to its beginning; `after` is the stub that its thread stands at."""

    namespace: Namespace
    request: RunRequest
    graph: Graph
    thread: Thread | None
    after: str | None

    def stands_at(self, saved: Snapshot | None) -> None:
        """The run is matched where the thread stood at a checkpoint, not where it stands now."""
        if saved is not None:
            self.after = _after(saved)

    def on_nothing(self, parent: Checkpoint | None = None) -> Beginning:
        """On a thread without checkpoints, or behind one that is not there."""
        data = self.request.data
        if data.get("command"):
            command = command_of(data, self.graph, None)
            if command is None or not command.goes:
                return Beginning()
            return Beginning(self._stub(None, {}))
        return self.from_start(None, -2, parent, self.after)

    def from_start(
        self, before: bytes | None, step: int, parent: Checkpoint | None, after: str | None
    ) -> Beginning:
        """From START with an input, behind a checkpoint or on nothing."""
        stub = None
        if isinstance(self.request.data.get("input"), dict):
            stub = self._stub(after, None if before is None else {"values": before})
        return Beginning(stub, before=before, step=step, parent=parent, after=after)

    def commanded(self, ground: Snapshot, *, fork: bool) -> Beginning:
        """A command on a checkpoint: what it answers, and where it goes, is played by a stub."""
        command = command_of(self.request.data, self.graph, ground)
        assert command is not None
        answered = _answered(command, ground)
        if command.error is None and command.loose and not command.goto:
            stub = self._begins_there(ground, "resume")
            if stub is not None:
                return Beginning(stub, ground, anew=True, fork=fork, after=self.after)
        if command.error is not None or not (answered or command.goto):
            return self._carried(ground, fork=fork)
        answer = next(iter(answered.values())) if len(answered) == 1 else answered or None
        stub = self._stub(self.after, None, resume=answer, ground=ground)
        after = self.after
        return Beginning(stub, ground, anew=True, fork=fork, after=after)

    def goes_on(self, ground: Snapshot, *, fork: bool) -> Beginning:
        """Neither input nor command: with the play that left its nodes due, or a stub that asks for just that."""
        stub = self._begins_there(ground, "input")
        if stub is not None:
            return Beginning(stub, ground, anew=True, fork=fork, after=self.after)
        return self._carried(ground, fork=fork)

    def _carried(self, ground: Snapshot, *, fork: bool) -> Beginning:
        writer: Run | None = ground.writer
        stub = writer.stub if writer is not None else None
        kept = writer.scope if writer is not None else None
        return Beginning(stub, ground, fork=fork, after=self.after, kept=kept)

    def _begins_there(self, ground: Snapshot, root: str) -> Stub | None:
        """A stub that fits, whose `when` asks for just this part of a run, and which begins where the thread stands."""
        due = sorted(outcome.task.node for outcome in ground.pending)
        able = [
            stub
            for stub in self.graph.stubs
            if any(condition.path.text == root for condition in stub.when)
            and stub.play.supersteps
            and sorted(task.node for task in stub.play.supersteps[0].tasks) == due
        ]
        if not due or not able:
            return None
        graph = msgspec.structs.replace(self.graph, stubs=tuple(able))
        counts = self.namespace.played
        try:
            stub = choose(
                graph,
                scope(self.request, self.thread, self.graph.roots),
                last_played=self.after,
                played=counts.__getitem__,
            )
        except MatchingFailed as error:
            raise self._failed(error) from None
        if stub is not None:
            counts[stub] += 1
        return stub

    def _stub(
        self,
        after: str | None,
        other: dict[str, bytes] | None,
        *,
        resume: Any = None,
        ground: Snapshot | None = None,
    ) -> Stub:
        """The stub that takes the run; `other` is what it knows in place of what its thread says."""
        counts, graph = self.namespace.played, self.graph
        try:
            seen = self._seen(graph.roots, other, resume)
            stub = choose(graph, seen, last_played=after, played=counts.__getitem__)
            if stub is None:
                everything = self._seen(tuple(SCOPE), other, resume)
                missed = misses(graph, everything, last_played=after, played=counts.__getitem__)
                text = report(
                    self.request.asked,
                    graph.graph_id,
                    everything,
                    missed,
                    graphs=list(self.namespace.graphs),
                    waiting=_waiting(ground),
                    hide=self.namespace.journal.hiding(self.request.headers),
                )
                raise Unmatched(self.namespace.journal.discreet(text, self.request.headers))
        except MatchingFailed as error:
            raise self._failed(error) from None
        counts[stub] += 1
        return stub

    def _seen(self, roots: Iterable[str], other: dict[str, bytes] | None, resume: Any) -> dict[str, Any]:
        known = scope(self.request, self.thread, roots)
        if other:
            known.update({root: loads(value) for root, value in other.items() if root in known})
        if resume is not None and "resume" in known:
            known["resume"] = resume
        return known

    def _failed(self, error: MatchingFailed) -> Unmatched:
        asked = f"{self.request.asked}  graph '{self.graph.graph_id}'"
        text = f"A matcher could not be asked.\n  {asked}\n  {error}"
        return Unmatched(self.namespace.journal.discreet(text, self.request.headers))


def _answered(command: Command, ground: Snapshot) -> dict[str, Any]:
    """What the command answers, by node; a node that is answered twice has the last."""
    answers = command.answers or {}
    return {
        outcome.task.node: answers[asked.id]
        for outcome in ground.pending
        for asked in outcome.interrupts
        if asked.id in answers
    }


def _waiting(ground: Snapshot | None) -> list[tuple[str, str, Any]]:
    """The questions at which a thread waits: node, interrupt id, value."""
    if ground is None:
        return []
    return [
        (outcome.task.node, asked.id, asked.value)
        for outcome in ground.pending
        for asked in outcome.interrupts
    ]
