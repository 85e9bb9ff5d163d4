"""Servers as processes of their own, each on a free loopback port, stopped when their block ends."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.contract.servers import free_port

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_PATIENCE = 30.0  # seconds to start, or to stop
_POLL = 0.002  # seconds
_UVICORN = [
    "--no-access-log",
    "--log-level",
    "warning",
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--lifespan",
    "off",
]


@dataclass(frozen=True)
class Server:
    """A server that has answered; `started` is how long that took from its process's beginning, in seconds."""

    pid: int
    port: int
    started: float


def mockgraph(
    fixture: str = "counter.yaml", *, cache: str | None = None
) -> contextlib.AbstractContextManager[Server]:
    """`mockgraph serve` with a fixture of the benchmark; `cache` is a folder for bytecode."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("mockgraph")), "serve", str(_HERE / fixture)]
    # What is held back for clients that read slowly is not what is measured.
    return _running([*command, "--port", str(port), "--log-level", "warning", "--pace", "0"], port, cache)


def bare(name: str = "app", *, cache: str | None = None) -> contextlib.AbstractContextManager[Server]:
    """One of the apps in bare.py under uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"tests.bench.bare:{name}", "--port", str(port), *_UVICORN]
    return _running(command, port, cache)


@contextlib.contextmanager
def _running(command: Sequence[str], port: int, cache: str | None) -> Iterator[Server]:
    cached = {} if cache is None else {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    environment = {**os.environ, **cached}
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=output, stderr=output)
        try:
            if not _answers(process, port, until=began + _PATIENCE):
                output.seek(0)
                raise RuntimeError(f"{command[0]} did not start:\n{output.read().decode(errors='replace')}")
            yield Server(process.pid, port, time.perf_counter() - began)
        finally:
            _stop(process)


def _answers(process: "subprocess.Popen[bytes]", port: int, *, until: float) -> bool:
    """Wait for the first 200 on /ok."""
    while time.perf_counter() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as asking:
            asking.sendall(b"GET /ok HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            if asking.recv(4096).startswith(b"HTTP/1.1 200 "):
                return True
        time.sleep(_POLL)
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_PATIENCE)
