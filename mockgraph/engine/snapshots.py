"""Facts to checkpoints as they stand: what each of them named, and what has become of it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from mockgraph.engine import facts
from mockgraph.engine.facts import Checkpoint, Fact, Outcome, Snapshot
from mockgraph.meaning.channels import Values
from mockgraph.script.model import Superstep
from mockgraph.words.vocabulary import START


class Entry(msgspec.Struct):
    """A checkpoint of a run, while its facts are read. `found`: an earlier run had saved it."""

    checkpoint: Checkpoint
    parent: Checkpoint | None
    source: str
    values: Values
    outcomes: dict[str, Outcome]
    supersteps: tuple[Superstep, ...]
    position: int
    given: Any
    stored: Any = None
    found: bool = False
    running: set[str] = msgspec.field(default_factory=set)


def entries(played: Iterable[Fact]) -> "Levels":
    """The checkpoints of a run, by checkpoint namespace, oldest first."""
    levels = Levels()
    for fact in played:
        levels.take(fact)
    return levels


class Levels:
    """The checkpoints of every graph in a run: the root's, and those of its subgraphs."""

    def __init__(self) -> None:
        self.within: dict[str, list[Entry]] = {"": []}

    def take(self, fact: Fact, within: str = "") -> None:
        """Enter one fact."""
        if type(fact) is facts.Inside:
            self.take(fact.fact, fact.within)
        elif type(fact) is facts.RunFailed:
            self.cut()
        elif (enter := _ENTERED.get(type(fact))) is not None:
            enter(self.within.setdefault(within, []), fact)

    def task(self, within: str) -> facts.Task | None:
        """The task that a graph runs inside of, by the graph's namespace."""
        outcomes = (
            outcome
            for level in self.within.values()
            for entry in level
            for outcome in entry.outcomes.values()
        )
        return next((outcome.task for outcome in outcomes if outcome.task.namespace == within), None)

    def cut(self) -> None:
        """The run was stopped here: langgraph 1.2.22 notes that what was running was cancelled."""
        for level in self.within.values():
            for entry in level[-1:]:
                for task_id in entry.running & entry.outcomes.keys():
                    outcome = entry.outcomes[task_id]
                    entry.outcomes[task_id] = msgspec.structs.replace(outcome, failed=("CancelledError", ""))

    def snapshot(self, entry: Entry) -> Snapshot:
        """The checkpoint as it stands, with where the graphs inside its tasks stand."""
        return Snapshot(
            checkpoint=entry.checkpoint,
            parent=entry.parent,
            source=entry.source,
            values=entry.values,
            tasks=tuple(map(self._with_inner, entry.outcomes.values())),
            supersteps=entry.supersteps,
            position=entry.position,
            given=entry.given,
            stored=entry.stored,
        )

    def _with_inner(self, outcome: Outcome) -> Outcome:
        inside = self.within.get(outcome.task.namespace) if outcome.task.nests else None
        return msgspec.structs.replace(outcome, inner=self.snapshot(inside[-1])) if inside else outcome


def _saved(level: list[Entry], fact: facts.CheckpointSaved) -> None:
    level.append(
        Entry(
            checkpoint=fact.checkpoint,
            parent=fact.parent,
            source=fact.source,
            values=fact.values,
            outcomes={task.id: Outcome(task) for task in fact.next},
            supersteps=fact.supersteps,
            position=fact.position,
            given=fact.given,
        )
    )
    for outcome in level[-1].outcomes.values():
        if outcome.task.node == START and fact.given is not None:
            _settle(level, outcome.task, update=fact.given, writes=(fact.given,))


def _found(level: list[Entry], fact: facts.CheckpointFound) -> None:
    ground = fact.snapshot
    named = {outcome.task.id: outcome for outcome in ground.tasks}
    gone = {task.id: Outcome(task, gone=True) for task in fact.next if task.id not in named}
    if isinstance(ground.given, dict):
        named = {key: _entered(outcome, ground.given) for key, outcome in named.items()}
    level.append(
        Entry(
            checkpoint=ground.checkpoint,
            parent=ground.parent,
            source=ground.source,
            values=fact.values,
            outcomes=named | gone,
            supersteps=fact.supersteps,
            position=fact.position,
            given=ground.given,
            stored=ground.stored,
            found=True,
        )
    )


def _entered(outcome: Outcome, given: dict[str, Any]) -> Outcome:
    """The input that a checkpoint was made with is read when a run goes on from there."""
    if outcome.task.node != START or outcome.writes is not None:
        return outcome
    return msgspec.structs.replace(outcome, update=given, writes=(given,))


def _started(level: list[Entry], fact: facts.TaskStarted) -> None:
    _settle(level, fact.task, task=fact.task)
    level[-1].running.add(fact.task.id)


def _finished(level: list[Entry], fact: facts.TaskFinished) -> None:
    _settle(level, fact.task, update=fact.update, writes=fact.writes, packets=fact.packets)


def _recalled(level: list[Entry], fact: facts.TaskRecalled) -> None:
    level[-1].running.discard(fact.task.id)


def _interrupted(level: list[Entry], fact: facts.TaskInterrupted) -> None:
    _settle(level, fact.task, interrupts=fact.interrupts, answers=fact.answers)


def _failed(level: list[Entry], fact: facts.TaskFailed | facts.InputRefused) -> None:
    _settle(level, fact.task, failed=(fact.error, fact.message))


def _settle(level: list[Entry], of: facts.Task, **became: Any) -> None:
    """Enter what a task came to into the checkpoint that named it."""
    outcomes = level[-1].outcomes if level else {}
    if level:
        level[-1].running.discard(of.id)
    if of.id in outcomes:
        outcomes[of.id] = msgspec.structs.replace(outcomes[of.id], **became)


_ENTERED: dict[type, Any] = {
    facts.CheckpointSaved: _saved,
    facts.CheckpointFound: _found,
    facts.TaskStarted: _started,
    facts.TaskFinished: _finished,
    facts.TaskRecalled: _recalled,
    facts.TaskInterrupted: _interrupted,
    facts.TaskFailed: _failed,
    facts.InputRefused: _failed,
}
