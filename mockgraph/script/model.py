"""What a fixture says, as frozen values: graphs, stubs, plays, tasks and the steps inside a task.

Built by the readers (`script.read_…`) and by nobody else, whichever front door (a YAML file, Python) the words came by.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from mockgraph.meaning.channels import Channels
from mockgraph.meaning.chunks import Chunk
from mockgraph.script.faults import Fault
from mockgraph.script.given import Given
from mockgraph.script.matching import Condition
from mockgraph.script.places import Source
from mockgraph.words.vocabulary import PUSH


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


class Ask(msgspec.Struct, frozen=True):
    """The node interrupts itself with a value, to be answered by a resume; its last step."""

    value: Any


class Sent(msgspec.Struct, frozen=True):
    """A task for the next superstep: a node, and what it sees in place of the state."""

    node: str
    input: Any


class Send(msgspec.Struct, frozen=True):
    """The node (or an edge behind it) sends tasks into the next superstep."""

    packets: tuple[Sent, ...]


class Goto(msgspec.Struct, frozen=True):
    """The node names where to go: nodes of its own graph, or of the graph around it (`parent`); as a list or alone."""

    nodes: tuple[str, ...]
    parent: bool = False
    listed: bool = False


class Tool(msgspec.Struct, frozen=True):
    """The node runs a tool call: its id, and what shows of it on the newer thread protocol.

    `name` and `input` are None where the AI message that asked for the call says them; `deltas` are told while it
    runs; it comes to the tool message of its id, to another `output`, or to an `error`. One without an id says that the
    node runs none.
    """

    call: str = ""
    name: str | None = None
    input: Any = None
    deltas: tuple[Any, ...] = ()
    output: Any = None
    error: str | None = None


class Subgraph(msgspec.Struct, frozen=True):
    """A graph runs inside the node: its supersteps, and its input and channels where they are not the parent's.

    `name` is that of an agent, which shows in the newer thread protocol.
    """

    supersteps: tuple["Superstep", ...]
    input: Any = None
    channels: Channels | None = None
    name: str | None = None


class Strike(msgspec.Struct, frozen=True):
    """Something goes wrong on the line to the client."""

    fault: Fault


Step = Strike | Delay | Custom | Say | Update | Fail | Ask | Send | Goto | Subgraph | Tool


class Task(msgspec.Struct, frozen=True):
    """One node at work in one superstep. `input` is what it sees in place of the state, None for the state."""

    node: str
    steps: tuple[Step, ...]
    triggers: tuple[str, ...]
    input: Any = None

    @property
    def nests(self) -> bool:
        """Whether a graph runs inside."""
        return any(type(step) is Subgraph for step in self.steps)


class Superstep(msgspec.Struct, frozen=True):
    """Tasks that run side by side, as written; `before` and `after` are the faults that strike around them.

    `pulled` are those that an edge sets off and their places among the tasks, by the names of their nodes; `sent`
    are the others, as written.
    """

    tasks: tuple[Task, ...]
    before: tuple[Fault, ...] = ()
    after: tuple[Fault, ...] = ()
    pulled: tuple[tuple[int, Task], ...] = ()
    sent: tuple[tuple[int, Task], ...] = ()

    def __post_init__(self) -> None:
        places = list(enumerate(self.tasks))
        pulled = sorted(
            (pair for pair in places if PUSH not in pair[1].triggers), key=lambda pair: pair[1].node
        )
        sent = [pair for pair in places if PUSH in pair[1].triggers]
        msgspec.structs.force_setattr(self, "pulled", tuple(pulled))
        msgspec.structs.force_setattr(self, "sent", tuple(sent))


def steps_of(supersteps: Iterable[Superstep]) -> Iterator[Step]:
    """Every step of a play, those inside subgraphs too."""
    for superstep in supersteps:
        for task in superstep.tasks:
            for step in task.steps:
                yield step
                if type(step) is Subgraph:
                    yield from steps_of(step.supersteps)


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

    @property
    def goes_on(self) -> bool:
        """Whether it takes up a play in its middle."""
        return not self.roots.isdisjoint(("resume", "command"))


class Graph(msgspec.Struct, frozen=True, eq=False):
    """One scripted graph: the schema of its state and its stubs, in the order in which they are tried.

    `roots` are the parts of a run that some stub looks at; the others need not be gathered for matching.
    `pause_before` and `pause_after` are the nodes that the graph was compiled to break at; `*` is all of them.
    `transformers` are the channels that it emits on the newer thread protocol beside those that every graph does.
    """

    graph_id: str
    channels: Channels
    stubs: tuple[Stub, ...] = ()
    roots: frozenset[str] = frozenset()
    pause_before: frozenset[str] = frozenset()
    pause_after: frozenset[str] = frozenset()
    given: Given = Given()
    transformers: frozenset[str] = frozenset()

    @property
    def nodes(self) -> frozenset[str]:
        """Every node that some play has at work."""
        return frozenset(
            task.node for stub in self.stubs for step in stub.play.supersteps for task in step.tasks
        )

    @property
    def nests(self) -> bool:
        """Whether a graph runs inside some node."""
        return any(task.nests for stub in self.stubs for step in stub.play.supersteps for task in step.tasks)
