"""How a server behaves: what its namespaces are made with."""

import os
from collections.abc import Collection
from copy import copy

from mockgraph.runtime.journal import ENTRIES, SIZE
from mockgraph.runtime.timeline import MODES
from mockgraph.words.clock import Clock, FixedClock, SystemClock
from mockgraph.words.ids import key_of


class Options:
    """How a server behaves: `deterministic` fixes the seed of its ids and holds its clock still.

    `time` is how time passes at first (`real`, `instant` or `held`), and `speed` how fast a real clock goes.
    `heartbeat` is the seconds between two signs of life of a long answer; `pace` those for which a stream that only
    tells how runs stand is held back, so that what they said is read before it; `webhook_hosts` are hosts beside
    loopback that webhooks may be posted to, `control_from` origins beside it that may control it. The journal keeps so many entries and bytes, and what `redact` names is a
    credential in it. There may be so many `namespaces` beside the root; where there is no room,
    those that nobody has used for `idle` seconds make it.
    """

    def __init__(
        self,
        *,
        deterministic: bool = False,
        seed: str = "mockgraph",
        time: str = "real",
        speed: float = 1.0,
        heartbeat: float = 5.0,
        pace: float = 0.1,
        webhook_hosts: Collection[str] = (),
        control_from: Collection[str] = (),
        journal_entries: int = ENTRIES,
        journal_size: int = SIZE,
        redact: Collection[str] = (),
        namespaces: int = 1000,
        idle: float = 3600.0,
    ) -> None:
        if time not in MODES or not 0 < speed < float("inf"):
            raise ValueError(f"a clock is {', '.join(MODES)}, with a speed above 0; got {time!r}, {speed!r}")
        self.deterministic = deterministic
        self.time = time
        self.speed = speed
        self.heartbeat = heartbeat
        self.pace = pace
        self.webhook_hosts = frozenset(map(str.lower, webhook_hosts))
        self.control_from = frozenset(control_from)
        self.journal_entries = journal_entries
        self.journal_size = journal_size
        self.redact = tuple(redact)
        self.namespaces = namespaces
        self.idle = idle
        self.clock = self.new_clock()
        self.seed = key_of(seed) if deterministic else os.urandom(16)

    def fresh(self) -> "Options":
        """The same, with a clock that nobody has moved."""
        options = copy(self)
        options.clock = self.new_clock()
        return options

    def new_clock(self) -> Clock:
        """A clock that nobody has moved."""
        return FixedClock() if self.deterministic else SystemClock()
