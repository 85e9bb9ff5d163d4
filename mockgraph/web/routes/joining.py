"""Following runs that somebody else began: their result, their stream, the stream of a whole thread."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.backend.json import dumps, loads
from mockgraph.backend.runs import Run
from mockgraph.runtime import repeating
from mockgraph.runtime.live import NOT_FOUND, LiveRun
from mockgraph.runtime.runner import Runner
from mockgraph.runtime.stream_log import Part, Tape
from mockgraph.runtime.telling import encoded, joined
from mockgraph.web import sse
from mockgraph.web.faults import Makes, arming
from mockgraph.web.paths import flag, hidden, named, run_if_there
from mockgraph.web.sse import Arming
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

# The real server looks for a run that is over (or unknown) in a store that it polls.
_ABSENT = 0.5  # seconds; langgraph-api 0.16.7


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of whoever follows."""
    return [
        Route("/threads/{thread_id}/runs/{run_id}/join", Joining(runner), methods=["GET"]),
        Route("/threads/{thread_id}/runs/{run_id}/stream", JoiningStream(runner), methods=["GET"]),
        Route("/threads/{thread_id}/stream", JoiningThread(runner), methods=["GET"]),
    ]


# langgraph-api 0.16.7: what is another's is not there, and said inside a 200 like what is not.
_NO_THREAD = encoded(("error", {"error": "HTTPException", "message": "404: Thread not found"}))[1]


class _Following:
    """An ASGI endpoint whose answer lasts as long as a run."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.heartbeat = runner.namespace.options.heartbeat

    def live(self, run: Run | None) -> LiveRun | None:
        return self.runner.namespace.live.get(run.run_id) if run is not None else None


class Joining(_Following):
    """`GET …/join`: the run's result, when it is there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        params = scope["path_params"]
        if scope["method"] == "HEAD":
            await _begin_only(send, sse.begin_wait, named(params, "join"))
            return
        run = run_if_there(self.runner, params)
        if hidden(self.runner, scope, "read"):
            raise Refusal(404, "Thread not found")
        live = self.live(run)
        await sse.begin_wait(send, named(params, "join"))
        stayed = await sse.wait(
            send,
            receive,
            self._result(run, live),
            heartbeat=self.heartbeat,
            timeline=self.runner.namespace.timeline,
        )
        if not stayed and live is not None and flag(scope, "cancel_on_disconnect"):
            self.runner.left(live)

    async def _result(self, run: Run | None, live: LiveRun | None) -> bytes:
        if live is not None:
            self.runner.look(live.thread.thread_id)
            await live.ended.wait()
            return live.outcome.waited(live.thread)
        await asyncio.sleep(_ABSENT)
        thread = self.runner.namespace.threads.find(run.thread_id) if run else None
        return dumps({"__error__": NOT_FOUND}) if thread is None else joined(thread)


class JoiningStream(_Following):
    """`GET …/stream`: what the run's stream says from now on, or behind what the client saw last."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        params, request = scope["path_params"], Request(scope)
        if scope["method"] == "HEAD":
            await _begin_only(send, sse.begin_stream, named(params, "stream"))
            return
        run = run_if_there(self.runner, params)
        foreign = hidden(self.runner, scope, "read")
        live = self.live(run)
        await sse.begin_stream(send, named(params, "stream"))
        if foreign:
            await sse.write(send, [_NO_THREAD])
            return
        bodies = self._bodies(
            run,
            live,
            arming(scope, receive, self.runner.namespace),
            wanted_modes(request.query_params.getlist("stream_mode")),
            request.headers.get("last-event-id"),
        )
        stayed = await sse.follow(
            send, receive, bodies, heartbeat=self.heartbeat, timeline=self.runner.namespace.timeline
        )
        if not stayed and live is not None and flag(scope, "cancel_on_disconnect"):
            self.runner.left(live)

    async def _bodies(
        self,
        run: Run | None,
        live: LiveRun | None,
        arming: Makes,
        wanted: frozenset[str],
        last: str | None,
    ) -> AsyncIterator[bytes | Arming]:
        if run is None:
            await asyncio.sleep(_ABSENT)
            yield encoded(("error", NOT_FOUND))[1]
            return
        numbered = repeating.resumable(run)
        seen = repeating.last_seen(last) if numbered else None
        parts = self._ended(run, seen) if live is None else self._going(run, live, seen)
        async for part in parts:
            if part.fault is not None:
                if part.fault.strike():
                    yield arming(part.fault.fault)
            elif shows(wanted, part.event):
                yield part.numbered if numbered else part.body

    async def _ended(self, run: Run, seen: repeating.Position | None) -> AsyncIterator[Part]:
        parts = repeating.parts_of(run) if seen is not None else []
        missed = [] if seen is None else list(repeating.behind(parts, seen, run))
        if not missed and (not parts or seen == repeating.EVERYTHING):
            await asyncio.sleep(_ABSENT)
        for part in missed:
            yield part

    async def _going(self, run: Run, live: LiveRun, seen: repeating.Position | None) -> AsyncIterator[Part]:
        held = not live.release.is_set()
        told = 0 if held else len(live.log)
        self.runner.look(live.thread.thread_id)
        if seen is not None:
            for part in repeating.behind(live.log.parts[:told], seen, run):
                yield part
        async for part in live.log.follow(told):
            yield part


class JoiningThread(_Following):
    """`GET /threads/{thread_id}/stream`: every run of the thread, one after the other, without end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        modes = thread_modes(request.query_params.getlist("stream_modes"))
        seen = repeating.last_seen_of_thread(request.headers.get("last-event-id"))
        thread_id = canonical(scope["path_params"]["thread_id"])
        if thread_id is None:
            raise Refusal(422, "Invalid thread ID: must be a UUID")
        if scope["method"] == "HEAD":
            await _begin_only(send, sse.begin_stream, [])
            return
        foreign = hidden(self.runner, scope, "read")
        await sse.begin_stream(send, [])
        if foreign:
            await sse.write(send, [_NO_THREAD])
            return
        tapes = self.runner.namespace.tapes
        tape = tapes.setdefault(thread_id, Tape())
        tape.followers += 1
        try:
            parts = self._bodies(thread_id, tape, modes, seen)
            await sse.follow(
                send, receive, parts, heartbeat=self.heartbeat, timeline=self.runner.namespace.timeline
            )
        finally:
            tape.followers -= 1
            if not tape.followers and tapes.get(thread_id) is tape:
                del tapes[thread_id]

    async def _bodies(
        self, thread_id: str, tape: Tape, modes: frozenset[str], seen: repeating.Position | None
    ) -> AsyncIterator[bytes]:
        namespace = self.runner.namespace
        position = len(tape)
        thread = namespace.threads.find(thread_id)
        if thread is not None and seen is not None:
            for part in repeating.parts_of_thread(namespace, thread, seen):
                if thread_shows(modes, part):
                    yield part.numbered
        self.runner.look(thread_id)
        async for part in tape.follow(position):
            if thread_shows(modes, part):
                yield part.numbered


async def _begin_only(send: Send, begin: Any, where: sse.RawHeaders) -> None:
    """The headers of a long answer without its body: HEAD."""
    await begin(send, where)
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


THREAD_MODES = ("run_modes", "lifecycle", "state_update")


def thread_modes(asked: list[str]) -> frozenset[str]:
    """What a thread's stream shows: a list with commas, of repeated ones the last; raises Refusal."""
    if not asked or not asked[-1]:
        return frozenset({"run_modes"})
    modes = [mode.strip() for mode in asked[-1].split(",")]
    for mode in modes:
        if mode not in THREAD_MODES:
            raise Refusal(422, f"Invalid stream mode: {mode}")
    return frozenset(modes)


def thread_shows(modes: frozenset[str], part: Part) -> bool:
    """Whether a thread's stream shows a part."""
    if part.event == "state_update":
        return "state_update" in modes
    return "run_modes" in modes or ("lifecycle" in modes and part.event == "metadata")
