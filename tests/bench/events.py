"""(i) Events of the newer thread protocol over SSE and on a WebSocket, beside the parts of a classic stream.

One client follows a thread and starts an instant play there. What is timed goes from its request or command to the last
event; it reads before it starts a run, so that the run has nobody to wait for. The small runs come one after the
other on one thread, each when the one before has ended.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from tests.bench import connections, processes, requests, servers
from tests.bench.client import Unexpected
from tests.bench.connections import Line, Watch
from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread
from tests.bench.servers import Server

_COMPLETED = b'"event":"completed"'
_CLOSED = b"\r\n0\r\n\r\n"
_ANSWERED = b'"type":"success"'
_SMALL = "small"
_VALUES = 3  # that such a run shows
_FEWEST = 5  # rounds of a measurement, however slow they are

# Measures for so many seconds; gives how many runs there were.
Side = Callable[[int, Watch, float], Coroutine[Any, Any, int]]


def measure(effort: Effort) -> list[Row]:
    """Long runs, then many small ones; each over all three."""
    with tempfile.TemporaryDirectory() as folder, servers.mockgraph(_long(folder, effort.events)) as server:
        long: dict[str, Side] = {
            "SSE": _sse(effort.events),
            "WebSocket": _socket(effort.events),
            "classic": _classic(effort.events),
        }
        say(f"  runs of {effort.events} events, each on a new thread; events per second:")
        events = _in_turns(server, long, effort, times=effort.events)
    with servers.mockgraph("small.yaml") as server:
        small: dict[str, Side] = {"SSE": _sse_small, "WebSocket": _socket_small, "classic": _classic_small}
        say("  small runs one after the other on one thread; runs per second:")
        runs = _in_turns(server, small, effort, times=1)
    return [
        *_rows(f"(i) events per second, runs of {effort.events}", events, "of classic parts"),
        *_rows("(i) small runs per second", runs, "of classic ones"),
    ]


def _rows(line: str, rates: Mapping[str, list[float]], other: str) -> list[Row]:
    rows = []
    say(f"  {line.removeprefix('(i) ')}, ratios:")
    for name in ("SSE", "WebSocket"):
        ratios = [ours / theirs for ours, theirs in zip(rates[name], rates["classic"], strict=True)]
        say(f"    {name} / classic: {spread(ratios)}")
        rows.append(Row(f"{line}, {name}", f"{median(rates[name]):.0f}, {median(ratios):.2f} x {other}"))
    return [*rows, Row(f"{line}, classic", f"{median(rates['classic']):.0f}")]


def _in_turns(
    server: Server, sides: Mapping[str, Side], effort: Effort, *, times: int
) -> dict[str, list[float]]:
    """The rates of each side, run by run."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    busy: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        _measured(server, side, effort.event_seconds)
    for _ in range(effort.runs):
        for name, side in sides.items():
            watch, count = _measured(server, side, effort.event_seconds)
            rates[name].append(times * count / watch.seconds)
            busy[name].append(watch.used / watch.seconds)
    for name, found in rates.items():
        say(f"    {name}: {spread(found, '.0f')}; of a core, client at most {max(busy[name]):.0%}")
    say(f"    memory of the server behind all that: {processes.resident(server.pid):.0f} MiB")
    return rates


def _measured(server: Server, side: Side, seconds: float) -> tuple[Watch, int]:
    watch = Watch()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return watch, runner.run(side(server.port, watch, seconds))


def _long(folder: str, count: int) -> str:
    """The file of a fixture that emits so many events and takes no time."""
    play = [{"node": "a", "custom": [{"name": "token", "delta": f"word {at} "} for at in range(count)]}]
    stubs = [{"name": "long", "play": play}]
    file = Path(folder) / "long.json"
    file.write_text(json.dumps({"mockgraph": 1, "graph": "long", "transformers": ["custom"], "stubs": stubs}))
    return str(file)


# --- long runs -------------------------------------------------------------------------------------------


def _sse(count: int) -> Side:
    start = requests.start("long")

    async def side(port: int, watch: Watch, seconds: float) -> int:
        rounds = 0
        commands = await connections.connected(port)
        while watch.seconds < seconds or rounds < _FEWEST:
            thread_id = requests.thread_id()
            follower = await connections.following(port, requests.events(thread_id, ["custom", "lifecycle"]))
            command = requests.command(thread_id, start)
            with watch:
                commands.say(command)
                await follower.until(_COMPLETED)
            await commands.until(_ANSWERED)
            _check(follower, b"event: custom\r\n", count)
            commands.taken()
            follower.hang_up()
            rounds += 1
        commands.hang_up()
        return rounds

    return side


def _socket(count: int) -> Side:
    start = connections.frame(requests.start("long"))

    async def side(port: int, watch: Watch, seconds: float) -> int:
        rounds = 0
        while watch.seconds < seconds or rounds < _FEWEST:
            socket = await _subscribed(port, ["custom", "lifecycle"])
            with watch:
                socket.say(start)
                await socket.until(_COMPLETED)
            _check(socket, b'"method":"custom"', count)
            socket.hang_up()
            rounds += 1
        return rounds

    return side


def _classic(count: int) -> Side:
    async def side(port: int, watch: Watch, seconds: float) -> int:
        rounds = 0
        line = await connections.connected(port)
        while watch.seconds < seconds or rounds < _FEWEST:
            request = requests.classic(requests.thread_id(), "long", "custom")
            with watch:
                line.say(request)
                await line.until(_CLOSED)
            _check(line, b"event: custom\r\n", count)
            rounds += 1
        line.hang_up()
        return rounds

    return side


async def _subscribed(port: int, channels: list[str]) -> Line:
    socket = await connections.socket(port, requests.events_path(requests.thread_id()))
    socket.say(connections.frame(requests.subscribe(channels)))
    await socket.until(_ANSWERED)
    socket.taken()
    return socket


def _check(line: Line, mark: bytes, count: int) -> None:
    """Refuse to measure anything but so many events."""
    heard = line.taken()
    if heard.count(mark) != count:
        raise Unexpected(f"{heard.count(mark)} of {count} events in {heard[-500:]!r}")


# --- small runs ------------------------------------------------------------------------------------------


async def _sse_small(port: int, watch: Watch, seconds: float) -> int:
    thread_id, rounds = requests.thread_id(), 0
    commands = await connections.connected(port)
    follower = await connections.following(port, requests.events(thread_id, ["values", "lifecycle"]))
    command = requests.command(thread_id, requests.start(_SMALL))
    while watch.seconds < seconds:
        with watch:
            commands.say(command)
            await commands.until(_ANSWERED)
            await follower.until(_COMPLETED)
        _check(follower, b"event: values\r\n", _VALUES)
        commands.taken()
        rounds += 1
    for line in (commands, follower):
        line.hang_up()
    return rounds


async def _socket_small(port: int, watch: Watch, seconds: float) -> int:
    rounds = 0
    socket = await _subscribed(port, ["values", "lifecycle"])
    command = connections.frame(requests.start(_SMALL))
    while watch.seconds < seconds:
        with watch:
            socket.say(command)
            await socket.until(_COMPLETED)
        _check(socket, b'"method":"values"', _VALUES)
        rounds += 1
    socket.hang_up()
    return rounds


async def _classic_small(port: int, watch: Watch, seconds: float) -> int:
    rounds = 0
    line = await connections.connected(port)
    request = requests.classic(requests.thread_id(), _SMALL, "values")
    while watch.seconds < seconds:
        with watch:
            line.say(request)
            await line.until(_CLOSED)
        _check(line, b"event: values\r\n", _VALUES)
        rounds += 1
    line.hang_up()
    return rounds
