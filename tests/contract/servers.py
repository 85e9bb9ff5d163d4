"""The two servers of the contract tests, each started once and stopped at the end."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from mockgraph import MockGraph

HERE = Path(__file__).parent
_PATIENCE = 90.0  # seconds for the real server to start on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def real_server(folder: Path, log: Path) -> Iterator[tuple[str, int]]:
    """`langgraph dev` on the graphs of a folder (copied by the caller: it leaves files there)."""
    port = free_port()
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-browser", "--no-reload", "--n-jobs-per-worker", "40"]
    quiet = {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1", "COVERAGE_PROCESS_START": ""}
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **quiet}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _await_ok(port, server, log)
            yield "127.0.0.1", port
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)


def _await_ok(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ok", timeout=2):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the real server did not start:\n{log.read_text(errors='replace')[-4000:]}")


@contextlib.contextmanager
def mock_server(fixtures: Path = HERE / "fixtures") -> Iterator[tuple[str, int]]:
    """mockgraph on the fixtures that script the same graphs, with real ids and times."""
    with MockGraph(fixtures, deterministic=False) as mock:
        yield "127.0.0.1", int(mock.url.rpartition(":")[2])
