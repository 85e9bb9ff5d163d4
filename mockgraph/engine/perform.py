"""One task of a superstep: its node is entered, does what its script says, and returns or raises."""

from collections.abc import Generator, Iterator
from typing import Any

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact, Wait
from mockgraph.engine.setting import Progress, Setting
from mockgraph.meaning import chunks
from mockgraph.meaning.channels import Values
from mockgraph.meaning.messages import Message, WireMessage, is_wire, require_fields
from mockgraph.script import model, templates
from mockgraph.words.errors import GraphError


class Performance:
    """Iterates over the facts of one task; `writes` holds what it wrote once it has ended."""

    __slots__ = ("_key", "_progress", "_script", "_setting", "_task", "_values", "writes")

    def __init__(
        self,
        key: bytes,
        task: facts.Task,
        script: model.Task,
        values: Values,
        setting: Setting,
        progress: Progress,
    ) -> None:
        self._key = key
        self._task = task
        self._script = script
        self._values = values
        self._setting = setting
        self._progress = progress
        self.writes: tuple[dict[str, Any], ...] = ()

    def __iter__(self) -> Iterator[Fact]:
        task = self._task
        yield facts.NodeEntered(task, self._values)
        updates: list[dict[str, Any]] = []
        returned: list[Message] = []
        for step in self._script.steps:
            if type(step) is model.Update:
                update = yield from self._update(step, returned)
                updates.append(update)
            elif type(step) is model.Delay:
                yield Wait(step.seconds)
            elif type(step) is model.Custom:
                yield facts.CustomWritten(task, self._filled(step.payload, static=step.static))
            elif type(step) is model.Say:
                yield from self._spoken(self._filled(step.message, static=step.static), step.speech)
            elif type(step) is model.Fail:
                raised = _raised(step.type, self._filled(step.message, static=False))
                yield facts.TaskFailed(task, raised.error, raised.message, self._progress.tick())
                raise raised
        result: Any = updates if len(updates) > 1 else (updates[0] if updates else None)
        yield facts.NodeReturned(task, self._values, result)
        for message in returned:
            yield facts.MessageReturned(task, message)
        self.writes = tuple(update for update in updates if update)
        yield facts.TaskFinished(task, result, self.writes, self._progress.tick())

    def _filled(self, tree: Any, *, static: bool) -> Any:
        if static:
            return tree
        return templates.fill(tree, {**self._setting.scope, "state": self._values})

    def _update(self, step: model.Update, returned: list[Message]) -> Generator[Fact, None, dict[str, Any]]:
        """The update as the node returns it; models write its AI messages first, others are `returned`."""
        update: dict[str, Any] = dict(step.written)
        for key in step.filled:
            update[key] = self._filled(update[key], static=False)
        for key in step.message_keys:
            written = update[key]
            messages = written if isinstance(written, list) else [written]
            made = []
            for message in messages:
                if is_wire(message) and message["type"] == "ai" and step.speech.model is not None:
                    message = yield from self._spoken(message, step.speech)
                elif is_wire(message) and message["type"] != "remove":
                    if message["id"] is None:
                        message = WireMessage({**message, "id": self._progress.new_id()})
                    if not self._known(key, message["id"]):
                        returned.append(message)
                made.append(message)
            update[key] = made if isinstance(written, list) else made[0]
        return update

    def _known(self, key: str, message_id: str) -> bool:
        """langgraph 1.2.22: a returned message that the state has already is not shown again."""
        return any(message.get("id") == message_id for message in self._values.get(key) or ())

    def _spoken(self, message: Message, speech: model.Speech) -> Generator[Fact, None, Message]:
        """A model's answer: called, streamed in pieces where somebody streams, answered; gives the message."""
        assert speech.model is not None
        require_fields(message)
        self._progress.calls += 1
        call = facts.Call(self._key, self._progress.calls, self._progress.tick(), self._task, speech.model)
        heard = self._values.get("messages") or []
        streams = speech.pieces is None or len(speech.pieces) > 0
        streaming = streams and self._setting.streaming
        if message["id"] is None:
            # langgraph-api 0.16.7: a streamed answer is named after its call, a whole one with "-0" behind.
            message = WireMessage({**message, "id": f"lc_run--{call.run_id}" + ("" if streaming else "-0")})
        if self._setting.streaming:
            yield facts.ModelCalled(call, heard)
        if speech.pieces:
            yield from self._pieces(call, message, speech.pieces)
        elif streaming:
            for chunk in chunks.cut(message, id=message["id"]):
                yield facts.ChunkStreamed(call, chunk)
        if self._setting.streaming:
            yield facts.ModelAnswered(call, heard, message, streaming)
        return message

    def _pieces(self, call: facts.Call, message: Message, pieces: tuple[model.Piece, ...]) -> Iterator[Fact]:
        for piece in pieces:
            if piece.delay:
                yield Wait(piece.delay)
            if self._setting.streaming:
                yield facts.ChunkStreamed(call, {**piece.fields, "id": message["id"]})
        last = pieces[-1].fields
        if self._setting.streaming and last["chunk_position"] != "last":
            # langchain-core 1.7.2: named after the call, also where the provider named the message.
            empty: Any = [] if isinstance(last["content"], list) else ""
            closing = chunks.chunk(empty, id=f"lc_run--{call.run_id}", position="last")
            yield facts.ChunkStreamed(call, closing)


def _raised(kind: str, message: Any) -> GraphError:
    return GraphError(kind, message if isinstance(message, str) else str(message))
