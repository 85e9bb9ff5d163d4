"""The router that remembers: a path that was found before is answered as it was then."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.web.app import Refusing
from mockgraph.web.remembering import Remembering


async def _plain(request: Request) -> Response:
    return PlainTextResponse(f"plain {request.method} {request.path_params}")


async def _other(_request: Request) -> Response:
    return PlainTextResponse("other")


async def _named(request: Request) -> Response:
    return PlainTextResponse(f"named {request.path_params['name']}")


ROUTES = [
    Route("/things", _plain, methods=["GET"]),
    Route("/things", _other, methods=["POST"]),
    Route("/things/{name}", _named, methods=["GET"]),
]


def remembering(router: Router) -> tuple[ASGIApp, Remembering]:
    """The router with a memory, as the app has it, and that memory."""
    memory = Remembering(router)
    return Refusing(memory), memory


def forgetful(router: Router) -> ASGIApp:
    """The router as the app would have it without."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        await router({**scope, "app": router}, receive, send)

    return Refusing(ask)


def told(app: ASGIApp, asked: Sequence[str]) -> list[tuple[int, str, dict[str, str]]]:
    async def ask() -> list[tuple[int, str, dict[str, str]]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            answers = [await client.request(*line.split()) for line in asked]
        return [(answer.status_code, answer.text, dict(answer.headers)) for answer in answers]

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "line", ["GET /things", "HEAD /things", "POST /things", "PUT /things", "GET /things/", "GET /no"]
)
def test_a_path_is_answered_alike_each_time(line: str) -> None:
    router = Router(ROUTES)
    app, _ = remembering(router)
    assert told(app, [line] * 3) == told(forgetful(router), [line]) * 3


def test_only_plain_paths_are_remembered() -> None:
    app, memory = remembering(Router(ROUTES))
    lines = [f"GET /things/{number}" for number in range(50)]
    assert [text for _, text, _ in told(app, lines)] == [f"named {number}" for number in range(50)]
    told(app, ["GET /things", "GET /things", "PUT /things"])
    assert list(memory._found) == [("GET", "/things")]
