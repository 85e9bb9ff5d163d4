"""The tasks of one superstep, side by side: a small simulation of coroutines.

Each task is an iterator of its own facts; the one whose time has come first goes on until it waits or ends.
"""

import heapq
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact, Outcome, Packets, Wait
from mockgraph.engine.perform import Performance, Stand, perform
from mockgraph.engine.setting import Progress
from mockgraph.words.errors import GraphError

# What the tasks of a superstep came to, in the order of folding: writes, packets and questions.
Ended = tuple[Sequence[dict[str, Any]], Packets, Sequence[facts.Interrupt]]


def together(outcomes: tuple[Outcome, ...], stand: Stand) -> Generator[Fact, None, Ended]:
    """The tasks of one superstep, side by side; gives what they came to."""
    if stand.setting.command is None:
        performances = [perform(outcome, stand, outcome.answers) for outcome in outcomes]
    else:
        performances = [perform(outcome, stand, _answers(outcome, stand)) for outcome in outcomes]
    progress, within = stand.progress, stand.checkpoint.within
    for performance in performances:
        yield facts.TaskStarted(performance.task, performance.seen, progress.tick())
    if within:
        yield facts.TURN
    # Time is counted once, by the root: what waits inside a subgraph waits there too.
    if len(performances) == 1:
        (only,) = performances
        for fact in only:
            if type(fact) is Wait and not within:
                progress.wait(fact.seconds)
            yield fact
        return only.writes, only.packets, only.interrupts
    yield from _side_by_side(performances, None if within else progress)
    # langgraph 1.2.22: what was sent is folded in last.
    ended = sorted(performances, key=lambda performance: performance.task.push is not None)
    return (
        [write for performance in ended for write in performance.writes],
        [packet for performance in ended for packet in performance.packets],
        [asked for performance in performances for asked in performance.interrupts],
    )


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
