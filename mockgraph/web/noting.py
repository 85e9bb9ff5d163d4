"""Requests on their way into the journal: an entry as one comes in, its body when that is there."""

from typing import Any

from starlette.types import Scope

from mockgraph.runtime.journal import Entry, Journal
from mockgraph.runtime.namespaces import Namespace
from mockgraph.words.errors import Refusal

_NOTED = "mockgraph.noted"
CONTROL = "/_mockgraph"


class Noting:
    """Notes the requests to one namespace, but for those that control it."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    def __call__(self, scope: Scope) -> Entry:
        """Note a request; how its answer ends is written into what is given back."""
        namespace, path = self._namespace, scope["path"]
        clock = namespace.options.clock
        if path.startswith(CONTROL, len(scope.get("root_path", ""))):
            return Entry(0, scope.get("method", "WEBSOCKET"), path, "", (), clock.now())
        journal = namespace.journal
        entry = journal.asked(
            scope.get("method", "WEBSOCKET"),
            path,
            scope["query_string"],
            scope["headers"],
            at=clock.now(),
        )
        scope[_NOTED] = journal, entry
        return entry


def entry_of(scope: Scope) -> Entry | None:
    """The request's entry, if it has one."""
    noted: tuple[Journal, Entry] | None = scope.get(_NOTED)
    return None if noted is None else noted[1]


def brought(scope: Scope, body: bytes) -> None:
    """The request's body is there."""
    noted: tuple[Journal, Entry] | None = scope.get(_NOTED)
    if noted is not None:
        noted[0].brought(noted[1], scope["headers"], body)


def noted_graphs(scope: Scope, namespace: Namespace) -> frozenset[str]:
    """The graphs that a request is to run, as far as its body says."""
    entry = entry_of(scope)
    asked = None if entry is None else entry.json
    return frozenset(
        found
        for item in (asked if isinstance(asked, list) else [asked])
        if (found := _graph(item, namespace))
    )


def _graph(asked: Any, namespace: Namespace) -> str | None:
    if not isinstance(asked, dict):
        return None
    params = asked.get("params")
    named = (params if isinstance(params, dict) else asked).get("assistant_id")
    try:
        found = namespace.assistants.named(named) if isinstance(named, str) else None
    except Refusal:
        return None
    return None if found is None else found.graph_id
