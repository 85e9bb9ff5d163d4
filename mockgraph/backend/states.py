"""Thread state and history: checkpoints are not stored but played again from the script when somebody reads."""

import contextlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from mockgraph.backend.commands import command_of
from mockgraph.backend.json import loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.stages import Edit
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Checkpoint, Fact, Interrupt, Outcome, Snapshot, Task
from mockgraph.engine.failures import spelled
from mockgraph.engine.play import play
from mockgraph.engine.projections import folded
from mockgraph.engine.setting import RECURSION_LIMIT, Setting
from mockgraph.engine.snapshots import entries
from mockgraph.script.model import Play
from mockgraph.words.clock import iso
from mockgraph.words.errors import GraphError
from mockgraph.words.ids import key_of
from mockgraph.words.vocabulary import TOKEN_MODES

NOTHING = Play((), instant=True, roots=frozenset())

EMPTY: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}


# --- playing again ---------------------------------------------------------------------------------------


def setting(description: Description) -> Setting:
    """What a run's play is played on; the same whenever it is asked for."""
    run, request, modes = description.run, description.request, description.modes
    config = request.get("config") or {}
    graph, native = run.graph, description.native
    return Setting(
        key=key_of(run.run_id),
        channels=graph.channels,
        play=run.stub.play if run.stub else NOTHING,
        given=request.get("input"),
        before=loads(run.before) if run.before is not None else None,
        step=run.step,
        parent=run.parent,
        start=run.start,
        streaming=not TOKEN_MODES.isdisjoint(modes),
        latency=graph.given.latency,
        blocks=native,
        tools=native and "tools" in graph.transformers,
        traced="events" in modes,
        scope=loads(run.scope),
        ground=run.ground,
        anew=run.anew,
        fork=run.fork,
        command=command_of(request, graph, run.ground, stateless=run.temporary),
        pause_before=_breaks(request.get("interrupt_before"), graph.pause_before),
        pause_after=_breaks(request.get("interrupt_after"), graph.pause_after),
        recursion_limit=config.get("recursion_limit", RECURSION_LIMIT),
    )


def _breaks(asked: Any, compiled: frozenset[str]) -> frozenset[str]:
    """The nodes of a run's breakpoints: the request's in place of those that the graph was compiled with."""
    return compiled if asked is None else frozenset(asked)


def replayed(run: Run) -> Iterator[Fact]:
    """The facts of a run that clients have seen, once more."""
    if not run.started:
        return iter(())
    return islice(play(setting(Description(run))), run.told)


# --- checkpoints as they stand ---------------------------------------------------------------------------


def snapshots(thread: Thread, *, within: str = "") -> Iterator[Snapshot]:
    """The thread's checkpoints, newest first, each with what later runs have made of its tasks.

    `within` is the checkpoint namespace of a subgraph, empty for the root.
    """
    later: dict[str, Snapshot] = {}
    for writer in reversed(thread.trail):
        for snapshot, found in reversed(_of(writer, within)):
            if found:
                later.setdefault(snapshot.checkpoint.id, snapshot)
            else:
                yield later.pop(snapshot.checkpoint.id, snapshot)


def saved(thread: Thread, checkpoint_id: str) -> Snapshot | None:
    """One checkpoint as it was when its run ended, whatever later ones made of it; None where it is not there."""
    for writer in reversed(thread.trail):
        for snapshot, found in reversed(_of(writer)):
            if not found and snapshot.checkpoint.id == checkpoint_id:
                return snapshot
    return None


def standing(thread: Thread, checkpoint_id: str | None = None, *, within: str = "") -> Snapshot | None:
    """One checkpoint of the thread, the newest unless another is named; None where there is none."""
    for snapshot in snapshots(thread, within=within):
        if checkpoint_id is None or snapshot.checkpoint.id == checkpoint_id:
            return snapshot
    return None


def saved_by(run: Run) -> Snapshot | None:
    """The newest checkpoint that a run saved itself, as it was when the run ended; None where it saved none."""
    own = [snapshot for snapshot, found in _of(run) if not found]
    return own[-1] if own else None


def before(run: Run) -> dict[str, Any]:
    """The values that a run began on; empty for the first run of a thread."""
    if run.ground is not None:
        return dict(run.ground.values)
    values: dict[str, Any] = loads(run.before) if run.before is not None else {}
    return values


def _of(writer: Run | Snapshot, within: str = "") -> list[tuple[Snapshot, bool]]:
    """The checkpoints that a run saved or found, oldest first; a state update is one itself."""
    if isinstance(writer, Snapshot):
        edit: Edit = writer.edit
        if within != writer.checkpoint.within:
            return [(outer, True) for outer in edit.around if outer.checkpoint.within == within]
        return [*([(edit.base, True)] if edit.base is not None else []), (writer, False)]
    description = Description(writer)
    if writer.temporary or (description.exits and not writer.ended):
        return []
    levels = entries(replayed(writer))
    if writer.status == "interrupted" and not description.exits:
        levels.cut(watched=description.watched)
    around = levels.task(within) if within else None
    found = [
        (_stored(levels.snapshot(entry), description, around), entry.found)
        for entry in levels.within.get(within, ())
    ]
    if description.exits and found:
        # langgraph 1.2.22: saved once, at the end, behind the checkpoint that was there before.
        snapshot, again = found[-1]
        return [(snapshot if again else msgspec.structs.replace(snapshot, parent=writer.parent), again)]
    return found


def _stored(snapshot: Snapshot, description: Description, task: Task | None = None) -> Snapshot:
    """The checkpoint with the metadata that is kept with it, and so for the graphs inside its tasks."""
    return msgspec.structs.replace(
        snapshot,
        stored=snapshot.stored or _metadata(snapshot, description, task),
        writer=description.run,
        tasks=tuple(
            msgspec.structs.replace(outcome, inner=_stored(outcome.inner, description, outcome.task))
            if outcome.inner is not None
            else outcome
            for outcome in snapshot.tasks
        ),
    )


def _metadata(snapshot: Snapshot, description: Description, task: Task | None) -> dict[str, Any]:
    """langgraph-api 0.16.7: scalar configurable first, then the run's metadata, then the checkpoint's own."""
    configurable = description.configurable
    context = description.request.get("context") or {}
    given: dict[str, Any] = {
        key: value
        for key, value in configurable.items()
        if not key.startswith(("__", "langgraph_"))
        and key not in ("run_id", "thread_id", "checkpoint_id", "checkpoint_ns")
        and (isinstance(value, str | int | float | bool) or key in ("checkpoint_map", *context))
    }
    at = snapshot.checkpoint
    asked = configurable["langgraph_request_id"]
    fork = {"checkpoint_id": configurable["checkpoint_id"]} if configurable.get("checkpoint_id") else {}
    around: dict[str, Any] = {}
    if task is not None:
        given["checkpoint_map"] = at.parents
        around = {
            "langgraph_step": task.step,
            "langgraph_node": task.node,
            "langgraph_triggers": list(task.triggers),
            "langgraph_path": task.path,
            "langgraph_checkpoint_ns": at.within,
            "checkpoint_ns": at.within.partition("|")[0],
        }
    # langgraph 1.2.22: NUL goes out of the texts that stand at its top.
    plain = {
        key: value.replace("\0", "") if isinstance(value, str) else value
        for key, value in {**given, **description.metadata}.items()
    }
    return {
        **plain,
        "run_id": description.run_id,
        "thread_id": description.thread_id,
        **fork,
        **around,
        "source": snapshot.source,
        "step": at.step,
        "parents": at.parents,
        "langgraph_auth_user_id": description.user_id,
        **({"langgraph_request_id": asked} if asked is not None else {}),
    }


# --- as the wire has them --------------------------------------------------------------------------------


def history(thread: Thread, *, within: str = "") -> Iterator[dict[str, Any]]:
    """The thread's states, newest first; those of a subgraph, by its checkpoint namespace."""
    for snapshot in snapshots(thread, within=within):
        yield wire(snapshot, thread.thread_id)


def newest(thread: Thread, *, subgraphs: bool = False) -> dict[str, Any]:
    """The thread's state now: with what finished tasks have written, though others beside them have not."""
    snapshot = standing(thread)
    if snapshot is None:
        return EMPTY
    return current(snapshot, thread, subgraphs=subgraphs)


def current(snapshot: Snapshot, thread: Thread, *, subgraphs: bool = False) -> dict[str, Any]:
    """A state as `GET …/state` has it."""
    shown = wire(snapshot, thread.thread_id, subgraphs=subgraphs)
    pending = {outcome.task.id for outcome in snapshot.pending}
    done = [outcome for outcome in snapshot.tasks if outcome.task.id not in pending and not outcome.gone]
    if not pending or not done:
        return shown
    writes = [write for outcome in done for write in outcome.writes or ()]
    writer: Run | None = snapshot.writer
    if writer is not None:
        # Writes that cannot be folded have failed their run; the values are then those before them.
        with contextlib.suppress(GraphError):
            shown["values"] = writer.graph.channels.write(snapshot.values, writes, new_id=_no_id)
    tasks = shown["tasks"]
    shown["next"] = [task["name"] for task in tasks if task["id"] in pending]
    shown["tasks"] = [task if task["id"] in pending else {**task, "interrupts": []} for task in tasks]
    shown["interrupts"] = [item for task in shown["tasks"] for item in task["interrupts"]]
    return shown


def _no_id() -> str:
    return ""


def wire(snapshot: Snapshot, thread_id: str, *, subgraphs: bool = False) -> dict[str, Any]:
    """A state as histories have it."""
    # langgraph 1.2.22: a stored checkpoint's tasks are found again in the order of the graph's definition, and
    # what a join edge sets off is not found at all.
    found = [outcome for outcome in snapshot.tasks if not outcome.gone and not joined(outcome.task)]
    found.sort(key=lambda outcome: (outcome.task.push is None, outcome.task.place))
    parent = snapshot.parent
    return {
        "values": snapshot.values,
        "next": [outcome.task.node for outcome in found],
        "tasks": [_task(outcome, thread_id, subgraphs=subgraphs) for outcome in found],
        "metadata": snapshot.stored,
        "created_at": iso(snapshot.checkpoint.at),
        "checkpoint": place(snapshot.checkpoint, thread_id),
        "parent_checkpoint": None if parent is None else place(parent, thread_id),
        "interrupts": [interrupt(item) for outcome in found for item in outcome.interrupts],
        "checkpoint_id": snapshot.checkpoint.id,
        "parent_checkpoint_id": None if parent is None else parent.id,
    }


def place(at: Checkpoint, thread_id: str) -> dict[str, Any]:
    """Where a checkpoint is found."""
    named = {"checkpoint_id": at.id, "thread_id": thread_id, "checkpoint_ns": at.within}
    return {**named, "checkpoint_map": at.map} if at.within else named


def interrupt(item: Interrupt) -> dict[str, Any]:
    """An interrupt as threads and states keep it."""
    return {"id": item.id, "value": item.value}


def _task(outcome: Outcome, thread_id: str, *, subgraphs: bool) -> dict[str, Any]:
    task = outcome.task
    checkpoint = {"thread_id": thread_id, "checkpoint_ns": task.namespace} if task.nests else None
    state = None
    if subgraphs and task.nests:
        inner = outcome.inner
        checkpoint, state = None, EMPTY if inner is None else wire(inner, thread_id, subgraphs=True)
    return {
        "id": task.id,
        "name": task.node,
        "path": task.path,
        "error": None if outcome.failed is None else spelled(*outcome.failed),
        "interrupts": [interrupt(item) for item in outcome.interrupts],
        "checkpoint": checkpoint,
        "state": state,
        "result": None if outcome.writes is None else folded(outcome.writes),
    }


def joined(task: Task) -> bool:
    """Whether an edge with several sources has set the task off."""
    return any(trigger.startswith("join:") for trigger in task.triggers)
