"""Reading what a fixture says beside its stubs: nodes, edges, schemas, assistants."""

from collections.abc import Callable, Mapping
from typing import Any

from mockgraph.script import words
from mockgraph.script.expecting import Expectation, read_expectation
from mockgraph.script.fields import read_fields, read_id
from mockgraph.script.given import DrawnEdge, DrawnNode, Given, GivenAssistant, Seed
from mockgraph.script.latency import Latency, read_latency
from mockgraph.script.nodes import INVALID, Node, Reader
from mockgraph.script.places import Source
from mockgraph.script.read_auth import read_auth
from mockgraph.script.read_requests import read_config
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
        _held_against_one_another(reader, nodes, edges)
    return Given(
        nodes=nodes,
        edges=None if edges is None else tuple(edge for edge, _, _ in edges),
        schemas=read("schemas", _schemas) or {},
        assistants=read("assistants", _assistants, graph_id) or (),
        seed=read("seed", read_seed) or Seed(),
        auth=read("auth", read_auth),
        latency=read("latency", _latency),
        expects=read("expect", _expects, graph_id) or (),
    )


def _latency(reader: Reader, node: Node) -> Latency | None:
    latency = read_latency(reader, node, "latency")
    return None if latency is INVALID else latency


def _expects(reader: Reader, node: Node, graph_id: str) -> tuple[Expectation, ...]:
    items = enumerate(reader.sequence(node, "expect", what="a list of expectations"))
    read = [read_expectation(reader, item, f"expect[{at}]", graph=graph_id) for at, item in items]
    return tuple(one for one in read if one is not INVALID)


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


def _edges(reader: Reader, node: Node) -> list[tuple[DrawnEdge, Node, str]]:
    """The edges, each with where it stands."""
    items = [
        (item, f"edges[{at}]")
        for at, item in enumerate(reader.sequence(node, "edges", what="a list of edges"))
    ]
    drawn = [(_edge(reader, item, path), item, path) for item, path in items]
    return [(edge, item, path) for edge, item, path in drawn if edge is not None]


def _edge(reader: Reader, item: Node, path: str) -> DrawnEdge | None:
    if item.kind == "mapping":
        fields = read_fields(reader, item, path, words.EDGE, needed=("source", "target"))
        return None if fields is None else DrawnEdge(**fields)
    ends = reader.sequence(item, path, what="[source, target], or a mapping")
    if item.kind == "list" and len(ends) != 2:
        reader.complain(item, path, f"expected [source, target], got a list of {len(ends)}")
        return None
    names = [reader.text(end, f"{path}[{at}]") for at, end in enumerate(ends)]
    return DrawnEdge(*names) if names and INVALID not in names else None


def _held_against_one_another(
    reader: Reader, nodes: tuple[DrawnNode, ...], edges: list[tuple[DrawnEdge, Node, str]]
) -> None:
    known = {START, END, *(drawn.name for drawn in nodes)}
    for edge, item, path in edges:
        if edge.source == END or edge.target == START:
            reader.complain(item, path, f"no edge leaves '{END}' or enters '{START}'", "turn it around")
        for end in (edge.source, edge.target):
            if end not in known:
                what = f"an edge at '{end}', which is not among the nodes"
                reader.complain(item, path, what, "add it there")


# --- schemas and assistants ------------------------------------------------------------------------------


def _schemas(reader: Reader, node: Node) -> dict[str, Any]:
    return read_fields(reader, node, "schemas", words.SCHEMAS) or {}


def _assistants(reader: Reader, node: Node, graph_id: str) -> tuple[GivenAssistant, ...]:
    found: list[GivenAssistant] = []
    for at, item in enumerate(reader.sequence(node, "assistants", what="a list of assistants")):
        path = f"assistants[{at}]"
        fields = read_fields(reader, item, path, words.ASSISTANT, needed=("name",))
        if fields is None:
            continue
        if fields.get("context") and fields.get("config", {}).get("configurable"):
            what = "'context' and 'config.configurable' say the same thing"
            reader.complain(item, path, what, "keep 'context'")
        if not read_config(reader, item, path, fields):
            continue
        assistant_id = read_id(reader, item, path, key="assistant_id", given=fields.pop("assistant_id", None))
        assistant_id = assistant_id or system_assistant_id(f"{graph_id}/{fields['name']}")
        source = Source(reader.file, item.line, item.column)
        found.append(GivenAssistant(assistant_id, fields, source))
    return tuple(found)
