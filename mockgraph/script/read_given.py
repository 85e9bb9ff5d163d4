"""Reading what a fixture says beside its stubs: nodes, edges, schemas, assistants."""

from collections.abc import Callable, Mapping
from typing import Any

from mockgraph.script import words
from mockgraph.script.fields import read_fields, read_id
from mockgraph.script.given import DrawnEdge, DrawnNode, Given, GivenAssistant
from mockgraph.script.nodes import INVALID, Node, Reader
from mockgraph.script.read_auth import read_auth
from mockgraph.script.read_seed import read_seed
from mockgraph.words.vocabulary import END, START, system_assistant_id

Entries = Mapping[str, tuple[Node, Node]]


def read_given(reader: Reader, entries: Entries, graph_id: str) -> Given:
    """All of it; what is wrong is complained of and left out."""

    def read(key: str, how: Callable[..., Any], *more: Any) -> Any:
        return how(reader, entries[key][1], *more) if key in entries else None

    nodes, edges = read("nodes", _nodes), read("edges", _edges)
    if (edges is None) != (nodes is None):
        there, lacking = ("nodes", "edges") if edges is None else ("edges", "nodes")
        what = f"'{there}' without '{lacking}' is no drawing"
        reader.complain(entries[there][0], there, what, f"add '{lacking}', or leave both to the plays")
    elif nodes is not None:
        _held_against_one_another(reader, entries["edges"][1], nodes, edges)
    given = Given(
        nodes=nodes,
        edges=edges,
        schemas=read("schemas", _schemas) or {},
        assistants=read("assistants", _assistants, graph_id) or (),
        auth=read("auth", read_auth),
    )
    seed = read("seed", read_seed)
    return given if seed is None else Given(**{**_fields(given), "seed": seed})


def _fields(given: Given) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.__struct_fields__}


# --- the drawing -----------------------------------------------------------------------------------------


def _nodes(reader: Reader, node: Node) -> tuple[DrawnNode, ...]:
    found: dict[str, DrawnNode] = {}
    for at, item in enumerate(reader.sequence(node, "nodes", what="a list of nodes")):
        drawn = _node(reader, item, f"nodes[{at}]")
        if drawn is None:
            continue
        if drawn.name in found:
            reader.complain(
                item, f"nodes[{at}]", f"node '{drawn.name}' appears twice", "leave one of them out"
            )
        elif drawn.name in (START, END):
            reader.complain(item, f"nodes[{at}]", f"'{drawn.name}' is drawn anyway", "leave it out")
        else:
            found[drawn.name] = drawn
    return tuple(found.values())


def _node(reader: Reader, item: Node, path: str) -> DrawnNode | None:
    if item.kind != "mapping":
        name = reader.text(item, path, what="a node's name, or {node, metadata}")
        return None if name is INVALID else DrawnNode(name)
    fields = read_fields(reader, item, path, words.NODE, needed=("node",))
    if fields is None:
        return None
    return DrawnNode(fields["node"], fields.get("metadata", {}))


def _edges(reader: Reader, node: Node) -> tuple[DrawnEdge, ...]:
    items = enumerate(reader.sequence(node, "edges", what="a list of edges"))
    drawn = [_edge(reader, item, f"edges[{at}]") for at, item in items]
    return tuple(edge for edge in drawn if edge is not None)


def _edge(reader: Reader, item: Node, path: str) -> DrawnEdge | None:
    if item.kind == "mapping":
        fields = read_fields(reader, item, path, words.EDGE, needed=("source", "target"))
        return None if fields is None else DrawnEdge(**fields)
    ends = reader.sequence(item, path, what="[source, target], or a mapping")
    if item.kind == "list" and len(ends) != 2:
        reader.complain(item, path, f"expected [source, target], got {len(ends)} names")
        return None
    names = [reader.text(end, f"{path}[{at}]") for at, end in enumerate(ends)]
    return DrawnEdge(*names) if names and INVALID not in names else None


def _held_against_one_another(
    reader: Reader, node: Node, nodes: tuple[DrawnNode, ...], edges: tuple[DrawnEdge, ...]
) -> None:
    known = {START, END, *(drawn.name for drawn in nodes)}
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in known:
                reader.complain(
                    node, "edges", f"an edge at '{end}', which is not among the nodes", "add it there"
                )


# --- schemas and assistants ------------------------------------------------------------------------------


def _schemas(reader: Reader, node: Node) -> dict[str, Any]:
    return read_fields(reader, node, "schemas", words.SCHEMAS) or {}


def _assistants(reader: Reader, node: Node, graph_id: str) -> tuple[GivenAssistant, ...]:
    found: dict[str, GivenAssistant] = {}
    for at, item in enumerate(reader.sequence(node, "assistants", what="a list of assistants")):
        path = f"assistants[{at}]"
        fields = read_fields(reader, item, path, words.ASSISTANT, needed=("name",))
        if fields is None:
            continue
        if fields.get("context") and fields.get("config", {}).get("configurable"):
            what = "'context' and 'config.configurable' say the same thing"
            reader.complain(item, path, what, "keep 'context'")
        assistant_id = read_id(reader, item, path, fields.pop("assistant_id", None))
        assistant_id = assistant_id or system_assistant_id(f"{graph_id}/{fields['name']}")
        if assistant_id in found:
            what = f"a second assistant '{fields['name']}' of graph '{graph_id}'"
            reader.complain(item, path, what, "give it a name of its own, or an 'assistant_id'")
        found[assistant_id] = GivenAssistant(assistant_id, fields)
    return tuple(found.values())
