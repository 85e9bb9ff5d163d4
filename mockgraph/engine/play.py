"""Plays a script: an iterator of facts, in the order in which LangGraph 1.2.22 lets things happen.

Theory of operation.

A run with input saves a checkpoint of what was there (`source=input`), applies the input, shows the values, and
saves a second checkpoint (`source=loop`) that names the first tasks. Each superstep then starts all its tasks;
whatever happens inside them happens side by side; when the last one has ended their writes are folded into the
values in the order of the tasks, not of their ends; the values are shown if anybody wrote; and a checkpoint
names the next tasks. The step of a thread's first checkpoint is -1 and goes up by one with each.

A node that raises ends the run: its result is told, what ran beside it stops, and neither values nor a
checkpoint follow. So does a state that the channels cannot be brought into, or a template without its value.

Time is data. A delay is a fact (`Wait`), and the time of every other fact is the start of the run, plus the
waits before it, plus one microsecond per fact, so that a play can be played again, at any time, with the same
ids and times. Side by side means a small simulation: each task is an iterator of its own facts; the one whose
time has come first goes on until it waits or ends, as coroutines do.

Nothing here knows who looks: which modes a client asked for, or whether it asked at all. The one exception is
`Setting.streaming`, for the real server calls models in streaming form only for certain modes, and the ids of
their messages tell.
"""

import heapq
from collections.abc import Iterator

from mockgraph.engine import facts
from mockgraph.engine.facts import Checkpoint, Fact, Wait
from mockgraph.engine.perform import Performance
from mockgraph.engine.setting import Progress, Setting
from mockgraph.words.errors import GraphError, UnresolvedTemplate
from mockgraph.words.vocabulary import START

_RECURSION = (
    "Recursion limit of {limit} reached without hitting a stop condition. You can increase the limit by setting "
    "the `recursion_limit` config key.\nFor troubleshooting, visit: "
    "https://docs.langchain.com/oss/python/langgraph/errors/GRAPH_RECURSION_LIMIT"
)
_NO_INPUT = "Received no input for __start__"


def play(setting: Setting) -> Iterator[Fact]:
    """Every fact of a run, from its start to RunFinished or RunFailed."""
    progress = Progress(setting)
    yield facts.RunStarted(setting.given)
    try:
        yield from _supersteps(setting, progress)
    except GraphError as error:
        yield facts.RunFailed(error.error, error.message)
    except UnresolvedTemplate as error:
        yield facts.RunFailed("UnresolvedTemplate", str(error))


def _supersteps(setting: Setting, progress: Progress) -> Iterator[Fact]:
    channels, supersteps = setting.channels, setting.play.supersteps
    if setting.recursion_limit < 1:
        raise GraphError("ValueError", "recursion_limit must be at least 1")
    values = channels.found(setting.before)
    if setting.given is None:
        if setting.before is None:
            raise GraphError("EmptyInputError", _NO_INPUT)
        yield facts.ValuesChanged(values)
        yield facts.RunFinished(values)
        return
    step = setting.step + 1
    checkpoint = Checkpoint(setting.key, step, progress.tick())
    start = facts.Task(setting.key, START, step + 1, (START,))
    try:
        written = channels.takes(setting.given)
    except GraphError as error:
        yield facts.CheckpointSaved(checkpoint, setting.parent, "input", values, (start,))
        yield facts.InputRefused(start, error.error, error.message)
        raise
    yield facts.CheckpointSaved(checkpoint, setting.parent, "input", values, (start,), written)
    values = channels.write(values, (written,), new_id=progress.new_id)
    if written:
        yield facts.ValuesChanged(values, frozenset(written))
    step, parent = step + 1, checkpoint
    checkpoint = Checkpoint(setting.key, step, progress.tick())
    tasks = _tasks(setting, 0, step)
    yield facts.CheckpointSaved(checkpoint, parent, "loop", values, tasks)
    for position, superstep in enumerate(supersteps):
        for task in tasks:
            yield facts.TaskStarted(task, values, progress.tick())
        performances = [
            Performance(setting.key, task, superstep.tasks[task.place], values, setting, progress)
            for task in tasks
        ]
        yield from _side_by_side(performances, progress)
        writes = [write for performance in performances for write in performance.writes]
        if writes:
            values = channels.write(values, writes, new_id=progress.new_id)
            yield facts.ValuesChanged(values, frozenset(key for write in writes for key in write))
        step, parent = step + 1, checkpoint
        checkpoint = Checkpoint(setting.key, step, progress.tick())
        tasks = _tasks(setting, position + 1, step)
        yield facts.CheckpointSaved(checkpoint, parent, "loop", values, tasks)
        if position + 1 == setting.recursion_limit:
            raise GraphError("GraphRecursionError", _RECURSION.format(limit=setting.recursion_limit))
    yield facts.RunFinished(values)


def _tasks(setting: Setting, position: int, step: int) -> tuple[facts.Task, ...]:
    """The tasks that a checkpoint at `step` names: those of the superstep at `position`, if there is one.

    LangGraph prepares them in the order of their nodes' names.
    """
    if position >= len(setting.play.supersteps):
        return ()
    tasks = [
        facts.Task(setting.key, task.node, step + 1, task.triggers, place)
        for place, task in enumerate(setting.play.supersteps[position].tasks)
    ]
    return tuple(sorted(tasks, key=lambda task: task.node))


def _side_by_side(performances: list[Performance], progress: Progress) -> Iterator[Fact]:
    if len(performances) == 1:
        for fact in performances[0]:
            if type(fact) is Wait:
                progress.wait(fact.seconds)
            yield fact
        return
    waiting = [(0.0, order, iter(performance)) for order, performance in enumerate(performances)]
    now = 0.0
    while waiting:
        at, order, going = heapq.heappop(waiting)
        if at > now:
            progress.wait(at - now)
            yield Wait(at - now)
            now = at
        for fact in going:
            if type(fact) is Wait:
                heapq.heappush(waiting, (now + fact.seconds, order, going))
                break
            yield fact
