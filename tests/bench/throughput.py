"""(b) and (c) Stateless runs per second: streams and waits, beside apps that have their answers ready."""

from collections.abc import Mapping, Sequence

from tests.bench import client, requests, servers
from tests.bench.client import Load
from tests.bench.effort import Effort
from tests.bench.report import Row, at_least, say, spread

PARTS = 3


def streams(effort: Effort) -> list[Row]:
    """(b) `updates` streams of three parts."""
    with servers.mockgraph() as mock, servers.bare() as bare, servers.bare("raw") as raw:
        sides = {
            "mockgraph": (mock.port, requests.stream("/runs/stream")),
            "StreamingResponse": (bare.port, requests.stream("/stream")),
            "raw ASGI": (raw.port, requests.stream("/stream")),
        }
        for port, request in sides.values():
            check_stream(client.once(port, request))
        loads = _in_turns(sides, effort)
    of_bare, of_raw = _ratios(loads, "StreamingResponse"), _ratios(loads, "raw ASGI")
    share = Row("(b) the same, of a raw ASGI app's", f"{sorted(of_raw)[len(of_raw) // 2]:.2f} x")
    return [at_least("(b) streams per second, of a StreamingResponse's", of_bare, 1.0), share]


def waits(effort: Effort) -> list[Row]:
    """(c) `/runs/wait`."""
    with servers.mockgraph() as mock, servers.bare() as bare:
        sides = {
            "mockgraph": (mock.port, requests.wait("/runs/wait")),
            "Response": (bare.port, requests.wait("/wait")),
        }
        for port, request in sides.values():
            check_wait(client.once(port, request))
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


def _in_turns(sides: Mapping[str, tuple[int, bytes]], effort: Effort) -> dict[str, list[Load]]:
    for port, request in sides.values():
        client.for_seconds(port, request, effort.warm_up)
    loads: dict[str, list[Load]] = {name: [] for name in sides}
    for _ in range(effort.runs):
        for name, (port, request) in sides.items():
            loads[name].append(client.for_seconds(port, request, effort.seconds))
    for name, found in loads.items():
        busy = max(load.busy for load in found)
        rates = spread([load.rate for load in found], ".0f")
        say(f"  {name}, per second: {rates}  (client busy {busy:.0%} of a core at most)")
    return loads


def _ratios(loads: Mapping[str, Sequence[Load]], other: str) -> list[float]:
    pairs = zip(loads["mockgraph"], loads[other], strict=True)
    ratios = [ours.rate / theirs.rate for ours, theirs in pairs]
    say(f"  mockgraph / {other}: {spread(ratios)}")
    return ratios
