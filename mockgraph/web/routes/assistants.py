"""Assistants: made, read, changed, deleted, searched; their versions; their graphs drawn and described."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend.access import Seen, allowed, sees
from mockgraph.backend.assistants import NOT_DELETED, Assistant, identified
from mockgraph.backend.json import loads
from mockgraph.backend.threads import Thread
from mockgraph.runtime.runner import Runner
from mockgraph.script.model import Graph
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read_request, valid
from mockgraph.web.paths import TRUE, seen_threads
from mockgraph.words.errors import Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's assistants."""
    assistants = Assistants(runner)
    one = "/assistants/{assistant_id}"
    return [
        Route("/assistants", assistants.create, methods=["POST"]),
        Route("/assistants/search", assistants.search, methods=["POST"]),
        Route("/assistants/count", assistants.count, methods=["POST"]),
        Route(one, assistants.get, methods=["GET"]),
        Route(one, assistants.patch, methods=["PATCH"]),
        Route(one, assistants.delete, methods=["DELETE"]),
        Route(f"{one}/graph", assistants.graph, methods=["GET"]),
        Route(f"{one}/schemas", assistants.schemas, methods=["GET"]),
        Route(f"{one}/subgraphs", assistants.subgraphs, methods=["GET"]),
        Route(f"{one}/subgraphs/{{namespace}}", assistants.subgraphs, methods=["GET"]),
        Route(f"{one}/versions", assistants.versions, methods=["POST"]),
        Route(f"{one}/latest", assistants.latest, methods=["POST"]),
    ]


class Assistants:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.namespace = runner.namespace

    async def create(self, request: Request) -> Response:
        """`POST /assistants`."""
        body = await read_request(request)
        data = _checked(parsed(body, "AssistantCreate"))
        self.namespace.assistants.expect(data["graph_id"])
        if data.get("assistant_id"):
            identified(data["assistant_id"])
        now, seen = self.namespace.options.clock.now(), _seen(request, "create")
        return json(
            self.namespace.assistants.create(
                data, new_id=lambda: self.namespace.ids.assistant(body), now=now, seen=seen
            ).wire()
        )

    async def search(self, request: Request) -> Response:
        """`POST /assistants/search`."""
        query = parsed(await read_request(request), "AssistantSearchRequest")
        found, headers = self.namespace.assistants.search(query, seen=_seen(request, "search"))
        return json(found, headers=headers)

    async def count(self, request: Request) -> Response:
        """`POST /assistants/count`."""
        query = parsed(await read_request(request), "AssistantCountRequest")
        return json(len(self.namespace.assistants.matching(query, seen=_seen(request, "search"))))

    async def get(self, request: Request) -> Response:
        """`GET /assistants/{assistant_id}`."""
        return json(self._assistant(request).wire())

    async def patch(self, request: Request) -> Response:
        """`PATCH /assistants/{assistant_id}`."""
        identified(request.path_params["assistant_id"])
        data = _checked(parsed(await read_request(request), "AssistantPatch"))
        now, seen = self.namespace.options.clock.now(), _seen(request, "update")
        named = request.path_params["assistant_id"]
        return json(self.namespace.assistants.patch(named, data, now=now, seen=seen).wire())

    async def delete(self, request: Request) -> Response:
        """`DELETE /assistants/{assistant_id}`; with `delete_threads` the threads of its runs go with it."""
        # langgraph-api 0.16.7: in any case, other than the flags of what is read.
        with_threads = request.query_params.get("delete_threads", "").lower() == "true"
        named, seen = request.path_params["assistant_id"], _seen(request, "delete")
        self.namespace.assistants.get(named, seen=seen, said=NOT_DELETED)
        # langgraph-api 0.16.7: the runs of an assistant are stopped before it is deleted.
        seen_threads(request.scope, "update")
        visible = seen_threads(request.scope, "delete") if with_threads else {}
        gone = self.namespace.assistants.delete(named, seen=seen)
        self.namespace.forget_crons(assistant_id=gone.assistant_id)
        for thread in list(self.namespace.threads) if with_threads else ():
            if _was_run_by(thread, gone.assistant_id) and sees(visible, thread.metadata):
                self.runner.forget(thread)
        return Response(status_code=204)

    async def versions(self, request: Request) -> Response:
        """`POST …/versions`."""
        identified(request.path_params["assistant_id"])
        query = parsed(await read_request(request), "AssistantVersionsSearchRequest")
        named = request.path_params["assistant_id"]
        return json(self.namespace.assistants.versions(named, query, seen=_seen(request, "read")))

    async def latest(self, request: Request) -> Response:
        """`POST …/latest`."""
        number = parsed(await read_request(request), "AssistantVersionChange").get("version")
        now, seen = self.namespace.options.clock.now(), _seen(request, "update")
        named = request.path_params["assistant_id"]
        return json(self.namespace.assistants.latest(named, number, now=now, seen=seen).wire())

    async def graph(self, request: Request) -> Response:
        """`GET …/graph`; of a graph's name, too."""
        from mockgraph.backend.drawing import drawn

        named = request.path_params["assistant_id"]
        assistant = self.namespace.assistants.drawn(named, seen=_seen(request, "read"))
        graph = self.namespace.graphs[assistant.graph_id]
        return json(drawn(graph, depth=_depth(request.query_params.get("xray") or "false")))

    async def schemas(self, request: Request) -> Response:
        """`GET …/schemas`."""
        from mockgraph.backend.schemas import schemas_of

        return json(schemas_of(self._graph(request)))

    async def subgraphs(self, request: Request) -> Response:
        """`GET …/subgraphs`, of all or of one."""
        from mockgraph.backend.schemas import subgraphs_of

        within = request.path_params.get("namespace")
        recurse = request.query_params.get("recurse") in TRUE
        return json(subgraphs_of(self._graph(request), namespace=within, recurse=recurse))

    def _graph(self, request: Request) -> Graph:
        return self.namespace.graphs[self._assistant(request).graph_id]

    def _assistant(self, request: Request) -> Assistant:
        seen = _seen(request, "read")
        return self.namespace.assistants.get(request.path_params["assistant_id"], seen=seen)


def _seen(request: Request, action: str) -> Seen:
    return allowed(access_of(request.scope), "assistants", action)


_EVERY_LEVEL = 1000


def _depth(xray: str) -> int:
    """How many levels inside nodes are to be drawn."""
    if xray in (*TRUE, "false", "False"):
        return _EVERY_LEVEL if xray in TRUE else 0
    try:
        depth = int(xray)
    except ValueError:
        depth = 0
    if depth <= 0:
        raise Refusal(422, "Invalid xray value")
    return depth


def _checked(data: dict[str, Any]) -> dict[str, Any]:
    """langgraph-api 0.16.7: a config is held against its schema a second time, on its own."""
    if data.get("config") is not None:
        valid(data["config"], "Config")
        if not isinstance(data["config"].get("metadata"), dict | None):
            raise Refusal(422, "config.metadata must be an object")
    return data


def _was_run_by(thread: Thread, assistant_id: str) -> bool:
    return bool(loads(thread.metadata).get("assistant_id") == assistant_id)
