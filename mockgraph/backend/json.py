"""JSON as the real server writes it: compact, UTF-8, and without the one character that its database refuses."""

from typing import Any

import orjson

loads = orjson.loads


def dumps(value: Any) -> bytes:
    """The bytes of a JSON value. langgraph-api 0.16.7: NUL in a text becomes U+FFFD."""
    encoded = orjson.dumps(value)
    if b"\\u0000" in encoded:
        return orjson.dumps(_without_nul(value))
    return encoded


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value
