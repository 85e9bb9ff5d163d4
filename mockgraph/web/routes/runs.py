"""Runs: created in the background, as a stream or as a wait, on a thread or without; read; joined."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.backend import search
from mockgraph.backend.json import loads
from mockgraph.backend.runs import COLUMNS, Description, Run
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Begun, Runner
from mockgraph.runtime.telling import encoded, joined
from mockgraph.web import sse
from mockgraph.web.answers import json
from mockgraph.web.bodies import Disconnected, parsed, read
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

# The real server looks for a run that is over (or unknown) in a store that it polls.
_ABSENT = 0.5  # seconds; langgraph-api 0.16.7


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's runs; the more specific path first."""
    reading = Reading(runner)
    return [
        Route("/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/runs/wait", Waiting(runner), methods=["POST"]),
        Route("/runs", Background(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs/wait", Waiting(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs", Background(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs", reading.list, methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}", reading.get, methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}/join", Joining(runner), methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}/stream", JoiningStream(runner), methods=["GET"]),
    ]


class _Creating:
    """An ASGI endpoint that creates a run from its request."""

    background = False
    streamed = False
    schemas = ("RunCreateStreamingStateless", "RunCreateStreamingStateful")

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read(receive)
        except Disconnected:
            return
        thread_id = scope["path_params"].get("thread_id")
        data = parsed(body, self.schemas[thread_id is not None])
        request = RunRequest(f"{scope['method']} {scope['path']}", body, data, scope["headers"], thread_id)
        begun = self.runner.begin(
            request, api_url=api_url(scope), background=self.background, streamed=self.streamed
        )
        await self.answer(begun, request, receive, send)

    async def answer(self, begun: Begun, request: RunRequest, receive: Receive, send: Send) -> None:
        raise NotImplementedError


class Streaming(_Creating):
    """`…/runs/stream`: the run's parts as they come."""

    streamed = True

    async def answer(self, begun: Begun, request: RunRequest, receive: Receive, send: Send) -> None:
        run = _path(begun.run, stateful=request.thread_id is not None)
        await sse.begin_stream(send, sse.places(f"{run}/stream", run))
        if begun.live is None:
            await sse.write(send, begun.parts)
        else:
            await sse.follow(send, receive, begun.live.log.follow())


class Waiting(_Creating):
    """`…/runs/wait`: the run's last values."""

    async def answer(self, begun: Begun, request: RunRequest, receive: Receive, send: Send) -> None:
        run = _path(begun.run, stateful=True)
        await sse.begin_wait(send, sse.places(f"{run}/join", run))
        thread = begun.thread if request.thread_id is not None else None
        if begun.live is None:
            await sse.write(send, [begun.outcome.waited(thread)])
            return
        live = begun.live

        async def result() -> bytes:
            await live.ended.wait()
            return live.outcome.waited(thread)

        await sse.wait(send, receive, result())


class Background(_Creating):
    """`…/runs`: the run as it waits."""

    background = True
    schemas = ("RunCreateStateless", "RunCreateStateful")

    async def answer(self, begun: Begun, request: RunRequest, receive: Receive, send: Send) -> None:
        where = {"content-location": _path(begun.run, stateful=request.thread_id is not None)}
        response = json(Description(begun.run, request.data).wire(), headers=where)
        await response({"type": "http"}, receive, send)


class Reading:
    """Lists and single runs."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def list(self, request: Request) -> Response:
        """`GET …/runs`: newest first, without pagination headers."""
        thread = self.runner.namespace.threads.get(request.path_params["thread_id"])
        query = request.query_params
        try:
            limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        select = query.getlist("select")
        if unknown := [column for column in select if column not in COLUMNS]:
            raise Refusal(422, f"Invalid select columns: {unknown}. Expected: {set(COLUMNS)}")
        wanted = query.get("status")
        newest_first = sorted(thread.runs, key=lambda run: run.created_at, reverse=True)
        runs = [run for run in newest_first if wanted is None or run.status == wanted]
        found = [
            search.selected(Description(run).wire(), select) for run in runs[offset : _end(offset, limit)]
        ]
        self.runner.look(thread.thread_id)
        return json(found)

    async def get(self, request: Request) -> Response:
        """`GET …/runs/{run_id}`."""
        run = _found(self.runner, request.path_params, strict=True)
        assert run is not None
        answer = json(Description(run).wire())
        self.runner.look(run.thread_id)
        return answer


class Joining:
    """`GET …/join`: the run's result, when it is there."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await begin_only(send, scope, sse.begin_wait, "join")
            return
        params = scope["path_params"]
        run = _found(self.runner, params, strict=False)
        await sse.begin_wait(send, _named(params, "join"))
        await sse.wait(send, receive, self._result(run))

    async def _result(self, run: Run | None) -> bytes:
        live = self.runner.namespace.live.get(run.run_id) if run else None
        if live is not None:
            self.runner.look(live.thread.thread_id)
            await live.ended.wait()
            return live.outcome.waited(live.thread)
        await asyncio.sleep(_ABSENT)
        thread = self.runner.namespace.threads.find(run.thread_id) if run else None
        return sse.not_found_body() if thread is None else joined(thread)


class JoiningStream:
    """`GET …/stream`: what the run's stream says from now on."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await begin_only(send, scope, sse.begin_stream, "stream")
            return
        params = scope["path_params"]
        run = _found(self.runner, params, strict=False)
        wanted = wanted_modes(Request(scope).query_params.getlist("stream_mode"))
        await sse.begin_stream(send, _named(params, "stream"))
        await sse.follow(send, receive, self._parts(run, wanted))

    async def _parts(self, run: Run | None, wanted: frozenset[str]) -> AsyncIterator[tuple[str, bytes]]:
        live = self.runner.namespace.live.get(run.run_id) if run else None
        if live is None:
            await asyncio.sleep(_ABSENT)
            if run is None:
                yield encoded(("error", sse.not_found()))
            return
        held = not live.release.is_set()
        self.runner.look(live.thread.thread_id)
        async for event, part in live.log.follow(0 if held else len(live.log)):
            if shows(wanted, event):
                yield event, part


async def begin_only(send: Send, scope: Scope, begin: Any, name: str) -> None:
    """The headers of a long answer without its body: HEAD."""
    await begin(send, _named(scope["path_params"], name))
    await send({"type": "http.response.body", "body": b""})


def wanted_modes(asked: list[str]) -> frozenset[str]:
    """The event names that a join filters by; none: all. langgraph-api 0.16.7: of repeated ones the last counts."""
    if not asked or not asked[-1]:
        return frozenset()
    last = asked[-1]
    if last.startswith("["):
        try:
            modes = loads(last)
        except ValueError:
            modes = [last]
        return frozenset(map(str, modes))
    return frozenset({last})


def shows(wanted: frozenset[str], event: str) -> bool:
    """Whether a join with this filter shows an event."""
    if not wanted or event in wanted or event.partition("|")[0] in wanted:
        return True
    return event.startswith("messages") and not wanted.isdisjoint(("messages", "messages-tuple"))


def api_url(scope: Scope) -> str:
    """The server's own address, as run metadata names it."""
    host, port = scope.get("server") or ("127.0.0.1", None)
    return f"http://{host}:{port}" if port else f"http://{host}"


def _end(offset: int, limit: int) -> int | None:
    """langgraph-api 0.16.7: a Python slice, so that -1 is all but the last."""
    return limit if limit < 0 else offset + limit


def _path(run: Run, *, stateful: bool) -> str:
    return f"/threads/{run.thread_id}/runs/{run.run_id}" if stateful else f"/runs/{run.run_id}"


def _named(params: dict[str, str], name: str) -> sse.RawHeaders:
    run = f"/threads/{params['thread_id']}/runs/{params['run_id']}"
    return sse.places(f"{run}/{name}", run)


def _found(runner: Runner, params: dict[str, str], *, strict: bool) -> Run | None:
    """The run of a path. `strict` refuses an unknown one, as reading does; following answers inside."""
    thread_id, run_id = canonical(params["thread_id"]), canonical(params["run_id"])
    if thread_id is None:
        raise Refusal(422, "Invalid thread ID: must be a UUID")
    if run_id is None:
        raise Refusal(422, "Invalid run ID: must be a UUID")
    if strict:
        runner.namespace.threads.get(thread_id)
    run = runner.namespace.runs.get(run_id)
    if run is not None and run.thread_id == thread_id:
        return run
    if strict:
        raise Refusal(404, "Not Found")
    return None
