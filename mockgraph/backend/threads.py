"""Threads: their record, the runs on them, and what the wire says of one."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mockgraph.backend import extracting, search
from mockgraph.backend.access import EVERYTHING, Seen, sees
from mockgraph.backend.json import kept, loads, raw
from mockgraph.backend.reserved import own_metadata
from mockgraph.backend.runs import Run
from mockgraph.engine.facts import Checkpoint, Snapshot
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical


class Thread(msgspec.Struct, gc=False):
    """A thread. `values`, `metadata`, `config`, `error` and `interrupts` (by task) are JSON.

    `shown` is what is told of the values where that is something else: those of a subgraph that the last run, which
    streamed its subgraphs, stopped in; those of before, where a run has been deleted. `step` and `checkpoint` are
    those of the newest checkpoint (-2 and None before the first); `last_played` is the stub that stands at its end.
    `trail` is who has written checkpoints, oldest first: runs, and state updates as the checkpoints that they made;
    `made` counts the runs and the edits, deleted ones too; `newest` are the milliseconds of the newest id that a part
    of its stream has; `taped` is the number of the newest event on its tape. `origin` is how it was made: by a `client`, a `run` or as a `copy`; each
    shows its keys in another order.
    """

    thread_id: str
    created_at: int
    updated_at: int
    state_updated_at: int
    metadata: bytes = b"{}"
    config: bytes = b"{}"
    status: str = "idle"
    values: bytes | None = None
    shown: bytes | None = None
    error: bytes = b"null"
    origin: str = "client"
    settled: bool = False
    step: int = -2
    checkpoint: Checkpoint | None = None
    last_played: str | None = None
    interrupts: bytes | None = None
    trail: list[Run | Snapshot] = []
    made: int = 0
    newest: int = 0
    taped: int = 0

    @property
    def runs(self) -> list[Run]:
        """The runs on the thread, oldest first."""
        return [writer for writer in self.trail if isinstance(writer, Run) and not writer.copied]

    @property
    def newest_runs(self) -> Iterator[Run]:
        """The same, newest first: for those who need only the last few of many."""
        return (writer for writer in reversed(self.trail) if isinstance(writer, Run) and not writer.copied)

    def changed(self, at: int) -> None:
        """Something was written to it; its time never runs backwards, for checkpoints are ordered by it."""
        self.updated_at = max(self.updated_at, at)

    def told_from(self, at: int) -> int:
        """When the ids of parts begin that are told from now on: each is greater than all before it on the thread."""
        return max(at, (self.newest + 1) * 1000)

    def told(self) -> dict[str, Any]:
        """What can be extracted from it."""
        return {
            "config": loads(self.config),
            "interrupts": loads(self.interrupts or b"null"),
            "metadata": loads(self.metadata),
            "values": loads(self.values or b"null") if self._tells_values else None,
        }

    def has(self, values: dict[str, Any]) -> bool:
        """Whether it fits a search by values: one that tells none fits any."""
        return not self._tells_values or search.contains(loads(self.values or b"null"), values)

    @property
    def _tells_values(self) -> bool:
        """langgraph-api 0.16.7: the record of a copy that nothing has written to yet has no values."""
        return self.origin != "copy" or self.settled

    def wire(self) -> dict[str, Any]:
        """The thread object, in whichever of the real server's key orders it has."""
        shown = self.values if self.shown is None else self.shown
        values = raw(shown) if shown is not None else None
        times = {"created_at": iso(self.created_at), "updated_at": iso(self.updated_at)}
        state_updated = {"state_updated_at": iso(self.state_updated_at)}
        metadata, config = raw(self.metadata), raw(self.config)
        wire: dict[str, Any] = {"thread_id": self.thread_id}
        if self.origin == "run":
            wire |= {"status": self.status, "metadata": metadata, "config": config, **times}
            wire |= {"values": values, **state_updated}
        else:
            wire |= {**times, **state_updated, "metadata": metadata, "status": self.status, "config": config}
            if self.origin == "client":
                wire["values"] = values
        if self.settled:
            wire["error"] = loads(self.error)
            if self.origin == "copy":
                wire["values"] = values
            if self.interrupts is not None:
                wire["interrupts"] = loads(self.interrupts)
        return wire


class Threads:
    """Every thread of a namespace, by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Thread] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Thread]:
        return iter(self._by_id.values())

    def find(self, thread_id: str, *, seen: Seen = EVERYTHING) -> Thread | None:
        """The thread, or None, also where it is there and not seen."""
        found = self._by_id.get(thread_id)
        return found if found is None or sees(seen, found.metadata) else None

    def get(self, thread_id: str, *, seen: Seen = EVERYTHING, respelled: bool = False) -> Thread:
        """The thread of an id in a path; refuses what is no id and what is not there, or not seen.

        The refusal has the id as it was sent, or `respelled` in its usual form.
        """
        known = canonical(thread_id)
        if known is None:
            raise Refusal(422, "Invalid thread ID: must be a UUID")
        found = self.find(known, seen=seen)
        if found is None:
            raise Refusal(404, f"Thread with ID {known if respelled else thread_id} not found")
        return found

    def add(self, thread: Thread) -> Thread:
        """Remember a new thread."""
        self._by_id[thread.thread_id] = thread
        return thread

    def remove(self, thread_id: str) -> None:
        """Forget a thread and its runs."""
        self._by_id.pop(thread_id, None)

    def create(self, request: dict[str, Any], *, new_id: str, now: int, seen: Seen = EVERYTHING) -> Thread:
        """`POST /threads`; `new_id` is that of the request, or one that is made for it."""
        existing = self._by_id.get(new_id)
        if existing is not None:
            if request.get("if_exists") == "do_nothing" and sees(seen, existing.metadata):
                return existing
            raise Refusal(409, f"Thread with ID {new_id} already exists")
        metadata = {**own_metadata(request.get("metadata", {})), **seen}
        return self.add(Thread(new_id, now, now, now, metadata=kept(metadata)))

    def patch(self, thread: Thread, request: dict[str, Any], *, now: int, seen: Seen = EVERYTHING) -> None:
        """`PATCH /threads/{thread_id}`."""
        given = own_metadata(request.get("metadata", {}))
        thread.metadata = kept({**loads(thread.metadata), **given, **seen})
        thread.changed(max(now, thread.updated_at + 1))

    def count(self, query: dict[str, Any], *, seen: Seen = EVERYTHING) -> int:
        """`POST /threads/count`. langgraph-api 0.16.7: it knows no ids."""
        return len(self._matching({**query, "ids": None}, seen))

    def search(
        self, query: dict[str, Any], *, seen: Seen = EVERYTHING
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of thread objects and its pagination headers."""
        extract = query.get("extract", {})
        extracting.check(extract)
        rows = search.ordered(
            self._matching(query, seen),
            query.get("sort_by"),
            query.get("sort_order"),
            default="updated_at",
            key=lambda thread, column: getattr(thread, column),
        )
        found, headers = search.page(rows, limit=query.get("limit", 10), offset=query.get("offset", 0))
        wires = []
        for thread in found:
            wire = search.selected(thread.wire(), query.get("select"))
            if extract:
                told = thread.told()
                wire["extracted"] = {
                    alias: extracting.extracted(told, path) for alias, path in extract.items()
                }
            wires.append(wire)
        return wires, headers

    def _matching(self, query: dict[str, Any], seen: Seen) -> list[Thread]:
        rows: Iterable[Thread] = self._by_id.values()
        if query.get("ids"):
            named = set(map(_known, query["ids"]))
            rows = [thread for thread in rows if thread.thread_id in named]
        status, metadata, values = query.get("status"), query.get("metadata"), query.get("values")
        return [
            thread
            for thread in rows
            if sees(seen, thread.metadata)
            and (not status or thread.status == status)
            and (not metadata or search.contains(loads(thread.metadata), metadata))
            and (not values or thread.has(values))
        ]


def _known(thread_id: str) -> str:
    known = canonical(thread_id)
    if known is None:
        raise Refusal(400, f"Invalid thread ID {thread_id}")
    return known
