"""The newer thread protocol: tools that an agent calls, and the sub-agents in them."""

from tests.contract.scenarios.asking import Ask, look, scenario
from tests.contract.scenarios.protocol_people import stopped, whole
from tests.contract.scenarios.taping import COMPLETED, at_rest, finished, fresh, human, respond, tape

CALLS = ("weather", "report", "fail", "picture", "delegate", "inquire", "unknown", "two")
GRAPHS = ("toolbox", "toolbox_plain", "toolbox_raising")


def calls(graph: str, text: str) -> None:
    @scenario(f"protocol: {graph}, {text}")
    async def called(ask: Ask) -> None:
        path = fresh()
        await finished(ask, path, graph, human(text))
        await (await tape(ask, path)).rest()
        await ask("GET", f"{path}/state")


for _graph in GRAPHS:
    for _text in CALLS:
        if (_graph, _text) != (
            "toolbox_raising",
            "two",
        ):  # Tasks of their own, in threads of their own: they race.
            calls(_graph, _text)


@scenario("protocol: the channel tools, and the namespace")
async def tools_alone(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "toolbox", human("report"))
    await (await tape(ask, path, "tools", "lifecycle")).drop(after=COMPLETED)
    await (await tape(ask, path, "messages", "lifecycle", namespaces=[["tools"]])).rest()


def asks(graph: str, text: str) -> None:
    @scenario(f"protocol: {graph}, {text}, answered")
    async def answered(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        [interrupt] = await stopped(ask, path, graph, human(text))
        await respond(ask, path, interrupt, "42")
        await at_rest(ask, path)
        await live.drop(after=COMPLETED)
        await whole(ask, path)
        await look(ask, path)


for _graph in GRAPHS:
    asks(_graph, "ask")
