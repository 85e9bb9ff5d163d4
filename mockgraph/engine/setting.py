"""What a play is played on, and the little that moves while it is played: the time and the ids handed out."""

from typing import Any

import msgspec

from mockgraph.engine.facts import Checkpoint
from mockgraph.meaning.channels import Channels, Values
from mockgraph.script.model import Play
from mockgraph.words.ids import digest, uuid4


class Setting(msgspec.Struct, frozen=True):
    """What a play is played on: the run and the thread as they are when it begins.

    `before` are the thread's values, None on a thread without checkpoints; `step` and `parent` its last
    checkpoint's. `start` is the run's beginning in microseconds; `scope` is what templates see.
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
    scope: dict[str, Any]
    recursion_limit: int = 10007


class Progress:
    """The moving parts of one playing: the time that has passed and the ids that were handed out."""

    __slots__ = ("_at", "_key", "_made", "calls")

    def __init__(self, setting: Setting) -> None:
        self._at = setting.start
        self._key = setting.key
        self._made = 0
        self.calls = 0

    def tick(self) -> int:
        """The time of the next fact."""
        self._at += 1
        return self._at

    def wait(self, seconds: float) -> None:
        """Let scripted time pass."""
        self._at += round(seconds * 1_000_000)

    def new_id(self) -> str:
        """The id of the next message that has none."""
        self._made += 1
        return uuid4(digest(self._key, f"message {self._made}"))
