"""Every key of the fixture language: what it is for, and what JSON Schema says of its value.

One table serves four: the reader (unknown keys, near misses), the schema for editors, `mockgraph schema`, and
the test that holds the documentation against the language.
"""

from typing import Any

import msgspec

from mockgraph.meaning.channels import REDUCERS
from mockgraph.script.matching import OPERATORS

Schema = dict[str, Any]


class Key(msgspec.Struct, frozen=True):
    """One key of a mapping. `planned` keys have their place in the language and are refused until built."""

    doc: str
    schema: Schema
    planned: bool = False


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_TEXT: Schema = {"type": "string"}
_ANY: Schema = {}
_OBJECT: Schema = {"type": "object"}
_STREAM: Schema = {"anyOf": [{"enum": ["words", "whole"]}, _list(_ref("chunk"))]}
_MODEL: Schema = {"anyOf": [{"const": "none"}, _ref("model")]}
_NODES: Schema = {"anyOf": [{"const": "*"}, {"type": "array", "items": {"type": "string"}}]}
_DELAY: Schema = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m)$"}

FIXTURE: dict[str, Key] = {
    "mockgraph": Key("The format version: 1.", {"const": 1}),
    "graph": Key("The graph_id; the system assistant carries the same name.", _TEXT),
    "channels": Key(
        "The state's keys and their reducers, in order. Given, it is the whole schema.",
        {"type": "object", "additionalProperties": {"enum": sorted(REDUCERS)}},
    ),
    "input": Key("The channels that an input may set; the rest is dropped.", _list(_TEXT)),
    "output": Key("The channels that streams and waits show.", _list(_TEXT)),
    "stubs": Key("What to play for which runs; the first that matches plays.", _list(_ref("stub"))),
    "nodes": Key("The graph's nodes, for /graph.", _ANY, planned=True),
    "edges": Key("The graph's edges, for /graph.", _ANY, planned=True),
    "schemas": Key("The graph's JSON Schemas, for /schemas.", _ANY, planned=True),
    "interrupt_before": Key("Nodes before which every run pauses; `*` for all.", _NODES),
    "interrupt_after": Key("Nodes after which every run pauses; `*` for all.", _NODES),
    "transformers": Key("What the newer thread protocol emits.", _ANY, planned=True),
    "assistants": Key("More assistants of this graph.", _ANY, planned=True),
    "auth": Key("Who may see what.", _ANY, planned=True),
    "seed": Key("Threads, store items and assistants that are there from the start.", _ANY, planned=True),
}

STUB: dict[str, Key] = {
    "name": Key("Unique in its graph; in logs, reports and `after`.", _TEXT),
    "when": Key("Paths into the run and what is expected there; all must hold.", _ref("when")),
    "after": Key("Only on a thread whose last run played the stub of this name.", _TEXT),
    "times": Key("How often the stub may play.", {"type": "integer", "minimum": 1}),
    "play": Key("The supersteps of the run, in order.", _list(_ref("superstep"))),
    "turns": Key(
        "Stubs that follow one another by `after`, in place of `play`.",
        _list(_ref("turn")),
    ),
    "replay": Key("Recorded SSE parts that are sent in place of the projected ones.", _ANY, planned=True),
}

TURN: dict[str, Key] = {"when": STUB["when"], "play": STUB["play"], "times": STUB["times"]}

SUPERSTEP: dict[str, Key] = {
    "parallel": Key("Tasks that run side by side in one superstep.", _list(_ref("task"))),
    "fault": Key("Something that goes wrong outside the graph.", _ANY, planned=True),
}

# What happens inside a task, in this order where `do` does not say another.
STEPS: dict[str, Key] = {
    "delay": Key("A pause, always with a unit: 200ms, 1.5s, 2m.", _DELAY),
    "custom": Key("What the node writes to the stream: a list of payloads.", _list(_ANY)),
    "say": Key("Messages that a model streams but that never reach the state.", _list(_ref("message"))),
    "subgraph": Key(
        "A graph inside the node: its supersteps, or {play, input, channels}.",
        {"anyOf": [_list(_ref("superstep")), _ref("subgraph")]},
    ),
    "interrupt": Key("The value that the node asks a human with; its last step.", _ANY),
    "error": Key("The exception that the node raises.", _ref("error")),
    "update": Key("What the node returns: state keys and their writes.", {"type": ["object", "null"]}),
    "send": Key("Tasks for the next superstep, each with its own input.", _list(_ref("packet"))),
    "goto": Key(
        "Where the node's Command goes: nodes of the next superstep, or {parent: node} out of a subgraph.",
        {"anyOf": [_TEXT, _list(_TEXT), _ref("way_out")]},
    ),
}

SUBGRAPH: dict[str, Key] = {
    "play": Key("The supersteps of the graph inside.", _list(_ref("superstep"))),
    "input": Key("What it is called with, if not with its parent's state.", _OBJECT),
    "channels": Key(
        "Its own schema, if not its parent's.",
        {"type": "object", "additionalProperties": {"enum": sorted(REDUCERS)}},
    ),
}

PACKET: dict[str, Key] = {
    "node": Key("The node of the task.", _TEXT),
    "input": Key("What it sees in place of the state.", _ANY),
}

WAY_OUT: dict[str, Key] = {"parent": Key("A node of the graph around this one.", _TEXT)}

TASK: dict[str, Key] = {
    "node": Key("The node's name.", _TEXT),
    **STEPS,
    "do": Key(
        "The same words as a list, one payload or message each, in the order given.", _list(_ref("step"))
    ),
    "input": Key("What the node sees in place of the state.", _ANY),
    "triggers": Key(
        "What set the task off; default branch:to:<node>, __pregel_push for what was sent.", _list(_TEXT)
    ),
    "stream": Key("How the text of its AI messages is cut: words, whole, or the chunks.", _STREAM),
    "model": Key("The model that wrote its AI messages, or none.", _MODEL),
}

ERROR: dict[str, Key] = {
    "type": Key("The exception's class name.", _TEXT),
    "message": Key("The exception's message.", _TEXT),
}

MODEL: dict[str, Key] = {
    "name": Key("The model's class name, in events.", _TEXT),
    "provider": Key("`ls_provider` in message metadata.", _TEXT),
    "tags": Key("The model's tags.", _list(_TEXT)),
    "metadata": Key("The model's own metadata.", _OBJECT),
}

CHUNK: dict[str, Key] = {
    "content": Key("The piece of text, or content blocks.", {"type": ["string", "array"]}),
    "tool_call_chunks": Key("Pieces of tool calls: name, args, id, index.", _list(_OBJECT)),
    "usage_metadata": Key("Token counts.", _OBJECT),
    "response_metadata": Key("What the provider said of the answer.", _OBJECT),
    "additional_kwargs": Key("Anything else of the provider.", _OBJECT),
    "chunk_position": Key(
        "`last` marks the model's own last chunk; no closing chunk follows then.", {"const": "last"}
    ),
    "delay": Key("The pause before the chunk.", _DELAY),
}

CALL_PIECE: dict[str, Key] = {
    "name": Key("The tool, in the first piece of its call.", _TEXT),
    "args": Key("A piece of the arguments' JSON text.", _TEXT),
    "id": Key("The call's id, in its first piece.", _TEXT),
    "index": Key("Which call of the message it is a piece of.", {"type": "integer"}),
    "type": Key("`tool_call_chunk`; may be left out.", {"const": "tool_call_chunk"}),
}

TOOL_CALL: dict[str, Key] = {
    "name": Key("The tool.", _TEXT),
    "args": Key("Its arguments.", _OBJECT),
    "id": Key("The id that the tool's answer names.", _TEXT),
    "type": Key("`tool_call`; may be left out.", {"const": "tool_call"}),
}

# The short forms of a message object: the key that carries the text, and the wire type.
MESSAGE_FORMS: dict[str, str] = {
    "ai": "ai",
    "human": "human",
    "system": "system",
    "tool": "tool",
    "remove": "remove",
}

MESSAGE: dict[str, Key] = {
    "ai": Key("An AI message with this text or these content blocks.", _ref("content")),
    "human": Key("A human message.", _ref("content")),
    "system": Key("A system message.", _ref("content")),
    "tool": Key("A tool message; wants a `tool_call_id`.", _ref("content")),
    "remove": Key("Removes the message with this id.", _TEXT),
    "type": Key("The wire type, for a message in full wire form.", _TEXT),
    "role": Key("A plain dict as a node may return it: raw in updates, coerced in values.", _TEXT),
}


def json_schema() -> Schema:
    """The JSON Schema of a fixture file, for editors."""
    step = _record(STEPS)
    step.update(minProperties=1, maxProperties=1)
    step["properties"] = {
        **step["properties"],
        "custom": {"description": STEPS["custom"].doc},
        "say": _ref("message"),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mockgraph fixture",
        **_record(FIXTURE, required=["mockgraph", "graph"]),
        "$defs": {
            "stub": _record(STUB, required=["name"]),
            "turn": _record(TURN, required=["play"]),
            "superstep": _record({**SUPERSTEP, **TASK}),
            "task": _record(TASK, required=["node"]),
            "step": step,
            "subgraph": _record(SUBGRAPH, required=["play"]),
            "packet": _record(PACKET, required=["node"]),
            "way_out": _record(WAY_OUT, required=["parent"]),
            "error": _record(ERROR, required=["type"]),
            "model": _record(MODEL),
            "chunk": {"anyOf": [_TEXT, _record(CHUNK)]},
            "content": {"type": ["string", "array"], "items": {"type": ["string", "object"]}},
            "message": {**_record(MESSAGE), "additionalProperties": True, "minProperties": 1},
            "when": {"type": "object", "additionalProperties": {"anyOf": [_ref("operators"), _ANY]}},
            "operators": {
                "type": "object",
                "properties": {name: {"description": operator.doc} for name, operator in OPERATORS.items()},
                "additionalProperties": False,
                "minProperties": 1,
            },
        },
    }


def _record(keys: dict[str, Key], required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {
            name: {"description": key.doc, **key.schema} for name, key in keys.items() if not key.planned
        },
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }
