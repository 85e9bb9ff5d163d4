"""Every view of plain runs: modes, waits, joins, inputs, what a run carries, threads, refusals, the server itself."""

import asyncio
from typing import Any

from tests.contract.scenarios.asking import HELLO, LISTS, MODES, Ask, look, scenario, thread

INPUTS: dict[str, Any] = {
    "chat": {"messages": [{"role": "user", "content": "hi"}]},
    "counter": {"n": 1, "name": "bob", "unknown": True},
    "parallel": {"x": {"deep": [1]}},
    "notes": {"x": 1},
    "failing": {"x": "value"},
    "quiet": {"x": 1},
    "returned": HELLO,
    "narrow": {"q": "why?", "secret": "not taken"},
    "models": HELLO,
}

# --- every graph, in every mode, stateless and stateful, as a stream and as a wait -------------------------


def modes_of(graph: str, name: str, mode: Any) -> None:
    run = {"assistant_id": graph, "input": INPUTS[graph], "stream_mode": mode}

    @scenario(f"{graph}: stateless stream, {name}")
    async def stateless(ask: Ask) -> None:
        await ask("POST", "/runs/stream", run)

    @scenario(f"{graph}: stateful stream, {name}")
    async def stateful(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)

    @scenario(f"{graph}: waits, {name}")
    async def waits(ask: Ask) -> None:
        await ask("POST", "/runs/wait", run)
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run)


def life_of(graph: str) -> None:
    run = {"assistant_id": graph, "input": INPUTS[graph]}

    @scenario(f"{graph}: background and join")
    async def background(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        created = (await ask("POST", f"{path}/runs", run)).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await ask("GET", f"{path}/runs/{created['run_id']}")
        await look(ask, path)

    @scenario(f"{graph}: stateless background, kept, and join")
    async def kept(ask: Ask) -> None:
        created = (await ask("POST", "/runs", {**run, "on_completion": "keep"})).json()
        path = f"/threads/{created['thread_id']}"
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await look(ask, path)

    @scenario(f"{graph}: stateless background, gone when it is over")
    async def gone(ask: Ask) -> None:
        created = (await ask("POST", "/runs", run)).json()
        path = f"/threads/{created['thread_id']}"
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await ask("GET", path)
        await ask("GET", f"{path}/runs/{created['run_id']}/join")

    @scenario(f"{graph}: join the stream of a run that has not begun")
    async def joined(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        wanted = ["values", "updates", "custom"]
        created = (
            await ask("POST", f"{path}/runs", {**run, "stream_mode": wanted, "after_seconds": 1})
        ).json()
        stream = f"{path}/runs/{created['run_id']}/stream"
        await ask("GET", stream)
        await ask("GET", stream)

    @scenario(f"{graph}: a second run on the thread")
    async def twice(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        everything = {**run, "stream_mode": LISTS["all"]}
        await ask("POST", f"{path}/runs/stream", everything)
        await ask("POST", f"{path}/runs/stream", everything)
        await look(ask, path)


for _graph in INPUTS:
    for _name, _mode in {**MODES, **LISTS}.items():
        modes_of(_graph, _name, _mode)
    life_of(_graph)


# --- joining ---------------------------------------------------------------------------------------------


def filtered(name: str, query: str) -> None:
    @scenario(f"join the stream, filter {name}")
    async def joined(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "chat", "input": HELLO, "stream_mode": LISTS["no-events"], "after_seconds": 1}
        created = (await ask("POST", f"{path}/runs", run)).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/stream?{query}")


for _name, _query in {
    "one": "stream_mode=values",
    "the last of two": "stream_mode=values&stream_mode=updates",
    "a JSON list": "stream_mode=%5B%22values%22%2C%22custom%22%5D",
    "messages": "stream_mode=messages",
    "empty": "cancel_on_disconnect=false&stream_mode=",
    "unknown": "stream_mode=bogus",
}.items():
    filtered(_name, _query)


@scenario("join what is not there")
async def join_unknown(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    unknown = "018cc251-f400-7acf-80e7-6d440feec09e"
    for place in (f"{path}/runs/{unknown}", f"/threads/{unknown}/runs/{unknown}"):
        await ask("GET", f"{place}/join")
        await ask("GET", f"{place}/stream")
        await ask("GET", place)
    for place in (f"{path}/runs/nope", f"/threads/nope/runs/{unknown}"):
        await ask("GET", f"{place}/join")
        await ask("GET", f"{place}/stream")
        await ask("GET", place)


# --- failing ---------------------------------------------------------------------------------------------


def fails(name: str) -> None:
    @scenario(f"failing: {name}")
    async def failed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "failing", "input": {"x": name}, "stream_mode": LISTS["no-events"]}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/wait", run)


for _name in ("value", "key", "empty", "custom", "zero", "timeout", "lines"):
    fails(_name)


# --- inputs ----------------------------------------------------------------------------------------------

MESSAGES: dict[str, Any] = {
    "a user": [{"role": "user", "content": "hi"}],
    "every plain role": [
        {"role": role, "content": "x"}
        for role in ("user", "human", "assistant", "ai", "system", "developer", "function")
    ],
    "types for roles": [
        {"type": kind, "content": "x"} for kind in ("user", "human", "assistant", "ai", "system")
    ],
    "a tool's answer": [
        {
            "role": "tool",
            "content": "r",
            "tool_call_id": "c1",
            "name": "f",
            "status": "error",
            "artifact": {"z": 1},
        }
    ],
    "tool calls": [
        {"role": "assistant", "content": None, "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c1"}]}
    ],
    "OpenAI's tool calls": [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"type": "function", "function": {"name": "f", "arguments": '{"a":1}'}, "id": "c1"}
            ],
        }
    ],
    "LangChain's constructor": [
        {
            "type": "constructor",
            "lc": 1,
            "id": ["langchain", "schema", "messages", "HumanMessage"],
            "kwargs": {"content": "lc", "id": "q"},
        }
    ],
    "a string": "plain",
    "one dict": {"role": "user", "content": "one"},
    "two strings": ["user", "two"],
    "a pair": [["user", "text"], ["ai", "answer"]],
    "blocks": [{"role": "user", "content": [{"type": "text", "text": "b"}, "s"]}],
    "extra fields": [
        {
            "role": "user",
            "content": "hi",
            "name": "bob",
            "foo": 1,
            "example": True,
            "additional_kwargs": {"a": 1},
            "response_metadata": {"b": 2},
        }
    ],
    "an AI message as it was sent": [
        {
            "content": "hi",
            "additional_kwargs": {},
            "response_metadata": {"m": 1},
            "type": "ai",
            "name": None,
            "id": "a1",
            "example": False,
            "tool_calls": [],
            "invalid_tool_calls": [],
            "usage_metadata": None,
        }
    ],
    "one id twice": [
        {"role": "user", "content": "a", "id": "1"},
        {"role": "user", "content": "b", "id": "1"},
    ],
    "removed": [{"role": "user", "content": "a", "id": "1"}, {"type": "remove", "content": "", "id": "1"}],
    "removed all": [
        {"role": "user", "content": "a"},
        {"type": "remove", "content": "", "id": "__remove_all__"},
        {"role": "user", "content": "z", "id": "2"},
    ],
    "an empty id": [{"role": "user", "content": "a", "id": ""}],
    "a number for an id": [{"role": "system", "content": "a", "id": 5}],
    "none": [],
    "null": None,
    "no role": [{"content": "x"}],
    "no content": [{"role": "user"}],
    "an unknown role": [{"role": "bogus", "content": "x"}],
    "a number": [5],
    "a number for content": [{"role": "user", "content": 5}],
    "a tool without its call": [{"role": "tool", "content": "x"}],
    "removing what is not there": [{"type": "remove", "content": "", "id": "nope"}],
    "bad arguments": [
        {"role": "ai", "content": "x", "tool_calls": [{"name": "f", "args": "text", "id": "c1"}]}
    ],
    "broken arguments": [
        {
            "role": "ai",
            "content": "x",
            "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{bad"}, "id": "c1"}],
        }
    ],
}


def coerces(name: str, messages: Any) -> None:
    @scenario(f"messages: {name}")
    async def coerced(ask: Ask) -> None:
        run = {
            "assistant_id": "coerce",
            "input": {"messages": messages},
            "stream_mode": ["values", "updates"],
        }
        await ask("POST", "/runs/stream", run)
        await ask("POST", "/runs/wait", run)


for _name, _messages in MESSAGES.items():
    coerces(_name, _messages)


def takes(name: str, given: dict[str, Any], *, state: bool = True) -> None:
    @scenario(f"input: {name}")
    async def taken(ask: Ask) -> None:
        run = {"assistant_id": "counter", **given, "stream_mode": ["values", "updates"]}
        await ask("POST", "/runs/stream", run)
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        if state:
            await look(ask, path)
        else:
            await ask("GET", path)
            await ask("GET", f"{path}/history?limit=20")


_INPUTS: dict[str, dict[str, Any]] = {
    "none": {},
    "null": {"input": None},
    "empty": {"input": {}},
    "unknown keys": {"input": {"zzz": 1}},
    "a list": {"input": [1]},
    "a text": {"input": "text"},
    "a number": {"input": 5},
    "true": {"input": True},
    "null for a key": {"input": {"name": None}},
    "floats and big numbers": {"input": {"n": 1e5, "name": [1.0, 12345678901234567890123, -0.0, 1e-7]}},
    "unicode": {"input": {"name": 'café ☃ 😀\u2028\u0000<&>"\\'}},
}
for _name, _given in _INPUTS.items():
    takes(_name, _given)
# The real server's own state endpoint crashes on such a thread: see the deviations in docs/upstream.md.
takes("a wrong type for a reducer", {"input": {"log": "text"}}, state=False)
takes("a wrong type for a sum", {"input": {"n": "text"}}, state=False)


@scenario("null on a finished thread")
async def null_again(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "counter", "input": {"n": 1}})
    again = {"assistant_id": "counter", "input": None, "stream_mode": ["values", "updates", "tasks"]}
    await ask("POST", f"{path}/runs/stream", again)
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "counter"})
    await look(ask, path)


# --- what a run carries ----------------------------------------------------------------------------------


def carries(name: str, given: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    @scenario(f"run: {name}")
    async def carried(ask: Ask) -> None:
        run = {"assistant_id": "counter", "input": {"n": 1}, **given}
        streamed = {**run, "stream_mode": ["checkpoints", "tasks"]}
        await ask("POST", "/runs", {**run, "after_seconds": 5}, headers=headers)
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs", {**run, "after_seconds": 0.2}, headers=headers)
        await asyncio.sleep(2)
        await ask("GET", f"{path}/runs")
        await ask("POST", f"{path}/runs/stream", streamed, headers=headers)
        await look(ask, path)


_RUNS: dict[str, dict[str, Any]] = {
    "metadata": {"metadata": {"k": 1, "run_id": "spoofed", "graph_id": "mine"}},
    "config": {
        "config": {
            "tags": ["t"],
            "recursion_limit": 9,
            "configurable": {"model": "x", "user_id": "u"},
            "metadata": {"cm": 2},
        }
    },
    "context": {"context": {"model": "y", "temperature": 0.5}},
    "durability": {"durability": "sync"},
    "modes as a text": {"stream_mode": "updates"},
    "stream_subgraphs": {"stream_subgraphs": True, "multitask_strategy": "enqueue"},
    "unknown fields": {"bogus": 1, "raise_error": True},
}
for _name, _given in _RUNS.items():
    carries(_name, _given)
carries("a request id", {}, {"x-request-id": "11111111-2222-4333-8444-555555555555"})


@scenario("run: tags in messages and events")
async def tagged(ask: Ask) -> None:
    run = {"assistant_id": "models", "input": HELLO, "config": {"tags": ["r1", "r2"], "run_name": "mine"}}
    for mode in ("messages", "messages-tuple", "events", ["events", "messages"], "tasks"):
        await ask("POST", "/runs/stream", {**run, "stream_mode": mode})


@scenario("run: config and context at once")
async def two_contexts(ask: Ask) -> None:
    both = {"assistant_id": "counter", "input": {}, "context": {"a": 1}, "config": {"configurable": {"b": 2}}}
    await ask("POST", "/runs/wait", both)


@scenario("run: a recursion limit")
async def recursion(ask: Ask) -> None:
    for limit in (0, 1, 2):
        run = {"assistant_id": "counter", "input": {"n": 1}, "config": {"recursion_limit": limit}}
        await ask("POST", "/runs/stream", {**run, "stream_mode": ["values", "updates"]})


# --- threads ---------------------------------------------------------------------------------------------


@scenario("thread: made by a run")
async def made_by_run(ask: Ask) -> None:
    path = "/threads/5b9e0c4e-3a55-4bd7-a30c-111111111111"
    run = {
        "assistant_id": "counter",
        "input": {"n": 1},
        "metadata": {"mk": 1},
        "config": {"tags": ["x"], "metadata": {"cm": 2}},
    }
    await ask("POST", f"{path}/runs/wait", run)
    await ask("POST", f"{path}/runs/wait", {**run, "if_not_exists": "create"})
    await look(ask, path)
    await ask("POST", f"{path}/runs/wait", {**run, "metadata": {"mk": 2}})
    await look(ask, path)
    await ask("DELETE", path)


@scenario("thread: created, read, deleted")
async def crud(ask: Ask) -> None:
    own = "5b9e0c4e-3a55-4bd7-a30c-222222222222"
    await ask("POST", "/threads", {"thread_id": own, "metadata": {"k": 1, "run_id": "stripped"}})
    await ask("POST", "/threads", {"thread_id": own})
    await ask("POST", "/threads", {"thread_id": own, "if_exists": "do_nothing", "metadata": {"k": 2}})
    await ask("GET", f"/threads/{own}")
    await ask("HEAD", f"/threads/{own}")
    await ask("GET", f"/threads/{own}/state")
    await ask("GET", f"/threads/{own}/history")
    await ask("POST", f"/threads/{own}/history", {})
    await ask("GET", f"/threads/{own}/runs")
    await ask("DELETE", f"/threads/{own}")
    await ask("DELETE", f"/threads/{own}")
    for path in (f"/threads/{own}", "/threads/nope"):
        for place in ("", "/state", "/history", "/runs"):
            await ask("GET", f"{path}{place}")


@scenario("thread: search")
async def thread_search(ask: Ask) -> None:
    mark = {"metadata": {"search": "5b9e0c4e"}}
    for number in (1, 2, 3):
        await ask(
            "POST", "/threads", {"metadata": {**mark["metadata"], "deep": {"n": number, "list": [1, 2]}}}
        )
    await ask("POST", "/threads/search", mark)
    await ask("POST", "/threads/search", {**mark, "limit": 2})
    await ask("POST", "/threads/search", {**mark, "limit": 2, "offset": 2})
    await ask("POST", "/threads/search", {**mark, "offset": 50})
    await ask("POST", "/threads/search", {**mark, "sort_by": "created_at", "sort_order": "asc"})
    await ask("POST", "/threads/search", {**mark, "select": ["thread_id", "metadata"]})
    await ask("POST", "/threads/search", {**mark, "extract": {"n": "metadata.deep.n", "none": "values.x"}})
    await ask("POST", "/threads/search", {**mark, "extract": {"n": "status"}})
    await ask("POST", "/threads/search", {**mark, "status": "busy"})
    await ask("POST", "/threads/search", {"metadata": {**mark["metadata"], "deep": {"n": 2}}})
    await ask("POST", "/threads/search", {"metadata": {**mark["metadata"], "deep": {"list": [1]}}})
    for bad in ({"limit": 0}, {"limit": 1001}, {"status": "x"}, {"select": ["error"]}, {"sort_order": "ASC"}):
        await ask("POST", "/threads/search", bad)
    await ask("POST", "/threads/search", b"")


@scenario("thread: history filters")
async def history_filters(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    for number in (1, 2):
        await ask(
            "POST",
            f"{path}/runs/wait",
            {"assistant_id": "counter", "input": {"n": number}, "metadata": {"round": number}},
        )
    states = (await ask("POST", f"{path}/history", {"limit": 50})).json()
    third = states[3]["checkpoint_id"]
    await ask("POST", f"{path}/history", {})
    await ask("POST", f"{path}/history", {"limit": 3})
    await ask("POST", f"{path}/history", {"limit": 3, "before": {"configurable": {"checkpoint_id": third}}})
    await ask("GET", f"{path}/history?limit=2&before={third}")
    await ask("POST", f"{path}/history", {"limit": 9, "metadata": {"source": "input"}})
    await ask("POST", f"{path}/history", {"limit": 9, "metadata": {"round": 2, "step": 4}})
    await ask("GET", f"{path}/history")
    for bad in ("0", "-1", "x"):
        await ask("GET", f"{path}/history?limit={bad}")
    await ask("POST", f"{path}/history", {"limit": 0})
    await ask("POST", f"{path}/history", {"before": "text"})


@scenario("thread: runs listed")
async def runs_listed(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    for x in ("value", "key"):
        await ask("POST", f"{path}/runs/wait", {"assistant_id": "failing", "input": {"x": x}})
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "counter", "input": {}})
    for query in (
        "limit=1",
        "limit=1&offset=1",
        "limit=0",
        "limit=-1",
        "limit=x",
        "status=error",
        "status=bogus",
        "select=run_id&select=status",
    ):
        await ask("GET", f"{path}/runs?{query}")


# --- busy threads ----------------------------------------------------------------------------------------


@scenario("busy: a run behind another")
async def enqueued(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "counter", "input": {"n": 1}}
    await ask("POST", f"{path}/runs", {**run, "after_seconds": 2})
    await ask("GET", path)
    await ask("POST", f"{path}/runs/wait", {**run, "multitask_strategy": "reject"})
    await ask("POST", f"{path}/runs/stream", {**run, "stream_mode": ["values", "checkpoints"]})
    await look(ask, path)


# --- refusals --------------------------------------------------------------------------------------------

BAD_RUNS: dict[str, Any] = {
    "not JSON": b"{",
    "no body": b"",
    "NaN": b'{"assistant_id": "counter", "input": NaN}',
    "a list": [],
    "null": b"null",
    "no assistant": {},
    "an unknown graph": {"assistant_id": "nope"},
    "an unknown assistant": {"assistant_id": "018cc251-f400-7acf-80e7-6d440feec09e"},
    "a number for the assistant": {"assistant_id": 5},
    "an unknown mode": {"assistant_id": "counter", "stream_mode": "bogus"},
    "an unknown mode in a list": {"assistant_id": "counter", "stream_mode": ["values", "bogus"]},
    "null for the mode": {"assistant_id": "counter", "stream_mode": None},
    "a text for config": {"assistant_id": "counter", "config": "x"},
    "a text for the limit": {"assistant_id": "counter", "config": {"recursion_limit": "x"}},
    "a number for metadata": {"assistant_id": "counter", "metadata": 1},
    "null for context": {"assistant_id": "counter", "context": None},
    "a number for the webhook": {"assistant_id": "counter", "webhook": 1},
    "an empty webhook": {"assistant_id": "counter", "webhook": ""},
    "a bad strategy": {"assistant_id": "counter", "multitask_strategy": "x"},
    "a bad durability": {"assistant_id": "counter", "durability": "x"},
    "a bad if_not_exists": {"assistant_id": "counter", "if_not_exists": "x"},
    "a bad on_completion": {"assistant_id": "counter", "on_completion": "x"},
    "a bad on_disconnect": {"assistant_id": "counter", "on_disconnect": "x"},
    "a text for after_seconds": {"assistant_id": "counter", "after_seconds": "1"},
    "a number for a command": {"assistant_id": "counter", "command": 1},
    "an input that is nested too deeply": b'{"assistant_id": "counter", "input": {"name":'
    + b"[" * 300
    + b"]" * 300
    + b"}}",
    "two things at once": {"assistant_id": 5, "config": 1, "metadata": 2},
}


def refuses(name: str, body: Any) -> None:
    @scenario(f"refused: {name}")
    async def refused(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        for place in ("/runs", "/runs/stream", "/runs/wait"):
            # An accepted field would start a run; the ones that only one form validates are sent to that form.
            if not (name == "a bad on_completion" or (place == "/runs" and name == "a bad on_disconnect")):
                await ask("POST", f"{path}{place}", body)
            if name not in ("a bad strategy", "a bad if_not_exists") and not (
                place == "/runs" and name == "a bad on_disconnect"
            ):
                await ask("POST", place, body)


for _name, _body in BAD_RUNS.items():
    refuses(_name, _body)


@scenario("refused: bad and unknown threads")
async def bad_threads(ask: Ask) -> None:
    run = {"assistant_id": "counter", "input": {}}
    for name in ("nope", "018cc251-f400-7acf-80e7-6d440feec09e"):
        for place in ("runs", "runs/stream", "runs/wait"):
            await ask("POST", f"/threads/{name}/{place}", run)
    await ask("POST", "/threads", {"thread_id": "nope"})
    await ask("POST", "/threads", {"thread_id": 5})
    await ask("POST", "/threads", {"if_exists": "x"})
    await ask("POST", "/threads", b"not json")


# --- assistants and the server itself --------------------------------------------------------------------


OWN = {"metadata": {"created_by": "system"}}


@scenario("assistants: search, count, get")
async def assistants(ask: Ask) -> None:
    await ask("POST", "/assistants/search", {**OWN, "limit": 10, "offset": 0})
    await ask("POST", "/assistants/search", {**OWN, "limit": 3, "sort_by": "name", "sort_order": "asc"})
    await ask("POST", "/assistants/search", {**OWN, "limit": 3, "offset": 8, "sort_by": "graph_id"})
    await ask("POST", "/assistants/search", {**OWN, "graph_id": "chat"})
    await ask("POST", "/assistants/search", {"graph_id": "nope"})
    await ask("POST", "/assistants/search", {**OWN, "name": "CHA", "select": ["name", "graph_id"]})
    await ask("POST", "/assistants/search", {"metadata": {"created_by": "system"}, "limit": 1})
    await ask("POST", "/assistants/search", {"metadata": {"created_by": "nobody"}})
    await ask("POST", "/assistants/search", {"select": ["bogus"]})
    await ask("POST", "/assistants/count", OWN)
    await ask("POST", "/assistants/count", {**OWN, "graph_id": "chat"})
    await ask("POST", "/assistants/count", {"graph_id": "nope"})
    found = (await ask("POST", "/assistants/search", {**OWN, "graph_id": "chat"})).json()[0]["assistant_id"]
    await ask("GET", f"/assistants/{found}")
    await ask("GET", "/assistants/chat")
    await ask("GET", "/assistants/018cc251-f400-7acf-80e7-6d440feec09e")
    await ask("POST", "/runs/wait", {"assistant_id": found, "input": HELLO})


@scenario("system: ok, info, unknown routes, methods")
async def system(ask: Ask) -> None:
    for path in (
        "/ok",
        "/",
        "/ok?check_db=1",
        "/ok?check_db=x",
        "/info",
        "/nope",
        "/runs/nope",
        "/runs/nope/stream",
    ):
        await ask("GET", path)
    await ask("HEAD", "/ok")
    await ask("POST", "/ok", {})
    await ask("PUT", "/threads", {})
    await ask("GET", "/threads")
    await ask("GET", "/runs/wait")
    await ask("POST", "/threads/", {})


@scenario("system: cross-origin requests")
async def cross_origin(ask: Ask) -> None:
    origin = {"origin": "http://localhost:3000"}
    preflight = {**origin, "access-control-request-method": "POST"}
    await ask("OPTIONS", "/runs/stream", headers=preflight)
    await ask(
        "OPTIONS",
        "/runs/stream",
        headers={**preflight, "access-control-request-headers": "content-type,x-api-key"},
    )
    await ask("OPTIONS", "/runs/stream", headers=origin)
    await ask("OPTIONS", "/runs/stream")
    await ask("GET", "/ok", headers=origin)
    await ask("GET", "/nope", headers=origin)
    await ask("POST", "/runs/stream", {"assistant_id": "counter", "input": {"n": 1}}, headers=origin)
    await ask("POST", "/runs/wait", b"{", headers=origin)
