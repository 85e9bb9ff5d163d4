"""Cross-origin headers on every answer, and preflights answered before any route is looked up.

Around everything else as it is, it also tells the journal what was asked and how the answer ended, and whoever counts
answers of each that a route gave.

langgraph-api 0.16.7: any origin may call, whatever headers it asks for are allowed, and every answer varies by
origin. Bytes and order of the headers are the real server's.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockgraph.runtime.journal import Entry
from mockgraph.words.vocabulary import HTTP_METHODS

RawHeaders = list[tuple[bytes, bytes]]

_VARY = (b"vary", b"Origin")
_ALLOW = (b"access-control-allow-origin", b"*")
_EXPOSE = (
    b"access-control-expose-headers",
    b"x-pagination-total, x-pagination-next, content-location",
)
_PRIVATE = (b"access-control-allow-private-network", b"true")
_PRIVATE_ASKED = b"access-control-request-private-network"
_VARY_ON = (
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Private-Network",
)
_VARY_PREFLIGHT = (b"vary", ", ".join(_VARY_ON).encode())


class Cors:
    """ASGI middleware around the whole app."""

    def __init__(
        self, app: ASGIApp, *, noted: Callable[[Scope], Entry], seen: Callable[[Scope, int], None]
    ) -> None:
        self.app = app
        self.noted = noted
        self.seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            entry = self.noted(scope)
            try:
                await self.app(scope, receive, send)
            finally:
                if entry.ended == "open":
                    entry.ended = "complete"
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked: RawHeaders = scope["headers"]
        cross = b"origin" in dict(asked)
        options = scope["method"] == "OPTIONS"
        if options and cross and (preflight := _preflight(asked)):
            status, headers, body = preflight
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        more: RawHeaders = [_ALLOW, _EXPOSE, _VARY] if cross else [_VARY]
        if options:
            more.append(_PRIVATE)
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


def _preflight(asked: RawHeaders) -> tuple[int, RawHeaders, bytes] | None:
    """The answer to a preflight: status, headers and body; None for what is none."""
    given = dict(asked)
    method = given.get(b"access-control-request-method")
    if method is None:
        return None
    disallowed = [] if method.decode("latin-1") in HTTP_METHODS else ["method"]
    if _PRIVATE_ASKED in given:
        disallowed.append("private-network")
    body = f"Disallowed CORS {', '.join(disallowed)}".encode() if disallowed else b"OK"
    headers = [
        _VARY_PREFLIGHT,
        _ALLOW,
        (b"access-control-allow-methods", ", ".join(HTTP_METHODS).encode()),
        (b"access-control-max-age", b"600"),
    ]
    wanted = given.get(b"access-control-request-headers")
    if wanted is not None:
        headers.append((b"access-control-allow-headers", wanted))
    length = (b"content-length", str(len(body)).encode())
    headers += [length, (b"content-type", b"text/plain; charset=utf-8"), _PRIVATE]
    return (400 if disallowed else 200), headers, body
