"""(e) The real server's own numbers for streams and waits: `langgraph dev` with the graph `counter`."""

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench import client, requests, throughput
from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread
from tests.contract.servers import HERE, real_server

CONNECTIONS = 40  # as many as it has jobs: it is told so when it is started
_ALONE = 5


def measure(effort: Effort) -> list[Row]:
    """One run after the other, then as many side by side as the server takes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "upstream"
        shutil.copytree(HERE / "upstream", folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        with real_server(folder, Path(scratch) / "log") as (_, port):
            streams = requests.stream("/runs/stream"), throughput.check_stream
            waits = requests.wait("/runs/wait"), throughput.check_wait
            return [
                *_both(port, "streams", *streams, effort),
                *_both(port, "waits", *waits, effort),
            ]


def _both(port: int, name: str, request: bytes, check: Callable[[bytes], None], effort: Effort) -> list[Row]:
    check(client.once(port, request))
    alone = [_seconds(port, request, check) for _ in range(_ALONE)]
    say(f"  {name}, one after the other, ms: {spread([1000 * value for value in alone], '.0f')}")
    load = client.for_seconds(port, request, effort.real_seconds, connections=CONNECTIONS)
    check(client.once(port, request))
    say(
        f"  {name}, {CONNECTIONS} connections: {load.answers} in {load.seconds:.1f} s, {load.rate:.1f} a second"
    )
    return [
        Row(f"(e) the real server's {name} per second, {CONNECTIONS} at once", f"{load.rate:.1f}"),
        Row(f"(e) the real server's {name}, one after the other", f"{1000 * median(alone):.0f} ms"),
    ]


def _seconds(port: int, request: bytes, check: Callable[[bytes], None]) -> float:
    began = time.perf_counter()
    check(client.once(port, request))
    return time.perf_counter() - began
