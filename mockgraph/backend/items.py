"""The store: items under keys in store namespaces, which are paths of labels.

A store namespace is there as long as it holds an item. Items have no end: `ttl` and `refresh_ttl` are taken and
change nothing, as with langgraph-api 0.16.7 and its in-memory runtime.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from mockgraph.backend.filters import fits
from mockgraph.backend.json import kept, loads, raw
from mockgraph.backend.likeness import likeness, words
from mockgraph.words.clock import iso
from mockgraph.words.errors import PlainRefusal, Refusal

Labels = tuple[str, ...]

_ANY = "*"
_ROOT = "langgraph"
_LIMIT = 10


class Item(msgspec.Struct, frozen=True, gc=False):
    """An item. `value` is JSON; `index` are the paths in it whose texts a query looks at, None for all of it."""

    namespace: Labels
    key: str
    value: bytes
    created_at: int
    updated_at: int
    index: Labels | None = None
    hidden: bool = False

    def wire(self) -> dict[str, Any]:
        """The item object, in the real server's key order."""
        return {
            "namespace": list(self.namespace),
            "key": self.key,
            "value": raw(self.value),
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
        }

    def score(self, query: frozenset[str]) -> float | None:
        """How well it fits a query; None where it is not looked into."""
        if self.hidden or not query:
            return None
        return likeness(loads(self.value), query=query, index=self.index)


def labels_of(given: Sequence[str]) -> Labels:
    """The labels of a store namespace, or of a part of one; refuses what is no label."""
    for label in given:
        if not label or "." in label:
            raise PlainRefusal(422, f"Namespace label {label!r} must be a non-empty string without periods")
    return tuple(given)


class Items:
    """Every item of the store, by store namespace and key, in the order in which they came."""

    def __init__(self) -> None:
        self._by_namespace: dict[Labels, dict[str, Item]] = {}

    def put(self, request: dict[str, Any], *, now: int) -> None:
        """`PUT /store/items`: a new item, or a new value for one that keeps its place and its first time."""
        namespace, key = labels_of(request["namespace"]), request["key"]
        if not namespace:
            raise Refusal(400, "Namespace cannot be empty.")
        if namespace[0] == _ROOT:
            raise Refusal(400, f'Root label for namespace cannot be "{_ROOT}". Got: {namespace}')
        before, index = self.get(namespace, key=key), request.get("index")
        item = Item(
            namespace,
            key,
            kept(request["value"]),
            created_at=now if before is None else before.created_at,
            updated_at=now if before is None else max(now, before.updated_at + 1),
            index=tuple(index) if index else None,
            hidden=index is False,
        )
        self._by_namespace.setdefault(namespace, {})[key] = item

    def get(self, namespace: Labels, *, key: str) -> Item | None:
        """The item, or None."""
        return self._by_namespace.get(namespace, {}).get(key)

    def delete(self, namespace: Labels, *, key: str) -> None:
        """Forget an item, if there is one, and its store namespace with the last."""
        there = self._by_namespace.get(namespace)
        if there is not None and there.pop(key, None) is not None and not there:
            del self._by_namespace[namespace]

    def search(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """`POST /store/items/search`: those that fit the filter, best first where the query has words."""
        prefix, wanted = labels_of(request.get("namespace_prefix") or ()), request.get("filter")
        found = [item for item in self._under(prefix) if not wanted or fits(loads(item.value), wanted)]
        query = words(request.get("query") or "")
        scored = [(item, item.score(query)) for item in found]
        if query:
            scored.sort(key=lambda pair: -1.0 if pair[1] is None else pair[1], reverse=True)
        # langgraph-api 0.16.7: a Python slice, and no limit is the usual one.
        begin, length = int(request.get("offset", 0)), int(request.get("limit", _LIMIT)) or _LIMIT
        return [{**item.wire(), "score": score} for item, score in scored[begin : begin + length]]

    def _under(self, prefix: Labels) -> Iterator[Item]:
        for namespace, items in self._by_namespace.items():
            if namespace[: len(prefix)] == prefix:
                yield from items.values()

    def namespaces(self, request: dict[str, Any]) -> list[Labels]:
        """`POST /store/namespaces`: the store namespaces between a prefix and a suffix, cut to a depth, sorted."""
        prefix, suffix = labels_of(request.get("prefix", ())), labels_of(request.get("suffix", ()))
        depth = request.get("max_depth")
        found = {
            namespace if depth is None else namespace[: int(depth)]
            for namespace in self._by_namespace
            if _leads(prefix, namespace) and _leads(suffix[::-1], namespace[::-1])
        }
        begin, length = int(request.get("offset", 0)), int(request.get("limit", 100))
        return sorted(found)[begin : begin + length]


def _leads(path: Labels, namespace: Labels) -> bool:
    """Whether a store namespace begins with a path, in which `*` is any one label."""
    return len(path) <= len(namespace) and all(
        label in (_ANY, there) for label, there in zip(path, namespace, strict=False)
    )
