"""The newer thread protocol: commands, and the events of a thread as SSE and on a WebSocket."""

from collections.abc import AsyncIterator

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from mockgraph.runtime.runner import Runner
from mockgraph.web import sse
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import read, read_request
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url, hidden
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

# langchain/langgraph-sdk 1.9.0 to 1.9.2 (JavaScript) ask under the second prefix, and for the stream by another name.
PREFIXES = ("/threads/{thread_id}", "/v2/threads/{thread_id}")
_STREAMS = ("/stream/events", "/stream")


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of the protocol."""
    commands, events, socket = Commands(runner), Events(runner), Socket(runner)
    found: list[BaseRoute] = []
    for prefix, stream in zip(PREFIXES, _STREAMS, strict=True):
        found += [
            Route(f"{prefix}/commands", commands.post, methods=["POST"]),
            Route(f"{prefix}{stream}", events, methods=["POST"]),
            WebSocketRoute(f"{prefix}{stream}", socket),
        ]
    return found


class Commands:
    """`POST …/commands`: one command, and its answer."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def post(self, request: Request) -> Response:
        """Errors of the protocol are answers; only what is no command at all is refused."""
        from mockgraph.web.protocol import envelopes, posted

        body = await read_request(request)
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Refusal(400, "Invalid JSON body") from None
        try:
            command = envelopes.command_of(data)
        except envelopes.Failed as failed:
            return json(envelopes.failure(envelopes.id_of(data), failed), status=400)
        return await posted.answer(self.runner, request, command)


class Events:
    """`POST …/stream/events`: the thread's events, those that were and those that come, without end."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mockgraph.runtime.event_tapes import Follower
        from mockgraph.web.protocol.filters import Unusable, filter_of, since_of

        body = await read(scope, receive)
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise Refusal(400, "Invalid JSON body") from None
        try:
            chosen = filter_of(data)
        except Unusable as error:
            raise Refusal(400, str(error)) from None
        thread_id = canonical(scope["path_params"]["thread_id"])
        if thread_id is None or hidden(self.runner, scope, "read"):
            await sse.begin_stream(send, [])
            await send({"type": "http.response.body", "body": b""})
            return
        namespace = self.runner.namespace
        tape = namespace.events.take(thread_id)
        since, joined = since_of(data), tape.length
        follower = Follower(control=chosen.control, seen=min(since, tape.length))
        tape.followers.append(follower)
        try:
            await sse.begin_stream(send, [])
            self.runner.followed(thread_id, reading=not chosen.control)

            async def parts() -> AsyncIterator[bytes]:
                from mockgraph.runtime.event_tapes import follow

                async for item in follow(tape, thread_id, namespace, since):
                    if chosen.wants(item):
                        if item.ends and (chosen.control or item.seq > joined):
                            await tape.held(item, pace=namespace.options.pace, control=chosen.control)
                        yield item.sse
                    follower.handed(item.seq)

            await sse.follow(
                send, receive, parts(), heartbeat=namespace.options.heartbeat, timeline=namespace.timeline
            )
        finally:
            tape.let_go(follower)
            namespace.events.leave(thread_id, tape)


class Socket:
    """The WebSocket at the same path."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mockgraph.web.protocol.sockets import Session
        from mockgraph.web.protocol.starting import Asking

        foreign = hidden(self.runner, scope, "read")
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        thread_id = canonical(scope["path_params"]["thread_id"])
        if thread_id is None or foreign:
            await socket.close(1011, "thread stream ended")
            return
        namespace = self.runner.namespace
        tape = namespace.events.take(thread_id)
        asking = Asking(
            self.runner,
            thread_id,
            headers=scope["headers"],
            access=access_of(scope),
            api_url=api_url(scope),
            entry=entry_of(scope),
        )
        try:
            self.runner.followed(thread_id, reading=False)
            await Session(socket, asking, tape).run()
        finally:
            namespace.events.leave(thread_id, tape)
