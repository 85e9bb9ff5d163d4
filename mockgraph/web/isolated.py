"""Namespaces: `/ns/<name>` in front of any route is a world of its own, made at its first use."""

import re
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.runtime.namespaces import Namespace
from mockgraph.web.answers import refused
from mockgraph.words.errors import Refusal

PREFIX = "/ns/"
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,100}")


class Isolated:
    """ASGI app that hands each request to the app of its namespace; `app_of` makes one."""

    def __init__(self, root: Namespace, app_of: Callable[[Namespace], ASGIApp]) -> None:
        self._root = root
        self._app_of = app_of
        self._app = app_of(root)
        self._within: dict[str, tuple[Namespace, ASGIApp]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mounted = scope.get("root_path", "")
        if not scope.get("path", "").startswith(mounted + PREFIX):
            await self._app(scope, receive, send)
            return
        name = scope["path"][len(mounted + PREFIX) :].partition("/")[0]
        try:
            app = self._named(name)
        except Refusal as refusal:
            await refused(refusal)(scope, receive, send)
            return
        await app({**scope, "root_path": f"{mounted}{PREFIX}{name}"}, receive, send)

    def _named(self, name: str) -> ASGIApp:
        if not _NAME.fullmatch(name):
            raise Refusal(422, f"A namespace is named by letters, digits and ._~- (1 to 100), got '{name}'")
        namespace = self._root.child(name)
        known = self._within.get(name)
        if known is None or known[0] is not namespace:
            for gone in self._within.keys() - self._root.children.keys():
                del self._within[gone]
            known = self._within[name] = namespace, self._app_of(namespace)
        return known[1]
