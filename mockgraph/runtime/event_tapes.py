"""A thread's tape: the events of its runs in the newer thread protocol, numbered once and for all, from the first on.

Theory of operation. An event gets its number (`seq`) when it is appended, and keeps it. Of a tape only the newest
events are in memory; older ones are told again from the scripts of their runs, which say the same events with the
same ids, and every run remembers which numbers are its own. So a client that comes back finds its place without
walking the tape, and a tape of any length costs little. A classic run is told again only where its stream is
resumable; its numbers are its own all the same.

Nothing here knows of sockets. What a client wants of the tape is a `Filter`; who follows says how far it has handed
on (`Follower`), so that one who is only told that the run waits can be held until the others have read why.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.json import as_told, kept, loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.play import play
from mockgraph.engine.protocol import Event, Telling
from mockgraph.engine.view import View
from mockgraph.runtime.stream_log import Numbers

if TYPE_CHECKING:
    from mockgraph.runtime.namespaces import Namespace

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


class Follower:
    """Somebody who follows a tape: `seen` is the number of the last event that was handed on, `at` when."""

    __slots__ = ("at", "control", "seen")

    def __init__(self, *, control: bool, seen: int) -> None:
        self.seen = seen
        self.control = control
        self.at = 0.0

    def handed(self, seq: int) -> None:
        """Everything up to this event has been handed on, or was not wanted."""
        self.seen = seq
        self.at = asyncio.get_running_loop().time()


class EventTape:
    """The events of one thread."""

    LENGTH = 10_000  # events in memory

    def __init__(self) -> None:
        self.newest: deque[Entry] = deque(maxlen=self.LENGTH)
        self.length = 0
        self.begun = 0  # the number of the event with which the last run began
        self.followers: list[Follower] = []
        self.users = 0
        self.ended = False
        self.news = asyncio.Event()

    def append(self, events: Iterable[Event], numbers: Numbers, *, fleeting: bool = False) -> None:
        """Put events on the tape."""
        for event in events:
            self.length += 1
            self.newest.append(entry(event, self.length, numbers.next(), fleeting=fleeting))
        self.tell()

    def forget(self, run: Run) -> None:
        """A run is gone: nobody is told of it again; its numbers are not given to others."""
        upto = self.length if run.tape_end is None else run.tape_end
        kept = [item for item in self.newest if not run.tape_from < item.seq <= upto]
        self.newest = deque(kept, maxlen=self.LENGTH)

    def shorten(self, length: int) -> None:
        """Keep only so many of the newest: clients that come back mostly lack but a few."""
        self.newest = deque(islice(self.newest, len(self.newest) - length, None), maxlen=self.LENGTH)

    def end(self) -> None:
        """The thread is gone: whoever follows is let go."""
        self.ended = True
        self.tell()

    async def held(self, item: Entry, *, pace: float, control: bool) -> None:
        """Hold back that the run waits or has ended, until what it said has been read; later runs have passed the rest.

        Clients read on two connections, and drop what they have not read by then. So one who is only told how runs
        stand (`control`) waits until every other follower is handed what there is, and then for as long as that may
        take to be read: that it was sent is known, that it was read is not. Where there is no other, one may be about
        to come. A reader has a moment, as the real server takes one, to show what came before.
        """
        if not pace or item.seq <= self.begun:
            return
        if not control:
            await asyncio.sleep(pace / 4)
            return
        loop = asyncio.get_running_loop()
        came = loop.time()
        while True:
            readers = [follower for follower in self.followers if not follower.control]
            now = loop.time()
            if now < came + 10 * pace and any(reader.seen < item.seq for reader in readers):
                await asyncio.sleep(pace / 20)
                continue
            due = min(max([came, *(reader.at for reader in readers)]) + pace, came + 10 * pace)
            if now >= due:
                return
            await asyncio.sleep(due - now)

    def tell(self) -> None:
        """Wake whoever waits for something new."""
        self.news.set()
        self.news = asyncio.Event()


class EventTapes:
    """The tapes of a namespace that are in memory: those that somebody follows or writes, and the last few beside."""

    # Of tapes that nobody follows or writes any more: how many events, how many of each at least, and how many tapes.
    IDLE = 20_000
    LAST = 50
    THREADS = 1_000

    def __init__(self, namespace: "Namespace") -> None:
        self._namespace = namespace
        self._by_thread: dict[str, EventTape] = {}
        self._idle: OrderedDict[str, int] = OrderedDict()

    def find(self, thread_id: str) -> EventTape | None:
        """The thread's tape, if it is in memory."""
        return self._by_thread.get(thread_id)

    def take(self, thread_id: str) -> EventTape:
        """The thread's tape, to follow it or to write to it; to be left afterwards."""
        tape = self._by_thread.get(thread_id)
        self._idle.pop(thread_id, None)
        if tape is None:
            tape = self._by_thread[thread_id] = EventTape()
            thread = self._namespace.threads.find(thread_id)
            if thread is not None:
                tape.length = _numbered(thread)
                tape.begun = next((run.tape_from for run in thread.newest_runs if run.tape_end), 0)
        tape.users += 1
        return tape

    def leave(self, thread_id: str, tape: EventTape) -> None:
        """Somebody is done with the tape; if nobody else has it, it may be forgotten."""
        tape.users -= 1
        if tape.users or self._by_thread.get(thread_id) is not tape:
            return
        self._idle[thread_id] = len(tape.newest)
        for other, length in list(self._idle.items()):
            if sum(self._idle.values()) <= self.IDLE:
                break
            if length > self.LAST:
                self._by_thread[other].shorten(self.LAST)
                self._idle[other] = self.LAST
        while len(self._idle) > self.THREADS:
            forgotten, _ = self._idle.popitem(last=False)
            del self._by_thread[forgotten]

    def drop(self, thread_id: str) -> None:
        """The thread is gone."""
        self._idle.pop(thread_id, None)
        tape = self._by_thread.pop(thread_id, None)
        if tape is not None:
            tape.end()

    def end(self) -> None:
        """Every thread is gone."""
        for thread_id in list(self._by_thread):
            self.drop(thread_id)


class Scribe:
    """Writes one run to its thread's tape while it is played: from its first fact on, or from where it is by now."""

    def __init__(self, tape: EventTape, run: Run, request: dict[str, Any], *, told: int = 0) -> None:
        self.tape = tape
        self.run = run
        self.numbers = Numbers(run.told_from)
        self._telling = telling(run, request)
        self._fleeting = not stays(run, request)
        run.tape_from = run.tape_end = tape.begun = tape.length
        if told:
            self._catch_up(request, told)

    def _catch_up(self, request: dict[str, Any], told: int) -> None:
        shown = not self._fleeting
        if not shown:
            self._append([self._telling.root("running")])
        for fact in islice(play(states.setting(Description(self.run, request))), told):
            events = self._telling.events(fact)
            if shown:
                self._append(events)
            if type(fact) is facts.Wait:
                self.numbers.wait(fact.seconds)

    def _append(self, events: Iterable[Event]) -> None:
        self.tape.append(events, self.numbers, fleeting=self._fleeting)
        self.run.tape_end = self.tape.length

    def take(self, fact: Fact) -> None:
        """One more fact."""
        events = self._telling.events(fact)
        if events:
            self._append(events)
        if type(fact) is facts.Wait:
            self.numbers.wait(fact.seconds)

    def end(self) -> None:
        """The run has ended, and how is stored."""
        run = self.run
        if run.tape_end == run.tape_from:
            self._append([self._telling.root("running")])
        self._append(self._telling.end(run.status, _reason(run)))


# --- telling runs, and telling them again ------------------------------------------------------------------


def telling(run: Run, request: dict[str, Any] | None = None) -> Telling:
    """What tells the events of a run that has started."""
    description = Description(run, request)
    modes = frozenset(description.modes)
    channels = run.graph.channels
    if description.native:
        # langgraph-api 0.16.7: the output schema narrows nothing here.
        return Telling(View(description, channels.whole(), modes), emits=run.graph.transformers, modes=modes)
    return Telling(View(description, channels, modes), emits=None, modes=modes)


def stays(run: Run, request: dict[str, Any] | None = None) -> bool:
    """Whether the events of a run can be told again."""
    description = Description(run, request)
    return description.native or bool(description.request.get("stream_resumable"))


def told_again(run: Run) -> Iterator[tuple[Event, str]]:
    """The events of a run that has started, as far as it has come, with the ids that they had."""
    numbers = Numbers(run.told_from)
    description = Description(run)
    tells = telling(run, description.request)
    if run.started:
        for fact in islice(play(states.setting(description)), run.told):
            for event in tells.events(fact):
                yield event, numbers.next()
            if type(fact) is facts.Wait:
                numbers.wait(fact.seconds)
    else:
        yield tells.root("running"), numbers.next()
    for event in tells.end(run.status, _reason(run)):
        yield event, numbers.next()


def _reason(run: Run) -> str | None:
    """What a run failed with."""
    return loads(run.error) if run.error is not None and run.status == "error" else None


def _numbered(thread: Thread) -> int:
    """How long the thread's tape is; runs that have no place on it yet get theirs."""
    # Only one that never started may have got its place before a run that it waited for.
    uncounted = takewhile(lambda run: run.tape_end is None or not run.started, thread.newest_runs)
    for run in reversed(list(uncounted)):
        over = run.status not in ("pending", "running")
        if run.tape_end is None and run.started and over and stays(run):
            run.tape_from = thread.taped
            run.tape_end = thread.taped = thread.taped + sum(1 for _ in told_again(run))
    return thread.taped


def _again(thread: Thread, since: int, before: int) -> Iterator[Entry]:
    """The events behind a number and before another, from the scripts."""
    for run in reversed(list(_behind_in(thread, since))):
        if run.tape_from >= before or not stays(run):
            continue
        for seq, (event, event_id) in _placed(run):
            if since < seq < before:
                yield entry(event, seq, event_id)


def _placed(run: Run) -> Iterator[tuple[int, tuple[Event, str]]]:
    """The events of a run with their numbers; of one that never came to anything, its first and its last."""
    if run.started:
        return enumerate(told_again(run), start=run.tape_from + 1)
    assert run.tape_end is not None
    return zip((run.tape_from + 1, run.tape_end), told_again(run), strict=False)


def _behind_in(thread: Thread, since: int) -> Iterator[Run]:
    """The runs that have events behind a number, newest first: the places of runs that started are in their order."""
    for run in thread.newest_runs:
        if run.tape_end is None:
            continue
        if run.tape_end > since:
            yield run
        elif run.started:
            return


def told_before(
    tape: EventTape, thread_id: str, namespace: "Namespace", since: int, upto: int, *, joined: int
) -> Iterator[Entry]:
    """The events behind a number, up to another, that are on the tape for one who joined when it was so long."""
    oldest = tape.newest[0].seq if tape.newest else tape.length + 1
    thread = namespace.threads.find(thread_id)
    if since + 1 < oldest and thread is not None:
        yield from _again(thread, since, min(oldest, upto + 1))
    for item in _behind(tape.newest, since):
        if item.seq > upto:
            return
        if not item.fleeting or item.seq > joined:
            yield item


def _behind(newest: deque[Entry], since: int) -> list[Entry]:
    """Those of the newest behind a number: there may be gaps, so that they are looked for from the end."""
    found: list[Entry] = []
    for item in reversed(newest):
        if item.seq <= since:
            break
        found.append(item)
    found.reverse()
    return found


async def follow(tape: EventTape, thread_id: str, namespace: "Namespace", since: int) -> AsyncIterator[Entry]:
    """The events behind a number: those that were, then those that come, until the thread is gone."""
    position, joined = since, tape.length
    while not tape.ended:
        upto = tape.length
        for item in told_before(tape, thread_id, namespace, position, upto, joined=joined):
            yield item
        position = max(position, upto)
        if position >= tape.length:
            await tape.news.wait()
