"""Who calls: asked before any route is looked up, where a fixture says whose credentials are accepted."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.backend.access import Access, authenticated
from mockgraph.runtime.namespaces import Namespace
from mockgraph.web.noting import CONTROL

# langgraph-api 0.16.7: open to everybody.
_OPEN = frozenset({"/ok", "/", "/info", "/metrics", "/docs", "/openapi.json"})
_KEY = "mockgraph.access"


class Authenticating:
    """ASGI middleware that says in the scope what the caller may do."""

    def __init__(self, app: ASGIApp, namespace: Namespace) -> None:
        self.app = app
        self.namespace = namespace

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        auth = self.namespace.auth
        if auth is not None and scope["type"] in ("http", "websocket") and not _open(scope):
            given = {name: value.decode("utf-8", "replace") for name, value in scope["headers"]}
            scope[_KEY] = authenticated(
                auth, authorization=given.get(b"authorization"), key=given.get(b"x-api-key")
            )
        return self.app(scope, receive, send)


def _open(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    # Whoever controls the server is not one of its users.
    return (path in _OPEN and scope.get("method") in ("GET", "HEAD")) or path.startswith(CONTROL)


def access_of(scope: Scope) -> Access | None:
    """What the caller may do; None where nobody asks."""
    access: Access | None = scope.get(_KEY)
    return access
