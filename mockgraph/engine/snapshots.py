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
            _settle(found, fact.task, result=folded(fact.writes))
        elif isinstance(fact, facts.TaskFailed | facts.InputRefused):
            _settle(found, fact.task, error=spelled(fact.error, fact.message))
    return found


def _snapshot(fact: facts.CheckpointSaved) -> Snapshot:
    # langgraph 1.2.22: a stored checkpoint's tasks are found again in the order of the graph's definition, and
    # what a join edge sets off is not found at all.
    found = sorted(
        (task for task in fact.next if not any(map(_joins, task.triggers))), key=lambda task: task.place
    )
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
        for task in found
    ]
    return Snapshot(
        id=fact.checkpoint.id,
        parent=fact.parent.id if fact.parent else None,
        step=fact.checkpoint.step,
        source=fact.source,
        at=fact.checkpoint.at,
        values=fact.values,
        next=tuple(task.node for task in found),
        tasks=tasks,
    )


def _joins(trigger: str) -> bool:
    return trigger.startswith("join:")


def _settle(found: list[Snapshot], task: facts.Task, **outcome: Any) -> None:
    """Enter what a task came to into the checkpoint that named it."""
    for entry in found[-1].tasks if found else ():
        if entry["name"] == task.node:
            entry.update(outcome)
