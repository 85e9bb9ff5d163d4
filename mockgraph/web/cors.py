"""Cross-origin requests: what every answer says of them, and preflights.

langgraph-api 0.16.7: any origin may call, whatever headers it asks for are allowed, and every answer varies by
origin. Bytes and order of the headers are the real server's.
"""

from mockgraph.web.sse import RawHeaders
from mockgraph.words.vocabulary import HTTP_METHODS

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


def added(asked: RawHeaders, *, options: bool) -> RawHeaders:
    """The headers that the answer to a request has besides its own."""
    more = [_ALLOW, _EXPOSE, _VARY] if b"origin" in dict(asked) else [_VARY]
    return [*more, _PRIVATE] if options else more


def preflight(asked: RawHeaders) -> tuple[int, RawHeaders, bytes] | None:
    """The answer to a preflight: status, headers and body; None for what is none."""
    given = dict(asked)
    method = given.get(b"access-control-request-method")
    if method is None or b"origin" not in given:
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
