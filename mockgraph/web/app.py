"""The app: every route of one namespace and the two things around them, composed in one place.

Starlette's Router does the routing. Its application class is left out: each of its middlewares wraps every
`send`, which on the hot path costs as much as playing a superstep.
"""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.options import Options
from mockgraph.runtime.runner import Runner
from mockgraph.script.loading import load
from mockgraph.web.answering import Answering
from mockgraph.web.answers import not_routed, refused
from mockgraph.web.auth import Authenticating
from mockgraph.web.bodies import Disconnected
from mockgraph.web.faults import Striking
from mockgraph.web.isolated import Isolated
from mockgraph.web.metrics import Metrics
from mockgraph.web.noting import Noting
from mockgraph.web.remembering import Remembering
from mockgraph.web.routes import (
    a2a,
    assistants,
    control,
    crons,
    joining,
    mcp,
    protocol,
    runs,
    states,
    stopping,
    store,
    system,
    threads,
)
from mockgraph.words.errors import Refusal


def create_app(*paths: str | Path, deterministic: bool = False) -> ASGIApp:
    """An ASGI app that answers with these fixtures (files or folders), for people who mount or serve it themselves.

    With `deterministic` the same requests get the same bytes: ids, times, order. Raises FixtureError.
    """
    return app_of(Namespace(load(paths), options=Options(deterministic=deterministic)))


def app_of(namespace: Namespace) -> ASGIApp:
    """The app of a namespace and of those within it."""
    return Isolated(namespace, lambda own: _app_of_one(own, namespace))


def _app_of_one(namespace: Namespace, root: Namespace) -> ASGIApp:
    """The app of a namespace alone."""
    metrics = Metrics(namespace)
    metrics.routes = routes_of(namespace, metrics, root)
    return Answering(
        Striking(Refusing(Authenticating(Remembering(Router(metrics.routes)), namespace)), namespace),
        noted=Noting(namespace),
        seen=metrics.seen,
    )


def routes_of(namespace: Namespace, metrics: Metrics, root: Namespace) -> list[BaseRoute]:
    """Every route, those that are built first: of two that fit a path, the first is asked."""
    runner = Runner(namespace)
    return [
        *runs.routes(runner),
        *stopping.routes(runner),
        *joining.routes(runner),
        *threads.routes(runner),
        *states.routes(runner),
        *assistants.routes(runner),
        *crons.routes(runner),
        *store.routes(runner),
        *mcp.routes(runner),
        *a2a.routes(runner),
        *protocol.routes(runner),
        *system.routes(runner, metrics),
        *control.routes(namespace, root),
    ]


class Refusing:
    """ASGI middleware that answers refusals, ours and the router's, as the real server words them; a client that went
    away gets none.

    Any other error is a defect and left to the server, which says 500 in plain text and drops the connection,
    as the real one does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._upgrade(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Refusal as refusal:
            await refused(refusal)(scope, receive, send)
        except HTTPException as error:
            await not_routed(error)(scope, receive, send)
        except Disconnected:
            return

    async def _upgrade(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket; one that is refused is closed before it is there, which is a 403."""
        try:
            await self.app(scope, receive, send)
        except (Refusal, HTTPException):
            await send({"type": "websocket.close", "code": 1000})
