"""Reading how long something takes: always with a unit."""

import re
from typing import Any

from mockgraph.script.nodes import Node, Reader, noun

_DELAY = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)")
_A_DAY = 24 * 3600
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def read_seconds(reader: Reader, node: Node, path: str, *, or_else: str = "") -> Any:
    """A time in seconds, or INVALID; `or_else` is a word that might stand there too."""
    found = _DELAY.fullmatch(node.value) if isinstance(node.value, str) else None
    if found:
        seconds = float(found[1]) * _UNITS[found[2]]
        if seconds > _A_DAY:
            return reader.complain(node, path, "a pause of more than a day", "write a shorter one")
        return seconds
    hint = f"write 200ms, 1.5s, 2m or {or_else}" if or_else else "write 200ms, 1.5s or 2m"
    return reader.complain(node, path, f"expected a time with a unit, got {noun(node)}", hint)
