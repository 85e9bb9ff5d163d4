"""What a thread takes up, as `GET …/storage` counts it: checkpoints, versions of channels, writes of tasks.

Versions and writes are those that LangGraph makes of such a history. Bytes are those of the values in MessagePack, which is
how the real server stores plain data; what it stores of messages and checkpoints is larger or smaller.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Outcome, Snapshot
from mockgraph.words.vocabulary import START


class Channel(msgspec.Struct):
    """How often a channel was written, and what its versions take up."""

    versions: int = 0
    bytes: int = 0

    def take(self, value: Any = None) -> None:
        """One more version; nothing is stored of a trigger."""
        self.versions += 1
        self.bytes += 0 if value is None else _size(value)


def stored(thread: Thread) -> dict[str, Any]:
    """The object of `GET /threads/{thread_id}/storage`."""
    found = list(reversed(list(states.snapshots(thread))))
    behind = {other.parent.id: other for other in reversed(found) if other.parent is not None}
    channels = _channels(found, behind)
    writes = [
        write
        for snapshot in found
        for outcome in snapshot.tasks
        for write in _writes(outcome, behind.get(snapshot.checkpoint.id))
    ]
    checkpoints = sum(_size(states.wire(snapshot, thread.thread_id)) for snapshot in found)
    held = sum(channel.bytes for channel in channels.values())
    written = sum(0 if write is None else _size(write) for write in writes)
    return {
        "thread_id": thread.thread_id,
        "total_bytes": checkpoints + held + written,
        "checkpoints": {"count": len(found), "bytes": checkpoints},
        "channel_values": {
            "count": sum(channel.versions for channel in channels.values()),
            "bytes": held,
            "by_channel": {
                name: {"versions": channel.versions, "bytes": channel.bytes}
                for name, channel in channels.items()
            },
        },
        "pending_writes": {"count": len(writes), "bytes": written},
    }


def _size(value: Any) -> int:
    try:
        return len(msgspec.msgpack.encode(value))
    except OverflowError:  # an integer of more than 64 bits
        return len(str(value))


def _channels(found: list[Snapshot], followers: Mapping[str, Snapshot]) -> dict[str, Channel]:
    """Every channel, in the order in which they were first written; `followers` are checkpoints by their parents."""
    channels: dict[str, Channel] = {}

    def take(name: str, value: Any = None) -> None:
        channels.setdefault(name, Channel()).take(value)

    for snapshot in found:
        behind = followers.get(snapshot.checkpoint.id)
        for outcome in snapshot.tasks:
            if outcome.task.node == START:
                take(START, outcome.writes[0] if outcome.writes else None)
        for name in _written(snapshot):
            if behind is not None and name in behind.values:
                take(name, behind.values[name])
        for trigger in _triggers(behind):
            take(trigger)
        if behind is not None:
            for outcome in snapshot.tasks:
                for trigger in _set_off_by(outcome):
                    if trigger in channels:
                        take(trigger)
    return channels


def _written(snapshot: Snapshot) -> Iterator[str]:
    """The keys that the tasks of a checkpoint wrote, each as often as one of them did, but once in all."""
    yield from dict.fromkeys(
        key for outcome in snapshot.tasks for write in _mappings(outcome) for key in write
    )


def _mappings(outcome: Outcome) -> list[dict[str, Any]]:
    """What a task wrote by key; an input by hand may be a list."""
    return [write for write in outcome.writes or () if isinstance(write, dict)]


def _writes(outcome: Outcome, behind: Snapshot | None) -> Iterator[Any]:
    """What is kept of a task: each key that it wrote, what it set off, and what it asked."""
    for write in _mappings(outcome):
        yield from write.values()
    yield from (sent for _, sent in outcome.packets)
    if outcome.writes is not None:
        yield from (None for trigger in _triggers(behind) if trigger != _SENT)
    yield from (item.value for item in outcome.interrupts)
    if outcome.failed is not None:
        yield outcome.failed


def _triggers(snapshot: Snapshot | None) -> Iterator[str]:
    """The channels that set off the tasks of a checkpoint."""
    if snapshot is not None:
        yield from dict.fromkeys(
            trigger
            for outcome in snapshot.tasks
            if outcome.task.node != START
            for trigger in _set_off_by(outcome)
        )


def _set_off_by(outcome: Outcome) -> list[str]:
    """langgraph 1.2.22: a join edge has a channel of its own, and all that was sent has one."""
    if outcome.task.node == START:
        return [START]
    if outcome.task.push is not None:
        return [_SENT]
    joins = [trigger for trigger in outcome.task.triggers if trigger.startswith("join:")]
    return joins or list(outcome.task.triggers)


_SENT = "__pregel_tasks"
