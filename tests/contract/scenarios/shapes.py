"""Graphs of every shape: subgraphs, sends, commands, models in odd places."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, LISTS, MODES, Ask, look, scenario, thread

INPUTS: dict[str, Any] = {
    "nested": HELLO,
    "nested_twice": HELLO,
    "worker": {"x": 1},
    "twins": {"names": ["first"]},
    "fan": {"x": 1},
    "router": {"x": "one"},
    "sender": {"x": 1},
    "commands": {"x": 1},
    "leaver": {"x": 1},
    "narrow_team": {"q": "why?", "a": "not taken"},
    "odd_models": HELLO,
    "forgetful": HELLO,
    "chorus": HELLO,
}
FEW = {name: LISTS[name] for name in ("no-events", "all")}
TALKING = {**FEW, "all-tuple": LISTS["all-tuple"]}
SUBGRAPHS = ("nested", "worker", "twins", "leaver", "narrow_team")
# Where `events` say more than a script does (a list of Commands), or of things side by side in an order of luck.
UNTRACED = (("commands", False), ("twins", True))


def shaped(graph: str, name: str, mode: Any, *, subgraphs: bool = False) -> None:
    run = {"assistant_id": graph, "input": INPUTS[graph], "stream_mode": mode}
    if subgraphs:
        run["stream_subgraphs"] = True

    @scenario(f"{graph}: streams, {name}{', subgraphs' if subgraphs else ''}")
    async def streamed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)


for _graph in INPUTS:
    for _name, _mode in (TALKING if INPUTS[_graph] == HELLO else FEW).items():
        if (_graph, False) not in UNTRACED or _name != "all":
            shaped(_graph, _name, _mode)
for _graph in ("nested", "fan", "odd_models"):
    for _name in MODES:
        shaped(_graph, _name, _name)
for _name, _mode in {**MODES, **TALKING}.items():
    shaped("nested_twice", _name, _mode, subgraphs=True)
for _graph in SUBGRAPHS:
    for _name, _mode in FEW.items():
        if (_graph, True) not in UNTRACED or _name != "all":
            shaped(_graph, _name, _mode, subgraphs=True)


def lived(graph: str) -> None:
    run = {"assistant_id": graph, "input": INPUTS[graph]}

    @scenario(f"{graph}: stateless, waited for, joined, and a second run")
    async def lives(ask: Ask) -> None:
        modes = LISTS["no-events" if graph in dict(UNTRACED) else "all"]
        await ask("POST", "/runs/stream", {**run, "stream_mode": modes, "stream_subgraphs": True})
        await ask("POST", "/runs/wait", {**run, "stream_mode": "updates"})
        path = f"/threads/{await thread(ask)}"
        created = (await ask("POST", f"{path}/runs", {**run, "stream_subgraphs": True})).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await ask("POST", f"{path}/runs/wait", {**run, "stream_mode": ["values", "updates"]})
        await look(ask, path)


for _graph in INPUTS:
    lived(_graph)


@scenario("router: to one node and to two")
async def routed(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    for x in ("one", "both"):
        run = {"assistant_id": "router", "input": {"x": x}, "stream_mode": LISTS["no-events"]}
        await ask("POST", f"{path}/runs/stream", run)
    await look(ask, path)


@scenario("nested: joined live, with a filter and subgraphs")
async def joined(ask: Ask) -> None:
    for query in ("", "?stream_mode=values", "?stream_mode=updates", "?stream_mode=messages"):
        path = f"/threads/{await thread(ask)}"
        run = {
            "assistant_id": "nested",
            "input": HELLO,
            "stream_mode": LISTS["no-events"],
            "stream_subgraphs": True,
            "after_seconds": 1,
        }
        created = (await ask("POST", f"{path}/runs", run)).json()
        await ask("GET", f"{path}/runs/{created['run_id']}/stream{query}")


def sub_states(graph: str) -> None:
    @scenario(f"{graph}: states of subgraphs")
    async def read(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", {"assistant_id": graph, "input": INPUTS[graph]})
        await ask("GET", f"{path}/state?subgraphs=true")
        states = (await ask("POST", f"{path}/history", {"limit": 20})).json()
        for state in states:
            await ask("GET", f"{path}/state/{state['checkpoint_id']}?subgraphs=true")
            for task in state["tasks"]:
                if task["checkpoint"]:
                    place = {"checkpoint": task["checkpoint"], "subgraphs": True}
                    await ask("POST", f"{path}/state/checkpoint", place)
                    await ask("POST", f"{path}/history", {**place, "limit": 20})


for _graph in ("nested", "twins"):
    sub_states(_graph)


def shaped_again(graph: str, number: int, given: dict[str, Any], name: str) -> None:
    @scenario(f"{graph}: back to checkpoint {number}, {name}")
    async def back(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": graph, "stream_mode": LISTS["no-events"], "stream_subgraphs": True}
        await ask("POST", f"{path}/runs/wait", {**run, "input": INPUTS[graph]})
        states = (await ask("POST", f"{path}/history", {"limit": 20})).json()
        chosen = states[len(states) - 1 - number]["checkpoint_id"]
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": chosen, **given})
        await look(ask, path)


for _graph, _number in (
    ("nested", 1),
    ("nested", 2),
    ("twins", 0),
    ("twins", 1),
    ("fan", 2),
    ("fan", 3),
    ("router", 2),
):
    shaped_again(_graph, _number, {}, "null")
shaped_again("sender", 2, {}, "null")
shaped_again("narrow_team", 2, {}, "null")
shaped_again("fan", 1, {"interrupt_before": ["work"]}, "stopping before what is sent")


@scenario("fan: a stop before what is sent, and on")
async def stop_before_sends(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "fan", "stream_mode": LISTS["no-events"], "interrupt_before": ["work", "reduce"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
    await look(ask, path)
    for _ in (1, 2):
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)


@scenario("nested: commands that go to a subgraph")
async def goto_subgraph(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "nested", "stream_mode": LISTS["no-events"], "stream_subgraphs": True}
    await ask("POST", f"{path}/runs/wait", {**run, "input": HELLO})
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"goto": "agent"}})
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"goto": "decide"}})
    await look(ask, path)
