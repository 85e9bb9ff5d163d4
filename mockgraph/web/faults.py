"""Which requests a fault strikes: those that it is laid over, and those that follow a run with faults in its play.

What strikes is made, and imported, when it does.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.stream_log import Part, StreamLog
from mockgraph.script.faults import Fault
from mockgraph.web.noting import entry_of, noted_graphs
from mockgraph.web.sse import Arming

Makes = Callable[[Fault], Arming]


def arming(scope: Scope, receive: Receive, namespace: Namespace) -> Makes:
    """What makes, of a fault, the function that arms a `send` with it."""

    def make(fault: Fault) -> Arming:
        from mockgraph.web.struck import Struck

        return lambda send: Struck(scope, receive, send, fault, namespace)

    return make


async def bodies(
    parts: AsyncIterator[Part], *, numbered: bool, arming: Makes
) -> AsyncIterator[bytes | Arming]:
    """The bytes of parts, and among them what strikes before the next."""
    async for part in parts:
        if part.fault is None:
            yield part.numbered if numbered else part.body
        elif part.fault.strike():
            yield arming(part.fault.fault)


def struck_late(log: StreamLog, scope: Scope, receive: Receive, send: Send, namespace: Namespace) -> Send:
    """The `send` of a wait: what struck in its run until it ended strikes its only part."""
    armed: list[Send] = []

    async def sending(message: Message) -> None:
        if not armed and message.get("body", b"").strip():
            make, own = arming(scope, receive, namespace), send
            for part in log.parts:
                if part.fault is not None and part.fault.strike():
                    own = make(part.fault.fault)(own)
            armed.append(own)
        await (armed[0] if armed else send)(message)

    return sending


class Striking:
    """ASGI middleware that lays a namespace's faults over the requests they are for."""

    def __init__(self, app: ASGIApp, namespace: Namespace) -> None:
        self.app = app
        self.namespace = namespace

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if not self.namespace.faults.laid or entry_of(scope) is None:
            # Whoever controls the server, or looks into its journal, is never struck.
            return self.app(scope, receive, send)
        return self._struck(scope, receive, send)

    async def _struck(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mockgraph.web.struck import Struck

        faults = self.namespace.faults
        if any(laid.fault.graph is not None for laid in faults.laid) and scope.get("method") == "POST":
            receive = await _read_ahead(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        strikes = faults.take(
            scope.get("method", "WEBSOCKET"), path, lambda: noted_graphs(scope, self.namespace)
        )
        if strikes is None:
            await self.app(scope, receive, send)
            return
        fault = strikes.fault
        struck = Struck(scope, receive, send, fault, self.namespace, told=lambda: faults.struck(strikes))
        try:
            if fault.at_once and await struck.instead():
                return
            await self.app(scope, receive, struck)
        finally:
            if not struck.has_struck:
                strikes.left += 1


async def _read_ahead(scope: Scope, receive: Receive) -> Receive:
    """Read the whole body, so that it can be looked at, and give it again."""
    from mockgraph.web.bodies import read

    body = await read(scope, receive)
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
