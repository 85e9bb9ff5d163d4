"""Reading plays: supersteps, the tasks in them, and the steps inside a task."""

from collections.abc import Callable
from typing import Any

from mockgraph.meaning.channels import Channels
from mockgraph.meaning.messages import WireMessage
from mockgraph.script import templates, words
from mockgraph.script.matching import shown
from mockgraph.script.model import (
    Custom,
    Delay,
    Fail,
    Play,
    Say,
    Speech,
    Step,
    Superstep,
    Task,
    Update,
)
from mockgraph.script.nodes import INVALID, Node, Reader, has, near
from mockgraph.script.read_messages import read_message, read_messages
from mockgraph.script.read_speech import read_seconds, read_speech
from mockgraph.script.read_values import read_template, read_value


class PlayReader:
    """Reads the plays of one file for a graph whose channels are known."""

    def __init__(self, reader: Reader, channels: Channels) -> None:
        self.reader = reader
        self.channels = channels

    def play(self, node: Node, path: str) -> Play:
        """A `play:` list."""
        supersteps: list[Superstep] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of supersteps")):
            supersteps.append(self._superstep(item, f"{path}[{at}]"))
        steps = [step for superstep in supersteps for task in superstep.tasks for step in task.steps]
        return Play(
            supersteps=tuple(supersteps),
            instant=not any(map(_takes_time, steps)),
            roots=frozenset[str]().union(*map(_roots, steps)),
        )

    def _superstep(self, node: Node, path: str) -> Superstep:
        known = {**words.SUPERSTEP, **words.TASK}
        names = {key.value for key, _ in node.pairs}
        if "parallel" not in names:
            task = self._task(node, path, known)
            return Superstep((task,) if task else ())
        for key, _ in node.pairs:
            if key.value in words.TASK:
                what = f"'{key.value}' beside 'parallel'"
                self.reader.complain(key, path, what, "it belongs to one of the tasks in the list")
                return Superstep(())
        entries = self.reader.mapping(node, path, words.SUPERSTEP) or {}
        if "parallel" not in entries:
            return Superstep(())
        tasks: list[Task] = []
        items = self.reader.sequence(entries["parallel"][1], f"{path}.parallel", what="a list of tasks")
        for at, item in enumerate(items):
            task = self._task(item, f"{path}.parallel[{at}]", words.TASK)
            if task and any(task.node == other.node for other in tasks):
                self.reader.complain(
                    item,
                    f"{path}.parallel[{at}]",
                    f"node '{task.node}' twice in one superstep",
                    "a node runs once in it",
                )
            elif task:
                tasks.append(task)
        return Superstep(tuple(tasks))

    def _task(self, node: Node, path: str, known: dict[str, words.Key]) -> Task | None:
        reader = self.reader
        entries = reader.mapping(node, path, known, what="a superstep (a mapping with 'node')")
        if entries is None:
            return None
        if "node" not in entries:
            if not has(node, *(name for name, key in known.items() if key.planned)):
                reader.complain(
                    node, path, "a task needs a 'node'", "name the node that is at work: 'node: agent'"
                )
            return None
        name = reader.text(entries["node"][1], f"{path}.node")
        if name is INVALID:
            return None
        if name in ("", "__start__", "__end__") or "|" in name or ":" in name:
            reader.complain(
                entries["node"][1],
                f"{path}.node",
                f"'{name}' cannot be a node's name",
                "LangGraph reserves it",
            )
        speech = read_speech(self.reader, entries, path)
        triggers: tuple[str, ...] = (f"branch:to:{name}",)
        if "triggers" in entries:
            items = reader.sequence(entries["triggers"][1], f"{path}.triggers", what="a list of texts")
            texts = [reader.text(item, f"{path}.triggers[{at}]") for at, item in enumerate(items)]
            triggers = tuple(text for text in texts if text is not INVALID)
        if "do" in entries:
            steps = self._do(entries, path, speech)
        else:
            steps = [
                step
                for word in words.STEPS
                if word in entries
                for step in self._steps(word, entries[word][1], f"{path}.{word}", speech)
            ]
        self._refuse_after_error(node, path, steps)
        self._refuse_other_chunks(entries, path, steps, speech)
        return Task(name, tuple(steps), triggers)

    def _refuse_after_error(self, node: Node, path: str, steps: list[Step]) -> None:
        for at, step in enumerate(steps[:-1]):
            if isinstance(step, Fail):
                after = next(word for word, kind in _KINDS.items() if isinstance(steps[at + 1], kind))
                self.reader.complain(
                    node,
                    path,
                    f"'{after}' after 'error': the node has raised",
                    "a node that raises returns nothing",
                )
                return

    def _refuse_other_chunks(
        self, entries: dict[str, tuple[Node, Node]], path: str, steps: list[Step], speech: Speech
    ) -> None:
        """Chunks are one message's: what they add up to must be what the message says."""
        if not speech.pieces or "stream" not in entries:
            return
        spoken = [message for step in steps for message in _spoken(step)]
        node, here = entries["stream"][1], f"{path}.stream"
        if not spoken:
            return
        if len(spoken) > 1:
            what = f"chunks of one AI message, but the task has {len(spoken)}"
            self.reader.complain(node, here, what, "give each message a task of its own, or cut by 'words'")
            return
        whole = spoken[0]["content"]
        texts = [piece.fields["content"] for piece in speech.pieces]
        if (
            isinstance(whole, str)
            and all(isinstance(text, str) for text in texts)
            and "".join(texts) != whole
        ):
            what = f"the chunks say {shown(''.join(texts))}, the message {shown(whole)}"
            self.reader.complain(node, here, what, "make them the same text")

    def _do(self, entries: dict[str, tuple[Node, Node]], path: str, speech: Speech) -> list[Step]:
        steps: list[Step] = []
        for word in words.STEPS:
            if word in entries:
                self.reader.complain(
                    entries[word][0], path, f"'{word}' beside 'do'", f"put '{word}' into the list"
                )
        items = self.reader.sequence(entries["do"][1], f"{path}.do", what="a list of steps")
        for at, item in enumerate(items):
            here = f"{path}.do[{at}]"
            step = self.reader.mapping(item, here, words.STEPS, what="a step (a mapping with one key)")
            if step is None:
                continue
            if len(step) > 1:
                self.reader.complain(item, here, "a step has one key", "begin a new item for the next")
            for word, (_, value) in step.items():
                if word in ("custom", "say"):
                    value = Node("list", value.line, value.column, items=[value])
                steps.extend(self._steps(word, value, f"{here}.{word}", speech))
        return steps

    def _steps(self, word: str, node: Node, path: str, speech: Speech) -> list[Step]:
        step = _READ[word](self, node, path, speech)
        return [item for item in (step if isinstance(step, list) else [step]) if item is not INVALID]

    def _read_delay(self, node: Node, path: str, _speech: Speech) -> Any:
        seconds = read_seconds(self.reader, node, path)
        return INVALID if seconds is INVALID else Delay(seconds)

    def _read_custom(self, node: Node, path: str, _speech: Speech) -> Any:
        items = self.reader.sequence(node, path, what="a list of payloads")
        values = [read_value(self.reader, item, f"{path}[{at}]") for at, item in enumerate(items)]
        return [Custom(value, templates.is_static(value)) for value in values if value is not INVALID]

    def _read_say(self, node: Node, path: str, speech: Speech) -> Any:
        says: list[Any] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of messages")):
            message = read_message(self.reader, item, f"{path}[{at}]")
            if message is INVALID:
                continue
            if not isinstance(message, WireMessage) or message["type"] != "ai":
                self.reader.complain(item, f"{path}[{at}]", "a model says AI messages", "write {ai: text}")
            elif speech.model is None:
                self.reader.complain(item, f"{path}[{at}]", "'say' needs a model", "drop 'model: none'")
            else:
                says.append(Say(message, speech, templates.is_static(message)))
        return says

    def _read_error(self, node: Node, path: str, _speech: Speech) -> Any:
        entries = self.reader.mapping(
            node, path, words.ERROR, what="a mapping such as {type: ValueError, message: text}"
        )
        if entries is None:
            return INVALID
        if "type" not in entries:
            return self.reader.complain(
                node, path, "an error needs a 'type'", "the class name: 'type: ValueError'"
            )
        kind = self.reader.text(entries["type"][1], f"{path}.type")
        message = ""
        if "message" in entries:
            message = read_template(
                self.reader,
                self.reader.text(entries["message"][1], f"{path}.message"),
                entries["message"][1],
                f"{path}.message",
            )
        return INVALID if INVALID in (kind, message) else Fail(kind, message)

    def _read_update(self, node: Node, path: str, speech: Speech) -> Any:
        if node.kind == "scalar" and node.value is None and not node.trailing:
            return []
        entries = self.reader.mapping(node, path, what="a mapping of state keys")
        if entries is None:
            return INVALID
        written: dict[str, Any] = {}
        message_keys = []
        for key, (key_node, value) in entries.items():
            here = f"{path}.{key}"
            if self.channels.closed and key not in self.channels.declared:
                self.reader.complain(
                    key_node,
                    path,
                    f"no channel '{key}'",
                    near(key, self.channels.declared) or "add it to 'channels'",
                )
            elif self.channels.declared.get(key) == "add_messages":
                message_keys.append(key)
                written[key] = read_messages(self.reader, value, here)
            else:
                written[key] = read_value(self.reader, value, here)
        if any(value is INVALID for value in written.values()):
            return INVALID
        filled = tuple(key for key, value in written.items() if not templates.is_static(value))
        return Update(written, speech, filled, tuple(message_keys))


_READ: dict[str, Callable[[PlayReader, Node, str, Speech], Any]] = {
    "delay": PlayReader._read_delay,
    "custom": PlayReader._read_custom,
    "say": PlayReader._read_say,
    "error": PlayReader._read_error,
    "update": PlayReader._read_update,
}
_KINDS: dict[str, type] = {"delay": Delay, "custom": Custom, "say": Say, "error": Fail, "update": Update}


def _spoken(step: Step) -> list[WireMessage]:
    """The AI messages that a model writes in a step."""
    if isinstance(step, Say):
        return [step.message]
    if not isinstance(step, Update):
        return []
    written = [step.written[key] for key in step.message_keys]
    messages = [message for value in written for message in (value if isinstance(value, list) else [value])]
    return [message for message in messages if isinstance(message, WireMessage) and message["type"] == "ai"]


def _takes_time(step: Step) -> bool:
    if isinstance(step, Delay):
        return step.seconds > 0
    return isinstance(step, Say | Update) and any(piece.delay for piece in step.speech.pieces or ())


def _roots(step: Step) -> frozenset[str]:
    tree = {Custom: "payload", Say: "message", Update: "written", Fail: "message"}.get(type(step))
    return templates.roots(getattr(step, tree)) if tree else frozenset()
