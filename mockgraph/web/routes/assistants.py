"""Assistants: searched, counted, read."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.bodies import parsed


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's assistants."""

    async def search(request: Request) -> Response:
        query = parsed(await request.body(), "AssistantSearchRequest")
        found, headers = runner.namespace.assistants.search(query)
        return json(found, headers=headers)

    async def count(request: Request) -> Response:
        query = parsed(await request.body(), "AssistantCountRequest")
        return json(len(runner.namespace.assistants.matching(query)))

    async def get(request: Request) -> Response:
        return json(runner.namespace.assistants.get(request.path_params["assistant_id"]).wire())

    return [
        Route("/assistants/search", search, methods=["POST"]),
        Route("/assistants/count", count, methods=["POST"]),
        Route("/assistants/{assistant_id}", get, methods=["GET"]),
    ]
