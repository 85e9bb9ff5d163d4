"""(j) The newest events of a thread (`since`), where its tape is long and where it is short.

Both threads are on one server, and asked in turns. What is timed goes from a request on a connection that is there to
the last of the events that it asks for. A tape is forgotten when the server has had enough others to keep, so
as many threads are followed for a moment in between. The length of a tape comes of many small runs, or of one
run that is as long. A forgotten tape is told again from the scripts, run by run: what that costs grows with the run that
the events are in, whatever stands before it.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uvloop

from mockgraph.runtime.event_tapes import EventTapes
from tests.bench import connections, processes, requests, servers
from tests.bench.client import Unexpected
from tests.bench.connections import Line
from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread
from tests.bench.servers import Server

SHORT = 1_000
LIMIT = 1.5
_NEWEST = 10  # events that are asked for
_CHANNELS = ("lifecycle", "values", "custom")
_SMALL = 5  # events of a small run
_AROUND = 3  # events of a run of one node beside those that it writes
_WARM = 3  # answers that do not count
_FORGOTTEN = "told again from the script"  # the tape is forgotten
# Each thread that is followed weighs at least a hundred events.
_OTHERS = EventTapes.IDLE // 100 + 1
_COMPLETED = b'"event":"completed"'
_ANSWERED = b'"type":"success"'


def measure(effort: Effort) -> list[Row]:
    """A long tape beside a short one, of many runs and of one."""
    rows = []
    with servers.mockgraph("small.yaml") as server:
        runs = {length: length // _SMALL for length in (SHORT, effort.tape)}
        rows += _compared(
            server, "many runs", {name: ("small", count) for name, count in runs.items()}, effort
        )
    with tempfile.TemporaryDirectory() as folder, servers.mockgraph(_giants(folder, effort)) as server:
        giants = {length: (f"of{length}", 1) for length in (SHORT, effort.tape)}
        rows += _compared(server, "one run", giants, effort)
    return rows


def _compared(server: Server, name: str, plays: dict[int, tuple[str, int]], effort: Effort) -> list[Row]:
    """`plays` is, by the length of a tape, the graph that fills it and how many runs it takes."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_both(server, name, plays, effort))


async def _both(server: Server, name: str, plays: dict[int, tuple[str, int]], effort: Effort) -> list[Row]:
    threads: dict[int, str] = {}
    before, began = processes.resident(server.pid), time.perf_counter()
    for length, (graph, runs) in sorted(plays.items()):
        threads[length] = await _filled(server.port, graph, runs)
    took, after = time.perf_counter() - began, processes.resident(server.pid)
    say(f"  {name}: {' and '.join(map(str, sorted(plays)))} events written in {took:.1f} s")
    say(f"    memory of the server: {before:.0f} MiB before, {after:.0f} MiB with them")
    rows = [Row(f"(j) memory of the server with a tape of {effort.tape}, {name}", f"{after:.0f} MiB")]
    for state, times, forgotten in (("in memory", effort.asked, False), (_FORGOTTEN, effort.retold, True)):
        short, long = await _asked(server.port, threads, times, forgotten=forgotten)
        ratios = [theirs / ours for ours, theirs in zip(short, long, strict=True)]
        say(f"    {state}, of {SHORT}, ms: {spread([1000 * one for one in short])}")
        say(f"    {state}, of {effort.tape}, ms: {spread([1000 * one for one in long])}")
        say(f"    {state}, ratio: {spread(ratios)}")
        line = f"(j) `since` on a tape of {effort.tape}, of {SHORT}'s time: {name}, {state}"
        measured = f"{median(ratios):.2f} x, {1000 * median(long):.1f} ms"
        rows.append(Row(line, measured, f"at most {LIMIT} x", median(ratios) <= LIMIT))
    say(f"    memory of the server behind all that: {processes.resident(server.pid):.0f} MiB")
    return rows


async def _filled(port: int, graph: str, runs: int) -> str:
    """A thread with so many runs, one after the other."""
    thread_id = requests.thread_id()
    commands = await connections.connected(port)
    follower = await connections.following(port, requests.events(thread_id, ["lifecycle", "values"]))
    command = requests.command(thread_id, requests.start(graph))
    for _ in range(runs):
        commands.say(command)
        await commands.until(_ANSWERED)
        await follower.until(_COMPLETED)
        commands.taken()
        follower.taken()
    for line in (commands, follower):
        line.hang_up()
    return thread_id


async def _asked(
    port: int, threads: dict[int, str], times: int, *, forgotten: bool
) -> tuple[Sequence[float], Sequence[float]]:
    """The seconds of so many answers on the short tape, and on the long one."""
    took: dict[int, list[float]] = {length: [] for length in threads}
    for _ in range(_WARM + times):
        for length, thread_id in threads.items():
            if forgotten:
                await _follow_others(port)
            took[length].append(await _answer(port, thread_id, length))
    short, long = (took[length][_WARM:] for length in sorted(took))
    return short, long


async def _answer(port: int, thread_id: str, length: int) -> float:
    """The seconds until the newest events are there."""
    request = requests.events(thread_id, _CHANNELS, since=length - _NEWEST)
    line = await connections.connected(port)
    began = time.perf_counter()
    line.say(request)
    await line.until(b"\r\nid: %d\r\n" % length)
    took = time.perf_counter() - began
    heard = line.taken()
    line.hang_up()
    if heard.count(b"\r\nid: ") != _NEWEST:
        raise Unexpected(heard.decode(errors="replace"))
    return took


async def _follow_others(port: int) -> None:
    """Follow as many threads for a moment as make the server forget any other."""
    others: list[Line] = []
    for _ in range(_OTHERS):
        request = requests.events(requests.thread_id(), _CHANNELS)
        others.append(await connections.following(port, request))
    for line in others:
        line.hang_up()
    await asyncio.sleep(0.1)


def _giants(folder: str, effort: Effort) -> str:
    """A folder of fixtures: graphs whose run emits as many events as a tape shall have."""
    for length in (SHORT, effort.tape):
        play = [{"node": "a", "custom": list(range(length - _AROUND))}]
        stubs = [{"name": "giant", "play": play}]
        graph = {"mockgraph": 1, "graph": f"of{length}", "transformers": ["custom"], "stubs": stubs}
        (Path(folder) / f"of{length}.json").write_text(json.dumps(graph, indent=0))
    return folder
