"""(b) and (c) Stateless runs per second: streams and waits, beside apps that have their answers ready."""

from collections.abc import Mapping, Sequence
from statistics import median

from tests.bench import client, processes, requests, servers
from tests.bench.client import Load
from tests.bench.effort import Effort
from tests.bench.report import Row, at_least, say, spread
from tests.bench.servers import Server

PARTS = 3


def streams(effort: Effort) -> list[Row]:
    """(b) `updates` streams of three parts."""
    with servers.mockgraph() as mock, servers.bare() as bare, servers.bare("raw") as raw:
        sides = {
            "mockgraph": (mock, requests.stream("/runs/stream")),
            "StreamingResponse": (bare, requests.stream("/stream")),
            "raw ASGI": (raw, requests.stream("/stream")),
        }
        for server, request in sides.values():
            check_stream(client.once(server.port, request))
        loads = _in_turns(sides, effort)
    of_bare, of_raw = _ratios(loads, "StreamingResponse"), _ratios(loads, "raw ASGI")
    share = Row("(b) the same, of a raw ASGI app's", f"{median(of_raw):.2f} x")
    return [at_least("(b) streams per second, of a StreamingResponse's", of_bare, 1.0), share]


def waits(effort: Effort) -> list[Row]:
    """(c) `/runs/wait`."""
    with servers.mockgraph() as mock, servers.bare() as bare:
        sides = {
            "mockgraph": (mock, requests.wait("/runs/wait")),
            "Response": (bare, requests.wait("/wait")),
        }
        for server, request in sides.values():
            check_wait(client.once(server.port, request))
        loads = _in_turns(sides, effort)
    return [at_least("(c) waits per second, of a Response's", _ratios(loads, "Response"), 0.4)]


def check_stream(answer: bytes) -> None:
    """Refuse to measure a stream of anything but three parts that went well."""
    if answer.count(b"event: ") != PARTS or answer.count(b"event: updates\r\n") != PARTS - 1:
        raise client.Unexpected(answer.decode(errors="replace"))


def check_wait(answer: bytes) -> None:
    """Refuse to measure a wait for anything but the graph's last values."""
    if b'"n":4' not in answer.partition(b"\r\n\r\n")[2]:
        raise client.Unexpected(answer.decode(errors="replace"))


def _in_turns(sides: Mapping[str, tuple[Server, bytes]], effort: Effort) -> dict[str, list[Load]]:
    for server, request in sides.values():
        client.for_seconds(server.port, request, effort.warm_up)
    loads: dict[str, list[Load]] = {name: [] for name in sides}
    shares: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(effort.runs):
        for name, (server, request) in sides.items():
            used = processes.cpu_seconds(server.pid)
            load = client.for_seconds(server.port, request, effort.seconds)
            shares[name].append((processes.cpu_seconds(server.pid) - used) / load.seconds)
            loads[name].append(load)
    for name, found in loads.items():
        server_busy, client_busy = min(shares[name]), max(load.busy for load in found)
        say(f"  {name}, per second: {spread([load.rate for load in found], '.0f')}")
        say(f"    of a core, server busy at least {server_busy:.0%}, client at most {client_busy:.0%}")
    return loads


def _ratios(loads: Mapping[str, Sequence[Load]], other: str) -> list[float]:
    pairs = zip(loads["mockgraph"], loads[other], strict=True)
    ratios = [ours.rate / theirs.rate for ours, theirs in pairs]
    say(f"  mockgraph / {other}: {spread(ratios)}")
    return ratios
