"""A state rewritten by hand: the checkpoint that comes of it, as if a node of its graph had written."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.json import loads
from mockgraph.backend.runs import Run
from mockgraph.backend.stages import Edit, Line, Stage, Standing, channels_of, path_of, task_around
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Checkpoint, Outcome, Packets, Snapshot
from mockgraph.engine.facts import Task as PreparedTask
from mockgraph.engine.play import prepared
from mockgraph.meaning.channels import Values
from mockgraph.meaning.messages import NewId
from mockgraph.script.model import Goto, Graph, Send, Task
from mockgraph.script.templates import fill
from mockgraph.words.errors import GraphError, Refusal, UnresolvedTemplate
from mockgraph.words.ids import digest, uuid4
from mockgraph.words.vocabulary import START

Update = tuple[Any, str | None]  # the values, and the node that writes them


class Place(msgspec.Struct, frozen=True):
    """Which state is edited: the namespace of its graph, the checkpoint, and what else the request says of it."""

    within: str = ""
    named: str | None = None
    given: Mapping[str, Any] = {}


class Editing:
    """One edit: `levels` are the checkpoint that it is made on, and those around it."""

    def __init__(
        self, thread: Thread, graph: Graph, place: Place, levels: list[Snapshot], *, key: bytes, now: int
    ) -> None:
        self._thread = thread
        self._graph = graph
        self._place = place
        self._levels = levels
        self._base = levels[-1] if levels else None
        self._key = key
        self._now = max(now, self._base.checkpoint.at + 1) if self._base is not None else now
        self._standing = Standing(graph, levels, path_of(place.within), thread.last_played)
        self._channels = channels_of(graph, levels)
        made = count(1)
        self._new_id: NewId = lambda: uuid4(digest(key, f"message {next(made)}"))

    # --- the ways to edit ---

    def written(self, updates: Sequence[Update]) -> Snapshot:
        """As if these nodes had written, side by side."""
        lines = [self._behind(as_node, alone=len(updates) == 1) for _, as_node in updates]
        writes = [self._taken(*update) for update in updates if update[0] is not None]
        values = self._folded(self._found(), writes)
        tasks, line = self._due(lines[-1], updates[-1][1], values)
        checkpoint, outcomes = self._checkpoint(self._step), tuple(map(Outcome, tasks))
        base = self._done(updates, led_on=bool(tasks))
        return self._saved(checkpoint, "update", values, outcomes, line, base=base)

    def _due(self, line: Line, as_node: str | None, values: Values) -> tuple[tuple[PreparedTask, ...], Line]:
        """What is due behind the node that has written, or that ran last, and where the graph then stands."""
        stage = line[-1]
        before = stage.supersteps[stage.position - 1].tasks if stage.position > 0 else ()
        wrote = [task for task in before if as_node is None or task.node == as_node]
        tasks: tuple[PreparedTask, ...] = ()
        # A node that goes somewhere by a Command has no edge that leads on.
        if not wrote or not all(map(_goes, wrote)):
            tasks = self._tasks(stage, self._step, packets=self._packets(wrote, values))
        if as_node is not None:
            # langgraph 1.2.22: one of the nodes that a join edge waits for does not set it off.
            tasks = tuple(task for task in tasks if not states.joined(task))
        return tasks, line if tasks else (*line[:-1], Stage())

    def ended(self) -> Snapshot:
        """As if nothing were left to do; what has finished beside what has not is taken."""
        base, line = self._base, self._standing.ended()
        done = [outcome for outcome in base.tasks if outcome.writes is not None] if base is not None else []
        values = self._folded(self._found(), [write for outcome in done for write in outcome.writes or ()])
        tasks: tuple[PreparedTask, ...] = ()
        if base is not None and done and not base.pending:
            line = (*self._standing.own[:-1], Stage(base.supersteps, base.position + 1))
            packets = [packet for outcome in done for packet in outcome.packets]
            tasks = self._tasks(line[-1], self._step, packets=packets)
        checkpoint = self._checkpoint(self._step, sign=self._step - 1)
        return self._saved(checkpoint, "update", values, tuple(map(Outcome, tasks)), line)

    def entered(self, values: Any) -> Snapshot:
        """As if a run had brought an input, which is yet to be read."""
        if values is None:
            raise Refusal(400, f"Received no input writes for {START}")
        step = self._step if self._base is not None else -1
        line = self._standing.behind(START) or (Stage(),)
        start = PreparedTask(self._key, START, step + 1, (START,), within=self._place.within)
        due = [self._anew(outcome, step) for outcome in (self._base.tasks if self._base is not None else ())]
        given = self._channels.takes(values) if isinstance(values, dict) else values
        beside = [outcome for outcome in due if outcome.task.node != START]
        line = (*line[:-1], Stage(line[-1].supersteps, -1))
        tasks = (Outcome(start), *beside)
        return self._saved(self._checkpoint(step), "input", self._found(), tasks, line, given=given)

    def copied(self, updates: Any) -> list[Snapshot]:
        """The checkpoint once more, with the same parent; and updates of the copy, each values and a node."""
        base = self._base
        if base is None:
            raise Refusal(400, "Cannot copy a non-existent checkpoint")
        step = self._step
        copy = Snapshot(
            checkpoint=self._checkpoint(step, sign=step - 1),
            parent=base.parent,
            source="fork",
            values=base.values,
            tasks=tuple(self._anew(outcome, step) for outcome in base.tasks),
            supersteps=base.supersteps,
            position=base.position,
            given=base.given,
            stored={"source": "fork", "step": step, "parents": base.checkpoint.parents},
            writer=base.writer,
        )
        around = self._around(copy, self._standing.own)
        copy = msgspec.structs.replace(copy, edit=Edit(self._standing.ran, around=around))
        if not isinstance(updates, list) or not updates:
            return [copy]
        place = Place(self._place.within, copy.checkpoint.id, self._place.given)
        if place.within:
            place = msgspec.structs.replace(place, given={"checkpoint_map": copy.checkpoint.map})
        outer = list(around)[::-1]
        behind = Editing(
            self._thread, self._graph, place, [*outer, copy], key=self._key, now=copy.checkpoint.at + 1
        )
        update = behind.written([_item(item) for item in updates])
        del update.stored["graph_id"]
        return [copy, update]

    # --- what they share ---

    @property
    def _step(self) -> int:
        return self._base.checkpoint.step + 1 if self._base is not None else 0

    def _checkpoint(self, step: int, *, sign: int | None = None) -> Checkpoint:
        over = self._base.checkpoint.over if self._base is not None else None
        return Checkpoint(self._key, step, self._now, self._place.within, over, sign=sign)

    def _found(self) -> Values:
        return self._channels.found(self._base.values if self._base is not None else None)

    def _taken(self, values: Any, as_node: str | None) -> Values:
        channels = self._channels
        if as_node is not None and as_node != START:
            channels = msgspec.structs.replace(channels, input_keys=None)
        try:
            return channels.takes(values)
        except GraphError as error:
            raise Refusal(400, error.message) from None

    def _folded(self, values: Values, writes: Iterable[Values]) -> Values:
        try:
            return self._channels.write(values, writes, new_id=self._new_id)
        except GraphError as error:
            raise Refusal(400, error.message) from None

    def _behind(self, as_node: str | None, *, alone: bool) -> Line:
        if as_node is None and not alone:
            raise Refusal(400, "as_node is required when applying multiple updates")
        if as_node is None and len(self._standing.ran_last()) > 1:
            raise Refusal(400, "Ambiguous update, specify as_node")
        line = self._standing.behind(as_node)
        if line is None:
            raise Refusal(400, f"Node {as_node} does not exist")
        return line

    def _tasks(self, stage: Stage, step: int, *, packets: Packets = ()) -> tuple[PreparedTask, ...]:
        return prepared(
            stage.supersteps,
            stage.position,
            key=self._key,
            step=step,
            within=self._place.within,
            packets=packets,
        )

    def _packets(self, wrote: Iterable[Task], values: Values) -> Packets:
        """What the edges behind these nodes send."""
        writer: Run | None = self._base.writer if self._base is not None else None
        scope = {**(loads(writer.scope) if writer is not None else {}), "state": values, "resumes": []}
        return [packet for task in wrote for packet in _sent(task, scope)]

    def _anew(self, outcome: Outcome, step: int) -> Outcome:
        """The same task, to be run under an id of its own."""
        return Outcome(msgspec.structs.replace(outcome.task, key=self._key, step=step + 1))

    def _done(self, updates: Sequence[Update], *, led_on: bool) -> Snapshot | None:
        """langgraph 1.2.22: an edit in the place of a task that was due is entered as what that task wrote.

        One that writes nothing does so only where an edge leads on.
        """
        base = self._base
        if base is None:
            return None
        tasks = list(base.tasks)
        for values, as_node in updates:
            if not values and not led_on:
                continue
            node = as_node if as_node is not None else next(iter(self._standing.ran_last()), None)
            due = (at for at, outcome in enumerate(tasks) if outcome.task.node == node)
            at = next((at for at in due if tasks[at].writes is None), None)
            if at is not None:
                tasks[at] = msgspec.structs.replace(tasks[at], writes=({} if values is None else values,))
        return msgspec.structs.replace(base, tasks=tuple(tasks)) if tuple(tasks) != base.tasks else None

    def _saved(
        self,
        checkpoint: Checkpoint,
        source: str,
        values: Values,
        tasks: tuple[Outcome, ...],
        line: Line,
        *,
        given: Any = None,
        base: Snapshot | None = None,
    ) -> Snapshot:
        place = self._place
        unknown = Checkpoint(b"", -2, 0, name=place.named) if place.named else None
        saved = Snapshot(
            checkpoint=checkpoint,
            parent=self._base.checkpoint if self._base is not None else unknown,
            source=source,
            values=values,
            tasks=tasks,
            supersteps=line[-1].supersteps,
            position=line[-1].position,
            given=given,
            stored={
                **place.given,
                "graph_id": self._graph.graph_id,
                "thread_id": self._thread.thread_id,
                **({"checkpoint_id": place.named} if place.named else {}),
                **({"checkpoint_ns": place.within} if place.within else {}),
                "source": source,
                "step": checkpoint.step,
                "parents": checkpoint.parents,
            },
            writer=self._base.writer if self._base is not None else None,
        )
        edit = Edit(self._standing.ran, base, self._around(saved, line))
        return msgspec.structs.replace(saved, edit=edit)

    def _around(self, inner: Snapshot, line: Line) -> tuple[Snapshot, ...]:
        """The checkpoints around, innermost first, with where the graph inside them stands now, and in which play."""
        found: list[Snapshot] = []
        for outer, stage in zip(self._levels[-2::-1], line[-2::-1], strict=True):
            asking = task_around(outer, inner.checkpoint.within)
            task = asking.task
            if outer.supersteps != stage.supersteps:
                script = _script(stage, task.node)
                task = msgspec.structs.replace(task, script=script)
            became = msgspec.structs.replace(asking, task=task, inner=inner)
            tasks = tuple(became if outcome is asking else outcome for outcome in outer.tasks)
            inner = msgspec.structs.replace(
                outer, tasks=tasks, supersteps=stage.supersteps, position=stage.position
            )
            found.append(inner)
        return tuple(found)


def _script(stage: Stage, node: str) -> Task:
    """What the node does that a graph runs in."""
    tasks = stage.supersteps[stage.position].tasks
    return next(task for task in tasks if task.node == node and task.nests)


def _goes(task: Task) -> bool:
    return any(type(step) is Goto for step in task.steps)


def _sent(task: Task, scope: dict[str, Any]) -> Packets:
    try:
        return [
            (packet.node, fill(packet.input, scope))
            for step in task.steps
            if type(step) is Send
            for packet in step.packets
        ]
    except UnresolvedTemplate as error:
        raise Refusal(400, str(error)) from None


def _item(item: Any) -> Update:
    """One update of a copy: values and a node."""
    if not isinstance(item, list | str):
        raise Refusal(400, f"Invalid update item: {item!r} when copying checkpoint")
    if len(item) < 2:
        raise Refusal(400, f"not enough values to unpack (expected 2, got {len(item)})")
    values, as_node = item[0], item[1]
    if as_node is not None and not isinstance(as_node, str):
        raise Refusal(400, f"Node {as_node} does not exist")
    return values, as_node
