"""Plays a script: an iterator of facts, in the order in which LangGraph 1.2.22 lets things happen.

Theory of operation.

A run with input saves a checkpoint of what was there (`source=input`), applies the input, shows the values, and
saves a second checkpoint (`source=loop`) that names the first tasks. Each superstep then starts all its tasks;
whatever happens inside them happens side by side; when the last one has ended their writes are folded into the
values in the order of the tasks, not of their ends; the values are shown if anybody wrote; and a checkpoint
names the next tasks. The step of a thread's first checkpoint is -1 and goes up by one with each.

A run may also go on from a checkpoint that is there: it shows the values and the checkpoint again and starts the
tasks that it named, under the ids that they had. Those that had finished are recalled, not played. What the
others do is said by the play that named them; where the run answers a question or goes to a node, by the play of
its own stub, which begins there. From an older checkpoint it goes on from a copy (`source=fork`) with fresh tasks.

A node that asks stops the graph when the tasks beside it have ended: their writes are shown but not yet folded
in, and no checkpoint follows. A node that raises ends the run: its result is told, what ran beside it stops, and
neither values nor a checkpoint follow. So does a state that the channels cannot be brought into, or a template
without its value. A subgraph is the same play once more, one level down: its facts come `Inside` its namespace.

Time is data. A delay is a fact (`Wait`), and the time of every other fact is the start of the run, plus the
waits before it, plus one microsecond per fact, so that a play can be played again, at any time, with the same
ids and times. Side by side means a small simulation: each task is an iterator of its own facts; the one whose
time has come first goes on until it waits or ends, as coroutines do. Where LangGraph lets other coroutines go
on though no time passes, a `TURN` says so.

Nothing here knows who looks: which modes a client asked for, or whether it asked at all. There are two
exceptions. `Setting.streaming`: the real server calls models in streaming form only for certain modes, and the ids
of their messages tell. `Setting.traced`: what LangChain's callbacks report of nodes, and the turns that they take,
happen only where something listens to them.
"""

from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from mockgraph.engine import facts
from mockgraph.engine.facts import Checkpoint, Fact, Outcome, Packets, Snapshot
from mockgraph.engine.perform import Stand
from mockgraph.engine.setting import Progress, Setting
from mockgraph.engine.together import together
from mockgraph.meaning.channels import Channels, Values
from mockgraph.script import model
from mockgraph.script.latency import Spread, drawn
from mockgraph.words.errors import GraphError, UnresolvedTemplate
from mockgraph.words.vocabulary import PUSH, START

_RECURSION = (
    "Recursion limit of {limit} reached without hitting a stop condition. You can increase the limit by setting "
    "the `recursion_limit` config key.\nFor troubleshooting, visit: "
    "https://docs.langchain.com/oss/python/langgraph/errors/GRAPH_RECURSION_LIMIT"
)
_NO_INPUT = "Received no input for __start__"
_NO_CHECKPOINT = "'NoneType' object is not iterable"


def play(setting: Setting) -> Iterator[Fact]:
    """Every fact of a run, from its start to RunFinished or RunFailed."""
    yield facts.RunStarted(setting.given, setting.command)
    progress = Progress(setting.start, setting.key)
    root = Level(setting, progress, setting.channels, setting.play.supersteps)
    try:
        if setting.latency is not None and setting.latency.run is not None:
            yield root.pause(setting.latency.run, "run")
        due = yield from _beginning(root, setting)
        yield from root.goes(due)
        yield facts.RunFinished(root.values if root.shown is None else root.shown)
    except GraphError as error:
        yield facts.RunFailed(error.error, error.message)
    except UnresolvedTemplate as error:
        yield facts.RunFailed("UnresolvedTemplate", str(error))


def _beginning(root: "Level", setting: Setting) -> "Begins":
    if setting.recursion_limit < 1:
        raise GraphError("ValueError", "recursion_limit must be at least 1")
    if setting.command is not None and setting.command.error is not None:
        raise GraphError(*setting.command.error)
    if setting.ground is not None:
        return root.goes_on(setting.ground, anew=setting.anew, fork=setting.fork)
    if setting.command is not None:
        return root.commanded()
    if setting.given is not None:
        return root.begins(setting.given, before=setting.before, step=setting.step, parent=setting.parent)
    if setting.before is None:
        raise GraphError("EmptyInputError", _NO_INPUT)
    return root.stays(setting.before)


class Due(msgspec.Struct, frozen=True, gc=False):
    """What a level does next: the tasks of `checkpoint`, which the superstep at `position` of its play names.

    `resumed`: they were due before this run. langgraph 1.2.22: such a run may take `more` supersteps than its
    limit says.
    """

    outcomes: tuple[Outcome, ...]
    position: int
    checkpoint: Checkpoint | None
    resumed: bool = False
    more: int = 0


Begins = Generator[Fact, None, Due]


class Level(msgspec.Struct, gc=False, eq=False):
    """One graph at work: the root of a run, or a subgraph `within` one of its tasks, `over` whose checkpoint it stands.

    `values` are its values so far, and `shown` those with what tasks wrote beside one that asks; `interrupts` are
    the questions that it stopped at.
    """

    setting: Setting
    progress: Progress
    channels: Channels
    supersteps: tuple[model.Superstep, ...]
    within: str = ""
    over: Checkpoint | None = None
    values: Values = {}
    shown: Values | None = None
    interrupts: tuple[facts.Interrupt, ...] = ()

    # --- beginnings: each gives what is due then ---

    def begins(self, given: Any, *, before: Values | None, step: int, parent: Checkpoint | None) -> Begins:
        """From START, with an input."""
        channels = self.channels
        self.values = channels.found(before)
        checkpoint = self._checkpoint(step + 1)
        start = self._start(step + 2)
        try:
            written = channels.takes(given)
        except GraphError as error:
            yield facts.CheckpointSaved(checkpoint, parent, "input", self.values, (start,))
            yield facts.InputRefused(start, error.error, error.message)
            raise
        yield facts.CheckpointSaved(
            checkpoint, parent, "input", self.values, (start,), self.supersteps, -1, written
        )
        return (yield from self._first(checkpoint, written))

    def commanded(self) -> Begins:
        """From START, with a command in place of an input: on a thread that has no checkpoint yet."""
        command = self.setting.command
        assert command is not None
        self.values = self.channels.write(self.channels.start(), command.writes, new_id=self.progress.new_id)
        checkpoint = self._checkpoint(-1)
        start = self._start(0)
        if not command.goes:
            yield facts.CheckpointSaved(checkpoint, None, "input", self.values, (start,))
            yield facts.InputRefused(start, "TypeError", _NO_CHECKPOINT)
            raise GraphError("TypeError", _NO_CHECKPOINT)
        given: Values = {key: value for write in command.writes for key, value in write.items()}
        yield facts.CheckpointSaved(
            checkpoint, None, "input", self.values, (start,), self.supersteps, -1, given
        )
        if command.writes:
            yield facts.ValuesChanged(self.values, command.writes)
        return (yield from self._first(checkpoint, {}))

    def stays(self, before: Values) -> Begins:
        """Nowhere: there is nothing to do."""
        self.values = self.channels.found(before)
        yield facts.ValuesChanged(self.values)
        return Due((), 0, None)

    def goes_on(self, ground: Snapshot, *, anew: bool, fork: bool = False) -> Begins:
        """From a checkpoint: `anew` with this level's own play, else with the one that named its tasks."""
        command = self.setting.command if not self.within else None
        self.values = self.channels.found(ground.values)
        if command is not None and command.writes:
            self.values = self.channels.write(self.values, command.writes, new_id=self.progress.new_id)
        if anew:
            outcomes = self._recast(ground)
            position = 0
        else:
            outcomes = tuple(sorted(ground.tasks, key=_order))
            position = ground.position
            self.supersteps = ground.supersteps
        yield facts.ValuesChanged(self.values)
        if fork:
            step = ground.checkpoint.step + 1
            checkpoint = self._checkpoint(step)
            outcomes = tuple(Outcome(self._fresh(outcome.task, step + 1)) for outcome in outcomes)
            tasks = tuple(outcome.task for outcome in outcomes)
            yield facts.CheckpointSaved(
                checkpoint,
                ground.checkpoint,
                "fork",
                self.values,
                tasks,
                self.supersteps,
                position,
                ground.given,
            )
        else:
            checkpoint = ground.checkpoint
            tasks = tuple(outcome.task for outcome in outcomes)
            yield facts.CheckpointFound(ground, self.values, tasks, self.supersteps, position)
        if tasks and tasks[0].node == START:
            return (yield from self._first(checkpoint, self.channels.takes(ground.given)))
        return Due(outcomes, position, checkpoint, resumed=True, more=1 if fork else 2)

    def _start(self, step: int) -> facts.Task:
        return facts.Task(self.setting.key, START, step, (START,), within=self.within)

    def _first(self, parent: Checkpoint, written: Values) -> Begins:
        """What the input writes, and the checkpoint behind it."""
        if written:
            self.values = self.channels.write(self.values, (written,), new_id=self.progress.new_id)
            yield facts.ValuesChanged(self.values, (written,))
        checkpoint = self._checkpoint(parent.step + 1)
        tasks = self._tasks(0, checkpoint.step, ())
        yield facts.CheckpointSaved(checkpoint, parent, "loop", self.values, tasks, self.supersteps, 0)
        return Due(tuple([Outcome(task) for task in tasks]), 0, checkpoint)

    # --- supersteps ---

    def goes(self, due: Due) -> Iterator[Fact]:
        """Superstep after superstep until there is none, or the graph stops."""
        setting, progress = self.setting, self.progress
        outcomes, position, parent = due.outcomes, due.position, due.checkpoint
        resumed, played = due.resumed, -due.more
        while outcomes:
            assert parent is not None
            if setting.pause_before and not resumed and self._breaks(setting.pause_before, outcomes):
                yield facts.Paused()
                return
            resumed = False
            superstep = self.supersteps[position] if position < len(self.supersteps) else None
            if superstep is not None and superstep.before:
                yield from map(facts.Struck, superstep.before)
            stand = Stand(setting, progress, self.channels, self.values, parent, Level)
            writes, packets, interrupts = yield from together(outcomes, stand)
            if interrupts:
                if writes:
                    self.shown = self.channels.write(self.values, writes, new_id=progress.new_id)
                    yield facts.ValuesChanged(self.shown, writes)
                self.interrupts = tuple(interrupts)
                return
            if writes:
                self.values = self.channels.write(self.values, writes, new_id=progress.new_id)
                yield facts.ValuesChanged(self.values, writes)
            position, done = position + 1, outcomes
            checkpoint = self._checkpoint(parent.step + 1)
            tasks = self._tasks(position, checkpoint.step, packets)
            yield facts.CheckpointSaved(
                checkpoint, parent, "loop", self.values, tasks, self.supersteps, position
            )
            if superstep is not None and superstep.after:
                yield from map(facts.Struck, superstep.after)
            parent = checkpoint
            outcomes = tuple([Outcome(task) for task in tasks])
            played += 1
            if played == setting.recursion_limit:
                raise GraphError("GraphRecursionError", _RECURSION.format(limit=setting.recursion_limit))
            if setting.pause_after and self._breaks(setting.pause_after, done):
                yield facts.Paused()
                return

    def through(self, beginning: Begins) -> Iterator[Fact]:
        """A beginning, and everything after it."""
        due = yield from beginning
        yield from self.goes(due)

    def _breaks(self, nodes: frozenset[str], outcomes: tuple[Outcome, ...]) -> bool:
        if self.within:
            return False
        return "*" in nodes or any(outcome.task.node in nodes for outcome in outcomes)

    def pause(self, spread: Spread, purpose: str) -> Fact:
        """The graph takes its time."""
        seconds = drawn(spread, self.setting.key, purpose)
        self.progress.wait(seconds)
        return facts.Wait(seconds)

    def _checkpoint(self, step: int) -> Checkpoint:
        return Checkpoint(self.setting.key, step, self.progress.tick(), self.within, self.over)

    def _tasks(self, position: int, step: int, packets: Packets) -> tuple[facts.Task, ...]:
        return prepared(
            self.supersteps, position, key=self.setting.key, step=step, within=self.within, packets=packets
        )

    def _fresh(self, task: facts.Task, step: int) -> facts.Task:
        """The same task, to be run again under an id of its own."""
        return msgspec.structs.replace(task, key=self.setting.key, step=step)

    # --- another play on a checkpoint that is there ---

    def _recast(self, ground: Snapshot) -> tuple[Outcome, ...]:
        """The ground's tasks with what this play has them do, and those that a command goes to.

        A question that the run leaves unanswered stays with the script that asked it.
        """
        command = self.setting.command
        answers = (command.answers if command else None) or {}
        scripts = list(self.supersteps[0].tasks) if self.supersteps else []
        outcomes: list[Outcome] = []
        lacking: list[str] = []
        for outcome in ground.tasks:
            asked = [interrupt.id for interrupt in outcome.interrupts]
            stays = outcome.writes is not None or (asked and answers.keys().isdisjoint(asked))
            script = next((script for script in scripts if script.node == outcome.task.node), None)
            if script is not None:
                scripts.remove(script)
            if stays:
                outcomes.append(outcome)
            elif script is None:
                lacking.append(outcome.task.node)
            else:
                before = outcome.task.script
                if script.input is None and before is not None:
                    script = msgspec.structs.replace(script, input=before.input)
                task = msgspec.structs.replace(outcome.task, script=script)
                outcomes.append(msgspec.structs.replace(outcome, task=task, recast=True))
        gone = command.goto if command is not None and not self.within else ()
        due = {outcome.task.node for outcome in ground.pending}
        if command is not None and not command.sent:
            # langgraph 1.2.22: a node that is due already is not run twice.
            scripts = [script for script in scripts if script.node not in due]
            gone = tuple((node, packet) for node, packet in gone if node not in due)
        outcomes += map(Outcome, self._gone(gone, scripts, ground.checkpoint.step + 1, lacking))
        outcomes.sort(key=_order)
        if lacking or scripts:
            begins = (
                ", ".join(task.node for task in self.supersteps[0].tasks) if self.supersteps else "nothing"
            )
            stands = ", ".join([outcome.task.node for outcome in ground.pending] + [node for node, _ in gone])
            raise GraphError(
                "PlayFailed",
                f"the play begins with {begins}, but the thread waits at {stands or 'no node'}; "
                "begin it with the nodes that are resumed or gone to",
            )
        return tuple(outcomes)

    def _gone(
        self, gone: Packets, scripts: list[model.Task], step: int, lacking: list[str]
    ) -> Iterator[facts.Task]:
        """The tasks of the nodes that a command goes to."""
        command = self.setting.command
        for number, (node, packet) in enumerate(gone):
            script = next((script for script in scripts if script.node == node), None)
            if script is None:
                lacking.append(node)
                continue
            scripts.remove(script)
            sent = command is not None and command.sent
            yield facts.Task(
                self.setting.key,
                node,
                step,
                (PUSH,) if sent else script.triggers,
                _BEHIND + number,
                self.within,
                number if sent else None,
                packet if sent else None,
                script,
            )


# Where history has what a command went to: behind what the graph itself named.
_BEHIND = 1000


def _order(outcome: Outcome) -> tuple[bool, int, str]:
    """The order in which LangGraph prepares tasks: what was sent, then the others by their nodes' names."""
    task = outcome.task
    return task.push is None, task.push or 0, task.node


def prepared(
    supersteps: tuple[model.Superstep, ...],
    position: int,
    *,
    key: bytes,
    step: int,
    within: str = "",
    packets: Packets = (),
) -> tuple[facts.Task, ...]:
    """The tasks that a checkpoint at `step` names: those of the superstep at `position`, if there is one.

    LangGraph prepares what was sent first, in the order of sending, and then the others by their nodes' names.
    """
    if position >= len(supersteps):
        return ()
    superstep = supersteps[position]
    pulled = tuple(
        [
            facts.Task(key, script.node, step + 1, script.triggers, place, within, script=script)
            for place, script in superstep.pulled
        ]
    )
    if not superstep.sent:
        return pulled
    waiting = list(superstep.sent)
    order: list[tuple[int, model.Task, Any]] = []
    for node, packet in packets:
        taker = next((pair for pair in waiting if pair[1].node == node), None)
        if taker is not None:
            waiting.remove(taker)
            order.append((*taker, packet))
    order.extend((place, script, None) for place, script in waiting)
    pushed = [
        facts.Task(key, script.node, step + 1, script.triggers, place, within, number, packet, script)
        for number, (place, script, packet) in enumerate(order)
    ]
    return (*pushed, *pulled)
