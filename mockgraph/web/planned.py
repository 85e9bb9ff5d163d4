"""Routes of the real server that this version does not have: 501, with a sentence that says so."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.words.errors import NotBuilt

PLANNED: list[tuple[str, str, str]] = [
    ("POST", "/threads/{thread_id}/stream/events", "the newer thread protocol"),
    ("POST", "/threads/{thread_id}/commands", "the newer thread protocol"),
]


def routes() -> list[BaseRoute]:
    """One route for each of them, to stand behind those that are built."""
    return [_route(method, path, what) for method, path, what in PLANNED]


def _route(method: str, path: str, what: str) -> BaseRoute:
    async def planned(_request: Request) -> Response:
        raise NotBuilt(what)

    return Route(path, planned, methods=[method])
