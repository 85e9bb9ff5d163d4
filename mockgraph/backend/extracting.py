"""What `extract` of a thread search takes out of a thread: a path of names and indexes, by an alias of its own.

langgraph-api 0.16.7: a path that leads nowhere, or is spelled in an odd way, gives null; only its root is looked at.
"""

import re
from collections.abc import Mapping
from typing import Any

from mockgraph.words.errors import Refusal

_ROOTS = ("config", "interrupts", "metadata", "values")
_RESERVED = (
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "config",
    "status",
    "values",
    "interrupts",
)
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INDEXED = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


def check(extract: Mapping[str, str]) -> None:
    """Refuse aliases and paths that cannot be."""
    for alias, path in extract.items():
        if not _ALIAS.fullmatch(alias):
            said = f"Extract key '{alias}' must be a valid identifier (letters, digits, underscores)"
            raise Refusal(422, said)
        if not path:
            raise Refusal(422, f"Extract path for '{alias}' must be a non-empty string")
        if re.split(r"[.\[]", path, maxsplit=1)[0] not in _ROOTS:
            raise Refusal(422, f"Extract path '{path}' must start with one of: {', '.join(_ROOTS)}")
    if taken := sorted(extract.keys() & set(_RESERVED)):
        raise Refusal(422, f"Extract keys cannot use reserved field names: {taken}")


def extracted(told: Any, path: str) -> Any:
    """What the path leads to; null where it leads nowhere."""
    for segment in filter(None, path.split(".")):
        indexed = _INDEXED.fullmatch(segment)
        told = _entry(told, segment if indexed is None else indexed[1])
        if indexed is not None:
            told = _item(told, indexed[2])
    return told


def _entry(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _item(value: Any, index: str) -> Any:
    try:
        return value[int(index)] if isinstance(value, list) else None
    except (ValueError, IndexError):
        return None
