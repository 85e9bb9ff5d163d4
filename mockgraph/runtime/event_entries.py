"""Events in their places on a tape, as bytes, and what clients want of them."""

import msgspec

from mockgraph.backend.json import as_told, kept
from mockgraph.engine.protocol import Event

# What clients watch to learn that a run waits or has ended, while they read what it says elsewhere.
CONTROL = frozenset({"lifecycle", "input"})


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event in its place: its bytes, and what filters ask of it. `ends` says that the run waits or has ended; one that
    is `fleeting` is only for those who are there when it comes.
    """

    seq: int
    method: str
    channel: str
    namespace: tuple[str, ...]
    name: str
    body: bytes
    ends: bool
    fleeting: bool

    @property
    def sse(self) -> bytes:
        """The event as an SSE part."""
        return b"".join(
            (
                b"event: ",
                self.method.encode(),
                b"\r\ndata: ",
                as_told(self.body),
                b"\r\nid: %d\r\n\r\n" % self.seq,
            )
        )


def entry(event: Event, seq: int, event_id: str, *, fleeting: bool = False) -> Entry:
    """An event in its place on a tape; `event_id` is `<milliseconds>-<number>`, where it has no mark of its own."""
    data = event.data
    milliseconds = int(event_id.partition("-")[0])
    params = {"namespace": event.namespace, "timestamp": milliseconds, "data": data}
    if event.node is not None:
        params["node"] = event.node
    body = {
        "type": "event",
        "event_id": event.mark or event_id,
        "seq": seq,
        "method": event.method,
        "params": params,
    }
    name = data.get("name") if event.channel == "custom" and isinstance(data, dict) else None
    ends = event.method == "input.requested" or (
        event.method == "lifecycle" and not event.namespace and data["event"] != "running"
    )
    return Entry(
        seq,
        event.method,
        event.channel,
        event.namespace,
        name if isinstance(name, str) else "",
        kept(body),
        ends,
        fleeting,
    )


class Filter(msgspec.Struct, frozen=True):
    """What a client wants of a tape.

    `namespaces` are prefixes, none: everywhere; a segment without a task id stands for every task of its node.
    `depth` is how many levels below a prefix are wanted, None: all.
    """

    channels: frozenset[str]
    namespaces: tuple[tuple[str, ...], ...] = ()
    depth: int | None = None

    @property
    def control(self) -> bool:
        """Whether it only wants to know how runs stand."""
        return self.channels <= CONTROL

    def wants(self, item: Entry) -> bool:
        """Whether the client gets an event."""
        if item.channel not in self.channels and not (
            item.channel == "custom" and item.name and f"custom:{item.name}" in self.channels
        ):
            return False
        return not self.namespaces or any(self._below(prefix, item.namespace) for prefix in self.namespaces)

    def _below(self, prefix: tuple[str, ...], namespace: tuple[str, ...]) -> bool:
        if len(namespace) < len(prefix):
            return False
        if self.depth is not None and len(namespace) - len(prefix) > self.depth:
            return False
        return all(
            segment == wanted or (":" not in wanted and segment.partition(":")[0] == wanted)
            for wanted, segment in zip(prefix, namespace, strict=False)
        )
