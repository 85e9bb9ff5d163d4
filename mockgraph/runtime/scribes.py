"""Runs told on the tape of their thread: while they play, and once more from their scripts.

The same events come out with the same ids; which numbers on the tape are its own, each run remembers.
"""

from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from mockgraph.backend import states
from mockgraph.backend.json import loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.play import play
from mockgraph.engine.protocol import Event, Telling
from mockgraph.engine.view import View
from mockgraph.runtime.event_entries import Entry, entry
from mockgraph.runtime.stream_log import Numbers

if TYPE_CHECKING:
    from mockgraph.runtime.event_tapes import EventTape


class Scribe:
    """Writes one run to its thread's tape while it is played: from its first fact on, or from where it is by now."""

    def __init__(self, tape: "EventTape", run: Run, request: dict[str, Any], *, told: int = 0) -> None:
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


def numbered(thread: Thread) -> int:
    """How long the thread's tape is; runs that have no place on it yet get theirs."""
    # Only one that never started may have got its place before a run that it waited for.
    uncounted = takewhile(lambda run: run.tape_end is None or not run.started, thread.newest_runs)
    for run in reversed(list(uncounted)):
        over = run.status not in ("pending", "running")
        if run.tape_end is None and run.started and over and stays(run):
            run.tape_from = thread.taped
            run.tape_end = thread.taped = thread.taped + sum(1 for _ in told_again(run))
    return thread.taped


def again(thread: Thread, since: int, before: int) -> Iterator[Entry]:
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
