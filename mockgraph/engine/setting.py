"""What a play is played on, and the little that moves while it is played: the time and the ids handed out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from mockgraph.engine.facts import Checkpoint, Snapshot
from mockgraph.meaning.channels import Channels, Values
from mockgraph.script.latency import Latency
from mockgraph.script.model import Play
from mockgraph.words.ids import digest, uuid4

NOBODY: frozenset[str] = frozenset()
RECURSION_LIMIT = 10007  # langgraph 1.2.22


class Command(msgspec.Struct, frozen=True):
    """What a run's command comes to: writes to the state, nodes to go to (with an input, where it was sent), answers.

    `goes` is whether it names any node, the graph's own or not; `sent` whether it sends to them. `answers` are by
    interrupt id, None where it resumes nothing; `loose` is an answer that nobody has asked for yet; `error` is why
    the graph refuses it.
    """

    writes: tuple[Mapping[str, Any], ...] = ()
    goto: tuple[tuple[str, Any], ...] = ()
    goes: bool = False
    sent: bool = False
    answers: Mapping[str, Any] | None = None
    loose: tuple[Any, ...] = ()
    error: tuple[str, str] | None = None


class Setting(msgspec.Struct, frozen=True, gc=False):
    """What a play is played on: the run and the thread as they are when it begins.

    `before` are the thread's values, None on a thread without checkpoints; `step` and `parent` its last
    checkpoint's. `start` is the run's beginning in microseconds; `scope` is what templates see. A run that goes
    on from a checkpoint has it in `ground`: `anew` with `play`, else with the play that named its tasks; with `fork`
    it leaves the checkpoint as it is and goes on from a copy.
    `streaming` and `traced` are whether models are called in streaming form, and whether LangChain's callbacks are
    listened to; with `blocks` models answer in content blocks, and what nodes return is taken as it is; with
    `tools` somebody listens to tool calls; `latency` is what things take without a delay. `pause_before` and `pause_after` are the nodes of its breakpoints, `*` for all.
    """

    key: bytes
    channels: Channels
    play: Play
    given: Any
    before: Values | None
    step: int
    parent: Checkpoint | None
    start: int
    streaming: bool
    traced: bool
    scope: dict[str, Any]
    recursion_limit: int = RECURSION_LIMIT
    ground: Snapshot | None = None
    anew: bool = False
    fork: bool = False
    command: Command | None = None
    pause_before: frozenset[str] = NOBODY
    pause_after: frozenset[str] = NOBODY
    latency: Latency | None = None
    blocks: bool = False
    tools: bool = False


class Progress(msgspec.Struct, gc=False, eq=False):
    """The moving parts of one playing: the time that it is, in microseconds, and how many of each were made."""

    at: int
    key: bytes
    messages: int = 0
    calls: int = 0
    chunks: int = 0

    def tick(self) -> int:
        """The time of the next fact."""
        self.at += 1
        return self.at

    def wait(self, seconds: float) -> None:
        """Let scripted time pass."""
        self.at += round(seconds * 1_000_000)

    def new_id(self) -> str:
        """The id of the next message that has none."""
        self.messages += 1
        return uuid4(digest(self.key, f"message {self.messages}"))
