"""Assistants: one for each graph, as the real server makes them at start-up, and those that fixtures and clients add."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from mockgraph.backend import search
from mockgraph.backend.access import EVERYTHING, Seen, sees
from mockgraph.backend.json import kept, loads, raw
from mockgraph.backend.reserved import own_config, own_configurable, own_metadata
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical
from mockgraph.words.vocabulary import system_assistant_id


class Version(msgspec.Struct, frozen=True):
    """What an assistant was at one time. `config`, `context` and `metadata` are JSON."""

    version: int
    graph_id: str
    created_at: int
    name: str = "Untitled"
    config: bytes = b"{}"
    context: bytes = b"{}"
    metadata: bytes = b"{}"
    description: str | None = None

    def wire(self, assistant_id: str) -> dict[str, Any]:
        """The version, in the real server's key order."""
        return {
            "assistant_id": assistant_id,
            "version": self.version,
            "graph_id": self.graph_id,
            "config": raw(self.config),
            "context": raw(self.context),
            "metadata": raw(self.metadata),
            "created_at": iso(self.created_at),
            "name": self.name,
            "description": self.description,
        }


class Assistant(msgspec.Struct):
    """An assistant: a graph under a name, with a config, a context and metadata that its runs inherit.

    `now` is what it is, `versions` all that it has been, oldest first.
    """

    assistant_id: str
    created_at: int
    updated_at: int
    now: Version
    versions: list[Version]

    @property
    def graph_id(self) -> str:
        """The graph that its runs play."""
        return self.now.graph_id

    @property
    def inherited(self) -> bytes:
        """The metadata as runs keep it."""
        return self.now.metadata

    @property
    def own(self) -> bool:
        """Whether it is the graph's own, which the server made."""
        return bool(loads(self.now.metadata).get("created_by") == "system")

    @property
    def bare(self) -> bool:
        """Whether its runs inherit nothing but metadata."""
        return self.now.config == b"{}" and self.now.context == b"{}"

    def wire(self) -> dict[str, Any]:
        """The assistant object, in the real server's key order."""
        now = self.now
        return {
            "assistant_id": self.assistant_id,
            "graph_id": now.graph_id,
            "config": raw(now.config),
            "context": raw(now.context),
            "metadata": raw(now.metadata),
            "name": now.name,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
            "version": now.version,
            "description": now.description,
        }

    def become(self, version: Version, *, at: int) -> None:
        """Be what a version says from now on."""
        self.now = version
        self.updated_at = max(at, self.updated_at)


class Assistants:
    """Every assistant of a namespace, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Assistant] = {}
        self._system: dict[str, str] = {}
        self._given: dict[str, str] = {}

    @property
    def graph_ids(self) -> Collection[str]:
        """The registered graphs."""
        return self._system.keys()

    def have(self, graph_ids: Iterable[str], *, now: int) -> list[str]:
        """Make the system assistants of exactly these graphs; gives the ids of those that went with theirs."""
        wanted = list(graph_ids)
        gone = [known for known, assistant in self._by_id.items() if assistant.graph_id not in wanted]
        self._given = {known: graph_id for known, graph_id in self._given.items() if graph_id in wanted}
        self._by_id = {
            known: assistant for known, assistant in self._by_id.items() if assistant.graph_id in wanted
        }
        self._system = {graph_id: known for graph_id, known in self._system.items() if graph_id in wanted}
        for graph_id in wanted:
            deleted = graph_id in self._system and self._system[graph_id] not in gone
            if not deleted and self._system.get(graph_id) not in self._by_id:
                self._system[graph_id] = system_assistant_id(graph_id)
                metadata = kept({"created_by": "system"})
                self._add(self._system[graph_id], Version(1, graph_id, now, name=graph_id, metadata=metadata))
        return gone

    def give(self, assistant_id: str, request: Mapping[str, Any], *, now: int) -> None:
        """Have an assistant that a fixture describes; what has become of it stays."""
        if assistant_id not in self._by_id and assistant_id not in self._given:
            self._given[assistant_id] = request["graph_id"]
            self.create(request, new_id=lambda: assistant_id, now=now)

    # --- one of them ---

    def get(self, assistant_id: str, *, seen: Seen = EVERYTHING, said: str = "Not Found") -> Assistant:
        """The assistant of an id; a graph's name is not one here. `said` is the refusal of one that is not there."""
        known = identified(assistant_id)
        found = self._by_id.get(known)
        if found is None or not sees(seen, found.now.metadata):
            raise Refusal(404, said.format(assistant_id=known))
        return found

    def drawn(self, name_or_id: str, *, seen: Seen = EVERYTHING) -> Assistant:
        """The assistant of an id or a graph's name, as `/graph` takes it."""
        return self.get(self._system.get(name_or_id, name_or_id), seen=seen)

    def named(self, name_or_id: str) -> Assistant | None:
        """The assistant that a run names by graph or by id; None for an unknown id."""
        system = self._system.get(name_or_id)
        if system is not None:
            return self._by_id.get(system)
        known_id = canonical(name_or_id)
        if known_id is None:
            known = ", ".join(self._system) or _NOTHING_LOADED
            raise Refusal(
                422,
                f"Invalid assistant: '{name_or_id}'. Must be either:\n- A valid assistant UUID, or\n"
                f"- One of the registered graphs: {known}",
            )
        return self._by_id.get(known_id)

    # --- made, changed, deleted ---

    def create(
        self, request: Mapping[str, Any], *, new_id: Callable[[], str], now: int, seen: Seen = EVERYTHING
    ) -> Assistant:
        """`POST /assistants`, of a graph that is there; `new_id` is asked where the request brings no id."""
        given = request.get("assistant_id")
        assistant_id = identified(given) if given else None
        config, context = _mirrored(request.get("config") or {}, request.get("context"))
        existing = self._by_id.get(assistant_id) if assistant_id else None
        if existing is not None:
            if request.get("if_exists") == "do_nothing" and sees(seen, existing.now.metadata):
                return existing
            raise Refusal(409, f"Assistant {assistant_id} already exists")
        made = Version(
            1,
            request["graph_id"],
            now,
            name=request.get("name") or "Untitled",
            config=kept(config),
            context=kept(context or {}),
            metadata=kept({**own_metadata(request.get("metadata") or {}), **seen}),
            description=request.get("description"),
        )
        return self._add(assistant_id or new_id(), made)

    def patch(
        self, assistant_id: str, request: Mapping[str, Any], *, now: int, seen: Seen = EVERYTHING
    ) -> Assistant:
        """`PATCH /assistants/{assistant_id}`: a new version, even of nothing new."""
        config, context = _mirrored(request.get("config") or {}, request.get("context"))
        if "graph_id" in request:
            self.expect(request["graph_id"])
        assistant = self.get(assistant_id, seen=seen, said="Assistant {assistant_id} not found")
        last = assistant.now
        made = Version(
            max(version.version for version in assistant.versions) + 1,
            request.get("graph_id") or last.graph_id,
            now,
            name=request.get("name", last.name),
            config=kept(config) if config else last.config,
            context=kept(context) if context is not None else last.context,
            metadata=kept({**loads(last.metadata), **own_metadata(request.get("metadata") or {}), **seen}),
            description=request.get("description", last.description),
        )
        assistant.versions.append(made)
        assistant.become(made, at=now)
        return assistant

    def delete(self, assistant_id: str, *, seen: Seen = EVERYTHING) -> Assistant:
        """`DELETE /assistants/{assistant_id}`."""
        found = self.get(assistant_id, seen=seen, said=NOT_DELETED)
        return self._by_id.pop(found.assistant_id)

    def versions(
        self, assistant_id: str, query: Mapping[str, Any], *, seen: Seen = EVERYTHING
    ) -> list[dict[str, Any]]:
        """`POST …/versions`: newest first."""
        said = "Assistant {assistant_id} not found"
        assistant = self.get(assistant_id, seen=seen, said=said)
        metadata, offset = query.get("metadata"), int(query.get("offset") or 0)
        newest_first = sorted(assistant.versions, key=lambda version: version.version, reverse=True)
        found = [
            version.wire(assistant.assistant_id)
            for version in newest_first
            if not metadata or search.contains(loads(version.metadata), metadata)
        ][offset : offset + int(query.get("limit") or 10)]
        if not found:
            raise Refusal(404, said.format(assistant_id=assistant.assistant_id))
        return found

    def latest(
        self, assistant_id: str, number: int | None, *, now: int, seen: Seen = EVERYTHING
    ) -> Assistant:
        """`POST …/latest`: back to a version."""
        assistant = self.get(assistant_id, seen=seen, said="Assistant {assistant_id} not found")
        for version in assistant.versions:
            if version.version == number:
                self.expect(version.graph_id)
                assistant.become(version, at=now)
                return assistant
        raise Refusal(404, f"Version {number} not found for assistant {assistant.assistant_id}")

    # --- all of them ---

    def matching(self, query: Mapping[str, Any], *, seen: Seen = EVERYTHING) -> list[Assistant]:
        """Those that fit `graph_id`, `name` and `metadata` of a search or count, oldest first."""
        graph_id, name, metadata = query.get("graph_id"), query.get("name"), query.get("metadata")
        if graph_id is not None:
            self.expect(graph_id)
        return [
            assistant
            for assistant in self._by_id.values()
            if sees(seen, assistant.now.metadata)
            and (not graph_id or assistant.graph_id == graph_id)
            and (not name or name.lower() in assistant.now.name.lower())
            and (not metadata or search.contains(loads(assistant.now.metadata), metadata))
        ]

    def search(
        self, query: Mapping[str, Any], *, seen: Seen = EVERYTHING
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of assistant objects and its pagination headers."""
        rows = search.ordered(
            [assistant.wire() for assistant in self.matching(query, seen=seen)],
            query.get("sort_by"),
            query.get("sort_order"),
            default="created_at",
            key=lambda row, column: row[column].lower() if column in ("name", "graph_id") else row[column],
        )
        found, headers = search.page(rows, limit=query.get("limit", 10), offset=query.get("offset", 0))
        return [search.selected(row, query.get("select")) for row in found], headers

    def _add(self, assistant_id: str, first: Version) -> Assistant:
        made = Assistant(assistant_id, first.created_at, first.created_at, first, [first])
        self._by_id[assistant_id] = made
        return made

    def expect(self, graph_id: str) -> None:
        """Refuse a graph that is not there."""
        if graph_id not in self._system:
            raise Refusal(404, f"Graph '{graph_id}' not found. Expected one of: {sorted(self._system)}")


def identified(assistant_id: str) -> str:
    """An id in its usual spelling; refuses what is none."""
    known = canonical(assistant_id)
    if known is None:
        raise Refusal(422, "Invalid assistant ID: must be a UUID")
    return known


def _mirrored(
    config: dict[str, Any], context: dict[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """langgraph-api 0.16.7: `config.configurable` and `context` say the same; one of them is given."""
    config = own_config(config)
    context = None if context is None else own_configurable(context)
    configurable = config.get("configurable")
    if configurable and context:
        raise Refusal(400, TWO_CONTEXTS)
    given = configurable or context
    return ({**config, "configurable": given}, given) if given else (config, context)


NOT_DELETED = "Assistant with ID {assistant_id} not found"
_NOTHING_LOADED = (
    "none, for no fixture is loaded. MockGraph takes their paths; the pytest fixture takes the folder fixtures/ in "
    "pytest's root directory, or what mockgraph_paths says"
)
TWO_CONTEXTS = (
    "Cannot specify both configurable and context. Prefer setting context alone. Context was introduced in "
    "LangGraph 0.6.0 and is the long term planned replacement for configurable."
)
