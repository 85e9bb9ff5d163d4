"""The faults of a play, as they reach whoever follows its run: what strikes is made when it does."""

from collections.abc import AsyncIterator, Callable

from starlette.types import Message, Receive, Scope, Send

from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.stream_log import Part, StreamLog
from mockgraph.script.faults import Fault
from mockgraph.web.sse import Arming

Makes = Callable[[Fault], Arming]


def arming(scope: Scope, receive: Receive, namespace: Namespace) -> Makes:
    """What makes, of a fault, the function that arms a `send` with it."""

    def make(fault: Fault) -> Arming:
        from mockgraph.web.striking import Struck

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
