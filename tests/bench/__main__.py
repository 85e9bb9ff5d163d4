"""`python -m tests.bench [a b …] [--quick]`: print the method, measure the lines, print the table."""

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version

from tests.bench import (
    collecting,
    events,
    idle,
    many_threads,
    memory,
    real,
    reloading,
    starting,
    tapes,
    testing,
    throughput,
)
from tests.bench.client import CONNECTIONS
from tests.bench.effort import FULL, QUICK, Effort
from tests.bench.report import Row, say, table

LINES: dict[str, tuple[str, Callable[[Effort], list[Row]]]] = {
    "a": ("start to first 200 on /ok", starting.measure),
    "b": ("stateless `updates` streams per second", throughput.streams),
    "c": ("/runs/wait per second", throughput.waits),
    "d": ("memory after stateless runs", memory.measure),
    "e": ("the real server's own numbers", real.measure),
    "f": ("many threads with one run each", many_threads.measure),
    "g": ("what the pytest plugin costs where it is not used", collecting.measure),
    "h": ("memory of streams that wait, and of clients that do", idle.measure),
    "i": ("events of the newer thread protocol, beside classic parts", events.measure),
    "j": ("the newest events of a thread, by the length of its tape", tapes.measure),
    "k": ("what the pytest fixture costs a test", testing.measure),
    "l": ("memory through reloads and namespaces", reloading.measure),
}


def main() -> None:
    """Run the lines that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", allow_abbrev=False)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"any of {' '.join(LINES)}; default: all")
    parser.add_argument(
        "--quick", action="store_true", help="short runs: to try the benchmark, not to quote it"
    )
    options = parser.parse_args()
    if unknown := [line for line in options.lines if line not in LINES]:
        parser.error(f"no such line: {' '.join(unknown)}")
    signal.signal(signal.SIGTERM, _terminated)
    effort = QUICK if options.quick else FULL
    say(_method(effort))
    rows: list[Row] = []
    for line in options.lines or LINES:
        title, measure = LINES[line]
        say(f"\n({line}) {title}")
        rows += measure(effort)
    say(f"\n{table(rows)}")
    if options.quick:
        say("\nThese were quick runs: too short to quote.")


def _terminated(number: int, _frame: object) -> None:
    """Leave as after Ctrl-C, so that what was started is stopped."""
    sys.exit(128 + number)


def _method(effort: Effort) -> str:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("starlette", "uvicorn", "uvloop", "httptools")
    )
    return f"""\
Method: each server is a process of its own on loopback: one worker, access log off, uvloop and httptools for
all. The client is one more process, this one: raw asyncio protocols on uvloop, {CONNECTIONS} kept connections in a closed
loop, requests built beforehand, answers read to their end and not parsed; the same body for all sides. The bare
apps are Starlette apps that await request.json() and answer precomputed bytes of as many parts; the raw ASGI
app does the same without Starlette. A pair's runs alternate: {effort.runs} runs a side ({effort.starts} for starts) of {effort.seconds:g} s each after
a warm-up; what counts is the median of the ratios of neighbouring runs. Bytecode is cached for
starts. Nothing is pinned. Lines i and j have one client that follows one thread at a time, on kept or fresh connections
whose making is not timed, and looks for the bytes that end what it waits for; i runs {effort.event_seconds:g} s a side each time,
j asks for the newest events {effort.asked} times ({effort.retold} where the tape is forgotten before each), short and long tape in turns.
Python {platform.python_version()}, {os.cpu_count()} cores, {versions}."""


if __name__ == "__main__":
    main()
