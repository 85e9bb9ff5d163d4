"""Runs that fail in every place, what they leave behind, and how a thread recovers."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, LISTS, MODES, Ask, look, scenario, thread

FEW = {name: LISTS[name] for name in ("no-events", "all")}
BAD = {"x": "bad"}
WORSE = {"x": "worse"}
FINE = {"x": "fine"}
INPUTS: dict[str, Any] = {"moody": BAD, "moody_child": BAD, "half": BAD, "dying": HELLO}


def fails(graph: str, name: str, mode: Any, *, subgraphs: bool = False) -> None:
    run = {
        "assistant_id": graph,
        "input": INPUTS[graph],
        "stream_mode": mode,
        "stream_subgraphs": subgraphs,
    }

    @scenario(f"{graph}: fails, {name}{', subgraphs' if subgraphs else ''}")
    async def failed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)


for _name, _mode in {**MODES, **FEW, "all-tuple": LISTS["all-tuple"]}.items():
    fails("dying", _name, _mode)
for _graph in ("moody", "moody_child", "half"):
    for _name, _mode in {**FEW, "values": "values", "updates": "updates", "debug": "debug"}.items():
        fails(_graph, _name, _mode)
for _name, _mode in {**FEW, "values": "values", "updates": "updates", "debug": "debug"}.items():
    fails("moody_child", _name, _mode, subgraphs=True)


def recovers(graph: str) -> None:
    run = {"assistant_id": graph, "stream_mode": LISTS["no-events"]}

    @scenario(f"{graph}: fails, and a new input helps")
    async def new_input(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", {**run, "input": BAD})
        await ask("POST", f"{path}/runs/stream", {**run, "input": FINE})
        await look(ask, path)

    @scenario(f"{graph}: fails, and a command's update is seen when it fails again")
    async def updated(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", {**run, "input": BAD})
        await ask("POST", f"{path}/runs/stream", {**run, "command": {"update": WORSE}})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)

    @scenario(f"{graph}: fails, and an edited state is seen when it fails again")
    async def edited(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", {**run, "input": BAD})
        await ask("POST", f"{path}/state", {"values": WORSE})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)

    @scenario(f"{graph}: fails, and what a resume does then")
    async def resumed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", {**run, "input": BAD})
        await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": "on"}})
        await look(ask, path)

    @scenario(f"{graph}: fails, waited for and joined")
    async def waited(ask: Ask) -> None:
        await ask("POST", "/runs/wait", {**run, "input": BAD})
        await ask("POST", "/runs/stream", {**run, "input": BAD})
        path = f"/threads/{await thread(ask)}"
        created = (await ask("POST", f"{path}/runs", {**run, "input": BAD})).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await ask("GET", f"{path}/runs/{created['run_id']}/stream")
        created = (await ask("POST", f"{path}/runs", {**run, "input": None, "after_seconds": 1})).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/stream")
        await ask("GET", f"{path}/runs/{created['run_id']}/join")


for _graph in ("moody", "moody_child", "half"):
    recovers(_graph)


def goes_back(graph: str, number: int) -> None:
    @scenario(f"{graph}: fails, and back to checkpoint {number}")
    async def back(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": graph, "stream_mode": LISTS["no-events"]}
        await ask("POST", f"{path}/runs/wait", {**run, "input": BAD})
        states = (await ask("POST", f"{path}/history", {"limit": 20})).json()
        chosen = states[len(states) - 1 - number]["checkpoint_id"]
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": chosen})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": chosen, "input": FINE})
        await look(ask, path)


for _graph, _number in (("moody", 1), ("moody", 2), ("moody_child", 2), ("half", 1)):
    goes_back(_graph, _number)


@scenario("moody: fails before and after a stop")
async def stopped(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "moody", "stream_mode": LISTS["no-events"], "interrupt_before": ["mood"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": BAD})
    for _ in (1, 2):
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)


def tears(name: str, mode: Any) -> None:
    @scenario(f"torn: one asks while another fails, {name}")
    async def torn(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "torn", "stream_mode": mode}
        for given in ({"input": {"x": 1}}, {"input": None}, {"command": {"resume": "mended"}}):
            await ask("POST", f"{path}/runs/stream", {**run, **given})
            await look(ask, path)
        await ask("POST", "/runs/wait", {**run, "input": {"x": 1}})


for _name in ("no-events", "all"):
    tears(_name, LISTS[_name])


def clashes(name: str, mode: Any) -> None:
    @scenario(f"clash: two values for one key, {name}")
    async def clashed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "clash", "stream_mode": mode}
        for given in ({"x": 1}, None):
            await ask("POST", f"{path}/runs/stream", {**run, "input": given})
            # The real server's own state endpoint crashes on such a thread: see the deviations in docs/upstream.md.
            await ask("GET", path)
            await ask("GET", f"{path}/history?limit=20")
        await ask("POST", "/runs/wait", {**run, "input": {"x": 1}})


for _name in ("no-events", "all"):
    clashes(_name, LISTS[_name])


def limited(graph: str, limit: int, *, subgraphs: bool) -> None:
    @scenario(f"{graph}: a recursion limit of {limit}{', subgraphs' if subgraphs else ''}")
    async def reached(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {
            "assistant_id": graph,
            "stream_mode": LISTS["no-events"],
            "stream_subgraphs": subgraphs,
            "config": {"recursion_limit": limit},
        }
        await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)
        await ask("POST", f"{path}/runs/wait", {**run, "input": {"x": 2}})
        await ask("POST", "/runs/wait", {**run, "input": {"x": 3}})


for _limit in (1, 2, 3):
    limited("endless", _limit, subgraphs=False)
limited("endless", 3, subgraphs=True)
limited("steps", 2, subgraphs=False)
