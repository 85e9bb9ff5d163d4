"""A2A: agent cards, and one endpoint of each assistant for every call."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.paths import Endpoint


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of A2A."""

    async def shared(request: Request) -> Response:
        named = request.query_params.get("assistant_id")
        if not named:
            return _refused("Missing required query parameter: assistant_id")
        return _card(runner, named, request)

    async def own(request: Request) -> Response:
        return _card(runner, request.path_params["assistant_id"], request)

    async def agent(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            from mockgraph.web.a2a.methods import answer

            await answer(runner, scope, receive, send)
            return
        card = scope["method"] == "GET"
        response = await own(Request(scope)) if card else Response(status_code=405)
        await response(scope, receive, send)

    endpoint = Endpoint(agent)
    return [
        Route("/.well-known/agent-card.json", shared, methods=["GET"]),
        Route("/a2a/{assistant_id}/.well-known/agent-card.json", own, methods=["GET"]),
        Route("/a2a/{assistant_id}/.well-known/agent.json", own, methods=["GET"]),
        *(
            # langgraph-api 0.16.7: here, and here alone, a slash at the end is no other place.
            Route(path, endpoint, methods=["GET", "POST", "DELETE"])
            for path in ("/a2a/{assistant_id}", "/a2a/{assistant_id}/")
        ),
    ]


def _card(runner: Runner, named: str, request: Request) -> Response:
    from mockgraph.web.a2a.calls import assistant_of
    from mockgraph.web.a2a.cards import card
    from mockgraph.web.rpc import RpcError

    try:
        assistant = assistant_of(runner.namespace, named, named, access_of(request.scope))
    except RpcError as error:
        return _refused(error.message)
    return json(card(runner.namespace, assistant, named, request.scope))


def _refused(sentence: str) -> Response:
    return json({"error": {"code": -32602, "message": sentence}}, status=400)
