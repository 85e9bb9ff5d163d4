"""Credentials, kept out of whatever is shown or remembered: found by the names they go under, and then by their values."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

REDACTED = "[redacted]"
RawHeaders = Sequence[tuple[bytes, bytes]]

_NAMES = (
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "auth_key",
    "access_key",
    "private_key",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
)
_SHORTEST = 6  # characters: what is shorter stands in too many other words
_NOTHING: frozenset[str] = frozenset()
# Names that tell of an amount of tokens, not of one.
_COUNTS = ("tokens", "token_usage", "token_details", "token_count", "token_limit")


def plain(name: str) -> str:
    """A name as names are compared."""
    return name.lower().replace("-", "_")


def secret(name: str, more: Collection[str] = _NOTHING) -> bool:
    """Whether a key or header names a credential; `more` are plain names that do as well."""
    own = plain(name)
    if own in more:
        return True
    return any(word in own for word in _NAMES) and not own.endswith(_COUNTS)


def redacted(value: Any, more: Collection[str] = _NOTHING, values: Collection[str] = ()) -> Any:
    """A JSON value with every credential in it replaced: by its key, or because it is one of these `values`."""
    if isinstance(value, dict):
        return {
            scrubbed(key, values): REDACTED if item and secret(key, more) else redacted(item, more, values)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [redacted(item, more, values) for item in value]
    if isinstance(value, str):
        return without_users(scrubbed(value, values))
    return value


def scrubbed(text: str, values: Iterable[str]) -> str:
    """A text without these values."""
    for value in values:
        text = text.replace(value, REDACTED)
    return text


def credentials(headers: RawHeaders, more: Collection[str] = _NOTHING) -> list[str]:
    """The credentials in a request's headers, the longest first: those that can be told from ordinary words."""
    found: set[str] = set()
    for name, value in headers:
        own = name.decode("latin-1")
        if secret(own, more):
            text = value.decode("latin-1")
            found.add(text)
            found.update(text.split())
            if "cookie" in own.lower():
                found.update(pair.partition("=")[2].strip() for pair in text.split(";"))
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


def clean_headers(headers: RawHeaders, more: Collection[str] = _NOTHING) -> RawHeaders:
    """The headers without credentials; the same list where it has none."""
    names = [secret(name.decode("latin-1"), more) for name, _ in headers]
    if not any(names):
        return headers
    hidden = REDACTED.encode()
    return [(name, hidden if own else value) for (name, value), own in zip(headers, names, strict=True)]


def clean_query(query: bytes, more: Collection[str] = _NOTHING, values: Iterable[str] = ()) -> str:
    """A query string without credentials."""
    pairs = []
    for pair in query.decode("latin-1").split("&") if query else ():
        name, equals, value = pair.partition("=")
        pairs.append(f"{name}={REDACTED}" if value and secret(name, more) else f"{name}{equals}{value}")
    return scrubbed("&".join(pairs), values)


def clean_url(url: str) -> str:
    """A URL without user, password, and what its query says in confidence."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return REDACTED
    user = f"{REDACTED}@" if "@" in parts.netloc else ""
    query = clean_query(parts.query.encode("latin-1", "replace"))
    return urlunsplit((parts.scheme, user + host, parts.path, query, ""))


def suspect(body: bytes) -> bool:
    """Whether there may be anything to redact in the bytes of a JSON value."""
    small = body.lower()
    # Written out: every body of every request goes through here.
    return (
        b"key" in small
        or b"auth" in small
        or b"token" in small
        or b"secret" in small
        or b"cookie" in small
        or b"passw" in small
        or b"credential" in small
        or b"://" in small
        or b"\\u00" in small
    )


_WITH_USER = re.compile(r"(\w+://)[^/\s\"'@]+@")


def without_users(text: str) -> str:
    """A text whose URLs name no users."""
    return _WITH_USER.sub(rf"\1{REDACTED}@", text) if "@" in text else text
