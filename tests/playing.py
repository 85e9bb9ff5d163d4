"""Small things that tests of several layers need: a graph from a text, a server's app, a request."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from textwrap import dedent, indent
from typing import Any, NamedTuple

import httpx

from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.options import Options
from mockgraph.script.loading import load_texts
from mockgraph.script.model import Graph
from mockgraph.web.app import app_of


def scripted(stubs: str, *, head: str = "", graph: str = "agent") -> dict[str, Graph]:
    """The graphs of a fixture with these stubs and these lines at its top."""
    top = "\n".join(filter(None, ["mockgraph: 1", f"graph: {graph}", dedent(head).strip()]))
    text = f"{top}\nstubs:\n{indent(dedent(stubs).strip(), '  ')}\n"
    return load_texts([("graph.yaml", text)])


def graph_of(stubs: str, *, head: str = "") -> Graph:
    """The one graph of a fixture with these stubs."""
    return scripted(stubs, head=head)["agent"]


def world(stubs: str, *, head: str = "", deterministic: bool = True) -> Namespace:
    """A namespace that plays these stubs."""
    return Namespace(scripted(stubs, head=head), options=Options(deterministic=deterministic))


def talk(namespace: Namespace, play: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Let a coroutine talk to the app of a namespace. (ASGITransport gives whole bodies only.)"""

    async def main() -> None:
        transport = httpx.ASGITransport(app_of(namespace))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await asyncio.wait_for(play(client), 20)

    asyncio.run(main())


class Answer(NamedTuple):
    """An answer whose body is whole, or is yet to be read."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def parts(stream: str) -> list[tuple[str, Any]]:
    """The parts of an SSE body: event names and data."""
    found = []
    for block in filter(None, stream.split("\r\n\r\n")):
        fields = dict(line.split(": ", 1) for line in block.split("\r\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found
