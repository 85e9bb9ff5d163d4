"""JSON as the real server writes it: compact, UTF-8, and without the one character that its database refuses."""

import re
from typing import Any

import orjson

loads = orjson.loads
raw = orjson.Fragment  # JSON that is bytes already, to be put into other JSON as it stands


_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def dumps(value: Any) -> bytes:
    """The bytes of a JSON value. langgraph-api 0.16.7: NUL in a text becomes U+FFFD, as an escape."""
    encoded = orjson.dumps(value)
    if b"\\u0000" in encoded:
        return _NUL.sub(rb"\1\\ufffd", encoded)
    return encoded


def kept(value: Any) -> bytes:
    """The bytes of a JSON value that is to be remembered: orjson's own keep the whole buffer they were written to."""
    return bytes(memoryview(dumps(value)))
