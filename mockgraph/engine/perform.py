"""One task of a superstep: its node is entered, does what its script says, and returns, asks or raises."""

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mockgraph.engine import facts
from mockgraph.engine.facts import Checkpoint, Fact, Inside, Outcome, Snapshot, Wait
from mockgraph.engine.setting import Progress, Setting
from mockgraph.meaning import chunks
from mockgraph.meaning.blocks import Answer
from mockgraph.meaning.channels import Channels, Values
from mockgraph.meaning.messages import Message, WireMessage, is_wire, require_fields
from mockgraph.script import model, templates
from mockgraph.script.latency import drawn
from mockgraph.words.errors import GraphError
from mockgraph.words.vocabulary import NOSTREAM

if TYPE_CHECKING:
    from mockgraph.engine.play import Level


class WentOut(Exception):
    """A node inside a subgraph leaves it for a node of the graph around: the subgraph ends here."""

    def __init__(self, update: Any, writes: tuple[dict[str, Any], ...]) -> None:
        self.update = update  # as the node returned it
        self.writes = writes


class Stand(msgspec.Struct, frozen=True, gc=False):
    """What the tasks of a superstep share: the run, its time, and the graph that they belong to, as it stands."""

    setting: Setting
    progress: Progress
    channels: Channels
    values: Values
    checkpoint: Checkpoint
    level: "Callable[..., Level]"


def perform(outcome: Outcome, stand: Stand, answers: tuple[Any, ...]) -> "Performance":
    """A task's performance; `answers` are all that its node has got, with those of this run."""
    task = outcome.task
    assert task.script is not None
    performance = Performance(task, outcome, stand, answers, stand.values)
    if task.packet is not None:
        performance.seen = task.packet
    elif task.script.input is not None:
        performance.seen = performance._filled(task.script.input, static=False)
    return performance


class Performance(msgspec.Struct, gc=False, eq=False):
    """Iterates over the facts of one task; what came of it stands in the attributes once it has ended.

    `seen` is what the node sees: the state, or what was sent to it.
    """

    task: facts.Task
    _outcome: Outcome
    _stand: Stand
    _answers: tuple[Any, ...]
    seen: Any
    writes: tuple[dict[str, Any], ...] = ()
    packets: tuple[tuple[str, Any], ...] = ()
    interrupts: tuple[facts.Interrupt, ...] = ()
    _calls: dict[str, model.Tool] = {}  # that run, by id

    @property
    def recalled(self) -> bool:
        """Whether the task had finished in an earlier run: it is not played again."""
        return self._outcome.writes is not None

    def __iter__(self) -> Iterator[Fact]:
        task, outcome = self.task, self._outcome
        progress, traced = self._stand.progress, self._stand.setting.traced
        assert task.script is not None
        if outcome.writes is not None:
            self.writes, self.packets = outcome.writes, outcome.packets
            yield facts.TaskRecalled(task, outcome.update)
            return
        latency = self._stand.setting.latency
        if latency is not None and (spread := latency.of(task.node)) is not None:
            yield Wait(drawn(spread, self._stand.setting.key, f"node {task.id}"))
        if traced:
            yield facts.NodeEntered(task, self.seen)
            yield facts.TURN
        if self._stand.setting.tools:
            yield from self._calls_of_messages()
        updates: list[dict[str, Any]] = []
        returned: list[Message] = []
        inside: Values | None = None
        went: model.Goto | None = None
        for step in task.script.steps:
            if type(step) is model.Update:
                update = self._written(step)
                if step.message_keys:
                    yield from self._messages(step, update, returned)
                if self._calls:
                    yield from self._calls_end(step, update)
                updates.append(update)
            elif type(step) is model.Delay:
                yield Wait(step.seconds)
            elif type(step) is model.Strike:
                yield facts.Struck(step.fault)
            elif type(step) is model.Custom:
                yield facts.CustomWritten(task, self._filled(step.payload, static=step.static))
            elif type(step) is model.Say:
                yield from self._spoken(self._filled(step.message, static=step.static), step.speech)
            elif type(step) is model.Tool:
                if self._stand.setting.tools:
                    yield from self._called(step)
                    for delta in step.deltas:
                        yield facts.ToolTold(task, step.call, self._filled(delta, static=False))
            elif type(step) is model.Fail:
                raised = _raised(step.type, self._filled(step.message, static=False))
                for call in self._calls:
                    yield facts.ToolFailed(task, call, raised.message)
                yield facts.TaskFailed(task, raised.error, raised.message, progress.tick())
                raise raised
            elif type(step) is model.Ask:
                value = self._filled(step.value, static=False)
                asked = facts.interrupt_of(task, value, answered=len(self._answers))
                if traced:
                    yield from (facts.TURN, facts.TURN)
                yield self._interrupted((asked,))
                return
            elif type(step) is model.Subgraph:
                try:
                    inside = yield from self._inside(step)
                except WentOut as way:
                    # langgraph 1.2.22: the node is left without having returned.
                    self.writes = way.writes
                    yield facts.TaskFinished(task, way.update, self.writes, progress.tick())
                    return
                if inside is None:
                    return
            elif type(step) is model.Send:
                self.packets += tuple(
                    (packet.node, self._filled(packet.input, static=False)) for packet in step.packets
                )
            elif type(step) is model.Goto:
                went = step
        if inside is not None and not updates:
            updates.append(inside)
            returned.extend(self._new(inside))
        result: Any = updates if len(updates) > 1 else (updates[0] if updates else None)
        writes = tuple([update for update in updates if update])
        if went is not None and went.parent:
            raise WentOut(result, writes)
        if traced:
            output = result if went is None else self._command(result, went)
            yield facts.NodeReturned(task, output)
            yield facts.TURN
            yield facts.NodeLeft(task, self.seen, output)
            yield facts.TURN
        for message in returned:
            yield facts.MessageReturned(task, message)
        self.writes = writes
        yield facts.TaskFinished(task, result, writes, progress.tick(), self.packets)

    # --- tool calls, where somebody listens to them ---

    def _calls_of_messages(self) -> Iterator[Fact]:
        """The calls whose tool messages the node returns run from its beginning, unless its script names them."""
        assert self.task.script is not None
        steps = self.task.script.steps
        if any(type(step) is model.Tool for step in steps):
            return
        for step in steps:
            if type(step) is not model.Update:
                continue
            for message in _tool_messages(step, step.written):
                if message["status"] == "error":
                    yield from self._called(model.Tool(message["tool_call_id"], error=message["content"]))
                else:
                    yield from self._called(model.Tool(message["tool_call_id"], message["name"]))

    def _called(self, tool: model.Tool) -> Iterator[Fact]:
        """A call begins, with all that its script names right behind it: they run side by side."""
        assert self.task.script is not None
        steps = self.task.script.steps
        beside = steps[steps.index(tool) :] if tool in steps else (tool,)
        for other in itertools.takewhile(lambda step: type(step) is model.Tool, beside):
            assert isinstance(other, model.Tool)
            if other.call and other.call not in self._calls:
                yield self._started(other)

    def _started(self, tool: model.Tool) -> Fact:
        call = self._asked_for(tool.call)
        given = call.get("args", {}) if tool.input is None else self._filled(tool.input, static=False)
        self._calls[tool.call] = tool
        return facts.ToolStarted(self.task, tool.call, tool.name or call.get("name") or "", given)

    def _asked_for(self, call: str) -> dict[str, Any]:
        """The tool call of this id in what the node sees."""
        waiting: list[Any] = [self.seen]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                if value.get("id") == call and "args" in value:
                    return value
                waiting.extend(value.values())
        return {}

    def _calls_end(self, step: model.Update, update: dict[str, Any]) -> Iterator[Fact]:
        returned = {message["tool_call_id"]: message for message in _tool_messages(step, update)}
        for call, tool in self._calls.items():
            if tool.error is not None:
                yield facts.ToolFailed(self.task, call, tool.error)
            elif tool.output is not None:
                yield facts.ToolFinished(self.task, call, self._filled(tool.output, static=False))
            elif call in returned:
                yield facts.ToolFinished(self.task, call, returned[call])
        self._calls = {}

    def _command(self, update: Any, went: model.Goto) -> dict[str, Any]:
        """The Command that the node returned, as LangChain's events show it."""
        goto: Any = [{"node": node, "args": packet} for node, packet in self.packets] + list(went.nodes)
        if not self.packets and not went.listed:
            goto = went.nodes[0]
        return {"graph": None, "update": update, "resume": None, "goto": goto}

    def _interrupted(self, interrupts: tuple[facts.Interrupt, ...]) -> Fact:
        self.interrupts = interrupts
        stand = self._stand
        return facts.TaskInterrupted(
            self.task, interrupts, self._answers, stand.values, stand.progress.tick()
        )

    def _inside(self, step: model.Subgraph) -> Generator[Fact, None, Values | None]:
        """The graph inside the node, to its end: the values that it returns; None where it asks."""
        stand, namespace = self._stand, self.task.namespace
        channels = step.channels or msgspec.structs.replace(stand.channels, input_keys=None, output_keys=None)
        level = stand.level(
            stand.setting,
            stand.progress,
            channels=channels,
            supersteps=step.supersteps,
            within=namespace,
            over=stand.checkpoint,
        )
        given = self._handed_on() if step.input is None else self._filled(step.input, static=False)
        yield facts.GraphEntered(self.task, given)
        inner = self._outcome.inner
        if inner is None:
            going = level.begins(given, before=None, step=-2, parent=None)
        else:
            going = level.goes_on(inner, anew=self._outcome.recast and _taken_up(inner, step.supersteps))
        try:
            for fact in level.through(going):
                yield fact if type(fact) in (Wait, Inside, facts.Struck) else Inside(namespace, fact)
        except GraphError as error:
            yield facts.TaskFailed(self.task, error.error, error.message, stand.progress.tick())
            raise
        if level.interrupts:
            yield self._interrupted(level.interrupts)
            return None
        output = channels.output(level.values)
        yield facts.TURN
        yield facts.GraphReturned(self.task, given, output)
        if stand.setting.traced:
            yield facts.TURN
        return output

    def _handed_on(self) -> Any:
        """What the node sees, as a graph inside it gets it: messages of the state are objects, not a client's dicts."""
        if not isinstance(self.seen, dict):
            return self.seen
        given = dict(self.seen)
        for key, reducer in self._stand.channels.declared.items():
            if reducer == "add_messages" and isinstance(given.get(key), list):
                given[key] = [WireMessage(message) for message in given[key]]
        return given

    def _new(self, values: Values) -> Iterator[Message]:
        """The messages among the values of a subgraph that the state has not had before."""
        for key, reducer in self._stand.channels.declared.items():
            if reducer == "add_messages":
                for message in values.get(key) or ():
                    if not self._known(key, message["id"]):
                        yield message

    def _filled(self, tree: Any, *, static: bool) -> Any:
        if static:
            return tree
        scope = {**self._stand.setting.scope, "state": self.seen, "resumes": list(self._answers)}
        if self._answers:
            scope["resume"] = self._answers[-1]
        return templates.fill(tree, scope)

    def _written(self, step: model.Update) -> dict[str, Any]:
        """The update as its script says it."""
        update: dict[str, Any] = dict(step.written)
        for key in step.filled:
            update[key] = self._filled(update[key], static=False)
        return update

    def _messages(
        self, step: model.Update, update: dict[str, Any], returned: list[Message]
    ) -> Iterator[Fact]:
        """The update's messages as the node returns them; models write the AI's first, others are `returned`."""
        for key in step.message_keys:
            written = update[key]
            messages = written if isinstance(written, list) else [written]
            made = []
            for message in messages:
                if is_wire(message) and message["type"] == "ai" and step.speech.model is not None:
                    message = yield from self._spoken(message, step.speech)
                    if NOSTREAM in step.speech.model.tags and not self._known(key, message["id"]):
                        returned.append(message)
                elif is_wire(message):
                    if message["id"] is None and not self._stand.setting.blocks:
                        message = WireMessage({**message, "id": self._stand.progress.new_id()})
                    if not self._known(key, message["id"]):
                        returned.append(message)
                made.append(message)
            update[key] = made if isinstance(written, list) else made[0]

    def _known(self, key: str, message_id: str) -> bool:
        """langgraph 1.2.22: a returned message that the state has already is not shown again."""
        seen = self.seen.get(key) if isinstance(self.seen, dict) else None
        return any(message.get("id") == message_id for message in seen or ())

    def _spoken(self, message: Message, speech: model.Speech) -> Generator[Fact, None, Message]:
        """A model's answer: called, streamed in pieces where somebody streams, answered; gives the message."""
        assert speech.model is not None
        require_fields(message)
        setting, progress = self._stand.setting, self._stand.progress
        progress.calls += 1
        call = facts.Call(setting.key, progress.calls, progress.tick(), self.task, speech.model)
        heard = (self.seen.get("messages") if isinstance(self.seen, dict) else None) or []
        streams = speech.pieces is None or len(speech.pieces) > 0
        streaming = streams and setting.streaming
        if message["id"] is None:
            # langgraph-api 0.16.7: a streamed answer is named after its call, a whole one with "-0" behind.
            message = WireMessage({**message, "id": f"lc_run--{call.run_id}" + ("" if streaming else "-0")})
        answer = Answer(f"lc_run--{call.run_id}") if setting.blocks else None
        broke_off = self._broke_off(message, speech)
        if setting.streaming:
            yield facts.ModelCalled(call, heard)
            if setting.traced:
                yield facts.TURN
        if speech.pieces:
            yield from self._pieces(call, message, speech, answer)
        elif streaming:
            for chunk in chunks.cut(message, id=message["id"]):
                if answer is not None:
                    answer.take(chunk)
                yield from self._chunk_takes(call)
                yield facts.ChunkStreamed(call, chunk)
        elif streams and setting.latency is not None and setting.latency.chunk is not None:
            for _ in chunks.cut(message, id=message["id"]):
                # A model takes its time whether anybody listens or not.
                yield from self._chunk_takes(call)
        if answer is not None and streaming:
            message = answer.message()
        if setting.streaming and not broke_off:
            yield facts.ModelAnswered(call, heard, message, streaming)
        return message

    def _chunk_takes(self, call: facts.Call) -> Iterator[Fact]:
        """The time that a model takes for its next chunk."""
        latency = self._stand.setting.latency
        if latency is not None and latency.chunk is not None:
            progress = self._stand.progress
            progress.chunks += 1
            yield Wait(drawn(latency.chunk, call.key, f"chunk {progress.chunks}"))

    def _broke_off(self, message: Message, speech: model.Speech) -> bool:
        """Whether the model's chunks end before its text does: it failed in the middle."""
        text = message["content"]
        if not speech.pieces or not isinstance(text, str):
            return False
        return sum(len(piece.fields["content"]) for piece in speech.pieces) < len(text)

    def _pieces(
        self, call: facts.Call, message: Message, speech: model.Speech, answer: Answer | None
    ) -> Iterator[Fact]:
        pieces = speech.pieces or ()
        streaming = self._stand.setting.streaming
        for piece in pieces:
            if piece.delay:
                yield Wait(piece.delay)
            else:
                yield from self._chunk_takes(call)
            if streaming:
                if answer is not None:
                    answer.take(piece.fields)
                yield facts.ChunkStreamed(call, {**piece.fields, "id": message["id"]})
        last = pieces[-1].fields
        if streaming and last["chunk_position"] != "last" and not self._broke_off(message, speech):
            # langchain-core 1.7.2: named after the call, also where the provider named the message.
            empty: Any = [] if isinstance(last["content"], list) else ""
            closing = chunks.chunk(empty, id=f"lc_run--{call.run_id}", position="last")
            yield facts.ChunkStreamed(call, closing)


def _taken_up(inner: Snapshot, supersteps: tuple[model.Superstep, ...]) -> bool:
    """Whether another play takes up a graph where it stands.

    One that had come to its end is not played again, whatever its node does now; one that was edited since goes on
    where the edit left it, unless the other play begins just there.
    """
    if inner.source == "loop" or not inner.pending:
        return bool(inner.pending)
    begins = {task.node for task in supersteps[0].tasks} if supersteps else set()
    return begins == {outcome.task.node for outcome in inner.pending}


def _tool_messages(step: model.Update, written: Mapping[str, Any]) -> Iterator[Message]:
    """The tool messages of an update."""
    for key in step.message_keys:
        messages = written[key]
        for message in messages if isinstance(messages, list) else [messages]:
            if is_wire(message) and message["type"] == "tool":
                yield message


def _raised(kind: str, message: Any) -> GraphError:
    return GraphError(kind, message if isinstance(message, str) else str(message))
