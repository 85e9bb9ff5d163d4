"""A graph's JSON Schemas, as the fixture states them or as its channels and plays tell."""

from collections.abc import Iterable, Mapping
from typing import Any

from mockgraph.backend.inside import Part, inside, parts_of
from mockgraph.backend.message_schemas import DEFINITIONS, MESSAGES
from mockgraph.meaning.channels import Channels
from mockgraph.script.model import Graph, Update, steps_of
from mockgraph.script.templates import Template

Schema = dict[str, Any]


def schemas_of(graph: Graph) -> Schema:
    """The object of `GET /assistants/{assistant_id}/schemas`."""
    keys = _keys(graph.channels, parts_of(graph))
    return {"graph_id": graph.graph_id, **_schemas(keys, graph.channels, graph.graph_id, graph.given.schemas)}


def subgraphs_of(graph: Graph, *, namespace: str | None, recurse: bool) -> Schema:
    """The object of `GET …/subgraphs`: the schemas of the graphs inside nodes, by their places."""
    found: Schema = {}

    def gather(parts: Iterable[Part], above: str) -> None:
        for node, within in inside(parts).items():
            place = f"{above}|{node}" if above else node
            if namespace is None or place == namespace:
                channels = within[0].channels
                found[place] = _schemas(_keys(channels, within), channels, None, {})
            if recurse and (namespace is None or namespace.startswith(f"{place}|")):
                gather(within, place)

    gather(parts_of(graph), "")
    return found


def _schemas(
    keys: dict[str, Schema], channels: Channels, name: str | None, given: Mapping[str, Any]
) -> Schema:
    state = {key: _in_order({"default": None, **schema}) for key, schema in keys.items()}
    inferred: Schema = {
        "input": _object(_narrowed(keys, channels.input_keys), f"{name}_input" if name else None),
        "output": _object(_narrowed(keys, channels.output_keys), f"{name}_output" if name else None),
        # langgraph 1.2.22: what a graph inside a node is called if nobody names it.
        "state": _object(state, f"{name}_state" if name else "LangGraphState"),
        "config": {},
        "context": None,
    }
    told = {**inferred, **given}
    if "context" in given and "config" not in given:
        told["config"] = told["context"] or {}
    return {f"{kind}_schema": told[kind] for kind in inferred}


def _narrowed(keys: dict[str, Schema], narrower: tuple[str, ...] | None) -> dict[str, Schema]:
    return keys if narrower is None else {key: keys[key] for key in narrower}


def _object(properties: dict[str, Schema], title: str | None) -> Schema:
    schema: Schema = {}
    if "messages" in properties and properties["messages"].get("items") == MESSAGES["items"]:
        schema["$defs"] = DEFINITIONS
    return {**schema, "properties": properties, "title": title or "LangGraphState", "type": "object"}


# --- the keys of a state ---------------------------------------------------------------------------------

# What a reducer says of its channel's type; that of `last_value` is what plays write.
_TYPES: dict[str, Schema] = {
    "add_messages": MESSAGES,
    "append": {"items": {}, "type": "array"},
    "add": {"type": "number"},
    "merge": {"additionalProperties": True, "type": "object"},
}


def _keys(channels: Channels, parts: list[Part]) -> dict[str, Schema]:
    """The state's keys with their schemas: those of `channels`, or those that plays write."""
    written: dict[str, list[Any]] = {}
    for part in parts:
        for step in steps_of(part.supersteps):
            if type(step) is Update:
                for key, value in step.written.items():
                    written.setdefault(key, []).append(value)
    names = list(channels.declared) if channels.closed else list(written)
    return {name: _key(name, channels.declared.get(name, ""), written.get(name, [])) for name in names}


def _key(name: str, reducer: str, values: list[Any]) -> Schema:
    schema = _type_of(values)
    if reducer in _TYPES and not (reducer == "add" and schema == {"type": "integer"}):
        schema = _TYPES[reducer]
    return _in_order({**schema, "title": name.replace("_", " ").title()})


def _in_order(schema: Schema) -> Schema:
    """The keywords in the order in which the real server has them."""
    return dict(sorted(schema.items()))


def _type_of(values: list[Any]) -> Schema:
    """The one JSON type that all values have; nothing where they differ or are made at run time."""
    kinds = {_kind(value) for value in values}
    if len(kinds) != 1:
        return {}
    kind = kinds.pop()
    return {} if kind is None else {**({"items": {}} if kind == "array" else {}), "type": kind}


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Template):
        return None
    for kind, types in {
        "string": str,
        "integer": int,
        "number": float,
        "array": list,
        "object": dict,
    }.items():
        if isinstance(value, types):
            return kind
    return None
