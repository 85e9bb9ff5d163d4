"""MCP: messages of every kind, assistants as tools, calls."""

from typing import Any
from uuid import uuid4

from tests.contract.scenarios.asking import Ask, scenario, several

ACCEPT = {"accept": "application/json, text/event-stream"}


async def call(ask: Ask, method: Any, params: Any = None, *, call_id: Any = 1, shown: Any = None) -> Any:
    message = {"jsonrpc": "2.0", "id": call_id, "method": method}
    if params is not None:
        message["params"] = params
    return (await ask("POST", "/mcp", message, headers=ACCEPT, shown=shown)).json()


async def tool(ask: Ask, name: Any, arguments: Any = None, **params: Any) -> Any:
    given = {} if arguments is None else {"arguments": arguments}
    return await call(ask, "tools/call", {"name": name, **given, **params})


async def listed(ask: Ask, *names: str, cursor: int = 0) -> None:
    """The tools of these names on a page of the list: the real server takes more than a second for one."""

    def own(answer: Any) -> list[Any]:
        return [found for found in answer["result"]["tools"] if found["name"] in names]

    await call(ask, "tools/list", {"cursor": cursor}, shown=own)


# --- messages --------------------------------------------------------------------------------------------


@scenario("mcp: initialize, with every version")
async def initialize(ask: Ask) -> None:
    await call(ask, "initialize")
    for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2099-01-01", "", 5, None, True):
        await call(ask, "initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": {}})


@scenario("mcp: ping, and methods that there are not")
async def methods(ask: Ask) -> None:
    for odd in several(None, {}, [], "x", 5):
        await call(ask, "ping", odd)
    for method in (
        "nope",
        "resources/list",
        "prompts/list",
        "notifications/initialized",
        5,
        ["a"],
        {"b": 1.5},
    ):
        await call(ask, method, {})


@scenario("mcp: ids of calls")
async def ids(ask: Ask) -> None:
    for call_id in (
        0,
        -1,
        1.5,
        1e300,
        10**30,
        "",
        "é☃\u2028\x7f",
        True,
        False,
        [1, {}],
        {"a": None},
        "x" * 300,
    ):
        await call(ask, "ping", call_id=call_id)
        await call(ask, "nope", call_id=call_id)


MESSAGES: dict[str, list[Any]] = {
    "notifications": [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "counter"}},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "method": 5},
        {"jsonrpc": "2.0", "method": ["x"]},
    ],
    "responses": [
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": ""},
        {"jsonrpc": "2.0", "id": 1, "method": 0},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "result": {}},
    ],
    "neither": [
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "result": {}},
        {"jsonrpc": "2.0", "id": None, "error": {}},
        {"jsonrpc": "2.0", "method": ""},
        {"jsonrpc": "2.0", "method": None},
    ],
    "other versions": [
        {},
        {"jsonrpc": "1.0", "id": 1},
        {"jsonrpc": 2.0, "id": 1},
        {"id": 1, "method": "ping"},
    ],
    "no objects": [[], [{"jsonrpc": "2.0", "id": 1, "method": "ping"}], "x", 5, b"null", b"true", b"NaN"],
    "no JSON": [
        b"",
        b"{",
        b"\xff",
        b'{"jsonrpc": "2.0", "id": 1, "method": "ping"} x',
        b'\xef\xbb\xbf{"jsonrpc": "2.0", "id": 1, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1e999, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "nope\\ud800"}',
        b'{"jsonrpc": "2.0", "id": "\\u0000\\u2028", "method": "n\\u0000"}',
        b'{"jsonrpc": "2.0", "id": ' + b"9" * 5000 + b', "method": "ping"}',
    ],
}


def messages(name: str, bodies: list[Any]) -> None:
    @scenario(f"mcp: {name}")
    async def sent(ask: Ask) -> None:
        for body in bodies:
            await ask("POST", "/mcp", body, headers=ACCEPT)


for _name, _bodies in MESSAGES.items():
    messages(_name, _bodies)


@scenario("mcp: what clients accept")
async def accepted(ask: Ask) -> None:
    for accept in (
        "application/json",
        "text/event-stream",
        "*/*",
        "application/*",
        "",
        "APPLICATION/JSON",
        "application/json;q=0",
        "text/html, text/event-streams",
    ):
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        await ask("POST", "/mcp", body, headers={"accept": accept})
    for odd in several(
        {"jsonrpc": "2.0", "id": 1, "method": "ping"}, b"{", [], {"jsonrpc": "2.0", "method": "x"}
    ):
        await ask("POST", "/mcp", odd)


@scenario("mcp: other methods of HTTP, and a slash")
async def routing(ask: Ask) -> None:
    for method in ("GET", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"):
        await ask(method, "/mcp", headers=ACCEPT)
    for method in ("GET", "POST", "DELETE", "PUT"):
        await ask(method, "/mcp/", headers=ACCEPT)
    await ask("POST", "/mcp/?a=b", {}, headers=ACCEPT)
    origin = {**ACCEPT, "origin": "http://localhost:3000", "mcp-session-id": "s", "mcp-protocol-version": "v"}
    await ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=origin)


# --- the list --------------------------------------------------------------------------------------------


@scenario("mcp: tools of graphs")
async def tools_of_graphs(ask: Ask) -> None:
    count = (await ask("POST", "/assistants/count", {}, shown=lambda _: "")).json()
    # The oldest are on the last page, wherever that begins when it is asked for.
    cursor = max(0, count - 80)
    await listed(ask, "parrot", "dial", "mute_dial", "oracle", "chairs", "desk", cursor=cursor)


NAMES = (
    "  two  {} spaces\t ",
    "a!@#/\\({})%b",
    "ünï {} 日本",
    "new\n{}\u00a0line\u2003",
    "_-.{}.-_",
    "{}" + "x" * 200,
)


@scenario("mcp: tools of assistants with odd names, and with one name")
async def named(ask: Ask) -> None:
    tools = [await made(ask, name.format(uuid4()), "☃ Knows.\nAll." if "x" in name else "") for name in NAMES]
    twin = f"twin-{uuid4()}"
    for description in ("the first", "the second"):
        await made(ask, twin, description)
    await listed(ask, *tools, twin)
    for name in (*tools, twin):
        await tool(ask, name, {"question": "known?"})


async def made(ask: Ask, name: str, description: str) -> str:
    """The tool's name of a new assistant."""
    assistant = {"graph_id": "oracle", "name": name, "description": description}
    told = (await ask("POST", "/assistants", assistant, shown=lambda answer: answer["name"])).json()
    joined = "_".join(told["name"].split())
    return "".join(char for char in joined if char.isascii() and (char.isalnum() or char in "_.-"))[:128]


@scenario("mcp: cursors")
async def cursors(ask: Ask) -> None:
    def shape(answer: Any) -> Any:
        return sorted(answer["result"].keys() & {"tools"})

    for cursor in ("x", 0.5, " 0 "):
        await call(ask, "tools/list", {"cursor": cursor}, shown=shape)
    for cursor in (99999, "99999", "99_999"):
        await call(ask, "tools/list", {"cursor": cursor})


# --- calls -----------------------------------------------------------------------------------------------


def calls(name: str, graph: Any, *arguments: Any, **params: Any) -> None:
    @scenario(f"mcp: a call, {name}")
    async def called(ask: Ask) -> None:
        for given in arguments:
            await tool(ask, graph, given, **params)


calls("values of every kind", "coerce", {"messages": []}, {})
calls("numbers and lists", "counter", {"n": 1}, {}, {"n": 2, "log": ["é'\"\n☃"], "name": None, "other": 1})
calls("an output schema", "narrow", {"q": "why", "a": "not taken"})
calls("without a context", "oracle", {"question": "q"})
calls("with a context", "oracle", {"question": "q\"'\u2028\x00"}, context={"tone": "é"})
calls("with what is none of its parameters", "oracle", {"question": "q"}, config={"x": 1}, _meta={"a": 1})
calls("a text for the messages", "parrot", {"messages": "hello"})
calls("messages", "parrot", {"messages": [{"role": "user", "content": "roles", "id": "m1"}]})
calls("odd messages", "parrot", {"messages": 5}, {"messages": None}, {"messages": ""}, {"messages": {}})
calls("a question", "parrot", {"messages": "ask"})
calls("two questions", "chairs", {"messages": "hi"})
calls("one who answers beside one who asks", "bench", {"messages": "hi"})
calls("a breakpoint", "porch", {"messages": "hi"})
calls("a failure", "parrot", {"messages": "boom"})
calls("failures", "failing", {"x": "value"}, {"x": "custom"}, {"x": "key"}, {"x": "timeout"})
calls("arguments that are none", "coerce", [], "x", 5, [1], False, 0)
calls("a run that takes time", "slow", {"secs": 0.01})
calls(
    "values that JSON knows", "questions", {"x": [1.5, 1e300, 1e16, -0.0, 10**18, True, {"a": None}, "\x7f"]}
)


@scenario("mcp: a call without arguments, and with null")
async def no_arguments(ask: Ask) -> None:
    await tool(ask, "coerce")
    await call(ask, "tools/call", {"name": "coerce", "arguments": None})
    await call(ask, "tools/call", {"name": "coerce", "arguments": {}, "context": None})


@scenario("mcp: tools that there are not")
async def unknown_tools(ask: Ask) -> None:
    for name in several("nope", "Coerce", " coerce", "", None, 5, [], {"a": "b"}, True):
        await tool(ask, name, {})
    await call(ask, "tools/call", {"arguments": {}})
    await call(ask, "tools/call", {})
    await call(ask, "tools/call")


@scenario("mcp: a call leaves nothing behind")
async def nothing_left(ask: Ask) -> None:
    name = f"mcp-{uuid4()}"
    assistant = {"graph_id": "oracle", "name": name}
    made = (await ask("POST", "/assistants", assistant, shown=len)).json()
    await tool(ask, name, {"question": "q"})
    await ask("POST", "/threads/search", {"metadata": {"assistant_id": made["assistant_id"]}})
