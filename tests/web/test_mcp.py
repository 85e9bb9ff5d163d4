"""MCP where the contract tests cannot look: unmatched calls, pages, and bodies that the real server breaks on."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from mockgraph.web.mcp.tools import simplified
from tests.playing import talk, world
from tests.web.calls import ACCEPT, CHANNELS, CHAT, ODD, deep, rpc


def tool(name: Any, arguments: Any = None, **params: Any) -> dict[str, Any]:
    return {"name": name, "arguments": {} if arguments is None else arguments, **params}


def test_an_unmatched_call_is_an_error_with_the_report() -> None:
    namespace = world(CHAT, head=CHANNELS)

    async def ask(client: httpx.AsyncClient) -> None:
        error = (await rpc(client, "/mcp", "tools/call", tool("agent", {"messages": "helo"})))["error"]
        assert error["code"] == -32602
        assert error["message"].startswith(
            "No stub matched this run.\n  POST /mcp  tools/call agent  graph 'agent'"
        )
        assert (await client.post("/threads/search", json={})).json() == []

    talk(namespace, ask)
    (report,) = namespace.journal.unmatched_reports
    assert "input.messages   'helo'" in report
    assert [entry.run_status for entry in namespace.journal.runs()] == ["unmatched"]


def test_a_template_without_its_value_is_an_error_with_its_reason() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        given = {"messages": [{"role": "user", "content": "lack"}]}
        error = (await rpc(client, "/mcp", "tools/call", tool("agent", given)))["error"]
        assert "${input.nothing} is not there" in error["message"]

    talk(world(CHAT, head=CHANNELS), ask)


def test_a_call_is_cancelled_like_any_run() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        import asyncio

        given = {"messages": [{"role": "user", "content": "wait", "id": "m"}]}
        calling = asyncio.create_task(rpc(client, "/mcp", "tools/call", tool("agent", given)))
        await asyncio.sleep(0.05)
        await client.post("/runs/cancel", json={"status": "all"})
        text = (await calling)["result"]["content"][0]["text"]
        assert text.startswith("{'messages': [{'content': 'wait'")

    talk(world(CHAT, head=CHANNELS), ask)


# --- the list ---


def test_a_page_has_a_hundred_assistants() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for number in range(149):
            assistant = {"graph_id": "agent", "name": f"tool {number // 2}"}
            await client.post("/assistants", json=assistant)
        first = (await rpc(client, "/mcp", "tools/list"))["result"]
        assert first["nextCursor"] == 100
        assert [found["name"] for found in first["tools"]] == [
            f"tool_{number}" for number in range(74, 23, -1)
        ]
        last = (await rpc(client, "/mcp", "tools/list", {"cursor": "100"}))["result"]
        assert "nextCursor" not in last
        assert [found["name"] for found in last["tools"]][-1] == "agent"
        for number in (50, 51):
            page = (await rpc(client, "/mcp", "tools/list", {"cursor": number}))["result"]
            assert ("nextCursor" in page) is (number == 50)

    talk(world(CHAT, head=CHANNELS), ask)


def test_a_graph_whose_input_has_no_schema_is_called_but_not_listed() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        assert (await rpc(client, "/mcp", "tools/list"))["result"] == {"tools": []}
        result = (await rpc(client, "/mcp", "tools/call", tool("agent", {"messages": "hello"})))["result"]
        assert "Hello you." in result["content"][0]["text"]

    talk(world(CHAT, head=f"{CHANNELS}\nschemas: {{input: null}}"), ask)


def test_a_schema_keeps_the_definitions_that_it_needs() -> None:
    definitions = {
        "AIMessage": {"properties": {"calls": {"$ref": "#/$defs/Call"}}},
        "Call": {},
        "Place": {"items": {"$ref": "#/$defs/Point"}},
        "Point": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
    }
    messages = {"items": {"oneOf": [{"$ref": "#/$defs/AIMessage"}]}, "type": "array"}
    schema = {"$defs": definitions, "properties": {"messages": messages, "at": {"$ref": "#/$defs/Place"}}}
    told = simplified(schema)
    assert list(told) == ["$defs", "properties", "type"]
    assert list(told["$defs"]) == ["Place", "Point"]
    assert told["properties"]["messages"]["type"] == "string"
    alone = simplified({"$defs": {"AIMessage": {}, "Other": {}}, "properties": {"messages": messages}})
    assert alone["$defs"] == {"Other": {}}  # nobody needed it before
    for other in ({"type": "string"}, {"items": {}, "type": "array"}, {"items": True}):
        kept = {"$defs": definitions, "properties": {"messages": other}}
        assert simplified(kept) == {**kept, "type": "object"}


def test_messages_are_a_text_whatever_they_are_called() -> None:
    messages = {"items": {"oneOf": [{"$ref": "#/$defs/AIMessage"}]}, "type": "array"}
    notes, chat = {**messages, "title": "Notes"}, {"$ref": "#/$defs/HumanMessage"}
    told = simplified({"properties": {"notes": notes, "chat": chat, "n": {"type": "integer"}}})
    said = "The user message to send to the agent."
    assert told == {
        "properties": {
            "notes": {"type": "string", "title": "Notes", "description": said},
            "chat": {"type": "string", "title": "chat", "description": said},
            "n": {"type": "integer"},
        },
        "type": "object",
    }


@pytest.mark.parametrize(
    "schema", [{}, {"properties": []}, {"properties": None}, {"$defs": None, "properties": {}}]
)
def test_schemas_of_any_kind_are_listed(schema: dict[str, Any]) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        (found,) = (await rpc(client, "/mcp", "tools/list"))["result"]["tools"]
        assert found["inputSchema"] == {**schema, "type": "object"}

    talk(world(CHAT, head=f"{CHANNELS}\nschemas: {{input: {json.dumps(schema)}}}"), ask)


# --- what the real server crashes on ---


@pytest.mark.parametrize("method", ["initialize", "tools/list", "tools/call"])
def test_what_the_real_servers_mcp_crashes_on_is_an_error_of_the_call(method: str) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        no_objects: list[Any] = [[], "x", 5, False, 0]
        for params in no_objects:
            message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            answer = (await client.post("/mcp", json=message, headers=ACCEPT)).json()
            assert answer["error"] == {"code": -32602, "message": "Invalid params: must be an object"}
        no_cursors: list[Any] = [-1, "-5", [], {}]
        for cursor in no_cursors:
            answer = await rpc(client, "/mcp", "tools/list", {"cursor": cursor})
            assert "cursor must be a nextCursor of this server" in answer["error"]["message"]
        assert len((await rpc(client, "/mcp", "tools/list", {"cursor": None}))["result"]["tools"]) == 1
        for context in no_objects:
            call = tool("agent", {"messages": "hello"}, context=context)
            answer = await rpc(client, "/mcp", "tools/call", call)
            assert answer["error"]["message"] == "Invalid params: 'context' must be an object"
        version = (await rpc(client, "/mcp", "initialize", {"protocolVersion": []}))["result"]
        assert version["protocolVersion"] == "2025-11-25"

    talk(world(CHAT, head=CHANNELS), ask)


@pytest.mark.parametrize("value", [b'"\\ud800"', b"12345678901234567890123", deep(300), deep(850)])
def test_arguments_that_no_run_can_take_are_refused(value: bytes) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        body = (
            b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"agent","arguments":{"x":%b}}}'
        )
        answer = await client.post("/mcp", content=body % value, headers=ACCEPT)
        assert answer.json()["error"]["code"] == -32602

    talk(world("- {name: all, play: []}"), ask)


BODIES = [
    deep(100_000),
    b'{"jsonrpc":"2.0","id":%b,"method":"ping"}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":%b}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%b}}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":%b}}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800"}}',
    b'{"jsonrpc":"2.0","id":%b,"method":"ping"}' % (b"9" * 5000),
    b'{"jsonrpc":"2.0","id":-Infinity,"method":"ping"}',
    b"\x00\x00\x00{",
    b"\xff\xfe{\x00}\x00",
    b'["jsonrpc"]' * 3,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_the_server(body: bytes) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for accept in (ACCEPT, {}):
            answer = await client.post("/mcp", content=body, headers=accept)
            assert answer.status_code in (200, 202, 400)

    talk(world(CHAT, head=CHANNELS), ask)


def test_no_value_of_a_message_breaks_the_server() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for method in ("initialize", "ping", "tools/list", "tools/call", *ODD):
            for odd in ODD:
                for params in (
                    odd,
                    {"name": odd},
                    {"name": "agent", "arguments": odd},
                    {"name": "agent", "arguments": {"messages": odd}},
                    {"name": "agent", "arguments": {"messages": [odd]}},
                    {"cursor": odd, "protocolVersion": odd, "context": odd, "name": "agent"},
                ):
                    message = {"jsonrpc": "2.0", "id": odd, "method": method, "params": params}
                    answer = await client.post("/mcp", json=message, headers=ACCEPT)
                    assert answer.status_code in (200, 202, 400)

    talk(world(CHAT, head=CHANNELS), ask)


def test_the_protocols_are_imported_when_somebody_speaks_them() -> None:
    code = (
        "import sys; from mockgraph import create_app; create_app(); "
        "print([name for name in sys.modules if name.startswith(('mockgraph.web.mcp', 'mockgraph.web.a2a', "
        "'mockgraph.web.rpc', 'mockgraph.backend.schemas'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
