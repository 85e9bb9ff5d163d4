"""What happens in a run, one frozen value per happening, in the order in which it happens.

Facts carry enough for the richest view; a view that shows less leaves things out. Ids are not stored in them
but derived when a view asks, from the run's key.
"""

from typing import Any

import msgspec

from mockgraph.meaning.channels import Values
from mockgraph.meaning.chunks import Chunk
from mockgraph.meaning.messages import Message
from mockgraph.script.model import Model
from mockgraph.words.ids import digest, uuid6, uuid7, uuid_raw
from mockgraph.words.vocabulary import PULL


class Task(msgspec.Struct, frozen=True, gc=False):
    """A node at work in a superstep."""

    key: bytes
    node: str
    step: int
    triggers: tuple[str, ...]
    place: int = 0  # among the tasks of its superstep, as the script has them

    @property
    def id(self) -> str:
        """LangGraph's task id: a hash in UUID spelling."""
        return uuid_raw(digest(self.key, f"task {self.step} {self.node}"))

    @property
    def namespace(self) -> str:
        """The checkpoint namespace of whatever runs inside the task."""
        return f"{self.node}:{self.id}"

    @property
    def path(self) -> list[Any]:
        return [PULL, self.node]


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """A checkpoint's identity; `at` is when it was saved, in microseconds."""

    key: bytes
    step: int
    at: int

    @property
    def id(self) -> str:
        return uuid6(self.at, self.step, digest(self.key, f"checkpoint {self.step}"))


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


class RunStarted(msgspec.Struct, frozen=True, gc=False):
    """The graph was called with this input, as the client sent it."""

    given: Any


class CheckpointSaved(msgspec.Struct, frozen=True, gc=False):
    """A checkpoint was saved: its values, its parent, and the tasks that are to run next."""

    checkpoint: Checkpoint
    parent: Checkpoint | None
    source: str
    values: Values
    next: tuple[Task, ...]
    given: Any = None  # of an input checkpoint: what the graph reads of the input, as the client sent it


class ValuesChanged(msgspec.Struct, frozen=True, gc=False):
    """The values after the input or a superstep; `written` are the keys that changed, None for all."""

    values: Values
    written: frozenset[str] | None = None


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


class NodeReturned(msgspec.Struct, frozen=True, gc=False):
    """The node's function returned; `update` is as returned (None: nothing)."""

    task: Task
    input: Values
    update: Any


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


Fact = (
    RunStarted
    | CheckpointSaved
    | ValuesChanged
    | TaskStarted
    | NodeEntered
    | CustomWritten
    | ModelCalled
    | ChunkStreamed
    | ModelAnswered
    | NodeReturned
    | MessageReturned
    | TaskFinished
    | TaskFailed
    | InputRefused
    | RunFailed
    | RunFinished
    | Wait
)
