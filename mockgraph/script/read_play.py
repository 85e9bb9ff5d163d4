"""Reading plays: supersteps, the tasks in them, and the steps inside a task."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from mockgraph.meaning.channels import Channels
from mockgraph.meaning.messages import WireMessage
from mockgraph.script import templates, words
from mockgraph.script.durations import read_seconds
from mockgraph.script.faults import AT_THE_END, Fault, read_fault
from mockgraph.script.matching import shown
from mockgraph.script.model import (
    Ask,
    Custom,
    Delay,
    Fail,
    Goto,
    Play,
    Say,
    Send,
    Sent,
    Speech,
    Step,
    Strike,
    Subgraph,
    Superstep,
    Task,
    Tool,
    Update,
    steps_of,
)
from mockgraph.script.nodes import INVALID, Node, Reader, has, near
from mockgraph.script.read_head import read_channels
from mockgraph.script.read_messages import read_message, read_messages
from mockgraph.script.read_speech import read_speech
from mockgraph.script.read_values import read_template, read_value
from mockgraph.words.vocabulary import END, PUSH


class PlayReader:
    """Reads the plays of one file for a graph whose channels are known."""

    def __init__(self, reader: Reader, channels: Channels, *, inside: bool = False) -> None:
        self.reader = reader
        self.channels = channels
        self.inside = inside

    def play(self, node: Node, path: str, *, resumes: bool = False) -> Play:
        """A `play:` list. With `resumes` it may begin with tasks of one node, as they were sent to it before."""
        supersteps = self.supersteps(node, path, twins=resumes)
        steps = list(steps_of(supersteps))
        trees = [task.input for task in _tasks_of(supersteps)]
        read = frozenset[str]().union(*map(_roots, steps), *map(templates.roots, trees))
        return Play(
            supersteps=supersteps,
            instant=not any(map(_takes_time, steps)) and not any(map(_struck, supersteps)),
            roots=read & templates.SCOPE_ROOTS,
        )

    def supersteps(self, node: Node, path: str, *, twins: bool = False) -> tuple[Superstep, ...]:
        """A list of supersteps, each held against the one before it; the first may have `twins`."""
        supersteps: list[Superstep] = []
        faults: list[Fault] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of supersteps")):
            if item.kind == "mapping" and [key.value for key, _ in item.pairs] == ["fault"]:
                fault = read_fault(self.reader, item.pairs[0][1], f"{path}[{at}].fault", inside=True)
                faults += [fault] if fault is not INVALID else []
                continue
            before = supersteps[-1] if supersteps else Superstep(())
            if any(type(step) is Ask for step in steps_of([before])):
                self.reader.complain(
                    item,
                    f"{path}[{at}]",
                    "the play goes on behind an 'interrupt'",
                    "what happens on resume is a stub of its own, with 'after' and 'when: {resume: …}'",
                )
            superstep = self._superstep(item, f"{path}[{at}]", before, twins=twins and not supersteps)
            supersteps.append(
                msgspec.structs.replace(superstep, before=tuple(faults)) if faults else superstep
            )
            faults = []
        for fault in faults:
            if fault.kind not in AT_THE_END:
                what = f"'{fault.kind}' at the end of the play, where no part follows"
                place = Node("scalar", fault.source.line, fault.source.column)
                self.reader.complain(place, path, what, f"there may stand: {', '.join(AT_THE_END)}")
        if faults and supersteps:
            supersteps[-1] = msgspec.structs.replace(supersteps[-1], after=tuple(faults))
        elif faults:
            what, hint = "faults of a play that runs nothing", "lay them over the request: faults.next(…)"
            self.reader.complain(node, path, what, hint)
        if supersteps:
            self._refuse_at_the_end(node, f"{path}[{len(supersteps) - 1}]", supersteps[-1])
        return tuple(supersteps)

    def _superstep(self, node: Node, path: str, before: Superstep, *, twins: bool) -> Superstep:
        sent = _sent_by(before)
        tasks: list[Task] = []
        for at, (task, item) in enumerate(self._read_superstep(node, path)):
            twin = any(task.node == other.node and PUSH not in other.triggers for other in tasks)
            if task.node in sent:
                sent.remove(task.node)
                tasks.append(msgspec.structs.replace(task, triggers=(PUSH,)))
            elif twin and not twins and PUSH not in task.triggers:
                self.reader.complain(
                    item,
                    f"{path}.parallel[{at}]",
                    f"node '{task.node}' twice in one superstep",
                    "a node runs once in it, but for what is sent to it",
                )
            else:
                tasks.append(task)
        self._refuse_after(node, path, before, Superstep(tuple(tasks)), missing=sent)
        return Superstep(tuple(tasks))

    def _refuse_after(
        self, node: Node, path: str, before: Superstep, now: Superstep, *, missing: list[str]
    ) -> None:
        """Refuse a superstep that lacks what the one before it sent or went to."""
        for name in dict.fromkeys(missing):
            what = f"the superstep before sends to '{name}' more tasks than stand here"
            self.reader.complain(node, path, what, f"one task 'node: {name}' for each packet of 'send'")
        here = {task.node for task in now.tasks}
        for name in _gone_to(before):
            if name not in here:
                what = f"the superstep before goes to '{name}', which does not stand here"
                self.reader.complain(node, path, what, f"add it, or 'goto: {END}'")

    def _refuse_at_the_end(self, node: Node, path: str, last: Superstep) -> None:
        """Refuse a last superstep that sends or goes somewhere."""
        for verb, names in (("sends", _sent_by(last)), ("goes", _gone_to(last))):
            for name in dict.fromkeys(names):
                what = f"it {verb} to '{name}', and the play ends here"
                self.reader.complain(node.items[-1], path, what, f"add a superstep with 'node: {name}'")

    def _read_superstep(self, node: Node, path: str) -> list[tuple[Task, Node]]:
        """The tasks of a superstep, each with where it stands."""
        known = {**words.SUPERSTEP, **words.TASK}
        names = {key.value for key, _ in node.pairs}
        if "parallel" not in names:
            task = self._task(node, path, known)
            return [(task, node)] if task else []
        for key, _ in node.pairs:
            if key.value in words.TASK:
                what = f"'{key.value}' beside 'parallel'"
                self.reader.complain(key, path, what, "it belongs to one of the tasks in the list")
                return []
        entries = self.reader.mapping(node, path, words.SUPERSTEP) or {}
        if "parallel" not in entries:
            return []
        tasks: list[tuple[Task, Node]] = []
        listed = entries["parallel"][1]
        items = self.reader.sequence(listed, f"{path}.parallel", what="a list of tasks")
        if listed.kind == "list" and not items:
            self.reader.complain(
                listed, f"{path}.parallel", "a superstep without tasks", "name one, or leave it out"
            )
        for at, item in enumerate(items):
            task = self._task(item, f"{path}.parallel[{at}]", words.TASK)
            if task:
                tasks.append((task, item))
        return tasks

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
        self._refuse_after_end(node, path, steps)
        self._refuse_other_chunks(entries, path, steps, speech)
        given = None
        if "input" in entries:
            given = read_value(reader, entries["input"][1], f"{path}.input")
        return Task(name, tuple(steps), triggers, None if given is INVALID else given)

    def _refuse_after_end(self, node: Node, path: str, steps: list[Step]) -> None:
        for at, step in enumerate(steps[:-1]):
            if not isinstance(step, Fail | Ask):
                continue
            after = next(word for word, kind in _KINDS.items() if isinstance(steps[at + 1], kind))
            if isinstance(step, Fail):
                what = f"'{after}' after 'error': the node has raised"
                self.reader.complain(node, path, what, "a node that raises returns nothing")
            else:
                what = f"'{after}' after 'interrupt': the node waits for its answer"
                hint = f"put '{after}' into the stub that is resumed, with 'when: {{resume: …}}'"
                self.reader.complain(node, path, what, hint)
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
        breaks_off = any(isinstance(step, Fail) for step in steps)
        if (
            isinstance(whole, str)
            and all(isinstance(text, str) for text in texts)
            and "".join(texts) != whole
            and not (breaks_off and whole.startswith("".join(texts)))
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
            if not step:
                self.reader.complain(
                    item, here, "a step without a key", f"write one of {', '.join(words.STEPS)}"
                )
            if len(step) > 1:
                self.reader.complain(item, here, "a step has one key", "begin a new item for the next")
            for word, (_, value) in step.items():
                if word in ("custom", "say", "tools"):
                    value = Node("list", value.line, value.column, items=[value])
                steps.extend(self._steps(word, value, f"{here}.{word}", speech))
        return steps

    def _steps(self, word: str, node: Node, path: str, speech: Speech) -> list[Step]:
        step = _READ[word](self, node, path, speech)
        return [item for item in (step if isinstance(step, list) else [step]) if item is not INVALID]

    def _read_delay(self, node: Node, path: str, _speech: Speech) -> Any:
        seconds = read_seconds(self.reader, node, path)
        return INVALID if seconds is INVALID else Delay(seconds)

    def _read_fault(self, node: Node, path: str, _speech: Speech) -> Any:
        fault = read_fault(self.reader, node, path, inside=True)
        return INVALID if fault is INVALID else Strike(fault)

    def _read_custom(self, node: Node, path: str, _speech: Speech) -> Any:
        items = self.reader.sequence(node, path, what="a list of payloads")
        values = [read_value(self.reader, item, f"{path}[{at}]") for at, item in enumerate(items)]
        return [Custom(value, templates.is_static(value)) for value in values if value is not INVALID]

    def _read_tools(self, node: Node, path: str, _speech: Speech) -> Any:
        items = self.reader.sequence(node, path, what="a list of tool calls")
        tools = [self._tool(item, f"{path}[{at}]") for at, item in enumerate(items)]
        return tools or [Tool()]

    def _tool(self, node: Node, path: str) -> Any:
        reader = self.reader
        if node.kind != "mapping":
            call = reader.text(node, path)
            return INVALID if call is INVALID else Tool(call)
        entries = reader.mapping(node, path, words.TOOL) or {}
        if "call" not in entries:
            return reader.complain(node, path, "a tool needs a 'call'", "the id of its tool call")
        texts: dict[str, Any] = {
            key: reader.text(entries[key][1], f"{path}.{key}")
            for key in ("call", "name", "error")
            if key in entries
        }
        values: dict[str, Any] = {
            key: read_value(reader, entries[key][1], f"{path}.{key}")
            for key in ("input", "output")
            if key in entries
        }
        deltas: list[Any] = []
        if "deltas" in entries:
            here = f"{path}.deltas"
            pieces = reader.sequence(entries["deltas"][1], here, what="a list")
            deltas = [read_value(reader, piece, f"{here}[{at}]") for at, piece in enumerate(pieces)]
        found = {**texts, **values}
        if any(value is INVALID for value in (*found.values(), *deltas)):
            return INVALID
        return Tool(**found, deltas=tuple(deltas))

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

    def _read_interrupt(self, node: Node, path: str, _speech: Speech) -> Any:
        value = read_value(self.reader, node, path)
        return INVALID if value is INVALID else Ask(value)

    def _read_send(self, node: Node, path: str, _speech: Speech) -> Any:
        packets: list[Sent] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of {node, input}")):
            here = f"{path}[{at}]"
            entries = self.reader.mapping(
                item, here, words.PACKET, what="a mapping such as {node: work, input: {i: 1}}"
            )
            if entries is None:
                continue
            if "node" not in entries:
                self.reader.complain(
                    item, here, "a packet needs a 'node'", "name the node that it is sent to"
                )
                continue
            name = self.reader.text(entries["node"][1], f"{here}.node")
            given = (
                read_value(self.reader, entries["input"][1], f"{here}.input") if "input" in entries else None
            )
            if INVALID not in (name, given):
                packets.append(Sent(name, given))
        return Send(tuple(packets))

    def _read_goto(self, node: Node, path: str, _speech: Speech) -> Any:
        parent = node.kind == "mapping"
        if parent:
            entries = self.reader.mapping(node, path, words.WAY_OUT) or {}
            if "parent" not in entries:
                return self.reader.complain(node, path, "expected {parent: node}", "or the node's name alone")
            if not self.inside:
                return self.reader.complain(
                    node, path, "'parent' outside a subgraph", "name a node of this graph"
                )
            node = entries["parent"][1]
        items = node.items if node.kind == "list" else [node]
        names = [self.reader.text(item, path) for item in items]
        return INVALID if INVALID in names else Goto(tuple(names), parent, node.kind == "list")

    def _read_subgraph(self, node: Node, path: str, _speech: Speech) -> Any:
        if node.kind == "list":
            return Subgraph(PlayReader(self.reader, self.channels, inside=True).supersteps(node, path))
        what = "a list of supersteps, or {play, input, channels, name}"
        entries = self.reader.mapping(node, path, words.SUBGRAPH, what=what)
        if entries is None:
            return INVALID
        if "play" not in entries:
            return self.reader.complain(node, path, "a subgraph needs a 'play'", "its supersteps, as a list")
        channels = None
        if "channels" in entries:
            declared = read_channels(self.reader, entries["channels"][1], f"{path}.channels")
            channels = Channels(declared, closed=True)
        given = read_value(self.reader, entries["input"][1], f"{path}.input") if "input" in entries else None
        name = self.reader.text(entries["name"][1], f"{path}.name") if "name" in entries else None
        reading = PlayReader(self.reader, channels or self.channels, inside=True)
        supersteps = reading.supersteps(entries["play"][1], f"{path}.play")
        return INVALID if INVALID in (given, name) else Subgraph(supersteps, given, channels, name)

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
    "fault": PlayReader._read_fault,
    "delay": PlayReader._read_delay,
    "tools": PlayReader._read_tools,
    "custom": PlayReader._read_custom,
    "say": PlayReader._read_say,
    "error": PlayReader._read_error,
    "update": PlayReader._read_update,
    "subgraph": PlayReader._read_subgraph,
    "interrupt": PlayReader._read_interrupt,
    "send": PlayReader._read_send,
    "goto": PlayReader._read_goto,
}
_KINDS: dict[str, type] = {
    "fault": Strike,
    "delay": Delay,
    "tools": Tool,
    "custom": Custom,
    "say": Say,
    "subgraph": Subgraph,
    "interrupt": Ask,
    "error": Fail,
    "update": Update,
    "send": Send,
    "goto": Goto,
}


def _tasks_of(supersteps: Iterable[Superstep]) -> Iterator[Task]:
    """Every task of a play, those inside subgraphs too."""
    for superstep in supersteps:
        for task in superstep.tasks:
            yield task
            for step in task.steps:
                if type(step) is Subgraph:
                    yield from _tasks_of(step.supersteps)


def _gone_to(superstep: Superstep) -> list[str]:
    """The nodes of its own graph that a superstep goes to."""
    steps = [step for task in superstep.tasks for step in task.steps]
    gone = [step for step in steps if isinstance(step, Goto) and not step.parent]
    return [name for step in gone for name in step.nodes if name != END]


def _sent_by(superstep: Superstep) -> list[str]:
    """The nodes that a superstep sends tasks to, one for each packet."""
    steps = [step for task in superstep.tasks for step in task.steps if type(step) is Send]
    return [packet.node for step in steps for packet in step.packets]


def _spoken(step: Step) -> list[WireMessage]:
    """The AI messages that a model writes in a step."""
    if isinstance(step, Say):
        return [step.message]
    if not isinstance(step, Update):
        return []
    written = [step.written[key] for key in step.message_keys]
    messages = [message for value in written for message in (value if isinstance(value, list) else [value])]
    return [message for message in messages if isinstance(message, WireMessage) and message["type"] == "ai"]


def _struck(superstep: Superstep) -> bool:
    """Whether a fault strikes around it, or around one inside."""
    inner = (step.supersteps for task in superstep.tasks for step in task.steps if isinstance(step, Subgraph))
    return bool(superstep.before or superstep.after) or any(any(map(_struck, steps)) for steps in inner)


def _takes_time(step: Step) -> bool:
    if isinstance(step, Strike):
        return True  # whoever follows the run is struck, not the run
    if isinstance(step, Delay):
        return step.seconds > 0
    return isinstance(step, Say | Update) and any(piece.delay for piece in step.speech.pieces or ())


def _roots(step: Step) -> frozenset[str]:
    if type(step) is Send:
        return templates.roots([packet.input for packet in step.packets])
    if type(step) is Tool:
        return templates.roots([step.input, step.output, *step.deltas])
    tree = _TREES.get(type(step))
    return templates.roots(getattr(step, tree)) if tree else frozenset()


_TREES: dict[type, str] = {
    Custom: "payload",
    Say: "message",
    Update: "written",
    Fail: "message",
    Ask: "value",
    Subgraph: "input",
}
