"""The drawing of a graph: its nodes and edges as the fixture states them, or as far as its plays tell.

An edge is conditional where a node has been seen to go to different places. With `depth`, the graphs inside nodes
are drawn in the place of those nodes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mockgraph.backend.inside import Part, inside, parts_of
from mockgraph.script.given import DrawnEdge, DrawnNode
from mockgraph.script.model import Ask, Fail, Goto, Graph, Send, Subgraph, Superstep, Task
from mockgraph.words.vocabulary import END, START


class Drawing(msgspec.Struct):
    """Nodes by name, in order, and edges."""

    nodes: dict[str, DrawnNode]
    edges: list[DrawnEdge]

    def wire(self) -> dict[str, Any]:
        """As `/graph` answers."""
        return {"nodes": list(map(_node, self.nodes.values())), "edges": list(map(_edge, self.edges))}


def drawn(graph: Graph, *, depth: int = 0) -> dict[str, Any]:
    """Nodes and edges, in the order in which plays come to them; `depth` levels of what is inside nodes."""
    given = graph.given
    parts = parts_of(graph)
    if given.nodes is not None and given.edges is not None:
        named = {node.name: node for node in given.nodes}
        drawing = Drawing({START: DrawnNode(START), **named, END: DrawnNode(END)}, list(given.edges))
    else:
        drawing = _of_plays(parts)
    _mark_breakpoints(drawing, graph)
    return _deeper(drawing, parts, depth).wire()


def _node(node: DrawnNode) -> dict[str, Any]:
    # langgraph 1.2.22: the end is no runnable, but for that of a graph inside.
    wire: dict[str, Any] = {"id": node.name}
    if node.name != END and not node.name.endswith(f":{END}"):
        wire |= {"type": "runnable", "data": {"name": node.name}}
    return wire | ({"metadata": dict(node.metadata)} if node.metadata else {})


def _edge(edge: DrawnEdge) -> dict[str, Any]:
    wire: dict[str, Any] = {"source": edge.source, "target": edge.target}
    if edge.label is not None:
        wire["data"] = edge.label
    return wire | ({"conditional": True} if edge.conditional else {})


def _mark_breakpoints(drawing: Drawing, graph: Graph) -> None:
    """langgraph 1.2.22: where a graph was compiled to break shows at the node."""
    for name, node in drawing.nodes.items():
        marks = [
            when
            for when, nodes in (("before", graph.pause_before), ("after", graph.pause_after))
            if name in nodes or ("*" in nodes and name not in (START, END))
        ]
        if marks:
            metadata = {**node.metadata, "__interrupt": ",".join(marks)}
            drawing.nodes[name] = msgspec.structs.replace(node, metadata=metadata)


# --- what plays tell -------------------------------------------------------------------------------------


def _of_plays(parts: list[Part]) -> Drawing:
    tasks = [task for part in parts for step in part.supersteps for task in step.tasks]
    names = list(dict.fromkeys(task.node for task in tasks))
    pairs = {pair for part in parts for pair in _pairs(part)}
    going = {source for source, _ in pairs}
    pairs |= {(name, END) for name in names if name not in going}
    together = {pair for part in parts for pair in _together(part.supersteps)}
    # langgraph 1.2.22: what a node's own Command or Send leads to is chosen at run time.
    free = {task.node for task in tasks if any(isinstance(step, Goto | Send) for step in task.steps)}
    return Drawing(
        {name: DrawnNode(name) for name in (START, *names, END)},
        [
            DrawnEdge(*pair, conditional=pair[0] in free or _chosen(*pair, pairs, together))
            for pair in _sorted(pairs)
        ],
    )


Pair = tuple[str, str]


def _sorted(pairs: set[Pair]) -> list[Pair]:
    """langgraph 1.2.22: by name, but for the ends of nodes that go nowhere else, which come last."""
    ways = Counter(source for source, _ in pairs)
    return sorted(pairs, key=lambda pair: (pair[1] == END and ways[pair[0]] == 1, pair))


def _chosen(source: str, target: str, pairs: set[Pair], together: set[tuple[str, str, str]]) -> bool:
    others = [other for start, other in pairs if start == source and other != target]
    return bool(others) and not all((source, target, other) in together for other in others)


def _pairs(part: Part) -> Iterator[Pair]:
    supersteps = part.supersteps
    if not supersteps:
        return
    if part.from_start:
        yield from ((START, task.node) for task in supersteps[0].tasks)
    for before, after in _neighbours(supersteps):
        for task in before:
            targets = [target.node for target in after] or [END]
            yield from ((task.node, target) for target in targets)


def _together(supersteps: tuple[Superstep, ...]) -> Iterator[tuple[str, str, str]]:
    """Pairs of targets that a node goes to at once."""
    first: list[tuple[list[str], tuple[Task, ...]]] = [([START], _tasks(supersteps[:1]))]
    later = [([task.node for task in before], after) for before, after in _neighbours(supersteps)]
    for sources, after in first + later:
        for source in sources:
            for one in after:
                yield from ((source, one.node, other.node) for other in after)


def _neighbours(supersteps: tuple[Superstep, ...]) -> Iterator[tuple[list[Task], tuple[Task, ...]]]:
    """Each superstep's tasks that come to their end, and the tasks behind them."""
    for position, superstep in enumerate(supersteps):
        behind = _tasks(supersteps[position + 1 : position + 2])
        ending = [task for task in superstep.tasks if not _stops(task)]
        if behind or len(ending) == len(superstep.tasks):
            yield ending, behind


def _tasks(supersteps: Iterable[Superstep]) -> tuple[Task, ...]:
    return tuple(task for superstep in supersteps for task in superstep.tasks)


def _stops(task: Task) -> bool:
    return any(
        isinstance(step, Ask | Fail)
        or (isinstance(step, Subgraph) and any(map(_stops, _tasks(step.supersteps))))
        for step in task.steps
    )


# --- what is inside --------------------------------------------------------------------------------------


def _deeper(drawing: Drawing, parts: list[Part], depth: int) -> Drawing:
    """langgraph 1.2.22: a node that runs a graph gives way to that graph's nodes, behind all others."""
    if not depth:
        return drawing
    for node, within in inside(parts).items():
        if node not in drawing.nodes:
            continue
        inner = _trimmed(_deeper(_of_plays(within), within, depth - 1))
        if not inner.nodes:
            continue
        names = {name: f"{node}:{name}" for name in inner.nodes}
        first, last = _ends(inner)
        del drawing.nodes[node]
        drawing.nodes |= {
            to: msgspec.structs.replace(inner.nodes[name], name=to) for name, to in names.items()
        }
        drawing.edges = [
            msgspec.structs.replace(
                edge,
                source=names[last] if edge.source == node else edge.source,
                target=names[first] if edge.target == node else edge.target,
            )
            for edge in drawing.edges
        ] + [
            msgspec.structs.replace(edge, source=names[edge.source], target=names[edge.target])
            for edge in inner.edges
        ]
    return drawing


def _trimmed(drawing: Drawing) -> Drawing:
    """Without its entry and its end, where one node alone stands behind or before them."""
    for end, others in ((START, _entries), (END, _exits)):
        rest = Drawing(
            {name: node for name, node in drawing.nodes.items() if name != end},
            [edge for edge in drawing.edges if end not in (edge.source, edge.target)],
        )
        if len(others(rest)) == 1:
            drawing = rest
    return drawing


def _ends(drawing: Drawing) -> Pair:
    names = list(drawing.nodes)
    entries, exits = _entries(drawing), _exits(drawing)
    return (entries or names)[0], (exits or names)[-1]


def _entries(drawing: Drawing) -> list[str]:
    targets = {edge.target for edge in drawing.edges}
    return [name for name in drawing.nodes if name not in targets]


def _exits(drawing: Drawing) -> list[str]:
    sources = {edge.source for edge in drawing.edges}
    return [name for name in drawing.nodes if name not in sources]
