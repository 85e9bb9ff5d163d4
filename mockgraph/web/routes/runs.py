"""Runs: created in the background, as a stream, as a wait or in a batch, on a thread or without; listed and read."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.backend import search
from mockgraph.backend.access import allowed
from mockgraph.backend.json import dumps
from mockgraph.backend.runs import COLUMNS, Description
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Begun, Runner
from mockgraph.web import sse
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read
from mockgraph.web.faults import arming, bodies, struck_late
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url, place_of, run_of, uuid_of
from mockgraph.words.errors import Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's runs; the more specific path first."""
    reading = Reading(runner)
    return [
        Route("/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/runs/wait", Waiting(runner), methods=["POST"]),
        Route("/runs/batch", Batch(runner), methods=["POST"]),
        Route("/runs", Background(runner), methods=["POST"]),
        # langgraph-api 0.16.7: of a path with several routes, the first tells the methods in a 405.
        Route("/threads/{thread_id}/runs", Background(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs", reading.list, methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}", reading.get, methods=["GET"]),
        Route("/threads/{thread_id}/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs/wait", Waiting(runner), methods=["POST"]),
    ]


class _Creating:
    """An ASGI endpoint that creates a run from its request."""

    background = False
    streamed = False
    schemas = ("RunCreateStreamingStateless", "RunCreateStreamingStateful")

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.heartbeat = runner.namespace.options.heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read(scope, receive)
        thread_id = scope["path_params"].get("thread_id")
        data = parsed(body, self.schemas[thread_id is not None])
        asked = f"{scope['method']} {scope['path']}"
        request = RunRequest(
            asked, body, data, scope["headers"], thread_id, access_of(scope), entry=entry_of(scope)
        )
        begun = self.runner.begin(
            request, api_url=api_url(scope), background=self.background, streamed=self.streamed
        )
        await self.answer(begun, request, scope, receive, send)

    async def answer(
        self, begun: Begun, request: RunRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        raise NotImplementedError


class Streaming(_Creating):
    """`…/runs/stream`: the run's parts as they come."""

    streamed = True

    async def answer(
        self, begun: Begun, request: RunRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        run = place_of(begun.run, stateful=request.thread_id is not None)
        await sse.begin_stream(send, sse.places(f"{run}/stream", run))
        if begun.live is None:
            await sse.write(send, begun.parts)
            return
        parts = bodies(
            begun.live.log.follow(),
            numbered=bool(request.data.get("stream_resumable")),
            arming=arming(scope, receive, self.runner.namespace),
        )
        stayed = await sse.follow(
            send, receive, parts, heartbeat=self.heartbeat, timeline=self.runner.namespace.timeline
        )
        if not stayed and request.data.get("on_disconnect") == "cancel":
            self.runner.left(begun.live)


class Waiting(_Creating):
    """`…/runs/wait`: the run's last values."""

    async def answer(
        self, begun: Begun, request: RunRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        run = place_of(begun.run, stateful=True)
        await sse.begin_wait(send, sse.places(f"{run}/join", run))
        thread = begun.thread if request.thread_id is not None else None
        if begun.live is None:
            await sse.write(send, [begun.outcome.waited(thread)])
            return
        live = begun.live

        async def result() -> bytes:
            return (await begun.over()).waited(thread)

        stayed = await sse.wait(
            struck_late(live.log, scope, receive, send, self.runner.namespace),
            receive,
            result(),
            heartbeat=self.heartbeat,
            timeline=self.runner.namespace.timeline,
        )
        if not stayed and request.data.get("on_disconnect") == "cancel":
            self.runner.left(live)


class Background(_Creating):
    """`…/runs`: the run as it waits."""

    background = True
    schemas = ("RunCreateStateless", "RunCreateStateful")

    async def answer(
        self, begun: Begun, request: RunRequest, scope: Scope, receive: Receive, send: Send
    ) -> None:
        where = {"content-location": place_of(begun.run, stateful=request.thread_id is not None)}
        response = json(Description(begun.run).wire(), headers=where)
        await response({"type": "http"}, receive, send)


class Batch:
    """`POST /runs/batch`: stateless runs in the background, each as it waits."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read(scope, receive)
        told: list[Any] = []
        refused: list[Refusal] = []
        shared: str | None = None
        for data in parsed(body, "RunBatchCreate"):
            request = RunRequest(
                "POST /runs/batch",
                dumps(data),
                data,
                scope["headers"],
                access=access_of(scope),
                entry=entry_of(scope),
            )
            try:
                begun = self.runner.begin(
                    request, api_url=api_url(scope), request_id=shared, background=True, late=True
                )
            except Refusal as refusal:
                refused.append(refusal)
                continue
            # langgraph-api 0.16.7: one request, one id of it.
            shared = begun.run.request_id = Description(begun.run).request_id
            told.append(Description(begun.run).wire())
        if refused:
            # langgraph-api 0.16.7: the others run all the same.
            raise refused[0]
        await json(told)(scope, receive, send)


class Reading:
    """Lists and single runs."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def list(self, request: Request) -> Response:
        """`GET …/runs`: newest first, without pagination headers."""
        query, thread_id = request.query_params, uuid_of(request.path_params["thread_id"], "thread")
        try:
            limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        select = query.getlist("select")
        if unknown := [column for column in select if column not in COLUMNS]:
            expected = ", ".join(map(repr, sorted(COLUMNS)))  # langgraph-api 0.16.7: a Python set, printed
            raise Refusal(422, f"Invalid select columns: {unknown}. Expected: {{{expected}}}")
        seen = allowed(access_of(request.scope), "threads", "read")
        thread = self.runner.namespace.threads.get(thread_id, seen=seen)
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
        run = run_of(self.runner, request.scope)
        answer = json(Description(run).wire())
        self.runner.look(run.thread_id)
        return answer


def _end(offset: int, limit: int) -> int | None:
    """langgraph-api 0.16.7: a Python slice, so that -1 is all but the last."""
    return limit if limit < 0 else offset + limit
