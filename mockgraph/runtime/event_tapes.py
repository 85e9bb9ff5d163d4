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
from itertools import islice
from typing import TYPE_CHECKING

from mockgraph.backend.runs import Run
from mockgraph.engine.protocol import Event
from mockgraph.runtime.event_entries import Entry, entry
from mockgraph.runtime.scribes import again, numbered
from mockgraph.runtime.stream_log import Numbers

if TYPE_CHECKING:
    from mockgraph.runtime.namespaces import Namespace


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
        self.left = 0.0  # when a reader left last: it may come back
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

    def let_go(self, follower: Follower) -> None:
        """Somebody follows no longer."""
        self.followers.remove(follower)
        if not follower.control:
            self.left = asyncio.get_running_loop().time()

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
            due = min(max([came, self.left, *(reader.at for reader in readers)]) + pace, came + 10 * pace)
            if now >= due:
                return
            await asyncio.sleep(due - now)

    def tell(self) -> None:
        """Wake whoever waits for something new."""
        self.news.set()
        self.news = asyncio.Event()


class EventTapes:
    """The tapes of a namespace that are in memory: those that somebody follows or writes, and the last few beside."""

    # Of tapes that nobody follows or writes any more: how many events of those that have more than the last few, how
    # many these are, and how many tapes.
    IDLE = 20_000
    LAST = 50
    THREADS = 1_000

    def __init__(self, namespace: "Namespace") -> None:
        self._namespace = namespace
        self._by_thread: dict[str, EventTape] = {}
        self._idle: OrderedDict[str, None] = OrderedDict()
        self._long: OrderedDict[str, int] = (
            OrderedDict()
        )  # those of the idle that can be shortened, and how long
        self._length = 0  # of these together

    def find(self, thread_id: str) -> EventTape | None:
        """The thread's tape, if it is in memory."""
        return self._by_thread.get(thread_id)

    def take(self, thread_id: str) -> EventTape:
        """The thread's tape, to follow it or to write to it; to be left afterwards."""
        tape = self._by_thread.get(thread_id)
        self._wake(thread_id)
        if tape is None:
            tape = self._by_thread[thread_id] = EventTape()
            thread = self._namespace.threads.find(thread_id)
            if thread is not None:
                tape.length = numbered(thread)
                tape.begun = next((run.tape_from for run in thread.newest_runs if run.tape_end), 0)
        tape.users += 1
        return tape

    def leave(self, thread_id: str, tape: EventTape) -> None:
        """Somebody is done with the tape; if nobody else has it, it may be forgotten."""
        tape.users -= 1
        if tape.users or self._by_thread.get(thread_id) is not tape:
            return
        self._idle[thread_id] = None
        if len(tape.newest) > self.LAST:
            self._long[thread_id] = len(tape.newest)
            self._length += len(tape.newest)
        while self._length > self.IDLE:
            other, length = self._long.popitem(last=False)
            self._length -= length
            self._by_thread[other].shorten(self.LAST)
        while len(self._idle) > self.THREADS:
            forgotten = next(iter(self._idle))
            self._wake(forgotten)
            del self._by_thread[forgotten]

    def _wake(self, thread_id: str) -> None:
        """The tape is idle no longer."""
        self._idle.pop(thread_id, None)
        self._length -= self._long.pop(thread_id, 0)

    def drop(self, thread_id: str) -> None:
        """The thread is gone."""
        self._wake(thread_id)
        tape = self._by_thread.pop(thread_id, None)
        if tape is not None:
            tape.end()

    def end(self) -> None:
        """Every thread is gone."""
        for thread_id in list(self._by_thread):
            self.drop(thread_id)


def told_before(
    tape: EventTape, thread_id: str, namespace: "Namespace", since: int, upto: int, *, joined: int
) -> Iterator[Entry]:
    """The events behind a number, up to another, that are on the tape for one who joined when it was so long."""
    oldest = tape.newest[0].seq if tape.newest else tape.length + 1
    thread = namespace.threads.find(thread_id)
    if since + 1 < oldest and thread is not None:
        yield from again(thread, since, min(oldest, upto + 1))
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
