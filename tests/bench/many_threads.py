"""(f) Many threads with one run each: what the last thousand cost beside the first."""

import time
from itertools import pairwise
from statistics import quantiles

from tests.bench import client, processes, requests, servers
from tests.bench.effort import Effort
from tests.bench.report import Row, say

BLOCK = 1_000
_ID = b'"thread_id":"'
_UUID = 36


class Pairs:
    """So many threads, each made and then run on, over however many connections share this.

    `at` holds the time at the start and at the end of each block, `used` the server's processor time then.
    """

    def __init__(self, count: int, pid: int) -> None:
        self.at: list[float] = []
        self.used: list[float] = []
        self._left = count
        self._done = 0
        self._pid = pid
        self._mark()

    def conversation(self) -> client.Conversation:
        """One connection's share."""
        running = True  # as if: no thread is made yet

        def say_next(answer: bytes) -> bytes | None:
            nonlocal running
            if not running:
                running = True
                return requests.wait(f"/threads/{_thread_id(answer)}/runs/wait")
            if answer:
                self._finished()
            self._left -= 1
            running = False
            return requests.thread() if self._left >= 0 else None

        return say_next

    def _finished(self) -> None:
        self._done += 1
        if self._done % BLOCK == 0:
            self._mark()

    def _mark(self) -> None:
        self.at.append(time.perf_counter())
        self.used.append(processes.cpu_seconds(self._pid))


def measure(effort: Effort) -> list[Row]:
    """Warm up, then all of them, timed by the thousand."""
    with servers.mockgraph() as server:
        _run(server, effort.warm_threads)
        before = processes.resident(server.pid)
        pairs = _run(server, effort.threads)
        grown = processes.resident(server.pid) - before
    series, used = _steps(pairs.at), _steps(pairs.used)
    ratio = series[-1] / series[0]
    cuts = quantiles(series, n=20, method="inclusive")
    say(f"  seconds a thousand: first {series[0]:.3f}  last {series[-1]:.3f}  ratio {ratio:.2f}")
    say(f"  all thousands: min {min(series):.3f}  p5 {cuts[0]:.3f}  p25 {cuts[4]:.3f}  p50 {cuts[9]:.3f}")
    say(f"                 p75 {cuts[14]:.3f}  p95 {cuts[18]:.3f}  max {max(series):.3f}")
    say(f"  every tenth: {' '.join(f'{value:.2f}' for value in series[::10])}")
    say(f"  server's processor seconds: first {used[0]:.2f}  last {used[-1]:.2f}")
    say(f"  memory: {before:.0f} MiB and {1024 * grown / effort.threads:.2f} KiB a thread with its run")
    line = f"(f) of {effort.threads} threads the last thousand, of the first's time"
    return [Row(line, f"{ratio:.2f} x", "at most 1.2 x", ratio <= 1.2)]


def _run(server: servers.Server, count: int) -> Pairs:
    pairs = Pairs(count, server.pid)
    client.converse(server.port, [pairs.conversation() for _ in range(client.CONNECTIONS)])
    return pairs


def _steps(marks: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(marks)]


def _thread_id(answer: bytes) -> str:
    at = answer.index(_ID) + len(_ID)
    return answer[at : at + _UUID].decode()
