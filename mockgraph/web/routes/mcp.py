"""MCP: one endpoint for every message. langgraph-api 0.16.7: without streams to open and sessions to end."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.runtime.runner import Runner


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of MCP."""

    async def message(request: Request) -> Response:
        from mockgraph.web.mcp.messages import answer

        return await answer(runner, request)

    async def stream(_request: Request) -> Response:
        return Response(status_code=405)

    async def session(_request: Request) -> Response:
        return Response(status_code=404)

    endpoints = {"POST": message, "GET": stream, "DELETE": session}

    async def endpoint(request: Request) -> Response:
        return await endpoints.get(request.method, stream)(request)

    return [Route("/mcp", endpoint, methods=["GET", "POST", "DELETE"])]
