"""The app: every route of one namespace, its middleware and its ways to refuse, composed in one place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from mockgraph.runtime.namespaces import Namespace, Options
from mockgraph.runtime.runner import Runner
from mockgraph.script.loading import load
from mockgraph.web import planned
from mockgraph.web.answers import crashed, not_routed, refused
from mockgraph.web.cors import Cors
from mockgraph.web.routes import assistants, runs, system, threads
from mockgraph.words.errors import Refusal


def create_app(*paths: str | Path, deterministic: bool = False) -> Starlette:
    """An ASGI app that answers with these fixtures (files or folders), for people who mount or serve it themselves.

    With `deterministic` the same requests get the same bytes: ids, times, order. Raises FixtureError.
    """
    return app_of(Namespace(load(paths), options=Options(deterministic=deterministic)))


def app_of(namespace: Namespace) -> Starlette:
    """The app of a namespace."""
    runner = Runner(namespace)
    handlers: Mapping[Any, Any] = {Refusal: refused, HTTPException: not_routed, Exception: crashed}
    built = [
        *runs.routes(runner),
        *threads.routes(runner),
        *assistants.routes(runner),
        *system.routes(runner),
    ]
    middleware: Sequence[Middleware] = [Middleware(Cors)]
    app = Starlette(routes=[*built, *planned.routes()], middleware=middleware, exception_handlers=handlers)
    app.state.namespace = namespace
    return app
