"""The client of the `mcp` package: it lists the assistants as tools, and calls one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import mcp
import pytest

from mockgraph import MockGraph

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def desk(mockgraph: MockGraph) -> MockGraph:
    mockgraph.stub("adder", when={"input.n": 1}, play=[{"node": "add", "update": {"n": 2, "log": ["added"]}}])
    mockgraph.stub(
        "adder", when={"input.n": 2}, play=[{"node": "add", "error": {"type": "ValueError", "message": "no"}}]
    )
    mockgraph.stub("adder", when={"input.n": 3}, play=[{"node": "ask", "interrupt": "really?"}])
    return mockgraph


def talk(mock: MockGraph, play: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with mcp.Client(f"{mock.url}/mcp") as client:
            await play(client)

    asyncio.run(main())


def texts(result: Any) -> list[str]:
    return [content.text for content in result.content]


def test_it_lists_tools(desk: MockGraph) -> None:
    async def play(client: Any) -> None:
        found = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert found["adder"].description == "Tool based on the adder assistant"
        assert found["adder"].input_schema["properties"]["n"] == {"title": "N", "type": "integer"}
        assert found["agent"].input_schema["properties"]["messages"]["type"] == "string"

    talk(desk, play)


def test_it_calls_a_tool(desk: MockGraph) -> None:
    async def play(client: Any) -> None:
        result = await client.call_tool("adder", {"n": 1})
        assert not result.is_error
        assert texts(result) == ["{'n': 2, 'log': ['added']}"]

    talk(desk, play)


def test_a_tool_that_fails_says_which_error(desk: MockGraph) -> None:
    async def play(client: Any) -> None:
        result = await client.call_tool("adder", {"n": 2})
        assert result.is_error
        assert texts(result) == ["ValueError"]

    talk(desk, play)


def test_a_tool_that_asks_shows_its_question(desk: MockGraph) -> None:
    async def play(client: Any) -> None:
        (said,) = texts(await client.call_tool("adder", {"n": 3}))
        assert "'__interrupt__': [{'value': 'really?'" in said

    talk(desk, play)


def test_a_tool_that_is_not_there(desk: MockGraph) -> None:
    async def play(client: Any) -> None:
        with pytest.raises(mcp.MCPError, match="Unknown tool: nobody"):
            await client.call_tool("nobody", {})

    talk(desk, play)
