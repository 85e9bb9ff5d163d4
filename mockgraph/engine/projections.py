"""Facts to stream parts: one projection per stream mode, each a table from a kind of fact to what it shows.

Theory of operation. A projection never looks at another one, nor at what came before: two modes cannot
disagree, because neither has anything to disagree with. (The legacy `messages` mode repeats the text so far;
its sum is kept in the View's Totals and is made of chunk facts alone.)

Which parts a fact becomes is looked up, not decided: for a set of modes the tables are merged once into one
from kind of fact to the functions to call, in ORDER. Several modes on one fact: the mode's own part first,
`debug` last, `updates` before the result in `tasks`.

One rule spans modes. With `events` on, LangChain's own callbacks reach the stream at once, but what the graph
writes there (custom payloads) only when its loop turns: a payload is seen behind the event that follows it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mockgraph.engine import facts
from mockgraph.engine.events import EVENTS
from mockgraph.engine.facts import Fact
from mockgraph.engine.failures import told
from mockgraph.engine.view import Part, Stage, View
from mockgraph.meaning import chunks
from mockgraph.words.clock import iso

Show = Callable[[Any, "Stage"], Iterator[Part]]
Projection = Mapping[type, Show]


# --- values, updates, custom -----------------------------------------------------------------------------


def _values(fact: facts.ValuesChanged, stage: Stage) -> Iterator[Part]:
    channels = stage.view.channels
    if channels.output_keys is None or fact.written is None or any(map(channels.shows, fact.written)):
        yield "values", channels.output(fact.values)


def _updates(fact: facts.TaskFinished, stage: Stage) -> Iterator[Part]:
    yield "updates", {fact.task.node: shown_update(fact.update, stage.view)}


def shown_update(update: Any, view: View) -> Any:
    """A node's update as streams show it: only output channels, null for nothing."""
    if isinstance(update, list):
        return [shown_update(item, view) for item in update]
    if update and view.channels.output_keys is not None:
        update = {key: value for key, value in update.items() if view.channels.shows(key)}
    return update or None


def _custom(fact: facts.CustomWritten, _stage: Stage) -> Iterator[Part]:
    yield "custom", fact.payload


# --- messages --------------------------------------------------------------------------------------------


def _tuple_chunk(fact: facts.ChunkStreamed, stage: Stage) -> Iterator[Part]:
    yield "messages", [fact.chunk, stage.view.call_metadata(fact.call)]


def _tuple_answer(fact: facts.ModelAnswered, stage: Stage) -> Iterator[Part]:
    if not fact.streamed:
        yield "messages", [fact.message, stage.view.call_metadata(fact.call)]


def _tuple_returned(fact: facts.MessageReturned, stage: Stage) -> Iterator[Part]:
    yield "messages", [fact.message, stage.view.node_metadata(fact.task)]


def _partial(fact: facts.ChunkStreamed, stage: Stage) -> Iterator[Part]:
    message_id = fact.chunk["id"]
    if message_id not in stage.totals:
        yield "messages/metadata", {message_id: {"metadata": stage.view.call_metadata(fact.call)}}
    total = chunks.add(stage.totals.get(message_id), fact.chunk)
    stage.totals[message_id] = total
    yield "messages/partial", [chunks.as_message(total)]


def _complete_answer(fact: facts.ModelAnswered, stage: Stage) -> Iterator[Part]:
    if not fact.streamed:
        yield "messages/metadata", {fact.message["id"]: {"metadata": stage.view.call_metadata(fact.call)}}
        yield "messages/complete", [fact.message]


def _complete_returned(fact: facts.MessageReturned, stage: Stage) -> Iterator[Part]:
    yield "messages/metadata", {fact.message["id"]: {"metadata": stage.view.node_metadata(fact.task)}}
    yield "messages/complete", [fact.message]


# --- tasks, checkpoints, debug ---------------------------------------------------------------------------


def task_start(fact: facts.TaskStarted, stage: Stage) -> dict[str, Any]:
    """What `tasks` and `debug` say of a task that starts."""
    return {
        "id": fact.task.id,
        "name": fact.task.node,
        "input": fact.input,
        "triggers": list(fact.task.triggers),
        "metadata": stage.view.task_metadata,
    }


def task_result(fact: facts.TaskFinished | facts.TaskFailed) -> dict[str, Any]:
    """What `tasks` and `debug` say of a task that ended."""
    if isinstance(fact, facts.TaskFailed):
        error, result = told(fact.error, fact.message), {}
    else:
        error, result = None, folded(fact.writes)
    return {
        "id": fact.task.id,
        "name": fact.task.node,
        "error": error,
        "result": result,
        "interrupts": [],
    }


def folded(writes: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The writes of a task as one mapping; several to one key are a list under `$writes`."""
    if len(writes) == 1:
        return writes[0]
    by_key: dict[str, list[Any]] = {}
    for write in writes:
        for key, value in write.items():
            by_key.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else {"$writes": values} for key, values in by_key.items()}


def checkpoint(fact: facts.CheckpointSaved, stage: Stage) -> dict[str, Any]:
    """What `checkpoints` and `debug` say of a checkpoint."""
    configurable = stage.view.run.configurable

    def config(checkpoint_id: str) -> dict[str, Any]:
        return {"configurable": {"checkpoint_ns": "", **configurable, "checkpoint_id": checkpoint_id}}

    return {
        "config": config(fact.checkpoint.id),
        "parent_config": None if fact.parent is None else config(fact.parent.id),
        "values": fact.values,
        "metadata": {"source": fact.source, "step": fact.checkpoint.step, "parents": {}},
        "next": [task.node for task in fact.next],
        "tasks": [{"id": task.id, "name": task.node, "interrupts": [], "state": None} for task in fact.next],
    }


def _tasks_start(fact: facts.TaskStarted, stage: Stage) -> Iterator[Part]:
    yield "tasks", task_start(fact, stage)


def _tasks_result(fact: facts.TaskFinished | facts.TaskFailed, _stage: Stage) -> Iterator[Part]:
    yield "tasks", task_result(fact)


def _checkpoints(fact: facts.CheckpointSaved, stage: Stage) -> Iterator[Part]:
    if stage.view.run.checkpointed:
        yield "checkpoints", checkpoint(fact, stage)


def _debug(step: int, at: int, kind: str, payload: dict[str, Any]) -> Part:
    return "debug", {"step": step, "timestamp": iso(at), "type": kind, "payload": payload}


def _debug_start(fact: facts.TaskStarted, stage: Stage) -> Iterator[Part]:
    yield _debug(fact.task.step, fact.at, "task", task_start(fact, stage))


def _debug_result(fact: facts.TaskFinished | facts.TaskFailed, _stage: Stage) -> Iterator[Part]:
    yield _debug(fact.task.step, fact.at, "task_result", task_result(fact))


def _debug_checkpoint(fact: facts.CheckpointSaved, stage: Stage) -> Iterator[Part]:
    if not stage.view.run.checkpointed:
        return
    payload = checkpoint(fact, stage)

    def place(checkpoint_id: str) -> dict[str, str]:
        thread_id = stage.view.run.thread_id
        return {"checkpoint_id": checkpoint_id, "thread_id": thread_id, "checkpoint_ns": ""}

    payload["checkpoint"] = place(fact.checkpoint.id)
    payload["parent_checkpoint"] = None if fact.parent is None else place(fact.parent.id)
    yield _debug(fact.checkpoint.step, fact.checkpoint.at, "checkpoint", payload)


# --- the tables ------------------------------------------------------------------------------------------

PROJECTIONS: dict[str, Projection] = {
    "values": {facts.ValuesChanged: _values},
    "updates": {facts.TaskFinished: _updates},
    "custom": {facts.CustomWritten: _custom},
    "messages": {
        facts.ChunkStreamed: _partial,
        facts.ModelAnswered: _complete_answer,
        facts.MessageReturned: _complete_returned,
    },
    "messages-tuple": {
        facts.ChunkStreamed: _tuple_chunk,
        facts.ModelAnswered: _tuple_answer,
        facts.MessageReturned: _tuple_returned,
    },
    "tasks": {
        facts.TaskStarted: _tasks_start,
        facts.TaskFinished: _tasks_result,
        facts.TaskFailed: _tasks_result,
    },
    "checkpoints": {facts.CheckpointSaved: _checkpoints},
    "debug": {
        facts.TaskStarted: _debug_start,
        facts.TaskFinished: _debug_result,
        facts.TaskFailed: _debug_result,
        facts.CheckpointSaved: _debug_checkpoint,
    },
    "events": EVENTS,
}

ORDER = (
    "events",
    "checkpoints",
    "values",
    "custom",
    "messages",
    "messages-tuple",
    "updates",
    "tasks",
    "debug",
)


def _begun(_fact: facts.RunStarted, stage: Stage) -> Iterator[Part]:
    yield "metadata", {"run_id": stage.view.run.run_id, "attempt": 1}


def _failed(fact: facts.RunFailed, _stage: Stage) -> Iterator[Part]:
    yield "error", told(fact.error, fact.message)


# Shown whatever was asked for.
ALWAYS: Projection = {facts.RunStarted: _begun, facts.RunFailed: _failed}


@lru_cache(maxsize=256)
def _merged(modes: frozenset[str]) -> dict[type, tuple[Show, ...]]:
    # langgraph-api 0.16.7: asked for both, `messages` gives way to `messages-tuple`.
    wanted = [
        mode for mode in ORDER if mode in modes and not (mode == "messages" and "messages-tuple" in modes)
    ]
    tables = [ALWAYS, *(PROJECTIONS[mode] for mode in wanted)]
    kinds = {kind for table in tables for kind in table}
    return {kind: tuple(table[kind] for table in tables if kind in table) for kind in kinds}


class Projector:
    """The parts of a run for a set of modes, fact by fact."""

    __slots__ = ("_held", "_holds", "_stage", "_table")

    def __init__(self, modes: frozenset[str], view: View) -> None:
        self._table = _merged(modes)
        self._stage = Stage(view)
        self._holds = "events" in modes and "custom" in modes
        self._held: list[Part] = []

    def parts(self, fact: Fact) -> Sequence[Part]:
        """What the fact adds to the stream, in order."""
        shows = self._table.get(type(fact))
        if self._holds:
            return list(self._turned(fact, shows or ()))
        if shows is None:
            return ()
        return [part for show in shows for part in show(fact, self._stage)]

    def _turned(self, fact: Fact, shows: tuple[Show, ...]) -> Iterator[Part]:
        """With `events`: what the graph writes is seen behind the event that follows it."""
        if type(fact) is facts.CustomWritten:
            self._held.extend(_custom(fact, self._stage))
            return
        for show in shows:
            parts = list(show(fact, self._stage))
            if parts and parts[0][0] not in ("events", "metadata"):
                yield from self._released()
            yield from parts
        yield from self._released()

    def _released(self) -> Iterator[Part]:
        held, self._held = self._held, []
        yield from held
