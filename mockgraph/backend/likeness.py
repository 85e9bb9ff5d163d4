"""How well an item fits a query: the share of the query's words that are among its own.

A word is a run of letters, digits and underscores, in any case; an item's words are those of all texts in its value,
or of those that its `index` names. No model is asked, so the same query finds the same items in the same order.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from mockgraph.script.paths import compile_path

_WORD = re.compile(r"\w+")
_WHOLE = "$"


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(_WORD.findall(text.casefold()))


def likeness(value: Any, *, query: frozenset[str], index: tuple[str, ...] | None = None) -> float:
    """From 0 (no word of the query) to 1 (every one), to four digits; `index` are paths into the value."""
    parts = [value] if index is None else [_part(value, path) for path in index]
    own = {word for text in _texts(parts) for word in words(text)}
    return round(len(query & own) / len(query), 4)


def _part(value: Any, path: str) -> Any:
    """What stands at a path (a JMESPath, or `$` for everything); None where nothing does, or where it is no path."""
    if path == _WHOLE:
        return value
    with contextlib.suppress(ValueError):
        return compile_path(path).get(value)
    return None


def _texts(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
