"""The tree of graphs at work in a run, as its lifecycle events tell it."""

from typing import Any

import orjson

from mockgraph.runtime.event_entries import Entry


class Tree:
    """The graphs of the thread's last run: namespace, status and name of each."""

    def __init__(self) -> None:
        self._graphs: dict[tuple[str, ...], tuple[str, str]] = {}

    def take(self, item: Entry) -> None:
        """One more event."""
        if item.method != "lifecycle":
            return
        data = orjson.loads(item.body)["params"]["data"]
        if not item.namespace and data["event"] == "running":
            self._graphs = {}
        self._graphs[item.namespace] = (data["event"], data["graph_name"])

    def wire(self) -> dict[str, Any] | None:
        """The tree from its root; None before any run."""
        return self._node(()) if () in self._graphs else None

    def _node(self, namespace: tuple[str, ...]) -> dict[str, Any]:
        status, name = self._graphs[namespace]
        told: dict[str, Any] = {"namespace": list(namespace), "status": status, "graph_name": name}
        children = [
            self._node(other)
            for other in self._graphs
            if len(other) == len(namespace) + 1 and other[: len(namespace)] == namespace
        ]
        return {**told, "children": children} if children else told
