"""What stands around the whole app: every request is noted as it comes and as its answer ends, and every answer is counted
and told to whom of other origins it may be shown. One wrapper of `send` for all of it: each costs as much as a superstep.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockgraph.runtime.journal import Entry
from mockgraph.web.cors import added, preflight


class Answering:
    """ASGI middleware: `noted` gives a request's entry in the journal, `seen` counts an answer by its status."""

    def __init__(
        self, app: ASGIApp, *, noted: Callable[[Scope], Entry], seen: Callable[[Scope, int], None]
    ) -> None:
        self.app = app
        self.noted = noted
        self.seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        options = scope["method"] == "OPTIONS"
        if options and (answer := preflight(scope["headers"])):
            status, headers, body = answer
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        more = added(scope["headers"], options=options)
        entry = self.noted(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = entry.status = message["status"]
                self.seen(scope, status)
                if status != 500:
                    message["headers"] = [*message["headers"], *more]
            elif not message.get("more_body"):
                entry.ended = "complete"
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            entry.status = entry.status or 500
            raise
        finally:
            if entry.ended == "open":
                entry.ended = "disconnected"

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self.noted(scope)
        try:
            await self.app(scope, receive, send)
        finally:
            if entry.ended == "open":
                entry.ended = "complete"
