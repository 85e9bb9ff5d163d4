"""Crons: what is to run when, and which of them are due. Nothing here starts a run.

Dates are those of the clock that is asked. A cron that is late fires once, and its next date is counted from then.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from mockgraph.backend import search
from mockgraph.backend.access import EVERYTHING, Access, Seen, allowed, sees
from mockgraph.backend.json import kept, loads, raw
from mockgraph.backend.reserved import own_config, own_configurable, own_metadata
from mockgraph.backend.schedules import moment, next_date, spelled, zone_of
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical


class Cron(msgspec.Struct, gc=False):
    """A cron. `payload` (the request of its runs) and `metadata` are JSON, `end_time` whatever text was sent.

    `next_run_date` is in microseconds, None when no date is to come. `api_url` is the server as the cron's creator
    called it: its runs say so too, and are those of the creator, `user_id`. `told` is what a journal may have of the payload.
    """

    cron_id: str
    assistant_id: str
    thread_id: str | None
    schedule: str
    timezone: str | None
    end_time: str | None
    payload: bytes
    metadata: bytes
    on_run_completed: str | None
    enabled: bool
    next_run_date: int | None
    created_at: int
    updated_at: int
    api_url: str
    user_id: str = ""
    told: bytes | None = None

    @property
    def due(self) -> int | None:
        """When it is to fire; None where it is not."""
        if not self.enabled or self.next_run_date is None:
            return None
        end = None if self.end_time is None else moment(self.end_time)
        return self.next_run_date if end is None or self.next_run_date <= end else None

    def advance(self, now: int) -> None:
        """It fires: on to its next date, if there is one."""
        try:
            self.next_run_date = next_date(self.schedule, zone=zone_of(self.timezone), after=now)
        except Refusal:
            self.next_run_date = None

    def wire(self) -> dict[str, Any]:
        """The cron object, in the real server's key order."""
        return {
            "cron_id": self.cron_id,
            "assistant_id": self.assistant_id,
            "thread_id": self.thread_id,
            "user_id": self.user_id,
            "end_time": self.end_time,
            "schedule": self.schedule,
            "timezone": self.timezone,
            "payload": raw(self.payload),
            "next_run_date": None if self.next_run_date is None else spelled(self.next_run_date),
            "metadata": raw(self.metadata),
            "on_run_completed": self.on_run_completed,
            "enabled": self.enabled,
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        }


def planned(
    request: dict[str, Any],
    *,
    cron_id: str,
    assistant_id: str,
    thread_id: str | None,
    api_url: str,
    now: int,
    access: Access | None = None,
) -> Cron:
    """The cron that a request describes; raises Refusal where its dates cannot be told."""
    zone = zone_of(request.get("timezone"))
    seen = allowed(access, "crons", "create")
    # langgraph-api 0.16.7: whose it is stands in the payload only where that has metadata anyway.
    owned = {"metadata": {**request["metadata"], **seen}} if "metadata" in request else {}
    payload = _payload({**request, "assistant_id": assistant_id, **owned}, cron_id)
    payload.setdefault("config", {"configurable": {"cron_id": cron_id}})
    return Cron(
        cron_id=cron_id,
        assistant_id=assistant_id,
        thread_id=thread_id,
        schedule=request["schedule"],
        timezone=request.get("timezone"),
        end_time=request.get("end_time"),
        payload=kept(payload),
        metadata=kept({**payload.get("metadata", {}), **seen}),
        on_run_completed=request.get("on_run_completed", "delete") if thread_id is None else None,
        enabled=request.get("enabled", True),
        next_run_date=next_date(request["schedule"], zone=zone, after=now),
        created_at=now,
        updated_at=now,
        api_url=api_url,
        user_id="" if access is None else access.identity.identity,
    )


def _payload(request: dict[str, Any], cron_id: str) -> dict[str, Any]:
    """A request as it is kept: without what is the server's to say, and with the cron's id."""
    payload = dict(request)
    if "metadata" in request:
        payload["metadata"] = own_metadata(request["metadata"])
    if "context" in request:
        payload["context"] = own_configurable(request["context"])
    if "config" in request:
        config = own_config(request["config"])
        payload["config"] = {**config, "configurable": {**config.get("configurable", {}), "cron_id": cron_id}}
    return payload


class Crons:
    """Every cron of a namespace, by id, oldest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, Cron] = {}

    def add(self, cron: Cron) -> None:
        """Remember a new cron."""
        self._by_id[cron.cron_id] = cron

    def get(self, cron_id: str, *, seen: Seen = EVERYTHING) -> Cron:
        """The cron of an id in a path; refuses what is no id and what is not there, or not seen."""
        found = self._by_id.get(_uuid(cron_id, "cron"))
        if found is None or not sees(seen, found.metadata):
            raise Refusal(404, "Not Found")
        return found

    def patch(self, cron_id: str, request: dict[str, Any], *, now: int, seen: Seen = EVERYTHING) -> Cron:
        """`PATCH /runs/crons/{cron_id}`. langgraph-api 0.16.7: only another schedule or timezone gives another date."""
        zone = zone_of(request["timezone"]) if "timezone" in request else None
        cron = self._by_id.get(_uuid(cron_id, "cron"))
        if cron is None or not sees(seen, cron.metadata):
            raise Refusal(404, f"Cron '{cron_id}' not found")
        if zone is not None or "schedule" in request:
            schedule = request.get("schedule", cron.schedule)
            cron.next_run_date = next_date(schedule, zone=zone or zone_of(cron.timezone), after=now)
        given = _payload(
            {key: value for key, value in request.items() if key != "assistant_id"}, cron.cron_id
        )
        cron.payload = kept({**loads(cron.payload), **given})
        if "metadata" in given:
            cron.metadata = kept({**loads(cron.metadata), **given["metadata"], **seen})
        for column in _CHANGED.intersection(request):
            setattr(cron, column, request[column])
        cron.updated_at = max(now, cron.updated_at + 1)
        return cron

    def delete(self, cron_id: str, *, seen: Seen = EVERYTHING) -> None:
        """Forget a cron; refuses one that is not there."""
        del self._by_id[self.get(cron_id, seen=seen).cron_id]

    def forget_thread(self, thread_id: str) -> None:
        """Its thread is gone: so are the crons on it."""
        if any(cron.thread_id == thread_id for cron in self._by_id.values()):
            self._keep(lambda cron: cron.thread_id != thread_id)

    def forget_assistant(self, assistant_id: str) -> None:
        """Its assistant is gone: so are the crons that would run it."""
        self._keep(lambda cron: cron.assistant_id != assistant_id)

    def _keep(self, wanted: Callable[[Cron], bool]) -> None:
        self._by_id = {cron_id: cron for cron_id, cron in self._by_id.items() if wanted(cron)}

    def matching(self, query: dict[str, Any], *, seen: Seen = EVERYTHING) -> list[Cron]:
        """Those that fit a count, oldest first."""
        for column in ("assistant_id", "thread_id"):
            if query.get(column):
                _uuid(query[column], column.removesuffix("_id"))
        metadata = query.get("metadata")
        return [
            cron
            for cron in self._by_id.values()
            # langgraph-api 0.16.7: ids are compared as texts.
            if sees(seen, cron.metadata)
            and all(getattr(cron, key) == query[key] for key in ("assistant_id", "thread_id") if key in query)
            and (not metadata or search.contains(loads(cron.metadata), metadata))
        ]

    def search(
        self, query: dict[str, Any], *, seen: Seen = EVERYTHING
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of cron objects and its pagination headers."""
        found = [
            cron
            for cron in self.matching(query, seen=seen)
            if "enabled" not in query or cron.enabled == query["enabled"]
        ]
        rows, headers = search.page(
            _ordered(found, query), limit=query.get("limit", 10), offset=query.get("offset", 0)
        )
        return [search.selected(cron.wire(), query.get("select")) for cron in rows], headers

    # --- firing ---

    def due(self, now: int) -> list[Cron]:
        """Those whose date has come, the earliest first."""
        dates = [(date, cron) for cron in self._by_id.values() if (date := cron.due) is not None]
        return [cron for date, cron in sorted(dates, key=lambda pair: pair[0]) if date <= now]

    def next_due(self) -> int | None:
        """When the next one fires; None where none will."""
        return min((date for cron in self._by_id.values() if (date := cron.due) is not None), default=None)


_CHANGED = frozenset({"schedule", "timezone", "end_time", "enabled", "on_run_completed"})
_TIMES = frozenset({"created_at", "updated_at"})


def _uuid(text: str, what: str) -> str:
    known = canonical(text)
    if known is None:
        raise Refusal(422, f"Invalid {what} ID: must be a UUID")
    return known


def _ordered(crons: list[Cron], query: dict[str, Any]) -> list[Cron]:
    """By a column, null greatest, equal ones as they came; the newest first where nothing is said."""
    column = query.get("sort_by")
    # langgraph-api 0.16.7: an order alone is not looked at.
    descending = column is None or query.get("sort_order") != "asc"
    column = column or "created_at"

    def key(numbered: tuple[int, Cron]) -> tuple[bool, Any, int]:
        number, cron = numbered
        value = getattr(cron, column)
        return value is None, 0 if value is None else value, number if column in _TIMES else 0

    return [cron for _, cron in sorted(enumerate(crons), key=key, reverse=descending)]
