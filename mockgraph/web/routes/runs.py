"""Runs: created in the background, as a stream or as a wait, on a thread or without; read; joined."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.backend import search
from mockgraph.backend.json import dumps, loads
from mockgraph.backend.runs import COLUMNS, Description, Run
from mockgraph.engine import facts
from mockgraph.runtime.live import LiveRun
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Begun, Runner
from mockgraph.runtime.stream_log import Numbers, Part, after
from mockgraph.runtime.telling import encoded, joined, tell
from mockgraph.web import sse
from mockgraph.web.answers import json
from mockgraph.web.bodies import Disconnected, parsed, read
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

# The real server looks for a run that is over (or unknown) in a store that it polls.
_ABSENT = 0.5  # seconds; langgraph-api 0.16.7


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's runs; the more specific path first."""
    reading, cancelling = Reading(runner), Cancelling(runner)
    return [
        Route("/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/runs/wait", Waiting(runner), methods=["POST"]),
        Route("/runs/batch", cancelling.batch, methods=["POST"]),
        Route("/runs/cancel", cancelling.many, methods=["POST"]),
        Route("/runs", Background(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs/stream", Streaming(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs/wait", Waiting(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs", Background(runner), methods=["POST"]),
        Route("/threads/{thread_id}/runs", reading.list, methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}", reading.get, methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}", cancelling.delete, methods=["DELETE"]),
        Route("/threads/{thread_id}/runs/{run_id}/cancel", Endpoint(cancelling.one), methods=["POST"]),
        Route("/threads/{thread_id}/runs/{run_id}/join", Joining(runner), methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}/stream", JoiningStream(runner), methods=["GET"]),
    ]


class Endpoint:
    """A method as an ASGI endpoint: Starlette takes bare functions for request handlers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Creating:
    """An ASGI endpoint that creates a run from its request."""

    background = False
    streamed = False
    schemas = ("RunCreateStreamingStateless", "RunCreateStreamingStateful")

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.heartbeat = runner.namespace.options.heartbeat

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
            return
        parts = _bodies(begun.live.log.follow(), numbered=bool(request.data.get("stream_resumable")))
        stayed = await sse.follow(send, receive, parts, heartbeat=self.heartbeat)
        if not stayed and request.data.get("on_disconnect") == "cancel":
            self.runner.left(begun.live)


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

        stayed = await sse.wait(send, receive, result(), heartbeat=self.heartbeat)
        if not stayed and request.data.get("on_disconnect") == "cancel":
            self.runner.left(live)


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
        live = self.runner.namespace.live.get(run.run_id) if run else None
        await sse.begin_wait(send, _named(params, "join"))
        heartbeat = self.runner.namespace.options.heartbeat
        stayed = await sse.wait(send, receive, self._result(run, live), heartbeat=heartbeat)
        if not stayed and live is not None and cancels(scope):
            self.runner.left(live)

    async def _result(self, run: Run | None, live: LiveRun | None) -> bytes:
        if live is not None:
            self.runner.look(live.thread.thread_id)
            await live.ended.wait()
            return live.outcome.waited(live.thread)
        await asyncio.sleep(_ABSENT)
        thread = self.runner.namespace.threads.find(run.thread_id) if run else None
        return sse.not_found_body() if thread is None else joined(thread)


class JoiningStream:
    """`GET …/stream`: what the run's stream says from now on, or from behind what the client saw last."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await begin_only(send, scope, sse.begin_stream, "stream")
            return
        params, request = scope["path_params"], Request(scope)
        run = _found(self.runner, params, strict=False)
        live = self.runner.namespace.live.get(run.run_id) if run else None
        wanted = wanted_modes(request.query_params.getlist("stream_mode"))
        last = request.headers.get("last-event-id")
        await sse.begin_stream(send, _named(params, "stream"))
        parts = self._bodies(run, live, wanted, last)
        heartbeat = self.runner.namespace.options.heartbeat
        stayed = await sse.follow(send, receive, parts, heartbeat=heartbeat)
        if not stayed and live is not None and cancels(scope):
            self.runner.left(live)

    async def _bodies(
        self, run: Run | None, live: LiveRun | None, wanted: frozenset[str], last: str | None
    ) -> AsyncIterator[bytes]:
        if run is None:
            await asyncio.sleep(_ABSENT)
            yield encoded(("error", sse.not_found()))[1]
            return
        resumable = bool(Description(run).request.get("stream_resumable"))
        seen = last_seen(last) if resumable else None
        if live is None:
            repeated = list(stored_parts(run, seen)) if seen is not None else []
            if not repeated and (seen is None or seen == NEVER or not ended_at(run, seen)):
                await asyncio.sleep(_ABSENT)
            for part in repeated:
                if shows(wanted, part.event):
                    yield part.numbered
            return
        held = not live.release.is_set()
        self.runner.look(live.thread.thread_id)
        position = 0 if held or seen is not None else len(live.log)
        behind = len(live.log)
        async for part in live.log.follow(position):
            if seen is not None:
                position += 1
                if not after(part.id, seen) or (position <= behind and not stored(part.event, run)):
                    continue
            if shows(wanted, part.event):
                yield part.numbered if resumable else part.body


class Cancelling:
    """Cancelling runs, deleting them, making several at once."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def one(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`POST …/cancel`."""
        params, query = scope["path_params"], Request(scope).query_params
        thread_id, run_id = ids_of(params)
        action = query.get("action") or "interrupt"
        self.runner.cancel(thread_id, [run_id], action=action)
        if not truthy(query.get("wait")):
            await Response(status_code=202)(scope, receive, send)
            return
        await sse.begin_wait(send, _named(params, "join"))
        await sse.write(send, [b"{}"])

    async def many(self, request: Request) -> Response:
        """`POST /runs/cancel`."""
        data = parsed(await request.body(), "RunsCancel")
        action = request.query_params.get("action") or "interrupt"
        status, thread_id, named = data.get("status"), data.get("thread_id"), data.get("run_ids")
        if status is not None:
            if thread_id is not None or named is not None:
                raise Refusal(422, _STATUS_ALONE)
            wanted = ("pending", "running") if status == "all" else (status,)
            live = self.runner.namespace.live.values()
            named = [one.run.run_id for one in live if one.run.status in wanted]
        else:
            thread_id = uuid_of(thread_id, "thread")
            named = [uuid_of(run_id, "run") for run_id in named or ()]
        self.runner.cancel(thread_id, named, action=action)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """`DELETE …/runs/{run_id}`."""
        thread_id, run_id = ids_of(request.path_params)
        run = self.runner.namespace.runs.get(run_id)
        if run is None or run.thread_id != thread_id:
            raise Refusal(404, "Run not found")
        self.runner.delete(run)
        return Response(status_code=204)

    async def batch(self, request: Request) -> Response:
        """`POST /runs/batch`: stateless runs in the background, each as it waits."""
        body = await request.body()
        told = []
        for data in parsed(body, "RunBatchCreate"):
            one = RunRequest("POST /runs/batch", dumps(data), data, request.scope["headers"])
            begun = self.runner.begin(one, api_url=api_url(request.scope), background=True, late=True)
            told.append(Description(begun.run, data).wire())
        return json(told)


_STATUS_ALONE = (
    "When providing a 'status', 'thread_id' and 'run_ids' must be omitted. The 'status' parameter cancels all runs "
    "with the given status, regardless of thread or run ID."
)


def truthy(text: str | None) -> bool:
    """langgraph-api 0.16.7: what a flag in a query may say for yes."""
    return text is not None and text.lower() in ("true", "1", "yes")


def cancels(scope: Scope) -> bool:
    """Whether whoever joins takes the run along when leaving."""
    return truthy(Request(scope).query_params.get("cancel_on_disconnect"))


# --- streams that come back --------------------------------------------------------------------------------

# Behind everything: what has been seen by a client that comes for the first time.
NEVER = (-1, -1)
_FROM_THE_START = ("-1", "-", "0", "0-0", "$")


def last_seen(last: str | None) -> tuple[int, int] | None:
    """Where a client left off, from its Last-Event-ID; None where it says nothing."""
    if not last:
        return None
    if last in _FROM_THE_START:
        return NEVER
    milliseconds, _, number = last.partition("-")
    if not milliseconds.isdecimal() or not (number or "0").isdecimal():
        return (2**62, 0)
    return int(milliseconds), int(number or 0)


def stored(event: str, run: Run) -> bool:
    """Whether a resumable stream can repeat an event: metadata, and the modes that were asked for by their names."""
    base = event.partition("|")[0]
    modes = {"messages" if mode == "messages-tuple" else mode for mode in Description(run).modes}
    return base == "metadata" or base in modes


def parts_of(run: Run) -> Iterator[Part]:
    """The parts of a run that is over, made again from its script."""
    numbers = Numbers(run.start)
    told = tell(run, Description(run).request)
    for fact, parts in islice(told, run.told):
        for part in parts:
            yield Part(*encoded(part), numbers.next())
        if type(fact) is facts.Wait:
            numbers.wait(fact.seconds)


def stored_parts(run: Run, seen: tuple[int, int]) -> Iterator[Part]:
    """What a resumable stream repeats behind what a client has seen."""
    if run.started:
        for part in parts_of(run):
            if after(part.id, seen) and stored(part.event, run):
                yield part


def ended_at(run: Run, seen: tuple[int, int]) -> bool:
    """Whether a client has seen all that there is, and nothing that there is not."""
    return run.started and any(not after(part.id, seen) for part in parts_of(run)) and seen < (2**62, 0)


async def _bodies(parts: AsyncIterator[Part], *, numbered: bool) -> AsyncIterator[bytes]:
    async for part in parts:
        yield part.numbered if numbered else part.body


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


def uuid_of(text: str | None, what: str) -> str:
    """An id in its usual spelling; refuses what is none."""
    known = canonical(text or "")
    if known is None:
        raise Refusal(422, f"Invalid {what} ID: must be a UUID")
    return known


def ids_of(params: dict[str, str]) -> tuple[str, str]:
    """The thread and the run of a path."""
    return uuid_of(params["thread_id"], "thread"), uuid_of(params["run_id"], "run")


def _found(runner: Runner, params: dict[str, str], *, strict: bool) -> Run | None:
    """The run of a path. `strict` refuses an unknown one, as reading does; following answers inside."""
    thread_id, run_id = ids_of(params)
    if strict:
        runner.namespace.threads.get(thread_id)
    run = runner.namespace.runs.get(run_id)
    if run is not None and run.thread_id == thread_id:
        return run
    if strict:
        raise Refusal(404, "Not Found")
    return None
