"""The newer thread protocol: interrupts, and the ways to answer them."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, look, scenario, several
from tests.contract.scenarios.taping import (
    ASKED,
    COMPLETED,
    INTERRUPTED,
    asked,
    at_rest,
    command,
    finished,
    fresh,
    respond,
    start,
    tape,
)

X: dict[str, Any] = {"x": 1}
NOBODY = "0123456789abcdef0123456789abcdef"


async def stopped(ask: Ask, path: str, graph: str, given: Any, number: int = 1, **params: Any) -> list[str]:
    """A run that asks, and the ids of its interrupts."""
    await finished(ask, path, graph, given, **params)
    watch = await tape(ask, path, "input")
    found = await asked(watch, number)
    await watch.close()
    return found


async def whole(ask: Ask, path: str) -> None:
    """The whole tape."""
    await (await tape(ask, path)).rest()


def answers(name: str, graph: str, given: Any, response: Any, number: int = 1, **params: Any) -> None:
    @scenario(f"protocol: asked and answered, {name}")
    async def answered(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        for interrupt in await stopped(ask, path, graph, given, number):
            await ask("GET", path)
            await respond(ask, path, interrupt, response, **params)
            await at_rest(ask, path)
        await live.rest(after=COMPLETED)
        await whole(ask, path)
        await look(ask, path)


answers("a question", "approval", HELLO, "yes")
answers("a question, told widely", "wide_approval", HELLO, "yes")
answers("with data", "questions", {"x": {"a": [1]}}, {"b": [None, 2.5]})
answers("with nothing", "questions", X, None)
answers("with an empty text", "questions", X, "")
answers("a question of null", "questions", {"x": None}, "yes")
answers("one by one, of two", "pair", X, "yes", 2)
answers("one by one, of two, told widely", "wide_pair", X, "yes", 2)
answers("in a subgraph", "inner", X, "yes")
answers("in a subgraph of a subgraph", "innermost", X, "yes")
answers("in a subgraph of a subgraph, told widely", "wide_innermost", X, "yes")
answers("in a subgraph that a node calls", "calling", X, "yes")
answers("beside others", "beside", X, "yes")
answers("with an update", "approval", HELLO, "yes", update={"decision": "mine"})
answers("with a goto", "approval", HELLO, "yes", goto="act")
answers(
    "with config and metadata", "approval", HELLO, "yes", config={"configurable": {"k": 1}}, metadata={"m": 1}
)
answers("one by one, sent", "crowd", X, "yes", 2)


@scenario("protocol: two questions of one node")
async def two_of_one(ask: Ask) -> None:
    path = fresh()
    [first] = await stopped(ask, path, "twice", X)
    await respond(ask, path, first, "one")
    await at_rest(ask, path)
    await ask("GET", path)
    watch = await tape(ask, path, "input")
    second = (await watch.part(2)).partition('"interrupt_id":"')[2].partition('"')[0]
    await watch.close()
    await respond(ask, path, second, "two")
    await at_rest(ask, path)
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: several answers at once")
async def all_at_once(ask: Ask) -> None:
    path = fresh()
    left, right = await stopped(ask, path, "pair", X, 2)
    await ask("GET", path)
    responses = [
        {"interrupt_id": left, "response": "l", "namespace": []},
        {"interrupt_id": right, "response": {"r": 1}},
    ]
    await command(ask, path, "input.respond", responses=responses)
    await at_rest(ask, path)
    await whole(ask, path)
    await look(ask, path)
    await ask("GET", f"{path}/runs")


@scenario("protocol: answers that are refused")
async def refused(ask: Ask) -> None:
    path = fresh()
    await command(ask, path, "input.respond", interrupt_id=NOBODY, response=1)
    [interrupt] = await stopped(ask, path, "questions", X)
    await command(ask, path, "input.respond")
    await command(ask, path, "input.respond", response=1)
    for given in several("", None, 5, [interrupt]):
        await command(ask, path, "input.respond", interrupt_id=given, response=1)
    await respond(ask, path, NOBODY, 1)
    for namespace in several("x", 5, [1], {}):
        await command(ask, path, "input.respond", interrupt_id=interrupt, response=1, namespace=namespace)
    for responses in several([], {}, 5, "x", [5], [{}], [{"interrupt_id": ""}], [{"interrupt_id": NOBODY}]):
        await command(ask, path, "input.respond", responses=responses)
    both = [{"interrupt_id": interrupt, "response": 1}, {"interrupt_id": NOBODY, "response": 2}]
    await command(ask, path, "input.respond", responses=both)
    await command(ask, path, "input.respond", responses=[{"interrupt_id": interrupt, "namespace": "x"}])
    await ask("GET", path)
    await ask("GET", f"{path}/runs")


@scenario("protocol: an answer without a response")
async def no_response(ask: Ask) -> None:
    path = fresh()
    [interrupt] = await stopped(ask, path, "questions", X)
    await command(ask, path, "input.respond", interrupt_id=interrupt)
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: an answer with a namespace that is wrong")
async def wrong_namespace(ask: Ask) -> None:
    path = fresh()
    [interrupt] = await stopped(ask, path, "questions", X)
    await command(
        ask, path, "input.respond", interrupt_id=interrupt, response="yes", namespace=["no", "where"]
    )
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: the same answer twice in one command")
async def doubled(ask: Ask) -> None:
    path = fresh()
    [interrupt] = await stopped(ask, path, "questions", X)
    twice = [
        {"interrupt_id": interrupt, "response": "first"},
        {"interrupt_id": interrupt, "response": "second"},
    ]
    await command(ask, path, "input.respond", responses=twice)
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: an answer given twice")
async def consumed(ask: Ask) -> None:
    path = fresh()
    [interrupt] = await stopped(ask, path, "questions", X)
    await respond(ask, path, interrupt, "first")
    await at_rest(ask, path)
    await respond(ask, path, interrupt, "second")
    await look(ask, path)


@scenario("protocol: an answer to a thread that never asked")
async def never_asked(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    await respond(ask, path, NOBODY, "yes")
    await respond(ask, "/threads/x", NOBODY, "yes")


ODD: dict[str, dict[str, Any]] = {
    "an update that is a list of pairs": {"update": [["decision", "pair"]]},
    "an update that is null": {"update": None},
    "goto nowhere": {"goto": "nowhere"},
    "goto several": {"goto": ["act", "approve"]},
    "goto a send": {"goto": {"node": "act", "input": {"decision": "sent"}}},
    "a config of another type": {"config": 5},
    "unknown parameters": {"bogus": 1, "assistant_id": "counter", "multitaskStrategy": "reject"},
}


def odd_answer(name: str, params: dict[str, Any]) -> None:
    @scenario(f"protocol: an answer with {name}")
    async def odd(ask: Ask) -> None:
        path = fresh()
        [interrupt] = await stopped(ask, path, "approval", HELLO)
        await respond(ask, path, interrupt, "yes", **params)
        await at_rest(ask, path)
        await ask("GET", f"{path}/runs")
        await ask("GET", f"{path}/state")


for _name, _params in ODD.items():
    odd_answer(_name, _params)


@scenario("protocol: input on a thread that asks")
async def input_as_answer(ask: Ask) -> None:
    path = fresh()
    await stopped(ask, path, "questions", X)
    await finished(ask, path, "questions", {"x": "an answer"})
    await whole(ask, path)
    await look(ask, path)
    await ask("GET", f"{path}/runs")


@scenario("protocol: no input on a thread that asks")
async def asked_again(ask: Ask) -> None:
    path = fresh()
    await stopped(ask, path, "questions", X)
    await finished(ask, path, "questions")
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: a classic answer to a question of the newer protocol")
async def classic_answer(ask: Ask) -> None:
    path = fresh()
    await stopped(ask, path, "questions", X)
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "questions", "command": {"resume": "yes"}})
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: an answer of the newer protocol to a classic question")
async def answer_to_classic(ask: Ask) -> None:
    path = fresh()
    run = {"assistant_id": "questions", "input": X, "if_not_exists": "create"}
    found = (await ask("POST", f"{path}/runs/wait", run)).json()["__interrupt__"][0]["id"]
    await respond(ask, path, found, "yes")
    await at_rest(ask, path)
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: breakpoints that the graph has")
async def breakpoints(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "paused", X)
    await look(ask, path)
    await finished(ask, path, "paused")
    await finished(ask, path, "paused")
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: one asks while another fails")
async def torn(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "torn", X)
    await whole(ask, path)
    await look(ask, path)


@scenario("protocol: an interrupt, as it is told live")
async def told_live(ask: Ask) -> None:
    path = fresh()
    live = await tape(ask, path, "input", "lifecycle")
    await start(ask, path, "approval", HELLO)
    await live.until(ASKED)
    await live.rest(after=INTERRUPTED)
