"""JSON as the real server writes it: compact, UTF-8, and without the one character that its database refuses."""

import re
from typing import Any

import orjson

loads = orjson.loads
raw = orjson.Fragment  # JSON that is bytes already, to be put into other JSON as it stands


_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def dumps(value: Any) -> bytes:
    """The bytes of a JSON value, as they are told; raises TypeError."""
    encoded = orjson.dumps(value)
    return as_told(encoded) if b"\\u0000" in encoded else encoded


def as_told(encoded: bytes) -> bytes:
    """The bytes of a JSON value that was kept. langgraph-api 0.16.7: NUL in a text becomes U+FFFD, as an escape."""
    if b"\\u0000" in encoded:
        return _NUL.sub(rb"\1\\ufffd", encoded)
    return encoded


def kept(value: Any) -> bytes:
    """The bytes of a JSON value that is to be remembered, as it is; raises TypeError where it is too deep or great.

    orjson's own keep the whole buffer they were written to.
    """
    return bytes(memoryview(orjson.dumps(value)))


def dumps_in_full(value: Any) -> bytes:
    """The bytes of a JSON value, though it be nested more deeply than orjson goes, or hold greater integers."""
    try:
        return dumps(value)
    except orjson.JSONEncodeError:
        if isinstance(value, dict):
            return dumps({key: raw(dumps_in_full(inner)) for key, inner in value.items()})
        if isinstance(value, list | tuple):
            return dumps([raw(dumps_in_full(inner)) for inner in value])
        if isinstance(value, int):
            return str(value).encode()
        raise
