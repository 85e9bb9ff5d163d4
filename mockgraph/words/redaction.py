"""Credentials, kept out of whatever is shown or remembered: found by the names they go under, and then by their values."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

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
    "secret_key",
    "signing_key",
    "subscription_key",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
)
_SHORTEST = 6  # characters: what is shorter stands in too many other words
_NOTHING: frozenset[str] = frozenset()
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[A-Za-z0-9_-]+")
_WITH_USER = re.compile(r"(\w+://)[^/\s\"']*@")
_IN_QUERY = re.compile(r"([?&])([^=&?#\s\"']+)=([^&#\s\"']*)")
_OF_A_CALL = re.compile(r"(invalid type for value: ).*?(, expected one of)", re.DOTALL)


def plain(name: str) -> str:
    """A name as names are compared."""
    return _CAMEL.sub("_", name).lower().replace("-", "_")


def secret(name: str, more: Collection[str] = _NOTHING) -> bool:
    """Whether a key or header names a credential; `more` are plain names that do as well."""
    own = plain(name)
    return own in more or any(word in own for word in _NAMES)


def secret_path(path: str, more: Collection[str] = _NOTHING) -> bool:
    """Whether an expression looks up anything that names a credential."""
    return any(secret(word, more) for word in _WORDS.findall(path))


def redacted(
    value: Any, more: Collection[str] = _NOTHING, values: Collection[str] = (), *, of: str = ""
) -> Any:
    """A JSON value with every credential in it replaced: by its key (`of` is that of one around), or as one of these `values`."""
    if isinstance(value, dict):
        return {
            scrubbed(key, values): redacted(item, more, values, of=key if secret(key, more) else of)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [redacted(item, more, values, of=of) for item in value]
    if isinstance(value, str):
        return (REDACTED if value else value) if of else _text(value, more, values)
    if of and value is not None and not isinstance(value, bool) and "token" not in plain(of):
        return REDACTED  # a number: of tokens, it tells how many there are
    return value


def _text(value: str, more: Collection[str], values: Collection[str]) -> str:
    """A text without credentials: in a URL, or in the JSON that it is."""
    if value[:1] in ("{", "[") and value[-1:] in ("}", "]"):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            inner = None
        if inner is not None and (clean := redacted(inner, more, values)) != inner:
            return json.dumps(clean, ensure_ascii=False)
    return clean_urls(scrubbed(value, values), more)


def scrubbed(text: str, values: Iterable[str]) -> str:
    """A text without these values."""
    for value in values:
        text = text.replace(value, REDACTED)
    return text


def clean_urls(text: str, more: Collection[str] = _NOTHING) -> str:
    """A text whose URLs name no users, and say nothing in confidence in their queries."""
    if "@" in text:
        text = _WITH_USER.sub(rf"\1{REDACTED}@", text)
    if "=" in text and ("?" in text or "&" in text):
        text = _IN_QUERY.sub(
            lambda found: (
                f"{found[1]}{found[2]}={REDACTED}" if secret(unquote_plus(found[2]), more) else found[0]
            ),
            text,
        )
    return text


def without_values(text: str) -> str:
    """What JMESPath says of a call that failed, without the value that it was called with."""
    return _OF_A_CALL.sub(rf"\1{REDACTED}\2", text)


def credentials(headers: RawHeaders, more: Collection[str] = _NOTHING) -> list[str]:
    """The credentials in a request's headers, the longest first: those that can be told from ordinary words."""
    found: set[str] = set()
    for name, value in headers:
        own = name.decode("latin-1")
        if secret(own, more):
            text = value.decode("latin-1")
            first, *rest = text.split() or [""]
            found |= {text, *(rest or [first])}  # before a blank stands how it is meant: Bearer, Basic
            if "cookie" in own.lower():
                found |= {pair.partition("=")[2].strip().strip('"') for pair in text.split(";")}
    found |= {quote(value, safe="") for value in found}
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


def clean_headers(headers: RawHeaders, more: Collection[str] = _NOTHING) -> RawHeaders:
    """The headers without credentials; the same list where it has none."""
    values = credentials(headers, more)
    clean = [(name, _clean_header(name.decode("latin-1"), value, more, values)) for name, value in headers]
    return headers if all(own[1] is value[1] for own, value in zip(clean, headers, strict=True)) else clean


def _clean_header(name: str, value: bytes, more: Collection[str], values: Collection[str]) -> bytes:
    if secret(name, more):
        return REDACTED.encode()
    if not values and b"@" not in value and b"=" not in value:
        return value
    text = value.decode("latin-1")
    clean = clean_urls(scrubbed(text, values), more)
    return value if clean == text else clean.encode("latin-1")


def clean_query(query: bytes, more: Collection[str] = _NOTHING, values: Iterable[str] = ()) -> str:
    """A query string without credentials."""
    return scrubbed(clean_urls(f"?{query.decode('latin-1')}", more)[1:], values) if query else ""


def clean_url(url: str) -> str:
    """A URL without user, password, and what its query says in confidence."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return REDACTED
    host = parts.netloc.rpartition("@")[2]
    user = f"{REDACTED}@" if "@" in parts.netloc else ""
    query = clean_query(parts.query.encode("latin-1", "replace"))
    return urlunsplit((parts.scheme, user + host, parts.path, query, ""))


def suspect(body: bytes) -> bool:
    """Whether there may be anything to redact in the bytes of a JSON value."""
    # Written out, and as a text: every body of every request goes through here, and bytes are searched more slowly.
    small = body.decode("latin-1").lower()
    return (
        "key" in small
        or "auth" in small
        or "token" in small
        or "secret" in small
        or "cookie" in small
        or "passw" in small
        or "credential" in small
        or "://" in small
        or "\\/" in small
        or "\\u00" in small
    )


class Discretion:
    """What is to be kept back of one request: whatever its names say, and the values that its headers brought."""

    def __init__(self, more: Collection[str] = _NOTHING, values: Collection[str] = ()) -> None:
        self._more = more
        self._values = values

    def value(self, value: Any) -> Any:
        """A JSON value without credentials."""
        return redacted(value, self._more, self._values)

    def at(self, path: str, value: Any) -> Any:
        """The same, of what stands at a path."""
        if value is not None and secret_path(path, self._more):
            return REDACTED
        return self.value(value)

    def hides(self, path: str) -> bool:
        """Whether nothing may be shown of what stands at a path, or is expected there."""
        return secret_path(path, self._more)

    def text(self, text: str) -> str:
        """A text without the values."""
        return scrubbed(text, self._values)
