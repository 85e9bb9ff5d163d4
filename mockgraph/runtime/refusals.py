"""Requests for runs that the schema lets pass and that are refused all the same, before anything is made."""

from typing import Any

from mockgraph.backend.assistants import TWO_CONTEXTS
from mockgraph.backend.reserved import own_configurable
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

# A request that says nothing of these is refused for nothing here.
_LOOKED_AT = frozenset({"config", "context", "command", "after_seconds", "checkpoint", "checkpoint_id"})


def refuse(data: dict[str, Any], *, stateless: bool, by_cron: bool = False) -> None:
    """Refuse a request for a run that the real server refuses, or crashes on (500)."""
    if data.keys().isdisjoint(_LOOKED_AT):
        return
    configurable = own_configurable(data.get("config", {}).get("configurable", {}))
    own = ("cron_id",) if by_cron else ()
    if own_configurable(data.get("context") or {}) and any(key not in own for key in configurable):
        raise Refusal(400, TWO_CONTEXTS)
    _refuse_odd(data)
    if stateless and (data.get("command") or {}).get("resume"):
        raise Refusal(400, "You must provide a thread_id when resuming.")


def _refuse_odd(data: dict[str, Any]) -> None:
    if not isinstance(data.get("config", {}).get("metadata", {}), dict):
        raise Refusal(422, "config.metadata must be an object")
    if abs(data.get("after_seconds", 0)) > _A_YEAR:
        raise Refusal(422, "after_seconds must not be more than a year")
    update = (data.get("command") or {}).get("update")
    if isinstance(update, list) and not all(_is_pair(item) for item in update):
        raise Refusal(422, "command.update must be an object, or a list of pairs of a key and a value")
    if not isinstance(data.get("checkpoint", {}), dict):
        raise Refusal(422, "checkpoint must be an object")
    named = data.get("checkpoint_id") or None
    if named is not None and (not isinstance(named, str) or canonical(named) is None):
        raise Refusal(422, "Invalid checkpoint ID")


_A_YEAR = 366 * 24 * 3600


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)
