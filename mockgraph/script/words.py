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
    "nodes": Key(
        "The graph's nodes as /graph draws them, in place of those of the plays.",
        _list({"anyOf": [_TEXT, _ref("node")]}),
    ),
    "edges": Key(
        "The graph's edges as /graph draws them, in place of those of the plays.",
        _list({"anyOf": [{"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}, _ref("edge")]}),
    ),
    "schemas": Key("The graph's JSON Schemas, where channels and plays do not tell them.", _ref("schemas")),
    "interrupt_before": Key("Nodes before which every run pauses; `*` for all.", _NODES),
    "interrupt_after": Key("Nodes after which every run pauses; `*` for all.", _NODES),
    "transformers": Key(
        "What the graph emits on the newer thread protocol besides lifecycle, values, messages and input.",
        _list(
            {"anyOf": [{"enum": ["updates", "custom", "tools"]}, {"type": "string", "pattern": "^custom:.+"}]}
        ),
    ),
    "assistants": Key("More assistants of this graph.", _list(_ref("assistant"))),
    "auth": Key(
        "Whose credentials are accepted, and what each sees; one for the whole server.", _ref("auth")
    ),
    "seed": Key("Threads and store items that are there from the start.", _ref("seed")),
    "latency": Key("How long runs, nodes and chunks take where no `delay` says so.", _ref("latency")),
    "expect": Key(
        "What runs a test has to bring about; held against them when it ends.", _list(_ref("expect"))
    ),
}

# What is around the runs.
GIVEN = frozenset({"nodes", "edges", "schemas", "assistants", "auth", "seed", "latency", "expect"})

NODE: dict[str, Key] = {
    "node": Key("The name of the node.", _TEXT),
    "metadata": Key("What is drawn with it, such as `{__tools: [search]}`.", _OBJECT),
}

EDGE: dict[str, Key] = {
    "source": Key("The node it leaves; `__start__` for the entry.", _TEXT),
    "target": Key("The node it enters; `__end__` for the end.", _TEXT),
    "conditional": Key("Whether the way is chosen at run time.", {"type": "boolean"}),
    "label": Key("The name of the way.", _TEXT),
}

_NULLABLE: Schema = {"type": ["object", "null"]}
SCHEMAS: dict[str, Key] = {
    "input": Key("JSON Schema of an input.", _NULLABLE),
    "output": Key("JSON Schema of an output.", _NULLABLE),
    "state": Key("JSON Schema of the state.", _NULLABLE),
    "config": Key("JSON Schema of the configurable.", _NULLABLE),
    "context": Key("JSON Schema of the context.", _NULLABLE),
}

ASSISTANT: dict[str, Key] = {
    "name": Key("The name of the assistant.", _TEXT),
    "assistant_id": Key("A UUID; without one it is made of the names of graph and assistant.", _TEXT),
    "config": Key("What its runs inherit as config.", _OBJECT),
    "context": Key("What its runs inherit as context; in place of `config.configurable`.", _OBJECT),
    "metadata": Key("What it is searched by, and what its runs inherit.", _OBJECT),
    "description": Key("What it is for.", _TEXT),
}

SEED: dict[str, Key] = {
    "threads": Key("Threads, each with the runs that it has had.", _list(_ref("seed_thread"))),
    "items": Key("Store items.", _list(_ref("seed_item"))),
}

SEED_THREAD: dict[str, Key] = {
    "thread_id": Key("A UUID; without one it is made of the graph's name and the thread's place.", _TEXT),
    "metadata": Key("What it is searched by.", _OBJECT),
    "runs": Key(
        "Runs, played in order by the stubs that match them; delays cost no time.", _list(_ref("seed_run"))
    ),
    "values": Key("What is then written to its state, as `POST …/state` does.", _OBJECT),
    "as_node": Key("The node in whose place `values` are written.", _TEXT),
}

SEED_RUN: dict[str, Key] = {
    "input": Key("The run's input.", _ANY),
    "command": Key("The run's command, such as `{resume: approve}`.", _OBJECT),
    "config": Key("The run's config.", _OBJECT),
    "context": Key("The run's context.", _OBJECT),
    "metadata": Key("The run's metadata.", _OBJECT),
    "assistant_id": Key("Another assistant than the graph's own.", _TEXT),
}

SEED_ITEM: dict[str, Key] = {
    "namespace": Key("The item's store namespace, a list of labels.", _list(_TEXT)),
    "key": Key("The item's key.", _TEXT),
    "value": Key("What the item holds.", _OBJECT),
}

AUTH: dict[str, Key] = {
    "tokens": Key("Bearer tokens, and whom each stands for.", _ref("credentials")),
    "keys": Key("Keys of the header x-api-key, and whom each stands for.", _ref("credentials")),
    "missing": Key("What a request without credentials is told, with 401.", _TEXT),
    "invalid": Key("What a request with unknown credentials is told, with 401.", _TEXT),
    "rules": Key("What identities may do with which resource; the narrowest applies.", _list(_ref("rule"))),
}

IDENTITY: dict[str, Key] = {
    "identity": Key("The user's id.", _TEXT),
    "permissions": Key("What the user may do, as `needs` of a rule names it.", _list(_TEXT)),
}

REFUSED: dict[str, Key] = {
    "status": Key("The credential is refused with this status.", {"enum": [401, 403]}),
    "detail": Key("What a refused credential is told.", _TEXT),
}

_ON: Schema = {"anyOf": [_TEXT, _list(_TEXT)]}
RULE: dict[str, Key] = {
    "on": Key("What the rule is about: `threads`, `threads.create`, `*.read` or `*`; one or a list.", _ON),
    "needs": Key("A permission; whoever lacks it is refused with 403.", _TEXT),
    "detail": Key("What the 403 says; `{resource}` and `{action}` are filled in.", _TEXT),
    "owner": Key("A metadata key: it is set to who creates something, and others do not see that.", _TEXT),
    "own_namespace": Key("The first label of a store namespace has to be the identity.", {"const": True}),
    "deny": Key("Nobody may.", {"const": True}),
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
    "fault": Key(
        "Something that goes wrong on the line to the client, at this point of the run.", _ref("fault")
    ),
}

FAULT: dict[str, Key] = {
    "status": Key("Another HTTP status in place of the answer.", {"type": "integer"}),
    "headers": Key(
        "The headers of that answer.",
        {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    ),
    "body": Key("Its body: a text, or a value that is sent as JSON.", _ANY),
    "reset": Key("The connection is reset: before, inside, in_character or after a part.", _TEXT),
    "cut": Key("The connection is closed there, without the end of the body.", _TEXT),
    "refuse": Key("The connection is reset, and no other is accepted for so long.", _DELAY),
    "stall": Key("Nothing more is sent for so long, or `forever`.", _TEXT),
    "heartbeats": Key("Whether heartbeats go on while it stalls.", {"type": "boolean"}),
    "truncate": Key("The body ends inside, in_character or after a part, as if it were complete.", _TEXT),
    "malformed": Key("The data of the part is no JSON.", {"const": True}),
    "duplicate": Key("The part is sent twice.", {"const": True}),
    "reorder": Key("The part is sent behind the one that follows it.", {"const": True}),
    "drop": Key("The part is not sent.", {"const": True}),
    "lf": Key("From here on lines end in LF alone.", {"const": True}),
    "bytewise": Key("From here on each byte is a chunk of its own.", {"const": True}),
    "webhook": Key("The run's webhook is `lost`, or posted `twice`.", {"enum": ["lost", "twice"]}),
    "times": Key("How often it strikes; once, if it does not say.", {"type": "integer"}),
    "at": Key("Which part: a number, an event, `last`, or `last <event>`.", {"type": ["integer", "string"]}),
    "route": Key("Which requests: `POST /runs/stream`, or a path alone.", _TEXT),
    "graph": Key("Only requests for runs of this graph.", _TEXT),
}

_SPREAD: Schema = {"anyOf": [_DELAY, _ref("spread")]}
LATENCY: dict[str, Key] = {
    "run": Key("Before a run shows anything but its metadata.", _SPREAD),
    "node": Key("Before each node.", _SPREAD),
    "chunk": Key("Before each chunk of a model's text.", _SPREAD),
    "nodes": Key("Before these nodes, by name.", {"type": "object", "additionalProperties": _SPREAD}),
}
SPREAD: dict[str, Key] = {
    "uniform": Key("Any time between two, each as likely.", _list(_DELAY)),
    "lognormal": Key("About a median, now and then much longer: as models answer.", _ref("lognormal")),
}
LOGNORMAL: dict[str, Key] = {
    "median": Key("The time that half of them take at most.", _DELAY),
    "sigma": Key("How far they spread; 0.5, if it does not say.", {"type": "number"}),
}

EXPECT: dict[str, Key] = {
    "name": Key("What the failure calls it.", _TEXT),
    "when": Key("Which runs are counted, as in a stub.", _ref("when")),
    "times": Key("How many there are.", {"type": "integer"}),
    "at_least": Key("How many there are at least; 1, if nothing else is said.", {"type": "integer"}),
    "at_most": Key("How many there are at most.", {"type": "integer"}),
}

# What happens inside a task, in this order where `do` does not say another.
STEPS: dict[str, Key] = {
    "fault": Key(
        "Something that goes wrong on the line to the client, at this point of the task.", _ref("fault")
    ),
    "delay": Key("A pause, always with a unit: 200ms, 1.5s, 2m.", _DELAY),
    "tools": Key(
        "The tool calls that the node runs: ids, or {call, …}. Without it, those of its tool messages.",
        _list({"anyOf": [_TEXT, _ref("tool")]}),
    ),
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

TOOL: dict[str, Key] = {
    "call": Key("The id of the tool call.", _TEXT),
    "name": Key("The tool, if no AI message names it.", _TEXT),
    "input": Key("Its arguments, if no AI message has them.", _ANY),
    "deltas": Key("Pieces of its output that it tells while it runs.", _list(_ANY)),
    "output": Key("What it returned, if not its tool message.", _ANY),
    "error": Key("What it raised, though its node made a message of that.", _TEXT),
}

SUBGRAPH: dict[str, Key] = {
    "name": Key("The name of the agent that it is.", _TEXT),
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
        "tools": {"description": STEPS["tools"].doc, "anyOf": [_TEXT, _ref("tool")]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mockgraph fixture",
        **_record(FIXTURE, required=["mockgraph", "graph"]),
        "$defs": {
            "stub": _record(STUB, required=["name"]),
            "turn": _record(TURN, required=["play"]),
            "node": _record(NODE, required=["node"]),
            "edge": _record(EDGE, required=["source", "target"]),
            "schemas": _record(SCHEMAS),
            "assistant": _record(ASSISTANT, required=["name"]),
            "seed": _record(SEED),
            "seed_thread": _record(SEED_THREAD),
            "seed_run": _record(SEED_RUN),
            "seed_item": _record(SEED_ITEM, required=["namespace", "key", "value"]),
            "auth": _record(AUTH),
            "credentials": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [
                        {**_record(IDENTITY, required=["identity"]), "additionalProperties": True},
                        _record(REFUSED, required=["status", "detail"]),
                    ]
                },
            },
            "rule": _record(RULE, required=["on"]),
            "fault": _record(FAULT),
            "latency": _record(LATENCY),
            "spread": _record(SPREAD),
            "lognormal": _record(LOGNORMAL, required=["median"]),
            "expect": _record(EXPECT),
            "superstep": _record({**SUPERSTEP, **TASK}),
            "task": _record(TASK, required=["node"]),
            "step": step,
            "tool": _record(TOOL, required=["call"]),
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
