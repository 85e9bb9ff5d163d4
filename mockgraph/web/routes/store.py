"""The store: items put, read, deleted and searched, and the store namespaces that hold them."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read_request


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's store."""
    store = Store(runner)
    return [
        Route("/store/items", store.put, methods=["PUT"]),
        Route("/store/items", store.get, methods=["GET"]),
        Route("/store/items", store.delete, methods=["DELETE"]),
        Route("/store/items/search", store.search, methods=["POST"]),
        Route("/store/namespaces", store.namespaces, methods=["POST"]),
    ]


def labels_of(given: Sequence[str]) -> tuple[str, ...]:
    """The labels of a store namespace; refuses what is no label."""
    from mockgraph.backend import items

    return items.labels_of(given)


class Store:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.namespace = runner.namespace

    async def put(self, request: Request) -> Response:
        """`PUT /store/items`."""
        data = parsed(await read_request(request), "StorePutRequest")
        _allow(request, "put", data["namespace"])
        self.namespace.items.put(data, now=self.namespace.options.clock.now())
        return Response(status_code=204)

    async def get(self, request: Request) -> Response:
        """`GET /store/items`: null where there is no such item."""
        labels = labels_of(request.query_params.get("namespace", "").split("."))
        key = request.query_params.get("key")
        if not key:
            # langgraph-api 0.16.7: said in its own way.
            return json({"error": "Key is required"}, status=400)
        _allow(request, "get", labels)
        found = self.namespace.items.get(labels, key=key)
        return json(None if found is None else found.wire())

    async def delete(self, request: Request) -> Response:
        """`DELETE /store/items`: 204 whether there was such an item or not."""
        data = parsed(await read_request(request), "StoreDeleteRequest")
        labels = labels_of(data.get("namespace", ()))
        _allow(request, "delete", labels)
        self.namespace.items.delete(labels, key=data["key"])
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """`POST /store/items/search`."""
        data = parsed(await read_request(request), "StoreSearchRequest")
        _allow(request, "search", data.get("namespace_prefix") or ())
        return json({"items": self.namespace.items.search(data)})

    async def namespaces(self, request: Request) -> Response:
        """`POST /store/namespaces`."""
        data = parsed(await read_request(request), "StoreListNamespacesRequest")
        _allow(request, "list_namespaces", data.get("prefix", ()))
        return json({"namespaces": self.namespace.items.namespaces(data)})


def _allow(request: Request, action: str, labels: Sequence[str]) -> None:
    access = access_of(request.scope)
    if access is not None:
        access.allow_labels(action, labels_of(labels))
