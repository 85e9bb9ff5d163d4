"""The client of the Model Context Protocol against mockgraph: assistants as tools."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from mockgraph import MockGraph

pytestmark = [pytest.mark.timeout(30), pytest.mark.mockgraph(allow_unplayed=True)]

STUBS: list[dict[str, Any]] = [
    {
        "name": "greeted",
        "when": {"input.messages": {"contains": "hello"}},
        "play": [{"node": "agent", "update": {"messages": [{"ai": "Hello yourself!"}]}}],
    },
    {
        "name": "broken",
        "when": {"input.messages": "break"},
        "play": [{"node": "agent", "error": {"type": "ValueError", "message": "kaboom"}}],
    },
]


@pytest.fixture
def ask(mockgraph: MockGraph) -> Callable[[Callable[[Client], Awaitable[None]]], None]:
    """Speaks to a server that plays a graph `greeter`."""
    for stub in STUBS:
        mockgraph.stub("greeter", **stub)

    def asked(questions: Callable[[Client], Awaitable[None]]) -> None:
        async def connected() -> None:
            async with Client(f"{mockgraph.url}/mcp") as client:
                await questions(client)

        asyncio.run(connected())

    return asked


def test_the_client_meets_the_server(ask: Callable[..., None]) -> None:
    async def questions(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "LangGraph"
        assert client.server_capabilities is not None
        assert client.server_capabilities.tools is not None

    ask(questions)


def test_assistants_are_tools(ask: Callable[..., None]) -> None:
    async def questions(client: Client) -> None:
        listed = await client.list_tools()
        (tool,) = [tool for tool in listed.tools if tool.name == "greeter"]
        assert (tool.title, listed.next_cursor) == ("greeter", None)
        assert tool.description == "Tool based on the greeter assistant"
        assert tool.input_schema["properties"]["messages"]["type"] == "string"

    ask(questions)


def test_an_assistant_that_is_made_is_a_tool_of_its_own(
    mockgraph: MockGraph, ask: Callable[..., None]
) -> None:
    made = {"graph_id": "greeter", "name": "A polite one", "description": "Says hello."}
    assert httpx.post(f"{mockgraph.url}/assistants", json=made).status_code == 200

    async def questions(client: Client) -> None:
        newest = (await client.list_tools()).tools[0]
        assert (newest.name, newest.title, newest.description) == (
            "A_polite_one",
            "A polite one",
            "Says hello.",
        )
        told = await client.call_tool("A_polite_one", {"messages": "hello"})
        assert not told.is_error

    ask(questions)


def test_a_call_runs_the_assistant(ask: Callable[..., None]) -> None:
    async def questions(client: Client) -> None:
        told: Any = await client.call_tool("greeter", {"messages": "hello there"})
        (content,) = told.content
        assert (content.type, told.is_error) == ("text", False)
        assert content.text.startswith("{'messages': [{'content': 'hello there', ")
        assert "'Hello yourself!'" in content.text

    ask(questions)


def test_what_a_graph_raises_is_told_by_its_class(ask: Callable[..., None]) -> None:
    async def questions(client: Client) -> None:
        told: Any = await client.call_tool("greeter", {"messages": "break"})
        assert told.is_error
        assert [content.text for content in told.content] == ["ValueError"]

    ask(questions)


def test_a_tool_that_is_unknown(ask: Callable[..., None]) -> None:
    async def questions(client: Client) -> None:
        with pytest.raises(MCPError, match="Unknown tool: nobody"):
            await client.call_tool("nobody", {})

    ask(questions)


@pytest.mark.mockgraph(allow_unmatched=True)
def test_a_call_that_no_stub_matches_raises_the_report(
    mockgraph: MockGraph, ask: Callable[..., None]
) -> None:
    async def questions(client: Client) -> None:
        with pytest.raises(MCPError, match="No stub matched this run") as caught:
            await client.call_tool("greeter", {"messages": "bye"})
        assert "Closest stubs (2 of 2)" in str(caught.value)

    ask(questions)
    assert len(mockgraph.unmatched) == 1
