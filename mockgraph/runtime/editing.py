"""Writing to a thread's state by hand: no run, but a checkpoint, and whoever follows the thread is told."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mockgraph.backend import states, updates
from mockgraph.backend.access import Access
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Snapshot
from mockgraph.runtime import settling
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.owning import graph_of
from mockgraph.runtime.stream_log import Numbers, Part
from mockgraph.runtime.telling import encoded
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import key_of


def edit(
    namespace: Namespace, thread: Thread, data: dict[str, Any], *, access: Access | None = None
) -> dict[str, Any]:
    """Write to a thread's state, and say which checkpoint that made; raises Refusal."""
    _refuse_while_busy(namespace, thread)
    graph = graph_of(namespace, thread)
    if graph is None:
        raise Refusal(400, _NO_GRAPH.format(thread_id=thread.thread_id))
    key = key_of(f"{thread.thread_id} edit {thread.made}")
    now = max(namespace.options.clock.now(), thread.updated_at + 1)
    snapshots = _by(access, updates.edited(thread, graph, data, key=key, now=now))
    _add(namespace, thread, snapshots)
    checkpoint = snapshots[-1].checkpoint
    tape = namespace.tapes.get(thread.thread_id)
    if tape is not None:
        state = states.wire(snapshots[-1], thread.thread_id) if checkpoint.within else states.newest(thread)
        told = {"state": state, "thread_id": thread.thread_id}
        numbers = Numbers(thread.told_from(checkpoint.at))
        thread.newest = numbers.milliseconds
        tape.extend([Part(*encoded(("state_update", told)), numbers.next())])
    place: dict[str, Any] = {
        "thread_id": thread.thread_id,
        "checkpoint_ns": checkpoint.within,
        "checkpoint_id": checkpoint.id,
    }
    if checkpoint.within:
        place["checkpoint_map"] = checkpoint.map
    return {"checkpoint": place, "configurable": place, "checkpoint_id": checkpoint.id}


def build(
    namespace: Namespace,
    thread: Thread,
    supersteps: Sequence[Mapping[str, Any]],
    *,
    access: Access | None = None,
) -> None:
    """Give a thread a history by supersteps of updates; raises Refusal, and gives none, where one of them cannot be."""
    _refuse_while_busy(namespace, thread)
    before = msgspec.structs.asdict(thread)
    try:
        for number, superstep in enumerate(supersteps):
            graph = graph_of(namespace, thread)
            if graph is None:
                raise Refusal(400, _NO_GRAPH.format(thread_id=thread.thread_id))
            key = key_of(f"{thread.thread_id} edit {thread.made}")
            now = max(namespace.options.clock.now(), thread.updated_at + 1)
            made = updates.superstep(thread, graph, superstep["updates"], first=number == 0, key=key, now=now)
            _add(namespace, thread, _by(access, made))
    except Refusal:
        _restore(thread, before)
        raise


def _refuse_while_busy(namespace: Namespace, thread: Thread) -> None:
    inflight = [live.run.run_id for live in namespace.active.get(thread.thread_id, ())]
    if inflight:
        raise Refusal(409, f"Thread {thread.thread_id} has in-flight runs: {inflight}")


def _by(access: Access | None, made: list[Snapshot]) -> list[Snapshot]:
    """Checkpoints that say who made them."""
    if access is None:
        return made
    who = {"user_id": access.identity.identity}
    return [msgspec.structs.replace(one, stored={**who, **one.stored}) for one in made]


def _add(namespace: Namespace, thread: Thread, snapshots: list[Snapshot]) -> None:
    """Let the thread stand behind these checkpoints, or, where that cannot be, as it stood."""
    before = msgspec.structs.asdict(thread)
    thread.made += 1
    thread.trail = [*thread.trail, *snapshots]
    try:
        settling.rest(namespace, thread)
    except TypeError as error:
        # What a reducer made is no JSON, such as an integer of more than 64 bits.
        _restore(thread, before)
        raise Refusal(400, str(error)) from None
    thread.settled = True
    thread.error = b"null"


def _restore(thread: Thread, before: dict[str, Any]) -> None:
    for name, value in before.items():
        setattr(thread, name, value)


_NO_GRAPH = (
    "Thread '{thread_id}' has no assigned graph ID. This usually occurs when no runs have been made on this "
    "particular thread. This operation requires a graph ID. Please ensure a run has been made for the thread or "
    "manually update the thread metadata (by setting the 'graph_id' field) before running this operation."
)
