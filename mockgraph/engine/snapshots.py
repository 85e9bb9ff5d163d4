"""Facts to thread state: what each checkpoint of a run looked like, with what its tasks came to."""

from collections.abc import Iterable
from typing import Any

import msgspec

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.failures import spelled
from mockgraph.engine.projections import folded
from mockgraph.meaning.channels import Values
from mockgraph.words.vocabulary import START


class Snapshot(msgspec.Struct, frozen=True):
    """One checkpoint: `tasks` are those that it named, in wire form, with results where they have ended."""

    id: str
    parent: str | None
    step: int
    source: str
    at: int
    values: Values
    next: tuple[str, ...]
    tasks: list[dict[str, Any]]


def snapshots(played: Iterable[Fact]) -> list[Snapshot]:
    """The checkpoints of a run, oldest first."""
    found: list[Snapshot] = []
    for fact in played:
        if isinstance(fact, facts.CheckpointSaved):
            found.append(_snapshot(fact))
        elif isinstance(fact, facts.TaskFinished):
            _settle(found, fact.task, result=folded(fact.writes) if fact.writes else None)
        elif isinstance(fact, facts.TaskFailed):
            _settle(found, fact.task, error=spelled(fact.error, fact.message))
    return found


def _snapshot(fact: facts.CheckpointSaved) -> Snapshot:
    tasks = [
        {
            "id": task.id,
            "name": task.node,
            "path": task.path,
            "error": None,
            "interrupts": [],
            "checkpoint": None,
            "state": None,
            "result": fact.given if task.node == START else None,
        }
        for task in fact.next
    ]
    return Snapshot(
        id=fact.checkpoint.id,
        parent=fact.parent.id if fact.parent else None,
        step=fact.checkpoint.step,
        source=fact.source,
        at=fact.checkpoint.at,
        values=fact.values,
        next=tuple(task.node for task in fact.next),
        tasks=tasks,
    )


def _settle(found: list[Snapshot], task: facts.Task, **outcome: Any) -> None:
    """Enter what a task came to into the checkpoint that named it."""
    for entry in found[-1].tasks if found else ():
        if entry["name"] == task.node:
            entry.update(outcome)
