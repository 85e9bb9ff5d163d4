"""Starlette's router, asked once for each path without parameters: those are the ones that are called most."""

from collections.abc import Awaitable

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Remembering:
    """ASGI app that routes as `router` does, and remembers which route a plain path led to."""

    def __init__(self, router: Router) -> None:
        self._router: ASGIApp = router
        self._found: dict[tuple[str, str], Route] = {}  # by method and path: one for each route at the most

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            route = self._found.get((scope["method"], _path(scope)))
            if route is not None:
                scope["endpoint"], scope["path_params"] = route.endpoint, {}
                return route.app(scope, receive, send)
        return self._asked(scope, receive, send)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # the router then raises what it refuses
        await self._router(scope, receive, send)
        if scope["type"] != "http":
            return
        route = scope.get("route")
        if (
            isinstance(route, Route)
            and route.path == _path(scope)
            and scope["method"] in (route.methods or ())
        ):
            self._found[scope["method"], _path(scope)] = route


def _path(scope: Scope) -> str:
    """The path as routes know it: without where the app is mounted."""
    path: str = scope["path"]
    mounted = scope.get("root_path")
    return path.removeprefix(mounted) if mounted else path
