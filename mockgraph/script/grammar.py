"""From nodes to the model: what a fixture may say, and a complaint for everything else.

The keys and their meaning stand in `script.words`; here is how each value is read. Reading never stops at the
first fault: whatever is wrong is noted, and the rest is read on.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from mockgraph.meaning import chunks
from mockgraph.meaning.channels import REDUCERS, Channels
from mockgraph.meaning.messages import TYPE_FIELDS, WireMessage, wire
from mockgraph.script import templates, words
from mockgraph.script.matching import IMPLICIT, OPERATORS, Condition, Matcher
from mockgraph.script.model import (
    Custom,
    Delay,
    Fail,
    Model,
    Piece,
    Play,
    Say,
    Source,
    Speech,
    Step,
    Stub,
    Superstep,
    Task,
    Update,
)
from mockgraph.script.nodes import INVALID, Node, Reader, near, noun, quoted
from mockgraph.script.paths import BadPath, compile_path

_DELAY = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_WHOLE = Speech(pieces=())


class Head(msgspec.Struct):
    """The top of a fixture file: all but its stubs, which need the channels of every file of the graph."""

    graph_id: str
    declared: dict[str, str] | None
    input_keys: tuple[str, ...] | None
    output_keys: tuple[str, ...] | None
    stubs: Node | None
    channels_node: Node | None


def read_head(reader: Reader, root: Node) -> Head | None:
    """The top of a file; None where it is not a fixture."""
    entries = reader.mapping(root, "", words.FIXTURE, what="a fixture (a mapping)")
    if entries is None:
        return None
    _refuse_planned(reader, entries, words.FIXTURE, "")
    if "mockgraph" not in entries:
        reader.complain(root, "", "no 'mockgraph' key", "begin the file with 'mockgraph: 1'")
    elif (version := entries["mockgraph"][1]).value != 1 or version.value is True:
        reader.complain(version, "mockgraph", f"expected format version 1, got {noun(version)}")
    if "graph" not in entries:
        reader.complain(root, "", "no 'graph' key", "name the graph that the file scripts: 'graph: agent'")
        return None
    graph_id = reader.text(entries["graph"][1], "graph")
    if graph_id == "":
        graph_id = reader.complain(entries["graph"][1], "graph", "a graph's name cannot be empty")
    channels = entries["channels"][1] if "channels" in entries else None
    declared = _channels(reader, channels) if channels else None
    input_keys = _keys(reader, entries, "input", declared)
    output_keys = _keys(reader, entries, "output", declared)
    if graph_id is INVALID:
        return None
    stubs = entries["stubs"][1] if "stubs" in entries else None
    return Head(graph_id, declared, input_keys, output_keys, stubs, channels)


def _channels(reader: Reader, node: Node) -> dict[str, str]:
    declared = {}
    for key, (_, value) in (reader.mapping(node, "channels") or {}).items():
        name = reader.one_of(value, f"channels.{key}", tuple(REDUCERS))
        if name is not INVALID:
            declared[key] = name
    return declared


def _keys(
    reader: Reader, entries: dict[str, tuple[Node, Node]], key: str, declared: dict[str, str] | None
) -> tuple[str, ...] | None:
    if key not in entries:
        return None
    if declared is None:
        return (
            reader.complain(
                entries[key][0],
                key,
                f"'{key}' narrows 'channels', which this file does not give",
                "add 'channels'",
            )
            and None
        )
    names = []
    for at, item in enumerate(reader.sequence(entries[key][1], key, what="a list of channels")):
        name = reader.text(item, f"{key}[{at}]")
        if name is not INVALID and name not in declared:
            name = reader.complain(item, f"{key}[{at}]", f"no channel '{name}'", near(name, declared))
        if name is not INVALID:
            names.append(name)
    return tuple(names)


def _refuse_planned(
    reader: Reader, entries: dict[str, tuple[Node, Node]], known: dict[str, words.Key], path: str
) -> None:
    for name, (key, _) in entries.items():
        if known[name].planned:
            reader.complain(
                key, path, f"'{name}' is part of the language but not built in this version", "leave it out"
            )


# --- stubs -----------------------------------------------------------------------------------------------


class StubReader:
    """Reads the stubs of one file for a graph whose channels are known."""

    def __init__(self, reader: Reader, graph_id: str, channels: Channels) -> None:
        self.reader = reader
        self.graph_id = graph_id
        self.channels = channels

    def stubs(self, node: Node) -> list[Stub]:
        """Every stub of a `stubs:` list, turns spelled out."""
        found: list[Stub] = []
        for at, item in enumerate(self.reader.sequence(node, "stubs", what="a list of stubs")):
            found.extend(self.stub(item, f"stubs[{at}]"))
        return found

    def stub(self, node: Node, path: str) -> list[Stub]:
        """A stub, or the several that its turns stand for."""
        reader = self.reader
        entries = reader.mapping(node, path, words.STUB, what="a stub (a mapping)")
        if entries is None:
            return []
        _refuse_planned(reader, entries, words.STUB, path)
        name = self._name(entries, node, path)
        after = reader.text(entries["after"][1], f"{path}.after") if "after" in entries else None
        after = None if after is INVALID else after
        source = Source(reader.file, node.line, node.column)
        if "turns" in entries:
            for key in ("play", "when", "times"):
                if key in entries:
                    reader.complain(
                        entries[key][0], path, f"'{key}' beside 'turns'", f"put '{key}' into a turn"
                    )
            return self._turns(entries["turns"][1], f"{path}.turns", name, after)
        if "play" not in entries and "replay" not in entries:
            reader.complain(node, path, "a stub needs a 'play'", "'play: []' runs nothing")
        return [self._one(entries, path, name, after, source)]

    def _name(self, entries: dict[str, tuple[Node, Node]], node: Node, path: str) -> str:
        if "name" not in entries:
            self.reader.complain(node, path, "a stub needs a 'name'", "logs and reports call it by it")
            return ""
        name = self.reader.text(entries["name"][1], f"{path}.name")
        return "" if name is INVALID else str(name)

    def _turns(self, node: Node, path: str, name: str, after: str | None) -> list[Stub]:
        stubs: list[Stub] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of turns")):
            turn = self.reader.mapping(item, f"{path}[{at}]", words.TURN, what="a turn (a mapping)")
            if turn is None:
                continue
            if "play" not in turn:
                self.reader.complain(
                    item, f"{path}[{at}]", "a turn needs a 'play'", "'play: []' runs nothing"
                )
            source = Source(self.reader.file, item.line, item.column)
            label = name if at == 0 else f"{name} (turn {at + 1})"
            stubs.append(self._one(turn, f"{path}[{at}]", label, after, source))
            after = label
        return stubs

    def _one(
        self, entries: dict[str, tuple[Node, Node]], path: str, name: str, after: str | None, source: Source
    ) -> Stub:
        when: tuple[Condition, ...] = ()
        if "when" in entries:
            when = self._when(entries["when"][1], f"{path}.when")
        times = None
        if "times" in entries:
            times = self.reader.integer(entries["times"][1], f"{path}.times", least=1)
        play = (
            self._play(entries["play"][1], f"{path}.play")
            if "play" in entries
            else Play((), True, frozenset())
        )
        roots = frozenset[str]().union(*(condition.path.roots for condition in when))
        return Stub(
            name=name,
            graph_id=self.graph_id,
            source=source,
            play=play,
            when=when,
            after=after,
            times=None if times is INVALID else times,
            roots=roots,
        )

    # --- when ---

    def _when(self, node: Node, path: str) -> tuple[Condition, ...]:
        conditions = []
        for text, (key, value) in (self.reader.mapping(node, path, what="a mapping of paths") or {}).items():
            try:
                compiled = compile_path(text)
            except BadPath as error:
                self.reader.complain(
                    key, path, f"'{text}' is not a JMESPath expression: {error}", "see jmespath.org"
                )
                continue
            for root in sorted(compiled.roots - templates.SCOPE_ROOTS):
                hint = (
                    near(root, templates.SCOPE_ROOTS)
                    or f"it knows {', '.join(sorted(templates.SCOPE_ROOTS))}"
                )
                self.reader.complain(key, path, f"a run knows no '{root}'", hint)
            matchers = self._matchers(value, f"{path}.{text}")
            if matchers is not INVALID:
                conditions.append(Condition(compiled, matchers))
        return tuple(conditions)

    def _matchers(self, node: Node, path: str) -> Any:
        """A mapping whose keys are all operators, or any value, which stands for itself."""
        if node.kind == "mapping" and node.pairs:
            names = [key.value for key, _ in node.pairs]
            operators = [name for name in names if name in OPERATORS]
            if operators and len(operators) < len(names):
                other = next(key for key, _ in node.pairs if key.value not in OPERATORS)
                hint = (
                    near(str(other.value), OPERATORS)
                    or "for data that looks like operators, write {includes: {…}}"
                )
                return self.reader.complain(
                    other, path, f"'{other.value}' is no operator, but '{operators[0]}' beside it is", hint
                )
            if operators:
                entries = self.reader.mapping(node, path) or {}
                read = [self._operator(name, value, f"{path}.{name}") for name, (_, value) in entries.items()]
                return INVALID if any(item is INVALID for item in read) else tuple(read)
        value = self.reader.json(node, path)
        return INVALID if value is INVALID else (Matcher(IMPLICIT, value),)

    def _operator(self, name: str, node: Node, path: str) -> Any:
        operand = _OPERANDS[OPERATORS[name].operand](self, node, path)
        return INVALID if operand is INVALID else Matcher(name, operand)

    def _regex(self, node: Node, path: str) -> Any:
        text = self.reader.text(node, path)
        if text is INVALID:
            return INVALID
        try:
            return re.compile(text)
        except re.error as error:
            return self.reader.complain(
                node, path, f"not a regular expression: {error}", "see the syntax of Python's re module"
            )

    def _alternatives(self, node: Node, path: str) -> Any:
        items = self.reader.sequence(node, path, what="a list of values or operators")
        if node.kind == "list" and not items:
            return self.reader.complain(node, path, "'any_of' of no values never fits", "name at least one")
        read = [self._matchers(item, f"{path}[{at}]") for at, item in enumerate(items)]
        return INVALID if not read or any(item is INVALID for item in read) else tuple(read)

    def _boolean(self, node: Node, path: str) -> Any:
        if isinstance(node.value, bool):
            return node.value
        return self.reader.complain(node, path, f"expected true or false, got {noun(node)}")

    def _ordered(self, node: Node, path: str) -> Any:
        if (
            node.kind == "scalar"
            and isinstance(node.value, str | int | float)
            and not isinstance(node.value, bool)
        ):
            return self.reader.json(node, path)
        return self.reader.complain(node, path, f"expected a number or a text, got {noun(node)}")

    # --- play ---

    def _play(self, node: Node, path: str) -> Play:
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
        _refuse_planned(reader, entries, known, path)
        if "node" not in entries:
            if not any(known[name].planned for name in entries):
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
        speech = self._speech(entries, path)
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
                if word in entries and not words.STEPS[word].planned
                for step in self._steps(word, entries[word][1], f"{path}.{word}", speech)
            ]
        self._refuse_after_error(node, path, steps)
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
            _refuse_planned(self.reader, step, words.STEPS, here)
            if len(step) > 1:
                self.reader.complain(item, here, "a step has one key", "begin a new item for the next")
            for word, (_, value) in step.items():
                if word in ("custom", "say"):
                    value = Node("list", value.line, value.column, items=[value])
                if not words.STEPS[word].planned:
                    steps.extend(self._steps(word, value, f"{here}.{word}", speech))
        return steps

    def _steps(self, word: str, node: Node, path: str, speech: Speech) -> list[Step]:
        step = getattr(self, f"_read_{word}")(node, path, speech)
        return [item for item in (step if isinstance(step, list) else [step]) if item is not INVALID]

    def _read_delay(self, node: Node, path: str, _speech: Speech) -> Any:
        seconds = self._seconds(node, path)
        return INVALID if seconds is INVALID else Delay(seconds)

    def _seconds(self, node: Node, path: str) -> Any:
        found = _DELAY.fullmatch(node.value) if isinstance(node.value, str) else None
        if found:
            return float(found[1]) * _UNITS[found[2]]
        return self.reader.complain(
            node, path, f"expected a time with a unit, got {noun(node)}", "write 200ms, 1.5s or 2m"
        )

    def _read_custom(self, node: Node, path: str, _speech: Speech) -> Any:
        items = self.reader.sequence(node, path, what="a list of payloads")
        values = [self._value(item, f"{path}[{at}]") for at, item in enumerate(items)]
        return [Custom(value, templates.is_static(value)) for value in values if value is not INVALID]

    def _read_say(self, node: Node, path: str, speech: Speech) -> Any:
        says: list[Any] = []
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of messages")):
            message = self._message(item, f"{path}[{at}]")
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
        entries = self.reader.mapping(node, path, words.ERROR, what="a mapping of type and message")
        if entries is None:
            return INVALID
        if "type" not in entries:
            return self.reader.complain(
                node, path, "an error needs a 'type'", "the class name: 'type: ValueError'"
            )
        kind = self.reader.text(entries["type"][1], f"{path}.type")
        message = ""
        if "message" in entries:
            message = self._template(
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
                written[key] = self._messages(value, here)
            else:
                written[key] = self._value(value, here)
        if any(value is INVALID for value in written.values()):
            return INVALID
        filled = tuple(key for key, value in written.items() if not templates.is_static(value))
        return Update(written, speech, filled, tuple(message_keys))

    # --- values and messages ---

    def _value(self, node: Node, path: str) -> Any:
        """Any JSON value with its templates compiled."""
        value = self.reader.json(node, path)
        return INVALID if value is INVALID else self._compiled(value, node, path)

    def _compiled(self, value: Any, node: Node, path: str) -> Any:
        if isinstance(value, str):
            return self._template(value, node, path)
        if isinstance(value, dict):
            nodes = {key.value: item for key, item in node.pairs}
            done = {k: self._compiled(v, nodes.get(k, node), f"{path}.{k}") for k, v in value.items()}
            return INVALID if any(v is INVALID for v in done.values()) else done
        if isinstance(value, list):
            items = [
                self._compiled(v, node.items[at] if at < len(node.items) else node, f"{path}[{at}]")
                for at, v in enumerate(value)
            ]
            return INVALID if any(v is INVALID for v in items) else items
        return value

    def _template(self, text: Any, node: Node, path: str) -> Any:
        if text is INVALID:
            return INVALID
        try:
            return templates.parse(text)
        except BadPath as error:
            return self.reader.complain(node, path, f"in {text!r}: {error}", "'$${' is a literal '${'")

    def _messages(self, node: Node, path: str) -> Any:
        if node.kind == "list":
            read = [self._message(item, f"{path}[{at}]") for at, item in enumerate(node.items)]
            return INVALID if any(item is INVALID for item in read) else read
        if node.kind == "mapping":
            return self._message(node, path)
        if isinstance(node.value, str) and isinstance(
            parsed := self._template(node.value, node, path), templates.Template
        ):
            return parsed
        return self.reader.complain(
            node, path, f"expected a list of messages, got {noun(node)}", "write [{ai: text}]"
        )

    def _message(self, node: Node, path: str) -> Any:
        entries = self.reader.mapping(node, path, what="a message (a mapping)")
        if entries is None:
            return INVALID
        forms = [
            name for name in words.MESSAGE if name in entries and not (name == "type" and "role" in entries)
        ]
        if len(forms) != 1:
            what = f"'{forms[0]}' beside '{forms[1]}'" if forms else "a message without its kind"
            return self.reader.complain(node, path, what, f"a message has one of: {', '.join(words.MESSAGE)}")
        form = forms[0]
        fields: dict[str, Any] = {}
        for key, (key_node, value) in entries.items():
            if key in words.MESSAGE_FORMS or (key == "content" and form in ("type", "role")):
                fields["id" if key == "remove" else "content"] = self._content(key, value, f"{path}.{key}")
            elif value.flow and value.absent and not value.trailing.startswith("#"):
                what = f"'{key}' became a key without a value"
                fields[key] = self.reader.complain(
                    key_node, path, what, "quote the text that holds the comma"
                )
            else:
                fields[key] = self._value(value, f"{path}.{key}")
        if any(value is INVALID for value in fields.values()):
            return INVALID
        return _FORMS.get(form, _short_form)(self, form, fields, node, path)

    def _content(self, key: str, node: Node, path: str) -> Any:
        if node.kind == "list" and key != "remove":
            blocks = [
                self._value(item, f"{path}[{at}]")
                if item.kind == "mapping"
                else self._template(
                    self.reader.prose(item, f"{path}[{at}]", what="a content block"), item, f"{path}[{at}]"
                )
                for at, item in enumerate(node.items)
            ]
            return INVALID if any(block is INVALID for block in blocks) else blocks
        return self._template(self.reader.prose(node, path), node, path)

    # --- models and streams ---

    def _speech(self, entries: dict[str, tuple[Node, Node]], path: str) -> Speech:
        model: Model | None = Model()
        if "model" in entries:
            model = self._model(entries["model"][1], f"{path}.model")
        pieces = None
        if "stream" in entries:
            pieces = self._stream(entries["stream"][1], f"{path}.stream")
            if model is None:
                self.reader.complain(
                    entries["stream"][0], path, "'stream' beside 'model: none'", "drop one of them"
                )
        return Speech(model, pieces)

    def _model(self, node: Node, path: str) -> Model | None:
        if node.kind == "scalar" and node.value == "none":
            return None
        entries = self.reader.mapping(node, path, words.MODEL, what="'none' or a mapping")
        if entries is None:
            return Model()
        name, provider = (
            self.reader.text(entries[key][1], f"{path}.{key}") if key in entries else None
            for key in ("name", "provider")
        )
        tags: tuple[str, ...] = ()
        if "tags" in entries:
            items = self.reader.sequence(entries["tags"][1], f"{path}.tags", what="a list of texts")
            tags = tuple(self.reader.text(item, f"{path}.tags[{at}]") for at, item in enumerate(items))
        metadata: Any = {}
        if (
            "metadata" in entries
            and self.reader.mapping(entries["metadata"][1], f"{path}.metadata") is not None
        ):
            metadata = self.reader.json(entries["metadata"][1], f"{path}.metadata")
        name = Model().name if name in (None, INVALID) else name
        provider = _provider(name) if provider in (None, INVALID) else provider
        return Model(name, provider, tags, metadata)

    def _stream(self, node: Node, path: str) -> tuple[Piece, ...] | None:
        if node.kind == "list":
            pieces = [self._piece(item, f"{path}[{at}]") for at, item in enumerate(node.items)]
            return tuple(piece for piece in pieces if piece is not INVALID)
        word = self.reader.one_of(node, path, ("words", "whole"))
        return () if word == "whole" else None

    def _piece(self, node: Node, path: str) -> Any:
        if node.kind != "mapping":
            text = self.reader.prose(node, path)
            return INVALID if text is INVALID else Piece(chunks.chunk(text, id=None))
        entries = self.reader.mapping(node, path, words.CHUNK) or {}
        given: dict[str, Any] = {}
        delay = 0.0
        for key, (_, value) in entries.items():
            if key == "delay":
                seconds = self._seconds(value, f"{path}.delay")
                delay = 0.0 if seconds is INVALID else seconds
            else:
                given[key] = self.reader.json(value, f"{path}.{key}")
        if any(value is INVALID for value in given.values()):
            return INVALID
        calls = [
            {"name": None, "args": None, "id": None, "index": None, **piece, "type": "tool_call_chunk"}
            for piece in given.get("tool_call_chunks", [])
        ]
        fields = chunks.chunk(
            given.get("content", ""),
            id=None,
            tool_call_chunks=calls,
            position=given.get("chunk_position"),
            usage=given.get("usage_metadata"),
            response_metadata=given.get("response_metadata"),
            additional_kwargs=given.get("additional_kwargs"),
        )
        return Piece(fields, delay)


_OPERANDS: dict[str, Callable[[StubReader, Node, str], Any]] = {
    "any": lambda self, node, path: self.reader.json(node, path),
    "text": lambda self, node, path: self.reader.text(node, path),
    "regex": StubReader._regex,
    "alternatives": StubReader._alternatives,
    "boolean": StubReader._boolean,
    "nested": StubReader._matchers,
    "ordered": StubReader._ordered,
}

_KINDS: dict[str, type] = {"delay": Delay, "custom": Custom, "say": Say, "error": Fail, "update": Update}


def _provider(name: str) -> str:
    """langchain-core 1.7.2: `ls_provider` is the class name without a leading or trailing "Chat", in lower case."""
    return name.removeprefix("Chat").removesuffix("Chat").lower()


def _takes_time(step: Step) -> bool:
    if isinstance(step, Delay):
        return step.seconds > 0
    return isinstance(step, Say | Update) and any(piece.delay for piece in step.speech.pieces or ())


def _roots(step: Step) -> frozenset[str]:
    tree = {Custom: "payload", Say: "message", Update: "written", Fail: "message"}.get(type(step))
    return templates.roots(getattr(step, tree)) if tree else frozenset()


# --- messages --------------------------------------------------------------------------------------------


def _short_form(reader: StubReader, form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{ai: text, …}`: standard fields in wire order, any further ones behind them."""
    kind = words.MESSAGE_FORMS[form]
    if kind == "tool" and "tool_call_id" not in fields:
        return reader.reader.complain(
            node, path, "a tool message needs a 'tool_call_id'", "the id of the call it answers"
        )
    message = WireMessage(wire(kind, fields.pop("content", "")))
    _complete_calls(fields)
    message.update(fields)
    return message


def _wire_form(reader: StubReader, _form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{type: ai, …}`: the fields in the order written, those that are missing behind them."""
    kind = fields["type"]
    if kind not in TYPE_FIELDS:
        return reader.reader.complain(
            node,
            path,
            f"no message type {kind!r}",
            near(str(kind), TYPE_FIELDS) or f"expected one of {', '.join(TYPE_FIELDS)}",
        )
    if "content" not in fields:
        return reader.reader.complain(
            node, path, "a message in wire form needs its 'content'", 'an empty one is ""'
        )
    if kind == "tool" and "tool_call_id" not in fields:
        return reader.reader.complain(
            node, path, "a tool message needs a 'tool_call_id'", "the id of the call it answers"
        )
    _complete_calls(fields)
    return WireMessage({**fields, **{k: v for k, v in wire(kind, "").items() if k not in fields}})


def _plain_form(reader: StubReader, _form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{role: …}`: a plain dict, as a node may return it."""
    if "content" not in fields:
        return reader.reader.complain(
            node, path, "a message with a 'role' needs its 'content'", f"add content: {quoted('text')}"
        )
    return fields


def _complete_calls(fields: dict[str, Any]) -> None:
    """A tool call as people write it lacks the `type` that the wire form has."""
    calls = fields.get("tool_calls")
    if isinstance(calls, list):
        fields["tool_calls"] = [
            {**call, "type": "tool_call"} if isinstance(call, dict) and "type" not in call else call
            for call in calls
        ]


_FORMS: dict[str, Callable[[StubReader, str, dict[str, Any], Node, str], Any]] = {
    "type": _wire_form,
    "role": _plain_form,
}
