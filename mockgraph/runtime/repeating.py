"""Streams that come back: what of a run that is over can be told again, and from where.

Nothing is stored for it: the parts are made again from the script, with the ids that they had.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.stream_log import Numbers, Part, after
from mockgraph.runtime.telling import encoded, tell
from mockgraph.words.errors import Refusal

Position = tuple[int, int]

# Before everything: a client that has seen nothing, and wants all.
NOTHING: Position = (-1, -1)
EVERYTHING: Position = (2**62, 0)
_ALL = ("-1", "-", "0", "0-0", "$")
_STREAM_ID = re.compile(r"-|\d{1,19}(-(\d{1,19}|\*))?")


def last_seen(last: str | None) -> Position | None:
    """Where a client of a run's stream left off, from its Last-Event-ID; None where it says nothing.

    langgraph-api 0.16.7: what is no id is behind everything.
    """
    if not last:
        return None
    if last in _ALL:
        return NOTHING
    return _position(last) if _STREAM_ID.fullmatch(last) else EVERYTHING


def last_seen_of_thread(last: str | None) -> Position | None:
    """The same for the stream of a whole thread, which refuses what is no id."""
    if not last:
        return None
    if _STREAM_ID.fullmatch(last) is None:
        raise Refusal(422, "Invalid last-event-id: must be a valid Redis stream ID")
    return NOTHING if last == "-" else _position(last)


def _position(last: str) -> Position:
    milliseconds, _, number = last.partition("-")
    return int(milliseconds), int(number) if number.isdecimal() else -1


def stored(event: str, run: Run) -> bool:
    """Whether a resumable stream can repeat an event: metadata, and the modes that were asked for by their names."""
    base = event.partition("|")[0]
    modes = {"messages" if mode == "messages-tuple" else mode for mode in Description(run).modes}
    return base == "metadata" or base in modes


def resumable(run: Run) -> bool:
    """Whether the run's stream can be taken up again."""
    return bool(Description(run).request.get("stream_resumable"))


def parts_of(run: Run) -> list[Part]:
    """What a resumable stream can repeat of a run that is over."""
    return [part for part in _told(run)[:-1] if part.fault is not None or stored(part.event, run)]


def behind(parts: Iterable[Part], seen: Position, run: Run) -> Iterator[Part]:
    """Those that a client has not seen, with the faults that stand right before them."""
    faults: list[Part] = []
    for part in parts:
        if part.fault is not None:
            faults.append(part)
            continue
        if after(part.id, seen) and stored(part.event, run):
            yield from faults
            yield part
        faults = []
    yield from faults


def _told(run: Run) -> list[Part]:
    """Every part of a resumable run that is over, with the ids that they had, and last that it is done."""
    return _told_again(run) if resumable(run) else []


def sent(namespace: Namespace, run: Run) -> list[Part]:
    """Every part that the run's stream had so far, whether anybody read it or not."""
    live = namespace.live.get(run.run_id)
    if live is not None:
        return [part for part in live.log.parts if part.fault is None]
    return [part for part in _told_again(run)[:-1] if part.fault is None]


def _told_again(run: Run) -> list[Part]:
    if not run.started:
        return []
    request, numbers = Description(run).request, Numbers(run.told_from)
    told: list[Part] = []
    strikes = list(run.strikes)
    played, projector = tell(run, request)
    for fact in islice(played, run.told):
        if type(fact) is facts.Struck and strikes:
            told.append(Part("", b"", "", strikes.pop(0)))
        told += [Part(*encoded(part), numbers.next()) for part in projector.parts(fact)]
        if type(fact) is facts.Wait:
            numbers.wait(fact.seconds)
    if request.get("feedback_keys") and run.status == "success":
        numbers.next()
    done = encoded(("metadata", {"status": "run_done", "run_id": run.run_id}))
    return [*told, Part(*done, numbers.next())]


def parts_of_thread(namespace: Namespace, thread: Thread, seen: Position) -> list[Part]:
    """What the stream of a thread repeats: its resumable runs, and that each of them is done."""
    found: list[Part] = []
    for run in thread.runs:
        live = namespace.live.get(run.run_id)
        if live is not None:
            if resumable(run):
                found += [part for part in live.log.parts if stored(part.event, run)]
            continue
        found += [part for part in _told(run) if part.fault is None and stored(part.event, run)]
    return [part for part in found if after(part.id, seen)]
