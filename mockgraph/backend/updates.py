"""Edits of a thread's state: what a request asks to be edited, and as whom.

An edit of the state inside a node leaves the graphs around it where they are; what changes of them is where the
graph inside stands, and so which play it goes on with.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mockgraph.backend import states
from mockgraph.backend.rewriting import Editing, Place, Update
from mockgraph.backend.stages import known, path_of
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Snapshot
from mockgraph.script.model import Graph
from mockgraph.words.errors import Refusal
from mockgraph.words.vocabulary import COPY, END, INPUT


def edited(
    thread: Thread, graph: Graph, request: Mapping[str, Any], *, key: bytes, now: int
) -> list[Snapshot]:
    """The checkpoints that `POST …/state` makes, on the newest or on the one that it names; raises Refusal."""
    place = _place(request, graph)
    levels = _levels(thread, graph, place)
    editing = Editing(thread, graph, place, levels, key=key, now=now)
    return _made(editing, request.get("values"), request.get("as_node"))


def superstep(
    thread: Thread,
    graph: Graph,
    updates: Sequence[Mapping[str, Any]],
    *,
    first: bool,
    key: bytes,
    now: int,
) -> list[Snapshot]:
    """The checkpoints that several updates make together, of which each names its node; raises Refusal.

    `first`: no other superstep of its request comes before it.
    """
    if not updates:
        raise Refusal(400, "No updates provided")
    levels = _levels(thread, graph, Place())
    # langgraph-api 0.16.7: behind the first one, nothing is kept but where it stands.
    place = Place(given={"graph_id": graph.graph_id}) if first else Place(named=levels[-1].checkpoint.id)
    editing = Editing(thread, graph, place, levels, key=key, now=now)
    written = [(_update(update), update["as_node"]) for update in updates]
    return _made(editing, *written[0]) if len(written) == 1 else [editing.written(written)]


def _update(update: Mapping[str, Any]) -> Any:
    """What is written: values, or the update of a command."""
    command = update.get("command")
    return update.get("values") if command is None else command.get("update")


def _made(editing: Editing, values: Any, as_node: str | None) -> list[Snapshot]:
    if as_node == COPY:
        return editing.copied([_item(item) for item in values] if isinstance(values, list) else [])
    if as_node == END and values is None:
        return [editing.ended()]
    if as_node == INPUT:
        return [editing.entered(values)]
    return [editing.written([(values, as_node)])]


def _item(item: Any) -> Update:
    """One update of a copy: values and a node."""
    if not isinstance(item, list | str):
        raise Refusal(400, f"Invalid update item: {item!r} when copying checkpoint")
    if len(item) < 2:
        raise Refusal(400, f"not enough values to unpack (expected 2, got {len(item)})")
    values, as_node = item[0], item[1]
    if as_node is not None and not isinstance(as_node, str):
        raise Refusal(400, f"Node {as_node} does not exist")
    return values, as_node


def _place(request: Mapping[str, Any], graph: Graph) -> Place:
    checkpoint: Mapping[str, Any] = request.get("checkpoint") or {}
    named = checkpoint.get("checkpoint_id") or request.get("checkpoint_id") or None
    if not isinstance(named, str | None):
        raise Refusal(422, f"checkpoint_id must be a text, got {named!r}")
    ours = ("thread_id", "checkpoint_id", "checkpoint_ns")
    given = {
        key: value
        for key, value in checkpoint.items()
        if key not in ours and (isinstance(value, str | int | float | bool) or key == "checkpoint_map")
    }
    return Place(checkpoint.get("checkpoint_ns") or "", named, {**given, "graph_id": graph.graph_id})


def _levels(thread: Thread, graph: Graph, place: Place) -> list[Snapshot]:
    """The checkpoint that is edited, behind those of the graphs around it; none where there is none to edit."""
    base = states.standing(thread, place.named, within=place.within)
    if base is None:
        path = path_of(place.within)
        if path and not known(graph, path):
            raise Refusal(400, f"Subgraph {'|'.join(path)} not found")
        if path:
            raise _nowhere(place)
        return []
    levels = [base]
    while (over := levels[0].checkpoint.over) is not None:
        outer = states.standing(thread, over.id, within=over.within)
        if outer is None:
            # The run that saved it has been deleted.
            raise _nowhere(place)
        levels.insert(0, outer)
    return levels


def _nowhere(place: Place) -> Refusal:
    named = f" with the id {place.named}" if place.named else ""
    return Refusal(400, f"Subgraph {place.within} has no checkpoint{named} on this thread")
