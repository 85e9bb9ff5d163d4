"""Copies of threads: the same checkpoints, under the same ids, on a thread of their own; runs stay behind."""

import msgspec

from mockgraph.backend.runs import Run
from mockgraph.backend.stages import Edit
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Snapshot


def copied(thread: Thread, *, new_id: str, now: int) -> Thread:
    """A thread with the other's checkpoints and metadata. langgraph-api 0.16.7: idle, whatever the other is."""
    trail: list[Run | Snapshot] = [
        _run(writer, new_id) if isinstance(writer, Run) else _snapshot(writer, new_id)
        for writer in thread.trail
    ]
    return Thread(
        new_id,
        now,
        now,
        now,
        metadata=thread.metadata,
        origin="copy",
        step=thread.step,
        checkpoint=thread.checkpoint,
        values=thread.values,
        last_played=thread.last_played,
        trail=trail,
    )


def _run(run: Run, thread_id: str) -> Run:
    """As far as it has come: what it does from now on is not the copy's."""
    ground = None if run.ground is None else _snapshot(run.ground, thread_id)
    return msgspec.structs.replace(run, thread_id=thread_id, ground=ground, copied=True)


def _snapshot(snapshot: Snapshot, thread_id: str) -> Snapshot:
    stored = snapshot.stored
    if stored and "thread_id" in stored:
        stored = {**stored, "thread_id": thread_id}
    tasks = tuple(
        outcome
        if outcome.inner is None
        else msgspec.structs.replace(outcome, inner=_snapshot(outcome.inner, thread_id))
        for outcome in snapshot.tasks
    )
    edit = None if snapshot.edit is None else _edit(snapshot.edit, thread_id)
    return msgspec.structs.replace(snapshot, stored=stored, tasks=tasks, edit=edit)


def _edit(edit: Edit, thread_id: str) -> Edit:
    base = None if edit.base is None else _snapshot(edit.base, thread_id)
    around = tuple(_snapshot(outer, thread_id) for outer in edit.around)
    return msgspec.structs.replace(edit, base=base, around=around)
