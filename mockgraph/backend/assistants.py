"""Assistants: in this version one for each graph, as the real server makes them at start-up."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from mockgraph.backend import search
from mockgraph.backend.json import kept
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical
from mockgraph.words.vocabulary import system_assistant_id


class Assistant(msgspec.Struct, frozen=True):
    """An assistant: a graph under a name, with metadata that its runs inherit."""

    assistant_id: str
    graph_id: str
    created_at: int
    name: str
    metadata: dict[str, Any]
    inherited: bytes  # the metadata once more, as runs keep it

    def wire(self) -> dict[str, Any]:
        """The assistant object, in the real server's key order."""
        return {
            "assistant_id": self.assistant_id,
            "graph_id": self.graph_id,
            "config": {},
            "context": {},
            "metadata": self.metadata,
            "name": self.name,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.created_at),
            "version": 1,
            "description": None,
        }


class Assistants:
    """Every assistant of a namespace, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Assistant] = {}
        self._by_graph: dict[str, Assistant] = {}

    @property
    def graph_ids(self) -> Collection[str]:
        """The graphs that have their system assistant."""
        return self._by_graph.keys()

    def have(self, graph_ids: Iterable[str], *, now: int) -> None:
        """Make the system assistants of exactly these graphs, keeping those that exist."""
        wanted = list(graph_ids)
        for graph_id in [known for known in self._by_graph if known not in wanted]:
            del self._by_id[self._by_graph.pop(graph_id).assistant_id]
        for graph_id in wanted:
            if graph_id not in self._by_graph:
                metadata = {"created_by": "system"}
                made = Assistant(
                    system_assistant_id(graph_id), graph_id, now, graph_id, metadata, kept(metadata)
                )
                self._by_graph[graph_id] = self._by_id[made.assistant_id] = made

    def get(self, assistant_id: str) -> Assistant:
        """The assistant of an id; a graph's name is not one here."""
        known = canonical(assistant_id)
        if known is None:
            raise Refusal(422, "Invalid assistant ID: must be a UUID")
        found = self._by_id.get(known)
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def named(self, name_or_id: str) -> Assistant | None:
        """The assistant that a run names by graph or by id; None for an unknown id."""
        found = self._by_graph.get(name_or_id)
        if found is not None:
            return found
        known_id = canonical(name_or_id)
        if known_id is None:
            known = ", ".join(self._by_graph) or "none, for no fixture is loaded"
            raise Refusal(
                422,
                f"Invalid assistant: '{name_or_id}'. Must be either:\n- A valid assistant UUID, or\n"
                f"- One of the registered graphs: {known}",
            )
        return self._by_id.get(known_id)

    def matching(self, query: dict[str, Any]) -> list[Assistant]:
        """Those that fit `graph_id`, `name` and `metadata` of a search or count, oldest first."""
        graph_id, name, metadata = query.get("graph_id"), query.get("name"), query.get("metadata")
        if graph_id and graph_id not in self._by_graph:
            raise Refusal(404, f"Graph '{graph_id}' not found. Expected one of: {sorted(self._by_graph)}")
        return [
            assistant
            for assistant in self._by_id.values()
            if (not graph_id or assistant.graph_id == graph_id)
            and (not name or name.lower() in assistant.name.lower())
            and (not metadata or search.contains(assistant.metadata, metadata))
        ]

    def search(self, query: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of assistant objects and its pagination headers."""
        rows = search.ordered(
            [assistant.wire() for assistant in self.matching(query)],
            query.get("sort_by"),
            query.get("sort_order"),
            default="created_at",
            key=lambda row, column: row[column].lower() if column in ("name", "graph_id") else row[column],
        )
        found, headers = search.page(rows, limit=query.get("limit", 10), offset=query.get("offset", 0))
        return [search.selected(row, query.get("select")) for row in found], headers
