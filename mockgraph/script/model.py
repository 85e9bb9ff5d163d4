"""What a fixture says, as frozen values: graphs, stubs, plays, tasks and the steps inside a task.

Built by the readers (`script.read_…`) and by nobody else, whichever front door (a YAML file, Python) the words came by.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from mockgraph.meaning.channels import Channels
from mockgraph.meaning.chunks import Chunk
from mockgraph.script.matching import Condition


class Source(msgspec.Struct, frozen=True):
    """Where something was written: a file (or the Python caller's file), a line and a column, 1-based."""

    file: str
    line: int
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Model(msgspec.Struct, frozen=True):
    """The chat model that wrote a message: what shows of it in message metadata and events."""

    name: str = "FakeChatModel"
    provider: str = "fake"
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}


class Piece(msgspec.Struct, frozen=True):
    """One scripted chunk of a streamed message: its fields but for the id, and the pause before it."""

    fields: Chunk
    delay: float = 0.0


class Speech(msgspec.Struct, frozen=True):
    """How a message reaches the stream: the model that wrote it (None: the node merely returned it) and its cut.

    `pieces` is None for the default cut by words, and () for a model that does not stream.
    """

    model: Model | None = Model()
    pieces: tuple[Piece, ...] | None = None


class Delay(msgspec.Struct, frozen=True):
    """The node takes its time: seconds."""

    seconds: float


class Custom(msgspec.Struct, frozen=True):
    """The node writes one payload to the stream."""

    payload: Any
    static: bool


class Say(msgspec.Struct, frozen=True):
    """A model inside the node streams a message that does not reach the state."""

    message: Any
    speech: Speech
    static: bool


class Update(msgspec.Struct, frozen=True):
    """The node returns an update. `filled` are the keys with templates, `message_keys` those with messages."""

    written: Mapping[str, Any]
    speech: Speech
    filled: tuple[str, ...]
    message_keys: tuple[str, ...]


class Fail(msgspec.Struct, frozen=True):
    """The node raises: a class name and a message."""

    type: str
    message: Any


Step = Delay | Custom | Say | Update | Fail


class Task(msgspec.Struct, frozen=True):
    """One node at work in one superstep."""

    node: str
    steps: tuple[Step, ...]
    triggers: tuple[str, ...]


class Superstep(msgspec.Struct, frozen=True):
    """Tasks that run side by side, as written."""

    tasks: tuple[Task, ...]


class Play(msgspec.Struct, frozen=True):
    """Supersteps in order. `instant`: nothing in it takes time. `roots`: what its templates read of a run."""

    supersteps: tuple[Superstep, ...]
    instant: bool
    roots: frozenset[str]


class Stub(msgspec.Struct, frozen=True, eq=False):
    """What to play for the runs that match."""

    name: str
    graph_id: str
    source: Source
    play: Play
    when: tuple[Condition, ...] = ()
    after: str | None = None
    times: int | None = None
    roots: frozenset[str] = frozenset()


class Graph(msgspec.Struct, frozen=True, eq=False):
    """One scripted graph: the schema of its state and its stubs, in the order in which they are tried.

    `roots` are the parts of a run that some stub looks at; the others need not be gathered for matching.
    """

    graph_id: str
    channels: Channels
    stubs: tuple[Stub, ...] = ()
    roots: frozenset[str] = frozenset()
