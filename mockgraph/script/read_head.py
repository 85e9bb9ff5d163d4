"""Reading the top of a fixture: its version, its graph, and the schema of the graph's state."""

import re

import msgspec

from mockgraph.meaning.channels import REDUCERS
from mockgraph.script import words
from mockgraph.script.given import Given
from mockgraph.script.nodes import INVALID, Node, Reader, near, noun


class Head(msgspec.Struct):
    """The top of a fixture file: all but its stubs, which need the channels of every file of the graph."""

    graph_id: str
    declared: dict[str, str] | None
    input_keys: tuple[str, ...] | None
    output_keys: tuple[str, ...] | None
    stubs: Node | None
    channels_node: Node | None
    pause_before: tuple[str, ...] = ()
    pause_after: tuple[str, ...] = ()
    given: Given = Given()
    keys: dict[str, Node] = {}
    transformers: tuple[str, ...] = ()


def read_head(reader: Reader, root: Node) -> Head | None:
    """The top of a file; None where it is not a fixture."""
    entries = reader.mapping(root, "", words.FIXTURE, what="a fixture (a mapping)")
    if entries is None:
        return None
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
    declared = read_channels(reader, channels, "channels") if channels else None
    input_keys = _keys(reader, entries, "input", declared)
    output_keys = _keys(reader, entries, "output", declared)
    if graph_id is INVALID:
        return None
    stubs = entries["stubs"][1] if "stubs" in entries else None
    before, after = (_pauses(reader, entries, f"interrupt_{when}") for when in ("before", "after"))
    given = Given()
    if not words.GIVEN.isdisjoint(entries):
        from mockgraph.script.read_given import read_given

        given = read_given(reader, entries, graph_id)
    keys = {name: key for name, (key, _) in entries.items()}
    return Head(
        graph_id,
        declared,
        input_keys,
        output_keys,
        stubs,
        channels,
        before,
        after,
        given,
        keys,
        _transformers(reader, entries),
    )


# What a graph may be compiled to emit beside what every graph does; a channel of its own is `custom:<name>`.
TRANSFORMERS = ("updates", "custom", "tools")


def _transformers(reader: Reader, entries: dict[str, tuple[Node, Node]]) -> tuple[str, ...]:
    if "transformers" not in entries:
        return ()
    names = []
    for at, item in enumerate(reader.sequence(entries["transformers"][1], "transformers", what="a list")):
        path = f"transformers[{at}]"
        name = reader.text(item, path)
        if name is not INVALID and name not in TRANSFORMERS and not re.fullmatch("custom:.+", name):
            hint = near(name, TRANSFORMERS) or "write updates, custom, tools or custom:<name>"
            name = reader.complain(item, path, f"no transformer '{name}'", hint)
        if name is not INVALID:
            names.append(name)
    return tuple(names)


def _pauses(reader: Reader, entries: dict[str, tuple[Node, Node]], key: str) -> tuple[str, ...]:
    """The nodes of a breakpoint: a list, or `*`."""
    if key not in entries:
        return ()
    node = entries[key][1]
    if node.kind == "scalar" and node.value == "*":
        return ("*",)
    items = reader.sequence(node, key, what="a list of nodes, or '*'")
    names = [reader.text(item, f"{key}[{at}]") for at, item in enumerate(items)]
    return tuple(name for name in names if name is not INVALID)


def read_channels(reader: Reader, node: Node, path: str) -> dict[str, str]:
    """The state's keys and their reducers, in order."""
    declared = {}
    for key, (_, value) in (reader.mapping(node, path) or {}).items():
        name = reader.one_of(value, f"{path}.{key}", tuple(REDUCERS))
        if name is not INVALID:
            declared[key] = name
    return declared


def _keys(
    reader: Reader, entries: dict[str, tuple[Node, Node]], key: str, declared: dict[str, str] | None
) -> tuple[str, ...] | None:
    if key not in entries:
        return None
    if declared is None:
        what = f"'{key}' narrows 'channels', which this file does not give"
        reader.complain(entries[key][0], key, what, "add 'channels'")
        return None
    names = []
    for at, item in enumerate(reader.sequence(entries[key][1], key, what="a list of channels")):
        name = reader.text(item, f"{key}[{at}]")
        if name is not INVALID and name not in declared:
            name = reader.complain(item, f"{key}[{at}]", f"no channel '{name}'", near(name, declared))
        if name is not INVALID:
            names.append(name)
    return tuple(names)
