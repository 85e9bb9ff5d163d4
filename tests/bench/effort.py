"""How much is measured: the full benchmark, or the quick one for those who change it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Runs a pair, seconds a run, and the counts of the lines that count."""

    runs: int = 7
    starts: int = 15
    seconds: float = 2.0
    warm_up: float = 1.0
    stateless: int = 2_000
    more_stateless: int = 20_000
    journal: int = 10_000
    warm_threads: int = 1_000
    threads: int = 100_000
    real_seconds: float = 10.0
    collections: int = 60
    idle: int = 2_000
    stuck_parts: int = 2_048
    events: int = 2_000
    event_seconds: float = 0.7
    tape: int = 100_000
    asked: int = 41
    retold: int = 7
    tests: int = 500
    suites: int = 5
    reloads: int = 10_000


FULL = Effort()
QUICK = Effort(
    runs=3,
    starts=3,
    seconds=0.5,
    warm_up=0.3,
    stateless=500,
    more_stateless=2_000,
    journal=10_000,
    warm_threads=200,
    threads=5_000,
    real_seconds=3.0,
    collections=5,
    idle=200,
    stuck_parts=1_024,
    events=500,
    event_seconds=0.2,
    tape=10_000,
    asked=7,
    retold=3,
    tests=50,
    suites=1,
    reloads=500,
)
