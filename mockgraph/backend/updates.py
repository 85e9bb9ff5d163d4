"""Edits of a thread's state: each is a checkpoint of its own, as if a node of the graph had written it."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Checkpoint, Outcome, Snapshot
from mockgraph.engine.play import prepared
from mockgraph.meaning.messages import NewId
from mockgraph.script.model import Graph, Superstep
from mockgraph.words.errors import GraphError, Refusal
from mockgraph.words.ids import digest, uuid4, uuid6
from mockgraph.words.vocabulary import END, START

Plays = tuple[tuple[Superstep, ...], int]


def edited(thread: Thread, graph: Graph, request: Mapping[str, Any], *, key: bytes, now: int) -> Snapshot:
    """The checkpoint that `POST …/state` makes, on the newest or on the one that it names; raises Refusal."""
    named = (request.get("checkpoint") or {}).get("checkpoint_id") or request.get("checkpoint_id")
    base = states.standing(thread, named)
    given, as_node = request.get("values"), request.get("as_node")
    if as_node == END and given is not None:
        raise Refusal(400, f"Node {END} does not exist")
    writes = [] if given is None else [given]
    new_id = _ids(key)
    channels = graph.channels
    values = channels.found(base.values if base is not None else None)
    try:
        values = channels.write(values, [channels.takes(write) for write in writes], new_id=new_id)
    except GraphError as error:
        raise Refusal(400, error.message) from None
    step = base.checkpoint.step + 1 if base is not None else 0
    at = max(now, base.checkpoint.at + 1 if base is not None else now)
    # langgraph 1.2.22: an edit that only ends the graph has an id that tells the step before.
    name = uuid6(at, step - 1, digest(key, "end")) if as_node == END else ""
    checkpoint = Checkpoint(key, step, at, name=name)
    supersteps, position = _behind(as_node, base, graph, thread)
    tasks = prepared(supersteps, position, key=key, step=step)
    metadata = {
        "graph_id": graph.graph_id,
        "thread_id": thread.thread_id,
        **({"checkpoint_id": named} if named else {}),
        "source": "update",
        "step": step,
        "parents": {},
    }
    return Snapshot(
        checkpoint=checkpoint,
        parent=base.checkpoint if base is not None else None,
        source="update",
        values=values,
        tasks=tuple(map(Outcome, tasks)),
        supersteps=supersteps,
        position=position,
        stored=metadata,
        writer=base.writer if base is not None else None,
        base=_written(base, as_node, writes),
    )


def _written(base: Snapshot | None, as_node: str | None, writes: list[Any]) -> Snapshot | None:
    """langgraph 1.2.22: an edit in the place of a task that was due is entered as what that task wrote."""
    if base is None or not any(outcome.task.node == as_node for outcome in base.pending):
        return None
    tasks = tuple(
        msgspec.structs.replace(outcome, writes=tuple(writes)) if outcome.task.node == as_node else outcome
        for outcome in base.tasks
    )
    return msgspec.structs.replace(base, tasks=tasks)


def _ids(key: bytes) -> NewId:
    made = count(1)
    return lambda: uuid4(digest(key, f"message {next(made)}"))


def _behind(as_node: str | None, base: Snapshot | None, graph: Graph, thread: Thread) -> Plays:
    """Where the graph stands once the node has written: the play, and the superstep that is due in it."""
    plays = list(_plays(base, graph, thread))
    first: Plays = (plays[0][0], 0) if plays else ((), 0)
    if as_node == END:
        return (), 0
    if as_node == START or (as_node is None and base is None):
        return first
    if as_node is None:
        assert base is not None
        return base.supersteps, max(base.position, 0)
    for supersteps, _ in plays:
        for position, superstep in enumerate(supersteps):
            if any(task.node == as_node for task in superstep.tasks):
                return supersteps, position + 1
    raise Refusal(400, f"Node {as_node} does not exist")


def _plays(base: Snapshot | None, graph: Graph, thread: Thread) -> Iterator[Plays]:
    """The plays in which a node is looked for: the thread's own, what follows it on a resume, then all others."""
    if base is not None and base.supersteps and not _asks(base):
        yield base.supersteps, base.position
    writer: Run | None = base.writer if base is not None else None
    stubs = list(graph.stubs)
    if writer is not None and writer.stub is not None:
        last = thread.last_played
        stubs.sort(key=lambda stub: (stub.after != last or last is None, stub is not writer.stub))
    for stub in stubs:
        if stub.play.supersteps:
            yield stub.play.supersteps, 0
    if base is not None and base.supersteps:
        yield base.supersteps, base.position


def _asks(base: Snapshot) -> bool:
    """Whether the thread waits for an answer: what comes behind it stands in another stub's play."""
    return bool(base.interrupts)
