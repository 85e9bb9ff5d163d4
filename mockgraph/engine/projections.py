"""Facts to stream parts: one projection per stream mode, each a table from a kind of fact to what it shows.

Theory of operation. A projection never looks at another one, nor at what came before: two modes cannot
disagree, because neither has anything to disagree with. (The legacy `messages` mode repeats the text so far;
its sum is kept in the Stage's `totals` and is made of chunk facts alone. The modes of messages show each one once.)

Which parts a fact becomes is looked up, not decided: for a set of modes the tables are merged once into one
from kind of fact to the functions to call, in ORDER. Several modes on one fact: the mode's own part first,
`debug` last, `updates` before the result in `tasks`.

One rule spans modes. With `events` on, LangChain's own callbacks reach the stream at once, but what the graph
writes there (custom payloads) only when its loop turns: a payload is seen behind the event that follows it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from mockgraph.engine import facts
from mockgraph.engine.events import EVENTS
from mockgraph.engine.facts import Fact
from mockgraph.engine.failures import spelled, told
from mockgraph.engine.view import Part, Stage, View
from mockgraph.meaning import chunks
from mockgraph.words.clock import iso
from mockgraph.words.vocabulary import NOSTREAM

Show = Callable[[Any, "Stage"], Iterator[Part]]
Projection = Mapping[type, Show]


# --- values, updates, custom -----------------------------------------------------------------------------


def _values(fact: facts.ValuesChanged, stage: Stage) -> Iterator[Part]:
    channels = stage.view.channels
    if channels.shows_any(fact.writes):
        yield "values", channels.output(fact.values)


def _updates(fact: facts.TaskFinished, stage: Stage) -> Iterator[Part]:
    yield "updates", {fact.task.node: shown_update(fact.update, stage.view)}


def _recalled(fact: facts.TaskRecalled, stage: Stage) -> Iterator[Part]:
    yield "updates", {fact.task.node: shown_update(fact.update, stage.view), "__metadata__": {"cached": True}}


def asked(interrupts: Iterable[facts.Interrupt]) -> list[dict[str, Any]]:
    """Interrupts as streams and waits show them."""
    return [{"value": item.value, "id": item.id, "response_schema": None} for item in interrupts]


def _updates_asked(fact: facts.TaskInterrupted, _stage: Stage) -> Iterator[Part]:
    yield "updates", {"__interrupt__": asked(fact.interrupts)}


def _updates_paused(_fact: facts.Paused, _stage: Stage) -> Iterator[Part]:
    yield "updates", {"__interrupt__": []}


def _values_asked(fact: facts.TaskInterrupted, stage: Stage) -> Iterator[Part]:
    yield "values", {**stage.view.channels.output(fact.values), "__interrupt__": asked(fact.interrupts)}


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


def _heard(call: facts.Call) -> bool:
    return NOSTREAM not in call.model.tags


def _tuple_chunk(fact: facts.ChunkStreamed, stage: Stage) -> Iterator[Part]:
    if _heard(fact.call):
        yield "messages", [fact.chunk, stage.view.call_metadata(fact.call)]


def _tuple_answer(fact: facts.ModelAnswered, stage: Stage) -> Iterator[Part]:
    if not _heard(fact.call):
        return
    stage.shown.add(fact.message["id"])
    if not fact.streamed:
        yield "messages", [fact.message, stage.view.call_metadata(fact.call)]


def _tuple_returned(fact: facts.MessageReturned, stage: Stage) -> Iterator[Part]:
    if stage.first(fact.message["id"]):
        yield "messages", [fact.message, stage.view.node_metadata(fact.task)]


def _partial(fact: facts.ChunkStreamed, stage: Stage) -> Iterator[Part]:
    if not _heard(fact.call):
        return
    message_id = fact.chunk["id"]
    if message_id not in stage.totals:
        yield "messages/metadata", {message_id: {"metadata": stage.view.call_metadata(fact.call)}}
    total = chunks.add(stage.totals.get(message_id), fact.chunk)
    stage.totals[message_id] = total
    yield "messages/partial", [chunks.as_message(total)]


def _complete_answer(fact: facts.ModelAnswered, stage: Stage) -> Iterator[Part]:
    if not _heard(fact.call):
        return
    stage.shown.add(fact.message["id"])
    if not fact.streamed:
        yield "messages/metadata", {fact.message["id"]: {"metadata": stage.view.call_metadata(fact.call)}}
        yield "messages/complete", [fact.message]


def _complete_returned(fact: facts.MessageReturned, stage: Stage) -> Iterator[Part]:
    if stage.first(fact.message["id"]):
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


Ended = facts.TaskFinished | facts.TaskInterrupted | facts.TaskFailed


def task_result(fact: Ended) -> dict[str, Any]:
    """What `tasks` and `debug` say of a task that ended."""
    error: Any = None
    result: dict[str, Any] = {}
    interrupts: list[dict[str, Any]] = []
    if isinstance(fact, facts.TaskFailed):
        error = told(fact.error, fact.message)
    elif isinstance(fact, facts.TaskInterrupted):
        interrupts = asked(fact.interrupts)
    else:
        result = folded(fact.writes)
    return {
        "id": fact.task.id,
        "name": fact.task.node,
        "error": error,
        "result": result,
        "interrupts": interrupts,
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
    """What `checkpoints` and `debug` say of a checkpoint that was saved."""
    saved = fact.checkpoint
    parent = None if stage.view.run.exits else fact.parent
    return {
        "config": _config(saved, stage),
        "parent_config": None if parent is None else _config(parent, stage),
        "values": fact.values,
        "metadata": {"source": fact.source, "step": saved.step, "parents": saved.parents},
        "next": [task.node for task in fact.next],
        "tasks": [
            {"id": task.id, "name": task.node, "interrupts": [], "state": _state(task, stage)}
            for task in fact.next
        ],
    }


def found_checkpoint(fact: facts.CheckpointFound, stage: Stage) -> dict[str, Any]:
    """The same of one that was there: what is stored with it, and what has become of its tasks."""
    ground = fact.snapshot
    outcomes = {outcome.task.id: outcome for outcome in ground.tasks}
    parent = ground.parent
    return {
        "config": _config(ground.checkpoint, stage),
        "parent_config": None
        if parent is None
        else {"configurable": place(parent, stage, first="thread_id")},
        "values": fact.values,
        "metadata": ground.stored,
        "next": [task.node for task in fact.next],
        "tasks": [
            {**_became(outcomes.get(task.id) or facts.Outcome(task)), "state": _state(task, stage)}
            for task in fact.next
        ],
    }


def _became(outcome: facts.Outcome) -> dict[str, Any]:
    named = {"id": outcome.task.id, "name": outcome.task.node}
    if outcome.failed is not None:
        return {**named, "error": spelled(*outcome.failed)}
    if outcome.writes is not None:
        return {**named, "result": folded(outcome.writes), "interrupts": asked(outcome.interrupts)}
    return {**named, "interrupts": asked(outcome.interrupts)}


def _config(at: facts.Checkpoint, stage: Stage) -> dict[str, Any]:
    above = {"checkpoint_map": at.map} if at.within else {}
    configurable = stage.view.run.configurable
    return {"configurable": {"checkpoint_ns": at.within, **configurable, **above, "checkpoint_id": at.id}}


def _state(task: facts.Task, stage: Stage) -> dict[str, Any] | None:
    if not task.nests:
        return None
    return {"configurable": {"thread_id": stage.view.run.thread_id, "checkpoint_ns": task.namespace}}


def place(at: facts.Checkpoint, stage: Stage, *, first: str = "checkpoint_id") -> dict[str, Any]:
    """Where a checkpoint is found, in either of the two orders in which its keys come."""
    named = {
        "checkpoint_id": at.id,
        "thread_id": stage.view.run.thread_id,
        "checkpoint_ns": at.within,
    }
    if first == "thread_id":
        named["checkpoint_id"] = named.pop("checkpoint_id")
    return {**named, "checkpoint_map": at.map} if at.within else named


def _tasks_start(fact: facts.TaskStarted, stage: Stage) -> Iterator[Part]:
    yield "tasks", task_start(fact, stage)


def _tasks_result(fact: Ended, _stage: Stage) -> Iterator[Part]:
    yield "tasks", task_result(fact)


def _checkpoints(fact: facts.CheckpointSaved, stage: Stage) -> Iterator[Part]:
    if stage.view.run.checkpointed:
        yield "checkpoints", checkpoint(fact, stage)


def _checkpoints_found(fact: facts.CheckpointFound, stage: Stage) -> Iterator[Part]:
    if stage.view.run.checkpointed:
        yield "checkpoints", found_checkpoint(fact, stage)


def _debug(step: int, at: int, kind: str, payload: dict[str, Any]) -> Part:
    return "debug", {"step": step, "timestamp": iso(at), "type": kind, "payload": payload}


def _debug_start(fact: facts.TaskStarted, stage: Stage) -> Iterator[Part]:
    yield _debug(fact.task.step, fact.at, "task", task_start(fact, stage))


def _debug_result(fact: Ended, _stage: Stage) -> Iterator[Part]:
    yield _debug(fact.task.step, fact.at, "task_result", task_result(fact))


def _debug_checkpoint(fact: facts.CheckpointSaved, stage: Stage) -> Iterator[Part]:
    if stage.view.run.checkpointed:
        parent = None if stage.view.run.exits else fact.parent
        yield _debugged(fact.checkpoint, parent, fact.next, checkpoint(fact, stage), stage)


def _debug_found(fact: facts.CheckpointFound, stage: Stage) -> Iterator[Part]:
    if stage.view.run.checkpointed:
        ground = fact.snapshot
        payload = found_checkpoint(fact, stage)
        yield _debugged(ground.checkpoint, ground.parent, fact.next, payload, stage)


def _debugged(
    at: facts.Checkpoint,
    parent: facts.Checkpoint | None,
    tasks: Iterable[facts.Task],
    payload: dict[str, Any],
    stage: Stage,
) -> Part:
    """The `debug` form of a checkpoint: places beside it, and in its tasks in place of their state."""
    payload["checkpoint"] = place(at, stage)
    payload["parent_checkpoint"] = None if parent is None else place(parent, stage)
    for told_of, task in zip(payload["tasks"], tasks, strict=True):
        if (state := _state(task, stage)) is not None:
            del told_of["state"]
            told_of["checkpoint"] = state["configurable"]
    return _debug(at.step, at.at, "checkpoint", payload)


# --- the tables ------------------------------------------------------------------------------------------

PROJECTIONS: dict[str, Projection] = {
    "values": {facts.ValuesChanged: _values, facts.TaskInterrupted: _values_asked},
    "updates": {
        facts.TaskFinished: _updates,
        facts.TaskRecalled: _recalled,
        facts.TaskInterrupted: _updates_asked,
        facts.Paused: _updates_paused,
    },
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
        facts.TaskInterrupted: _tasks_result,
        facts.TaskFailed: _tasks_result,
    },
    "checkpoints": {facts.CheckpointSaved: _checkpoints, facts.CheckpointFound: _checkpoints_found},
    "debug": {
        facts.TaskStarted: _debug_start,
        facts.TaskFinished: _debug_result,
        facts.TaskInterrupted: _debug_result,
        facts.TaskFailed: _debug_result,
        facts.CheckpointSaved: _debug_checkpoint,
        facts.CheckpointFound: _debug_found,
    },
    "events": EVENTS,
}

ORDER = (
    "events",
    "checkpoints",
    "custom",
    "messages",
    "messages-tuple",
    "updates",
    "values",
    "tasks",
    "debug",
)


def _begun(_fact: facts.RunStarted, stage: Stage) -> Iterator[Part]:
    yield "metadata", {"run_id": stage.view.run.run_id, "attempt": 1}


def _failed(fact: facts.RunFailed, _stage: Stage) -> Iterator[Part]:
    yield "error", told(fact.error, fact.message)


# Shown whatever was asked for.
ALWAYS: Projection = {facts.RunStarted: _begun, facts.RunFailed: _failed}


class Tables(NamedTuple):
    """What facts become in a set of modes: `root` of those of the graph, `inside` of those of its subgraphs.

    `kinds` are the kinds of facts that may become anything; `holds` is whether one may become something later.
    """

    root: dict[type, tuple[Show, ...]]
    inside: dict[type, tuple[Show, ...]]
    kinds: frozenset[type]
    holds: bool


@cache
def _tables(modes: frozenset[str], subgraphs: bool) -> Tables:  # noqa: FBT001  (half of a key)
    root, traced = _merged(modes), "events" in modes
    # langgraph-api 0.16.7: `events` come from every level, asked for or not.
    inside = root if subgraphs else _merged(frozenset({"events"} if traced else ()))
    holds = traced and ("custom" in modes or subgraphs)
    return Tables(root, inside, facts.KINDS if holds else frozenset({*root, facts.Inside}), holds)


def _merged(modes: frozenset[str]) -> dict[type, tuple[Show, ...]]:
    # langgraph-api 0.16.7: asked for both, `messages` gives way to `messages-tuple`.
    wanted = [
        mode for mode in ORDER if mode in modes and not (mode == "messages" and "messages-tuple" in modes)
    ]
    tables = [ALWAYS, *(PROJECTIONS[mode] for mode in wanted)]
    kinds = {kind for table in tables for kind in table}
    return {kind: tuple(table[kind] for table in tables if kind in table) for kind in kinds}


# Events whose names say nothing of the subgraph that they come from.
_UNNAMED = ("messages/metadata", "messages/partial", "messages/complete", "events")


class Projector:
    """The parts of a run for a set of modes, fact by fact; those of other `kinds` than these become none."""

    __slots__ = ("_held", "_holds", "_inside", "_stage", "_tables", "kinds")

    def __init__(self, modes: frozenset[str], view: View) -> None:
        tables = self._tables = _tables(modes, view.run.subgraphs)
        self.kinds = tables.kinds
        self._holds = tables.holds
        self._stage = Stage(view)
        self._inside: Stage | None = None  # made for the first fact of a subgraph
        self._held: list[Part] = []

    def parts(self, fact: Fact) -> Sequence[Part]:
        """What the fact adds to the stream, in order."""
        shows = self._tables.root.get(type(fact))
        if shows is not None and not self._holds:
            if len(shows) == 1:
                return list(shows[0](fact, self._stage))
            return [part for show in shows for part in show(fact, self._stage)]
        if type(fact) is facts.Inside:
            return list(self._from_inside(fact))
        return list(self._turned(fact, shows or ())) if self._holds else ()

    def _from_inside(self, inside: facts.Inside) -> Iterator[Part]:
        """The parts of a subgraph's fact; with `events`, what is named after it is held back as custom payloads are."""
        fact, stage = inside.fact, self._inside
        if stage is None:
            stage = self._stage
            stage = self._inside = Stage(stage.view.inside(), shown=stage.shown, totals=stage.totals)
        shows = self._tables.inside.get(type(fact), ())
        early = self._holds and type(fact) is facts.GraphReturned
        if early:
            yield from self._released()
        for show in shows:
            for event, payload in show(fact, stage):
                if event in _UNNAMED:
                    yield event, payload
                elif self._holds and event != "messages":
                    self._held.append((f"{event}|{inside.within}", payload))
                else:
                    yield f"{event}|{inside.within}", payload
        if self._holds and type(fact) in _RELEASING:
            yield from self._released()

    def _turned(self, fact: Fact, shows: tuple[Show, ...]) -> Iterator[Part]:
        """With `events`: what the graph writes is seen behind the event that follows it."""
        if type(fact) is facts.CustomWritten:
            self._held.extend(_custom(fact, self._stage))
            return
        if type(fact) is facts.GraphReturned:
            yield from self._released()
        for show in shows:
            parts = list(show(fact, self._stage))
            if parts and parts[0][0] not in ("events", "metadata"):
                yield from self._released()
            yield from parts
        if type(fact) is not facts.NodeReturned and fact is not facts.TURN:
            yield from self._released()

    def _released(self) -> Iterator[Part]:
        held, self._held = self._held, []
        yield from held


# The events behind which what a subgraph wrote is seen.
_RELEASING = (facts.NodeEntered, facts.ModelCalled, facts.ModelAnswered, facts.NodeLeft)
