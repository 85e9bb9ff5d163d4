"""A plain HTTP/1.1 exchange, byte by byte: what an SDK's client library would smooth over is what is compared."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# They tell how long an answer took, not what it says; their own tests hold them.
HEARTBEATS = (": heartbeat\r\n\r\n", "\n")


@dataclass(frozen=True)
class Answer:
    """What came back: the status line, the headers in order, and the body's chunks (one, where it is not chunked)."""

    asked: str
    status: str
    headers: list[tuple[str, str]]
    chunks: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        return "".join(self.chunks)

    def json(self) -> Any:
        return json.loads(self.body)

    def transcript(self) -> str:
        """Everything as one text, a line per chunk; but for what differs between any two answers of one server."""
        headers = [f"{name}: {value}" for name, value in self.headers if name not in ("date", "server")]
        chunks = [f"> {chunk}" for chunk in self.chunks if chunk not in HEARTBEATS]
        return "\n".join([self.asked, self.status, *headers, *chunks])


async def send(
    address: tuple[str, int],
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Answer:
    """One request on a connection of its own; a body that is no bytes is sent as JSON."""
    payload = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
    lines = [f"{method} {path} HTTP/1.1", f"host: {address[0]}:{address[1]}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if payload or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(payload)}")
    async with asyncio.timeout(timeout):
        reader, writer = await asyncio.open_connection(*address, limit=2**24)
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
            return await _read(reader, f"{method} {path}", head=method == "HEAD")
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, asked: str, *, head: bool) -> Answer:
    status = (await reader.readline()).decode().rstrip("\r\n")
    headers: list[tuple[str, str]] = []
    while line := (await reader.readline()).decode().rstrip("\r\n"):
        name, _, value = line.partition(": ")
        headers.append((name, value))
    known = dict(headers)
    chunks: list[str] = []
    if known.get("transfer-encoding") == "chunked" and not head:
        while size := int(await reader.readline(), 16):
            chunks.append((await reader.readexactly(size)).decode())
            await reader.readexactly(2)
    elif not head:
        rest = (await reader.read()).decode()
        chunks = [rest] if rest else []
    return Answer(asked, status, headers, chunks)
