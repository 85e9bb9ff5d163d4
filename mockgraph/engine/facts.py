"""What happens in a run, one frozen value per happening, in the order in which it happens.

Facts carry enough for the richest view; a view that shows less leaves things out. Ids are not stored in them
but derived when a view asks, from the run's key.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec

from mockgraph.meaning.channels import Values
from mockgraph.meaning.chunks import Chunk
from mockgraph.meaning.messages import Message
from mockgraph.script.faults import Fault
from mockgraph.script.model import Model, Superstep
from mockgraph.script.model import Task as ScriptedTask
from mockgraph.words.ids import digest, uuid6, uuid7, uuid_raw
from mockgraph.words.vocabulary import PULL, PUSH

Packets = Sequence[tuple[str, Any]]  # what is sent: nodes and their inputs


class Task(msgspec.Struct, frozen=True, gc=False):
    """A node at work in a superstep.

    `place` is where the script has it among the tasks of its superstep; `within` is the checkpoint namespace of
    the graph that it belongs to, empty for the root; `push` is its number among the tasks that were sent, None
    for one that an edge set off, and `packet` what was sent. `script` is what its node does.
    """

    key: bytes
    node: str
    step: int
    triggers: tuple[str, ...]
    place: int = 0
    within: str = ""
    push: int | None = None
    packet: Any = None
    script: ScriptedTask | None = None

    @property
    def id(self) -> str:
        """LangGraph's task id: a hash in UUID spelling."""
        purpose = f"task {self.step} {self.node}"
        if self.within or self.push is not None:
            purpose = f"{purpose} {self.push} in {self.within}"
        return uuid_raw(digest(self.key, purpose))

    @property
    def namespace(self) -> str:
        """The checkpoint namespace of whatever runs inside the task."""
        own = f"{self.node}:{self.id}"
        return f"{self.within}|{own}" if self.within else own

    @property
    def path(self) -> list[Any]:
        return [PULL, self.node] if self.push is None else [PUSH, self.push, False]

    @property
    def nests(self) -> bool:
        """Whether a graph runs inside."""
        return self.script is not None and self.script.nests


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """A checkpoint's identity; `at` is when it was saved, in microseconds.

    One inside a subgraph has its namespace in `within`, and in `over` the checkpoint that its parent stands at.
    """

    key: bytes
    step: int
    at: int
    within: str = ""
    over: "Checkpoint | None" = None
    name: str = ""  # the id of one that a client named and nobody has
    sign: int | None = None  # the step that its id tells, where that is another

    @property
    def id(self) -> str:
        if self.name:
            return self.name
        purpose = f"checkpoint {self.step} {self.within}" if self.within else f"checkpoint {self.step}"
        return uuid6(self.at, self.step if self.sign is None else self.sign, digest(self.key, purpose))

    @property
    def parents(self) -> dict[str, str]:
        """The checkpoints of the graphs around, by namespace, the root's first."""
        return {} if self.over is None else self.over.map

    @property
    def map(self) -> dict[str, str]:
        """The same and its own."""
        return {**self.parents, self.within: self.id}


class Interrupt(msgspec.Struct, frozen=True):
    """A question of a node; `id` stays the same until it is answered."""

    id: str
    value: Any


def interrupt_of(task: Task, value: Any, *, answered: int) -> Interrupt:
    """The interrupt of a task that has got so many answers before."""
    return Interrupt(digest(task.key, f"interrupt {task.id} {answered}").hex(), value)


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call of a chat model inside a task; `number` counts the calls of the run."""

    key: bytes
    number: int
    at: int
    task: Task
    model: Model

    @property
    def run_id(self) -> str:
        """The id of the model call, which is also in the id of the message that it makes."""
        return uuid7(self.at, digest(self.key, f"model {self.number}"))


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What has become of a task that a checkpoint named, as far as runs have come with it."""

    task: Task
    update: Any = None
    writes: tuple[dict[str, Any], ...] | None = None  # None until it has finished
    packets: tuple[tuple[str, Any], ...] = ()
    interrupts: tuple[Interrupt, ...] = ()
    answers: tuple[Any, ...] = ()
    failed: tuple[str, str] | None = None
    gone: bool = False  # a command went to it, beside what the checkpoint named
    inner: "Snapshot | None" = None  # where the graph inside it stands
    recast: bool = False  # another play says what it does from now on


class Snapshot(msgspec.Struct, frozen=True):
    """A checkpoint as it stands: its values, the tasks that it named, and what has become of them.

    `supersteps` is the play that named them, `position` where they stand in it. `stored` and `writer` are what the
    backend keeps with it (its metadata, and the run that brought it so far, or the edit that made it), and nothing
    to the engine.
    """

    checkpoint: Checkpoint
    parent: Checkpoint | None
    source: str
    values: Values
    tasks: tuple[Outcome, ...]
    supersteps: tuple[Superstep, ...] = ()
    position: int = 0
    given: Any = None
    stored: Any = None
    writer: Any = None
    edit: Any = None

    @property
    def pending(self) -> tuple[Outcome, ...]:
        """The tasks that have not finished."""
        return tuple(outcome for outcome in self.tasks if outcome.writes is None)

    @property
    def interrupts(self) -> tuple[Interrupt, ...]:
        """The questions that wait for an answer."""
        return tuple(interrupt for outcome in self.pending for interrupt in outcome.interrupts)


class RunStarted(msgspec.Struct, frozen=True, gc=False):
    """The graph was called with this input, as the client sent it, or with this command."""

    given: Any
    command: Any = None


class CheckpointSaved(msgspec.Struct, frozen=True, gc=False):
    """A checkpoint was saved: its values, its parent, and the tasks that are to run next."""

    checkpoint: Checkpoint
    parent: Checkpoint | None
    source: str
    values: Values
    next: tuple[Task, ...]
    supersteps: tuple[Superstep, ...] = ()
    position: int = 0  # of `next` in the supersteps
    given: Any = None  # of an input checkpoint: what the graph reads of the input, as the client sent it


class CheckpointFound(msgspec.Struct, frozen=True):
    """The run goes on from a checkpoint that was there.

    `values` are its own and whatever a command updates, `next` its tasks and whatever a command goes to;
    `supersteps` is the play that goes on, `position` where these tasks stand in it.
    """

    snapshot: Snapshot
    values: Values
    next: tuple[Task, ...]
    supersteps: tuple[Superstep, ...]
    position: int

    @property
    def checkpoint(self) -> Checkpoint:
        """That checkpoint."""
        return self.snapshot.checkpoint


class ValuesChanged(msgspec.Struct, frozen=True, gc=False):
    """The values after the input or a superstep; `writes` are what changed them, None where nothing did."""

    values: Values
    writes: Sequence[Mapping[str, Any]] | None = None


class TaskStarted(msgspec.Struct, frozen=True, gc=False):
    """A task was handed to its node."""

    task: Task
    input: Values
    at: int


class NodeEntered(msgspec.Struct, frozen=True, gc=False):
    """The node's function began."""

    task: Task
    input: Values


class CustomWritten(msgspec.Struct, frozen=True, gc=False):
    """The node wrote a payload to the stream."""

    task: Task
    payload: Any


class ModelCalled(msgspec.Struct, frozen=True, gc=False):
    """A chat model inside the node was called."""

    call: Call
    messages: list[Message]


class ChunkStreamed(msgspec.Struct, frozen=True, gc=False):
    """The model streamed a piece of its answer."""

    call: Call
    chunk: Chunk


class ModelAnswered(msgspec.Struct, frozen=True, gc=False):
    """The model's whole answer. `streamed`: it came in chunks before."""

    call: Call
    messages: list[Message]
    message: Message
    streamed: bool


class ToolStarted(msgspec.Struct, frozen=True, gc=False):
    """The node began to run a tool call."""

    task: Task
    call: str
    name: str
    input: Any


class ToolTold(msgspec.Struct, frozen=True, gc=False):
    """The tool told a piece of its output before it was done."""

    task: Task
    call: str
    delta: Any


class ToolFinished(msgspec.Struct, frozen=True, gc=False):
    """The tool is done: `output` is the message that it came to, or what it returned in place of one."""

    task: Task
    call: str
    output: Any


class ToolFailed(msgspec.Struct, frozen=True, gc=False):
    """The tool raised, whatever its node made of it."""

    task: Task
    call: str
    message: str


class GraphEntered(msgspec.Struct, frozen=True, gc=False):
    """The graph inside a task was called."""

    task: Task
    input: Values


class GraphReturned(msgspec.Struct, frozen=True, gc=False):
    """The graph inside a task came to its end."""

    task: Task
    input: Values
    values: Values


class NodeReturned(msgspec.Struct, frozen=True, gc=False):
    """The node's function returned: `output` is its update (None: nothing), or the Command around it."""

    task: Task
    output: Any


class NodeLeft(msgspec.Struct, frozen=True, gc=False):
    """The node is done with what it returned."""

    task: Task
    input: Values
    output: Any


class MessageReturned(msgspec.Struct, frozen=True, gc=False):
    """A message in the node's update that no model streamed before."""

    task: Task
    message: Message


class TaskFinished(msgspec.Struct, frozen=True, gc=False):
    """The task's writes are in: `update` as the node returned it, `writes` one mapping per update."""

    task: Task
    update: Any
    writes: tuple[dict[str, Any], ...]
    at: int
    packets: tuple[tuple[str, Any], ...] = ()  # what it sends: node and input


class TaskRecalled(msgspec.Struct, frozen=True, gc=False):
    """A task that had finished in an earlier run, beside one that had not: its writes are taken as they were."""

    task: Task
    update: Any


class TaskInterrupted(msgspec.Struct, frozen=True):
    """The node asks; `values` are those of its graph."""

    task: Task
    interrupts: tuple[Interrupt, ...]
    answers: tuple[Any, ...]  # that the node has got before
    values: Values
    at: int


class Paused(msgspec.Struct, frozen=True, gc=False):
    """The run stops at a breakpoint."""


class Inside(msgspec.Struct, frozen=True):
    """A fact of a subgraph, by its checkpoint namespace."""

    within: str
    fact: Any


class TaskFailed(msgspec.Struct, frozen=True, gc=False):
    """The node raised."""

    task: Task
    error: str
    message: str
    at: int


class InputRefused(msgspec.Struct, frozen=True, gc=False):
    """The graph cannot read its input; no stream shows it, but the input's checkpoint remembers."""

    task: Task
    error: str
    message: str


class RunFailed(msgspec.Struct, frozen=True, gc=False):
    """The run ends with an error."""

    error: str
    message: str


class RunFinished(msgspec.Struct, frozen=True, gc=False):
    """The run ends; `values` are its last."""

    values: Values


class Wait(msgspec.Struct, frozen=True, gc=False):
    """Nothing happens for so many seconds: whoever plays the facts for a client lets them pass."""

    seconds: float


class Struck(msgspec.Struct, frozen=True, gc=False):
    """Something goes wrong on the line to whoever follows the run; the run itself goes on."""

    fault: Fault


# Others may go on, though no time passes.
TURN = Wait(0.0)


Fact = (
    RunStarted
    | CheckpointSaved
    | CheckpointFound
    | ValuesChanged
    | TaskStarted
    | NodeEntered
    | CustomWritten
    | ModelCalled
    | ChunkStreamed
    | ModelAnswered
    | ToolStarted
    | ToolTold
    | ToolFinished
    | ToolFailed
    | GraphEntered
    | GraphReturned
    | NodeReturned
    | NodeLeft
    | MessageReturned
    | TaskFinished
    | TaskRecalled
    | TaskInterrupted
    | TaskFailed
    | Paused
    | Inside
    | InputRefused
    | RunFailed
    | RunFinished
    | Wait
    | Struck
)

KINDS: frozenset[type] = frozenset(get_args(Fact))
