"""Threads that are made with a history: supersteps of updates."""

from typing import Any
from uuid import uuid4

from tests.contract.scenarios.asking import Ask, look, scenario


def written(*updates: tuple[str, Any]) -> dict[str, Any]:
    return {"updates": [{"values": values, "as_node": node} for node, values in updates]}


SUPERSTEPS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "input": ("counter", [written(("__input__", {"n": 1}))]),
    "input and a node": (
        "counter",
        [written(("__input__", {"n": 1})), written(("inc", {"n": 2, "log": ["inc"]}))],
    ),
    "a whole run": (
        "counter",
        [
            written(("__input__", {"n": 1})),
            written(("inc", {"n": 2, "log": ["inc"]})),
            written(("double", {"n": 2, "log": ["double"]})),
        ],
    ),
    "a node alone": ("counter", [written(("double", {"n": 7}))]),
    "start": ("counter", [written(("__start__", {"n": 7}))]),
    "messages": (
        "chat",
        [written(("__input__", {"messages": [{"role": "user", "content": "hi", "id": "h1"}]}))],
    ),
    "no values": ("counter", [written(("__input__", None)), written(("inc", None))]),
    "an unknown node": ("counter", [written(("nope", {"n": 1}))]),
    "no updates": ("counter", [{"updates": []}]),
    "two nodes of one superstep": (
        "parallel",
        [
            written(("__input__", {"log": ["in"]})),
            written(("zeta", {"log": ["z"]}), ("alpha", {"log": ["a"]})),
        ],
    ),
}
for _name, (_graph, _steps) in SUPERSTEPS.items():

    @scenario(f"threads: supersteps, {_name}")
    async def supersteps(ask: Ask, graph: str = _graph, steps: list[dict[str, Any]] = _steps) -> None:
        own = str(uuid4())
        body = {"thread_id": own, "metadata": {"graph_id": graph}, "supersteps": steps}
        await ask("POST", "/threads", body)
        await look(ask, f"/threads/{own}")


@scenario("threads: supersteps, an unknown node later")
async def supersteps_half_made(ask: Ask) -> None:
    steps = [written(("__input__", {"n": 1})), written(("nope", {"n": 1}))]
    own = str(uuid4())
    body = {"thread_id": own, "metadata": {"graph_id": "counter"}, "supersteps": steps}
    await ask("POST", "/threads", body)
    await ask("GET", f"/threads/{own}")


@scenario("threads: supersteps without a graph")
async def supersteps_of_no_graph(ask: Ask) -> None:
    own = str(uuid4())
    await ask("POST", "/threads", {"thread_id": own, "supersteps": [written(("__input__", {"n": 1}))]})
    await ask("GET", f"/threads/{own}")


@scenario("threads: supersteps and a run behind them")
async def supersteps_and_run(ask: Ask) -> None:
    steps = [written(("__input__", {"n": 1})), written(("inc", {"n": 2, "log": ["inc"]}))]
    made = await ask("POST", "/threads", {"metadata": {"graph_id": "counter"}, "supersteps": steps})
    thread_id = made.json()["thread_id"]
    await ask("POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": "counter", "input": None})
    await look(ask, f"/threads/{thread_id}")


@scenario("supersteps: on a thread that is there")
async def again(ask: Ask) -> None:
    steps = [written(("__input__", {"n": 1})), written(("inc", {"n": 2}))]
    thread_id = str(uuid4())
    body = {"thread_id": thread_id, "metadata": {"graph_id": "counter"}, "supersteps": steps}
    for _ in range(3):
        await ask("POST", "/threads", {**body, "if_exists": "do_nothing"})
    await look(ask, f"/threads/{thread_id}")
    await ask("POST", "/threads", body)
    bare = (await ask("POST", "/threads", {})).json()["thread_id"]
    await ask("POST", "/threads", {**body, "thread_id": bare, "if_exists": "do_nothing"})
    await look(ask, f"/threads/{bare}")
