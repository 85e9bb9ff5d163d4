"""Assistants: searched, counted, read."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend.drawing import drawn
from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.bodies import parsed, read_request
from mockgraph.words.errors import NotBuilt, Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's assistants."""

    async def search(request: Request) -> Response:
        query = parsed(await read_request(request), "AssistantSearchRequest")
        found, headers = runner.namespace.assistants.search(query)
        return json(found, headers=headers)

    async def count(request: Request) -> Response:
        query = parsed(await read_request(request), "AssistantCountRequest")
        return json(len(runner.namespace.assistants.matching(query)))

    async def get(request: Request) -> Response:
        return json(runner.namespace.assistants.get(request.path_params["assistant_id"]).wire())

    async def graph(request: Request) -> Response:
        xray = request.query_params.get("xray", "false").lower()
        if xray not in ("true", "false") and not (xray.isdecimal() and int(xray) > 0):
            raise Refusal(422, "Invalid xray value")
        named = request.path_params["assistant_id"]
        assistant = runner.namespace.assistants.named(named)
        if assistant is None:
            raise Refusal(404, f"Assistant '{named}' not found")
        scripted = runner.namespace.graphs[assistant.graph_id]
        if xray != "false" and scripted.nests:
            raise NotBuilt("drawing the graphs inside nodes (xray)")
        return json(drawn(scripted))

    return [
        Route("/assistants/search", search, methods=["POST"]),
        Route("/assistants/count", count, methods=["POST"]),
        Route("/assistants/{assistant_id}", get, methods=["GET"]),
        Route("/assistants/{assistant_id}/graph", graph, methods=["GET"]),
    ]
