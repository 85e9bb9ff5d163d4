"""The server itself: whether it is up, which one it is, what it understands."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.metrics import Metrics
from mockgraph.web.paths import Endpoint
from mockgraph.words.errors import Refusal
from mockgraph.words.vocabulary import UPSTREAM

INFO = {
    "version": UPSTREAM.api_version,
    "langgraph_py_version": UPSTREAM.langgraph_version,
    "flags": {
        "assistants": True,
        "crons": True,
        "langsmith": False,
        "langsmith_tracing_replicas": True,
        "langsmith_tracing_session_on_runs": True,
    },
    "host": {
        "kind": UPSTREAM.host,
        "project_id": None,
        "host_revision_id": None,
        "revision_id": None,
        "tenant_id": None,
    },
}


def routes(runner: Runner, metrics: Metrics) -> list[BaseRoute]:
    """The system routes."""

    async def ok(request: Request) -> Response:
        try:
            int(request.query_params.get("check_db", "0"))
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        return json({"ok": True, "services": {}})

    async def info(_request: Request) -> Response:
        return json(INFO)

    async def openapi_json(_request: Request) -> Response:
        from mockgraph.web.openapi import document

        return json(document(sorted(runner.namespace.graphs)))

    async def measured(request: Request) -> Response:
        if request.query_params.get("format") == "json":
            return json(metrics.wire())
        return Response(metrics.text(), headers={"content-type": "text/plain; version=1.0.0; charset=utf-8"})

    async def docs(_request: Request) -> Response:
        return HTMLResponse((Path(__file__).parents[1] / "docs.html").read_bytes())

    return [
        *_only_get("/metrics", measured),
        *_only_get("/docs", docs),
        *_only_get("/ok", ok),
        *_only_get("/", ok),
        *_only_get("/info", info),
        *_only_get("/openapi.json", openapi_json),
    ]


def _only_get(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    """langgraph-api 0.16.7: system routes know no wrong method and no slash too many, only what is not there."""
    absent = [Route(place, Endpoint(_absent)) for place in dict.fromkeys((path, f"{path.rstrip('/')}/"))]
    return [Route(path, endpoint, methods=["GET"]), *absent]


async def _absent(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Refusal(404, "Not Found")
