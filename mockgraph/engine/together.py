"""The tasks of one superstep, side by side: a small simulation of coroutines.

Each task is an iterator of its own facts; the one whose time has come first goes on until it waits or ends.
"""

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact, Outcome, Packets, Wait
from mockgraph.engine.perform import Performance, Stand
from mockgraph.engine.setting import Progress
from mockgraph.words.errors import GraphError


class Together:
    """The tasks of one superstep, side by side.

    When they have been played, `writes` and `packets` are what they came to, in the order of folding; `interrupts`
    are their questions.
    """

    __slots__ = ("_performances", "_progress", "_within", "interrupts", "packets", "writes")

    def __init__(self, outcomes: tuple[Outcome, ...], stand: Stand) -> None:
        self._progress = stand.progress
        self._within = stand.checkpoint.within
        if stand.setting.command is None:
            self._performances = [Performance(outcome, stand, outcome.answers) for outcome in outcomes]
        else:
            self._performances = [
                Performance(outcome, stand, _answers(outcome, stand)) for outcome in outcomes
            ]
        self.writes: Sequence[dict[str, Any]] = ()
        self.packets: Packets = ()
        self.interrupts: Sequence[facts.Interrupt] = ()

    def play(self) -> Iterator[Fact]:
        performances, progress = self._performances, self._progress
        for performance in performances:
            yield facts.TaskStarted(performance.task, performance.seen, progress.tick())
        if self._within:
            yield facts.TURN
        # Time is counted once, by the root: what waits inside a subgraph waits there too.
        if len(performances) == 1:
            (only,) = performances
            for fact in only:
                if type(fact) is Wait and not self._within:
                    progress.wait(fact.seconds)
                yield fact
            self.writes, self.packets, self.interrupts = only.writes, only.packets, only.interrupts
            return
        yield from _side_by_side(performances, None if self._within else progress)
        # langgraph 1.2.22: what was sent is folded in last.
        ended = sorted(performances, key=lambda performance: performance.task.push is not None)
        self.writes = [write for performance in ended for write in performance.writes]
        self.packets = [packet for performance in ended for packet in performance.packets]
        self.interrupts = [asked for performance in performances for asked in performance.interrupts]


def _answers(outcome: Outcome, stand: Stand) -> tuple[Any, ...]:
    """Every answer that a task has got, with that of this run's command to one that has not finished."""
    command = stand.setting.command
    if command is None or outcome.writes is not None:
        return outcome.answers
    if not outcome.interrupts and not stand.checkpoint.within:
        return outcome.answers + command.loose
    new = command.answers or {}
    return outcome.answers + tuple(new[asked.id] for asked in outcome.interrupts if asked.id in new)


def _side_by_side(performances: list[Performance], progress: Progress | None) -> Iterator[Fact]:
    # What an earlier run has finished is told before anything else happens.
    recalled_first = sorted(performances, key=lambda performance: not performance.recalled)
    waiting = [(0.0, order, iter(performance)) for order, performance in enumerate(recalled_first)]
    now, turn = 0.0, len(performances)
    failure: GraphError | None = None
    while waiting:
        at, _, going = heapq.heappop(waiting)
        if at > now:
            if failure is not None:
                # langgraph 1.2.22: what takes no time comes to its end beside a task that fails.
                break
            if progress is not None:
                progress.wait(at - now)
            yield Wait(at - now)
            now = at
        try:
            for fact in going:
                if type(fact) is Wait:
                    heapq.heappush(waiting, (now + fact.seconds, (turn := turn + 1), going))
                    break
                yield fact
        except GraphError as error:
            failure = failure or error
    if failure is not None:
        raise failure
