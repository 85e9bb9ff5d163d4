"""What a client asks for of a thread's events: channels, places, and behind which number."""

from typing import Any

from mockgraph.runtime.event_entries import Filter
from mockgraph.web.protocol.envelopes import Failed

CHANNELS = (
    "values",
    "updates",
    "messages",
    "tools",
    "custom",
    "lifecycle",
    "input",
    "checkpoints",
    "tasks",
)
_NAMED = "custom:"
# langgraph-api 0.16.7: its sentence leaves out one that it takes.
_TOLD = ", ".join(channel for channel in CHANNELS if channel != "checkpoints")
_SHOWN = 5


class Unusable(ValueError):
    """What was asked for cannot be had; the text says why."""


def filter_of(data: Any) -> Filter:
    """The filter in a JSON object; raises Unusable."""
    channels = data.get("channels") if isinstance(data, dict) else None
    if not isinstance(channels, list) or not channels:
        raise Unusable("channels is required and must be a non-empty array")
    wrong = [channel for channel in channels if not _known(channel)]
    if wrong:
        told = ", ".join(map(str, wrong[:_SHOWN]))
        raise Unusable(
            f"channels contains unsupported entries: {told}. Allowed: {_TOLD}, or any `custom:<name>`."
        )
    return Filter(frozenset(channels), _namespaces(data.get("namespaces")), _count(data.get("depth")))


def subscription_of(data: dict[str, Any], *, method: str) -> Filter:
    """The filter of a subscription; raises Failed, in words of its own."""
    channels = data.get("channels")
    if not isinstance(channels, list) or not channels:
        raise Failed("invalid_argument", f"{method} requires a non-empty channels array.")
    if not all(map(_known, channels)):
        raise Failed("invalid_argument", f"{method} received an unsupported channel.")
    return filter_of(data)


def since_of(data: dict[str, Any]) -> int:
    """Behind which number; what is none is ignored."""
    return _count(data.get("since")) or 0


def _known(channel: Any) -> bool:
    if not isinstance(channel, str):
        return False
    return channel in CHANNELS or (channel.startswith(_NAMED) and len(channel) > len(_NAMED))


def _namespaces(given: Any) -> tuple[tuple[str, ...], ...]:
    """langgraph-api 0.16.7: what is no list of texts is as good as not there."""
    prefixes = given if isinstance(given, list) else []
    return tuple(
        tuple(prefix)
        for prefix in prefixes
        if isinstance(prefix, list) and all(isinstance(segment, str) for segment in prefix)
    )


def _count(given: Any) -> int | None:
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    return None
