"""The newer thread protocol: its commands, their refusals, and what their runs leave behind."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, look, scenario, several
from tests.contract.scenarios.taping import COMPLETED, FAILED, at_rest, command, finished, fresh, start, tape

ABSENT = "018cc251-f400-7acf-80e7-6d440feec09e"

# --- envelopes ---------------------------------------------------------------------------------------------


@scenario("protocol: bodies that are no commands")
async def no_commands(ask: Ask) -> None:
    path = f"{fresh()}/commands"
    for raw in (b"", b"{bad", b"[]", b"{}", b"5", b"null", b'"text"', b"\xff", b'{"id":1}', b'[{"id":1}]'):
        await ask("POST", path, raw)
    for number in ("1", 1.5, None, [1], {"a": 1}):
        await ask("POST", path, {"id": number, "method": "run.start"})
    for method in several(None, 5, [], {}):
        await ask("POST", path, {"id": 1, "method": method})


@scenario("protocol: ids and methods of every kind")
async def envelopes(ask: Ask) -> None:
    path = fresh()
    for number in (0, -1, True, 2**40, 2**70):
        await command(ask, path, "nope", number=number)
    for method in (
        "",
        "nope",
        "run.cancel",
        "state.get",
        "state.fork",
        "input.inject",
        "Run.start",
        " run.start",
    ):
        await command(ask, path, method)
    await ask("POST", f"{path}/commands", {"id": 1, "method": "nope", "extra": 1})
    for params in several(None, 5, "x", [], [1], True):
        await ask("POST", f"{path}/commands", {"id": 1, "method": "run.start", "params": params})
        await ask("POST", f"{path}/commands", {"id": 1, "method": "input.respond", "params": params})


@scenario("protocol: other methods and headers")
async def routes(ask: Ask) -> None:
    path = fresh()
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        await ask(method, f"{path}/commands")
        await ask(method, f"{path}/stream/events")
    origin = {"origin": "http://example.com"}
    await ask("POST", f"{path}/commands", {"id": 1, "method": "nope"}, headers=origin)
    await ask("POST", f"{path}/stream/events", {"channels": []}, headers=origin)
    await ask("POST", f"{path}/commands/", {"id": 1, "method": "nope"})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        await ask("POST", f"{path}/commands", {"id": 1, "method": "nope"}, headers={"content-type": kind})


@scenario("protocol: what is only for sockets")
async def for_sockets(ask: Ask) -> None:
    path = fresh()
    for method in (
        "agent.getTree",
        "subscription.reconnect",
        "subscription.unsubscribe",
        "subscription.subscribe",
    ):
        await command(ask, path, method)
    await command(ask, path, "subscription.subscribe", channels=["values"])
    await command(ask, path, "subscription.subscribe", channels=["bogus"])
    await command(ask, path, "subscription.unsubscribe", subscription_id="x")
    await command(ask, path, "subscription.reconnect", channels=["values"], since=0)
    await ask("GET", path)


# --- run.start ---------------------------------------------------------------------------------------------


@scenario("protocol: run.start refused, the assistant")
async def no_assistant(ask: Ask) -> None:
    path = fresh()
    for given in several({}, {"assistant_id": ""}, {"assistant_id": None}, {"assistant_id": 5}):
        await command(ask, path, "run.start", **given)
    for name in (ABSENT, "steps ", "Steps"):
        await command(ask, path, "run.start", assistant_id=name, input={})
    await ask("GET", path)


@scenario("protocol: run.start refused, the thread's id")
async def no_thread(ask: Ask) -> None:
    for name in ("x", "123", ABSENT[:-1]):
        await command(ask, f"/threads/{name}", "run.start", assistant_id="steps", input={})


CONFIGURED = (
    {"checkpoint_id": "abc"},
    {"checkpoint_id": 5},
    {"checkpoint_id": ""},
    {"checkpoint_id": None},
    {"checkpoint_id": ABSENT},
)


@scenario("protocol: run.start refused, the checkpoint")
async def no_checkpoint(ask: Ask) -> None:
    path = fresh()
    for configurable in CONFIGURED[:3]:
        await command(
            ask, path, "run.start", assistant_id="steps", input={}, config={"configurable": configurable}
        )
    await ask("GET", path)


@scenario("protocol: run.start refused, parameters of other types")
async def other_types(ask: Ask) -> None:
    path = fresh()
    for tracer in several(5, "x", [], {"x": 1}):
        await command(ask, path, "run.start", assistant_id="steps", langsmith_tracer=tracer)
    await ask("GET", path)


def odd_parameter(name: str, given: dict[str, Any]) -> None:
    @scenario(f"protocol: run.start, {name}")
    async def odd(ask: Ask) -> None:
        path = fresh()
        reply = await command(ask, path, "run.start", assistant_id="steps", input={"x": 1}, **given)
        if reply["type"] == "success":
            await at_rest(ask, path)
            await ask("GET", f"{path}/runs/{reply['result']['run_id']}")
        await ask("GET", path)


odd_parameter("no config", {"config": None, "metadata": None})
odd_parameter("a config of another type", {"config": 5})
odd_parameter("a configurable of another type", {"config": {"configurable": 5}})
odd_parameter("metadata of another type", {"metadata": [1]})
odd_parameter("a strategy of another kind", {"multitaskStrategy": "bogus"})
odd_parameter("a strategy of another type", {"multitaskStrategy": 5})
odd_parameter("a strategy in snake case", {"multitask_strategy": "reject"})
odd_parameter("a strategy", {"multitaskStrategy": "rollback"})
odd_parameter("context", {"context": {"tone": "low"}})
odd_parameter("a command", {"command": {"goto": "two"}})
odd_parameter(
    "stream mode and more", {"stream_mode": ["values"], "interrupt_before": ["two"], "webhook": "/x"}
)
odd_parameter(
    "a whole config",
    {
        "config": {
            "configurable": {"x": 1, "thread_id": "other", "user_id": "me"},
            "tags": ["t"],
            "recursion_limit": 7,
            "metadata": {"a": 1},
            "more": 1,
        },
        "metadata": {"b": 2},
    },
)
odd_parameter("an empty config", {"config": {}, "metadata": {}})
odd_parameter("a null checkpoint", {"config": {"configurable": {"checkpoint_id": None}}})
odd_parameter("a checkpoint that is not there", {"config": {"configurable": {"checkpoint_id": ABSENT}}})


@scenario("protocol: run.start on a thread that is not there, and what it leaves")
async def first_run(ask: Ask) -> None:
    path = fresh()
    run = await finished(ask, path, "counter", {"n": 1})
    await look(ask, path)
    await ask("GET", f"{path}/runs/{run}")


@scenario("protocol: run.start on a thread with metadata of its own")
async def made_before(ask: Ask) -> None:
    made = (await ask("POST", "/threads", {"metadata": {"mine": 1}})).json()["thread_id"]
    path = f"/threads/{made}"
    await finished(ask, path, "chat", HELLO, metadata={"yours": 2})
    await look(ask, path)
    await finished(ask, path, "chat", {"messages": [{"role": "user", "content": "again", "id": "h2"}]})
    await look(ask, path)
    await (await tape(ask, path)).drop(after=COMPLETED, times=2)


@scenario("protocol: run.start with an assistant of one's own")
async def own_assistant(ask: Ask) -> None:
    given = {
        "graph_id": "counter",
        "name": "mine",
        "metadata": {"of": "assistant"},
        "config": {"configurable": {"y": 2}, "tags": ["a"]},
    }
    made = (await ask("POST", "/assistants", given)).json()["assistant_id"]
    path = fresh()
    run = await finished(ask, path, made, {"n": 1}, config={"configurable": {"z": 3}})
    await ask("GET", f"{path}/runs/{run}")
    await ask("GET", path)
    await (await tape(ask, path)).drop(after=COMPLETED)
    await ask("DELETE", f"/assistants/{made}")


@scenario("protocol: run.start without input on an empty thread")
async def no_input(ask: Ask) -> None:
    path = fresh()
    stream = await tape(ask, path)
    await start(ask, path, "counter")
    await stream.drop(after=FAILED)
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: run.start without input on a finished thread")
async def no_more(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    await finished(ask, path, "counter")
    await (await tape(ask, path)).drop(after=COMPLETED, times=2)
    await look(ask, path)


def refused_input(name: str, graph: str, given: Any) -> None:
    @scenario(f"protocol: an input that the graph refuses, {name}")
    async def refused(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        await start(ask, path, graph, given)
        await live.drop(after=FAILED)
        await at_rest(ask, path)
        await ask("GET", path)
        await ask("GET", f"{path}/runs")


refused_input("a list", "chat", [1])
refused_input("a text", "counter", "x")


@scenario("protocol: an older checkpoint, with input and without")
async def older(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "steps", {"x": 1})
    history = (await ask("GET", f"{path}/history?limit=20")).json()
    one = next(state["checkpoint_id"] for state in history if state["next"] == ["two"])
    place = {"configurable": {"checkpoint_id": one}}
    run = await finished(ask, path, "steps", config=place)
    await ask("GET", f"{path}/runs/{run}")
    await finished(ask, path, "steps", {"x": 2}, config=place)
    await (await tape(ask, path)).drop(after=COMPLETED, times=3)
    await look(ask, path)
