"""(h) Resident memory of a stream that waits, beside the bare app's; and of clients that do not read on."""

import asyncio
import contextlib
import json
import resource
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvloop

from tests.bench import processes, requests, servers
from tests.bench.client import Unexpected
from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread
from tests.bench.servers import Server

_PATIENCE = 120.0  # seconds
_WARM = 50  # streams that are opened and cut before anything is measured
_SETTLE = 1.0  # seconds until a process's memory is read
_BATCH = 100  # connections that are opened at once
_ROUNDS = 4  # of clients that do not read on
_STUCK = 8  # clients that do not read on
_PART = 8192  # bytes of text in each part of what they asked for
_RECEIVED = 4096  # bytes that such a client's kernel may keep for it


def measure(effort: Effort) -> list[Row]:
    """Open so many streams on fresh servers, one side after the other, and read the growth."""
    count = effort.idle
    _allow_files(count + 200)
    with servers.mockgraph("idle.yaml") as server:
        ours = _growth(server, requests.idle("/runs/stream"), count)
    with servers.bare() as server:
        theirs = _growth(server, requests.idle("/idle"), count)
    say(f"  mockgraph, {count} streams open: {1024 * ours / count:.1f} KiB a stream, {ours:.1f} MiB in all")
    say(f"  bare app, the same:       {1024 * theirs / count:.1f} KiB a stream, {theirs:.1f} MiB in all")
    say(f"  ratio: {ours / theirs:.2f}")
    return [
        Row(f"(h) memory of an idle stream of {count}", f"{1024 * ours / count:.1f} KiB"),
        Row("(h) the same, of a bare StreamingResponse's", f"{ours / theirs:.2f} x"),
        *_stuck(effort),
    ]


def _stuck(effort: Effort) -> list[Row]:
    """Clients that ask for much, and stop reading at once: what each costs of what it asked for."""
    asked = requests.idle("/runs/stream")
    size = effort.stuck_parts * _PART / 2**20
    with tempfile.TemporaryDirectory() as folder, servers.mockgraph(_much(folder, effort)) as server:
        _read(server, asked)
        before = processes.resident(server.pid)
        rounds = [_round(server, asked, before) for _ in range(_ROUNDS)]
    grown, took = [one for one, _ in rounds], [one for _, one in rounds]
    each = max(grown) / _STUCK
    say(f"  {_STUCK} clients that do not read their {size:.0f} MiB: {each:.1f} MiB each")
    say(f"  in all, round by round, MiB: {' '.join(format(one, '.1f') for one in grown)}")
    say(f"  one that reads beside them, ms: {spread([1000 * one for one in took], '.0f')}")
    return [
        Row("(h) a client that does not read on, of its stream", f"{each / size:.2f} x"),
        Row("(h) growth by as many when those are gone", f"{grown[-1] - grown[-2]:+.1f} MiB"),
    ]


def _round(server: Server, request: bytes, before: float) -> tuple[float, float]:
    """MiB above what there was before, while clients are stuck; and the seconds of one beside them."""
    with contextlib.ExitStack() as stack:
        for _ in range(_STUCK):
            _refuse_to_read(stack.enter_context(socket.socket()), server, request)
        time.sleep(_SETTLE)
        grown = processes.resident(server.pid) - before
        began = time.perf_counter()
        _read(server, request)
        took = time.perf_counter() - began
    time.sleep(_SETTLE)
    return grown, took


def _much(folder: str, effort: Effort) -> str:
    """The file of a fixture whose stream is long."""
    play = [{"node": "a", "delay": "1ms"}, {"node": "b", "custom": ["x" * _PART] * effort.stuck_parts}]
    file = Path(folder) / "much.json"
    file.write_text(json.dumps({"mockgraph": 1, "graph": "idle", "stubs": [{"name": "much", "play": play}]}))
    return str(file)


def _growth(server: Server, request: bytes, count: int) -> float:
    """MiB by which the server grows while so many streams wait."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_open(server, request, count))


async def _open(server: Server, request: bytes, count: int) -> float:
    async with asyncio.timeout(_PATIENCE):
        warm = await _opened(server.port, request, _WARM)
        for transport in warm:
            transport.close()
        await asyncio.sleep(_SETTLE)
        before = processes.resident(server.pid)
        transports = await _opened(server.port, request, count)
        await asyncio.sleep(_SETTLE)
        grown = processes.resident(server.pid) - before
        for transport in transports:
            transport.abort()
        return grown


async def _opened(port: int, request: bytes, count: int) -> Sequence[asyncio.Transport]:
    """So many streams whose first parts have been read."""
    loop = asyncio.get_running_loop()
    transports = []
    for first in range(0, count, _BATCH):
        listeners = [_Listener(request) for _ in range(first, min(first + _BATCH, count))]
        for listener in listeners:
            transport, _ = await loop.create_connection(lambda it=listener: it, "127.0.0.1", port)  # type: ignore[misc]
            transports.append(transport)
        await asyncio.gather(*(listener.begun for listener in listeners))
    return transports


class _Listener(asyncio.Protocol):
    """Sends a request and hears the first part of its stream."""

    def __init__(self, request: bytes) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self.begun.done():
            return
        self._heard += data
        if b"begun" in self._heard:
            self.begun.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_exception(error or Unexpected(self._heard.decode(errors="replace")))


def _refuse_to_read(connection: socket.socket, server: Server, request: bytes) -> None:
    """Hear that the answer begins, and no more."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED)
    connection.settimeout(_PATIENCE)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(request)
    if not (heard := connection.recv(64)).startswith(b"HTTP/1.1 200 "):
        raise Unexpected(heard.decode(errors="replace"))


def _read(server: Server, request: bytes) -> None:
    """Read an answer to its end."""
    with socket.create_connection(("127.0.0.1", server.port), _PATIENCE) as connection:
        connection.sendall(request)
        tail = b""
        for heard in _received(connection):
            tail = (tail + heard)[-16:]
            if tail.endswith(b"\r\n0\r\n\r\n"):
                return
        raise Unexpected(tail.decode(errors="replace"))


def _received(connection: socket.socket) -> Iterator[bytes]:
    while heard := connection.recv(65536):
        yield heard


def _allow_files(count: int) -> None:
    """Let this process, and the servers that it starts, open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )
