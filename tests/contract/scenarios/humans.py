"""People in the loop: interrupts and their answers, breakpoints, commands, checkpoints to go back to, states to edit."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, LISTS, MODES, Ask, look, scenario, thread

INPUTS: dict[str, Any] = {
    "approval": HELLO,
    "questions": {"x": {"q": "why?"}},
    "pair": {"x": 1},
    "beside": {"x": 1},
    "twice": {"x": 1},
    "talker": HELLO,
    "inner": {"x": 1},
    "innermost": {"x": 1},
    "calling": {"x": 1},
    "crowd": {"x": 1},
    "steps": {"x": 1},
    "paused": {"x": 1},
}
FEW = {name: LISTS[name] for name in ("no-events", "all")}
TOLD = ["values", "updates", "tasks", "checkpoints"]
UNKNOWN = "018cc251-f400-7acf-80e7-6d440feec09e"


def run_of(graph: str, **given: Any) -> dict[str, Any]:
    """A run with this graph's input."""
    return {"assistant_id": graph, "input": INPUTS[graph], **given}


async def pending(ask: Ask, path: str) -> list[str]:
    """The ids of what a thread waits for."""
    return [interrupt["id"] for interrupt in (await ask("GET", f"{path}/state")).json()["interrupts"]]


async def answer(ask: Ask, path: str, run: dict[str, Any], said: Any) -> None:
    """Answers whatever the thread asks: plainly if it is one question, by id if there are several."""
    ids = await pending(ask, path)
    resume = said if len(ids) == 1 else {found: [said, number] for number, found in enumerate(ids)}
    sent = {key: value for key, value in run.items() if key != "input"}
    await ask("POST", f"{path}/runs/stream", {**sent, "command": {"resume": resume}})


# --- a question and its answer, in every mode --------------------------------------------------------------


def asks(graph: str, name: str, mode: Any, *, rounds: int = 1, subgraphs: bool = False) -> None:
    run = run_of(graph, stream_mode=mode, stream_subgraphs=subgraphs)

    @scenario(f"{graph}: a question and its answer, {name}{', subgraphs' if subgraphs else ''}")
    async def asked(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        for number in range(rounds):
            await answer(ask, path, run, f"answer {number}")
            await look(ask, path)


for _name, _mode in {**MODES, **FEW, "all-tuple": LISTS["all-tuple"]}.items():
    asks("approval", _name, _mode)
for _graph in ("pair", "inner"):
    for _name in ("values", "updates", "custom", "tasks", "checkpoints", "debug", "events"):
        asks(_graph, _name, _name)
for _name, _mode in FEW.items():
    for _graph in ("pair", "inner", "beside", "talker", "innermost", "calling"):
        asks(_graph, _name, _mode)
    asks("twice", _name, _mode, rounds=2)
    for _graph in ("inner", "innermost", "calling"):
        asks(_graph, _name, _mode, subgraphs=True)
asks("talker", "all-tuple", LISTS["all-tuple"])
asks(
    "crowd", "no-events", LISTS["no-events"]
)  # the edge that sends would be in events, under its function's name
asks("inner", "values", "values", subgraphs=True)


def asks_stateless(graph: str, name: str, mode: Any) -> None:
    @scenario(f"{graph}: a question that nobody can answer, {name}")
    async def asked(ask: Ask) -> None:
        run = run_of(graph, stream_mode=mode)
        await ask("POST", "/runs/stream", run)
        await ask("POST", "/runs/wait", run)
        created = (await ask("POST", "/runs", {**run, "on_completion": "keep"})).json()
        path = f"/threads/{created['thread_id']}"
        await ask("GET", f"{path}/runs/{created['run_id']}/join")
        await look(ask, path)
        await answer(ask, path, run, "yes")
        await look(ask, path)


for _graph in ("approval", "pair", "innermost"):
    for _name in ("values", "all"):
        asks_stateless(_graph, _name, {**MODES, **LISTS}[_name])


def waits(graph: str, name: str, mode: Any) -> None:
    @scenario(f"{graph}: waits for a question, {name}")
    async def waited(ask: Ask) -> None:
        run = run_of(graph, stream_mode=mode)
        await ask("POST", "/runs/wait", run)
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run)
        await ask("POST", f"{path}/runs/wait", {"assistant_id": graph, "stream_mode": mode})
        ids = await pending(ask, path)
        resume = dict.fromkeys(ids, "yes")
        again = {"assistant_id": graph, "stream_mode": mode, "command": {"resume": resume}}
        await ask("POST", f"{path}/runs/wait", again)


for _graph in ("approval", "pair"):
    for _name, _mode in {
        "values": "values",
        "updates": "updates",
        "values and updates": ["values", "updates"],
        "messages": "messages",
        "none": [],
    }.items():
        waits(_graph, _name, _mode)


@scenario("approval: background and join, early and late")
async def joins(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = run_of("approval", stream_mode=["values", "updates"])
    created = (await ask("POST", f"{path}/runs", {**run, "after_seconds": 1})).json()
    await ask("GET", f"{path}/runs/{created['run_id']}/stream")
    await ask("GET", f"{path}/runs/{created['run_id']}/join")
    await ask("GET", f"{path}/runs/{created['run_id']}/stream")
    resumed = {"assistant_id": "approval", "command": {"resume": "later"}, "after_seconds": 1}
    created = (await ask("POST", f"{path}/runs", resumed)).json()
    await ask("GET", path)
    await ask("GET", f"{path}/runs/{created['run_id']}/join")
    await ask("GET", f"{path}/runs/{created['run_id']}/join")
    await look(ask, path)


def payload(name: str, x: Any) -> None:
    @scenario(f"questions: a payload that is {name}")
    async def paid(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "questions", "input": {"x": x}, "stream_mode": LISTS["no-events"]}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await answer(ask, path, run, {"said": name})
        await look(ask, path)


_PAYLOADS: dict[str, Any] = {
    "a text": "just a text",
    "a list": [1, {"two": 2}],
    "null": None,
    "false": False,
    "an empty mapping": {},
    "an empty list": [],
    "deep": {"action": {"args": [1, 2.5, None, "three"]}, "ui": True},
}
for _name, _x in _PAYLOADS.items():
    payload(_name, _x)


# --- what an answer may be ---------------------------------------------------------------------------------


def answers(name: str, command: Any, given: dict[str, Any] | None = None) -> None:
    @scenario(f"questions: resumed with {name}")
    async def resumed(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of("questions"))
        run = {"assistant_id": "questions", "command": command, "stream_mode": TOLD, **(given or {})}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)


_COMMANDS: dict[str, Any] = {
    "true": {"resume": True},
    "zero": {"resume": 0},
    "false": {"resume": False},
    "an empty text": {"resume": ""},
    "an empty list": {"resume": []},
    "an empty mapping": {"resume": {}},
    "a mapping": {"resume": {"a": {"b": 1}}},
    "a list": {"resume": [1, "two", None]},
    "null": {"resume": None},
    "an id that nobody asked with": {"resume": {"0123456789abcdef0123456789abcdef": "x"}},
    "an update": {"resume": "yes", "update": {"x": "updated", "log": ["updated"]}},
    "an update of unknown keys": {"resume": "yes", "update": {"zzz": 1}},
    "a goto": {"resume": "yes", "goto": "question"},
    "null and an update": {"resume": None, "update": {"x": "why not?"}},
}
for _name, _command in _COMMANDS.items():
    answers(_name, _command)
answers("an input beside it", {"resume": "yes"}, {"input": {"x": "not taken"}})
answers("a context and metadata", {"resume": "yes"}, {"context": {"c": 1}, "metadata": {"m": 2}})


@scenario("questions: resumed by id")
async def resumed_by_id(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", run_of("questions"))
    [found] = await pending(ask, path)
    for resume in ({found: "by id"}, {found: "again"}):
        run = {"assistant_id": "questions", "command": {"resume": resume}, "stream_mode": TOLD}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)


@scenario("questions: resumed with nothing pending")
async def resumed_in_vain(ask: Ask) -> None:
    resumed = {"assistant_id": "questions", "command": {"resume": "yes"}, "stream_mode": TOLD}
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/stream", resumed)
    await look(ask, path)
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", run_of("questions"))
    for _ in (1, 2):
        await ask("POST", f"{path}/runs/stream", resumed)
        await look(ask, path)


@scenario("questions: resumed without a thread")
async def resumed_stateless(ask: Ask) -> None:
    for resume in ("yes", 0, False, "", None, {}, {"a": 1}):
        for place in ("/runs/stream", "/runs/wait", "/runs"):
            await ask("POST", place, {"assistant_id": "questions", "command": {"resume": resume}})


def again(graph: str) -> None:
    @scenario(f"{graph}: runs again while a question is open")
    async def reran(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = run_of(graph, stream_mode=LISTS["no-events"])
        await ask("POST", f"{path}/runs/stream", run)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": {}})
        await ask("POST", f"{path}/runs/stream", {**run, "input": {"zzz": 1}})
        await look(ask, path)
        await answer(ask, path, run, "at last")
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)


for _graph in ("approval", "pair", "inner", "innermost", "twice", "crowd"):
    again(_graph)


@scenario("questions: a new question in every run")
async def new_questions(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    for x in ("first?", "second?"):
        run = {"assistant_id": "questions", "input": {"x": x}, "stream_mode": TOLD}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
    await answer(ask, path, run, "one answer")
    await look(ask, path)


# --- several questions at once -----------------------------------------------------------------------------


def one_by_one(graph: str, first: int, mode: Any, name: str) -> None:
    @scenario(f"{graph}: answered one by one, number {first} first, {name}")
    async def partly(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = run_of(graph, stream_mode=mode)
        await ask("POST", f"{path}/runs/stream", run)
        ids = await pending(ask, path)
        for number in (first, 1 - first):
            command = {"resume": {ids[number]: f"answer {number}"}}
            await ask(
                "POST",
                f"{path}/runs/stream",
                {"assistant_id": graph, "stream_mode": mode, "command": command},
            )
            await look(ask, path)


for _first in (0, 1):
    one_by_one("crowd", _first, LISTS["no-events"], "no-events")
    for _name in ("no-events", "all"):
        one_by_one("pair", _first, LISTS[_name], _name)
one_by_one("pair", 0, "values", "values")
one_by_one("pair", 0, "updates", "updates")
one_by_one("pair", 0, [], "none")


@scenario("pair: answered plainly, which is an error, and then by id")
async def ambiguous(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "pair", "stream_mode": LISTS["no-events"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
    ids = await pending(ask, path)
    for resume in ("both", {"no": "id"}, True):
        await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": resume}})
        await look(ask, path)
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "pair", "command": {"resume": "both"}})
    partly: dict[str, int] = {ids[0]: 1, "0123456789abcdef0123456789abcdef": 2}
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": partly}})
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": "plainly, for it is one now"}})
    await look(ask, path)


@scenario("pair: one answer, then null, then a new input")
async def half_answered(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "pair", "stream_mode": LISTS["no-events"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
    ids = await pending(ask, path)
    await ask("POST", f"{path}/runs/wait", {**run, "command": {"resume": {ids[1]: "right first"}}})
    await ask("POST", f"{path}/runs/stream", {**run, "input": None})
    await ask("GET", f"{path}/state")
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 2}})
    await look(ask, path)


@scenario("beside: the others are not run again")
async def cached(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "beside", "stream_mode": ["values", "updates", "custom", "tasks", "debug"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "input": None})
    await look(ask, path)
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "beside", "command": {"resume": "that"}})
    await look(ask, path)


@scenario("twice: the second answer given wrongly, and by id")
async def second_by_id(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "twice", "stream_mode": LISTS["no-events"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 1}})
    [first] = await pending(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": {first: "one"}}})
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "input": None})
    [second] = await pending(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": {second: "two"}}})
    await look(ask, path)


def inside(graph: str) -> None:
    @scenario(f"{graph}: the state of the subgraph that asks")
    async def nested(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of(graph))
        await ask("GET", f"{path}/state?subgraphs=true")
        [found] = await pending(ask, path)
        await ask(
            "POST", f"{path}/runs/wait", {"assistant_id": graph, "command": {"resume": {found: "by id"}}}
        )
        await ask("GET", f"{path}/state?subgraphs=true")
        await look(ask, path)


for _graph in ("inner", "innermost", "calling"):
    inside(_graph)


# --- breakpoints -------------------------------------------------------------------------------------------

_BREAKPOINTS: dict[str, dict[str, Any]] = {
    "before two": {"interrupt_before": ["two"]},
    "after two": {"interrupt_after": ["two"]},
    "before every node": {"interrupt_before": "*"},
    "after every node": {"interrupt_after": "*"},
    "before the first": {"interrupt_before": ["one"]},
    "after the last": {"interrupt_after": ["three"]},
    "around two": {"interrupt_before": ["two"], "interrupt_after": ["two"]},
    "at unknown nodes": {"interrupt_before": ["nope"], "interrupt_after": ["nope"]},
    "nowhere": {"interrupt_before": [], "interrupt_after": []},
}


def stops(graph: str, name: str, given: dict[str, Any]) -> None:
    @scenario(f"{graph}: stops {name}")
    async def stopped(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = run_of(graph, stream_mode=LISTS["no-events"], **given)
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        for _ in range(5):
            await ask("POST", f"{path}/runs/stream", {**run, "input": None})
            found = (await ask("GET", path)).json()
            if found["status"] != "interrupted" or found["interrupts"]:
                break
        await look(ask, path)


for _name, _given in _BREAKPOINTS.items():
    stops("steps", _name, _given)
stops("paused", "where it was compiled to", {})
stops("paused", "where the run says", {"interrupt_before": ["three"]})
stops("pair", "before the questions", {"interrupt_before": ["right"]})
stops("inner", "before the subgraph", {"interrupt_before": ["child"]})
stops("inner", "before a node of the subgraph", {"interrupt_before": ["conclude"]})
stops("inner", "before every node", {"interrupt_before": "*"})


def stops_in(name: str, mode: Any) -> None:
    @scenario(f"steps: a stop in the mode {name}")
    async def stopped(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = run_of("steps", stream_mode=mode, interrupt_before=["two"])
        await ask("POST", f"{path}/runs/stream", run)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await ask("POST", "/runs/stream", run)
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run)
        await ask("POST", f"{path}/runs/wait", {**run, "input": None})


for _name, _mode in {**FEW, "values": "values", "updates": "updates", "debug": "debug", "none": []}.items():
    stops_in(_name, _mode)


@scenario("steps: past a stop without the breakpoint, with an input, with a resume")
async def past_a_stop(ask: Ask) -> None:
    run = {"assistant_id": "steps", "stream_mode": TOLD}
    given: dict[str, Any]
    for given in ({}, {"input": {"x": 2}}, {"input": {}}, {"command": {"resume": "on"}}, {"command": {}}):
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of("steps", interrupt_before=["two"]))
        await ask("POST", f"{path}/runs/stream", {**run, **given})
        await look(ask, path)


@scenario("steps: breakpoints that are refused")
async def bad_breakpoints(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    bad: Any
    for bad in (1, "two", None, [1], {}):
        await ask("POST", f"{path}/runs/wait", run_of("steps", interrupt_before=bad))


@scenario("approval: a stop after the model and before the question")
async def stop_and_question(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = run_of("approval", stream_mode=LISTS["no-events"], interrupt_before=["approve"])
    await ask("POST", f"{path}/runs/stream", run)
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "input": None})
    await look(ask, path)
    await answer(ask, path, run, "yes")
    await look(ask, path)


# --- commands ----------------------------------------------------------------------------------------------

_ORDERS: dict[str, Any] = {
    "update": {"update": {"x": 9, "log": ["by command"]}},
    "update of pairs": {"update": [["x", 10], ["log", ["by pair"]]]},
    "update of unknown keys": {"update": {"zzz": 1}},
    "update of nothing": {"update": {}},
    "goto": {"goto": "two"},
    "goto a list": {"goto": ["one", "three"]},
    "goto with an input": {"goto": {"node": "two", "input": {"x": 5}}},
    "goto with inputs": {"goto": [{"node": "two", "input": {"x": 5}}, {"node": "two", "input": {"x": 6}}]},
    "goto unknown": {"goto": "nope"},
    "goto the end": {"goto": "__end__"},
    "goto nowhere": {"goto": []},
    "goto and update": {"goto": "three", "update": {"x": 7}},
    "nothing": {},
    "null": None,
    "unknown keys": {"unknown": 1},
    "goto without an input": {"goto": {"node": "two"}},
    "goto a number": {"goto": 1},
    "a text": "go",
}


def orders(name: str, command: Any) -> None:
    @scenario(f"steps: command, {name}")
    async def ordered(ask: Ask) -> None:
        run = {"assistant_id": "steps", "stream_mode": LISTS["no-events"], "command": command}
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of("steps"))
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        if "update" not in name:
            await ask("POST", f"{path}/runs/wait", {**run, "stream_mode": "values"})


def orders_first(name: str, command: Any) -> None:
    @scenario(f"steps: command on a new thread and without one, {name}")
    async def ordered_first(ask: Ask) -> None:
        run = {"assistant_id": "steps", "stream_mode": TOLD, "command": command}
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", "/runs/stream", run)
        await ask("POST", "/runs/wait", run)


for _name, _command in _ORDERS.items():
    orders(_name, _command)
    if _name in (
        "update",
        "goto",
        "goto with an input",
        "goto unknown",
        "goto and update",
        "nothing",
        "unknown keys",
    ):
        orders_first(_name, _command)


def orders_open(name: str, command: Any) -> None:
    @scenario(f"approval: command while a question is open, {name}")
    async def ordered(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": "approval", "stream_mode": TOLD}
        await ask("POST", f"{path}/runs/wait", {**run, "input": HELLO})
        await ask("POST", f"{path}/runs/stream", {**run, "command": command})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)


orders_open("update", {"update": {"decision": "by command"}})
orders_open("goto", {"goto": "act"})
orders_open("goto and update", {"goto": "act", "update": {"decision": "no"}})
orders_open("goto the one that asks", {"goto": "approve"})
orders_open(
    "resume and update",
    {"resume": "yes", "update": {"decision": "by command"}},
)


# --- checkpoints -------------------------------------------------------------------------------------------


async def checkpoints(ask: Ask, path: str) -> list[str]:
    """The ids of a thread's checkpoints, the oldest first."""
    states = (await ask("POST", f"{path}/history", {"limit": 50})).json()
    return [state["checkpoint_id"] for state in reversed(states)]


def goes_back(graph: str, number: int, name: str, given: dict[str, Any]) -> None:
    @scenario(f"{graph}: back to checkpoint {number}, {name}")
    async def back(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of(graph))
        ids = await checkpoints(ask, path)
        run = {"assistant_id": graph, "stream_mode": LISTS["no-events"], "checkpoint_id": ids[number]}
        await ask("POST", f"{path}/runs/stream", {**run, **given})
        await look(ask, path)


for _number in range(5):
    goes_back("steps", _number, "null", {"input": None})
    goes_back("steps", _number, "an input", {"input": {"x": "forked", "log": ["forked"]}})
goes_back("steps", 2, "stopping again", {"input": None, "interrupt_before": ["three"]})
goes_back("steps", 2, "a command", {"command": {"goto": "three", "update": {"x": "c"}}})
goes_back("steps", 2, "an update", {"command": {"update": {"x": "c"}}})
for _number in range(3):
    goes_back("approval", _number, "null", {"input": None})
goes_back("approval", 2, "resumed", {"command": {"resume": "yes"}})
goes_back("inner", 1, "null", {"input": None})


@scenario("steps: a checkpoint as an object")
async def checkpoint_object(ask: Ask) -> None:
    name = await thread(ask)
    path = f"/threads/{name}"
    await ask("POST", f"{path}/runs/wait", run_of("steps"))
    ids = await checkpoints(ask, path)
    run = {"assistant_id": "steps", "input": None, "stream_mode": TOLD}
    for given in (
        {"checkpoint_id": ids[3]},
        {"checkpoint_id": ids[3], "thread_id": name, "checkpoint_ns": "", "checkpoint_map": {}},
    ):
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint": given})
    await look(ask, path)


@scenario("steps: checkpoints that are not there")
async def unknown_checkpoints(ask: Ask) -> None:
    for given in ({}, {"input": {"x": 3}}):
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of("steps"))
        run = {"assistant_id": "steps", "stream_mode": TOLD, **given}
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": UNKNOWN})
        await look(ask, path)


@scenario("steps: checkpoints that are refused, or mean nothing")
async def bad_checkpoints(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", run_of("steps"))
    run = {"assistant_id": "steps", "stream_mode": "values"}
    for bad in ("nope", "", None):
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": bad})
    for odd in ({"checkpoint_id": "nope"}, None, "text", {}):
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint": odd})


@scenario("steps: back to an earlier run's checkpoint, twice")
async def back_twice(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "steps", "stream_mode": TOLD}
    for x in (1, 2):
        await ask("POST", f"{path}/runs/wait", {**run, "input": {"x": x}})
    ids = await checkpoints(ask, path)
    for number in (2, 4):
        await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": ids[number]})
        await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"x": 3}})
    await look(ask, path)


@scenario("questions: back to an answered question, and another answer")
async def another_answer(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    run = {"assistant_id": "questions", "stream_mode": LISTS["no-events"]}
    await ask("POST", f"{path}/runs/wait", run_of("questions"))
    await ask("POST", f"{path}/runs/wait", {**run, "command": {"resume": "first answer"}})
    ids = await checkpoints(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "checkpoint_id": ids[1]})
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**run, "command": {"resume": "second answer"}})
    await look(ask, path)


# --- edited states -----------------------------------------------------------------------------------------


def edits(
    graph: str, name: str, state: dict[str, Any], before: dict[str, Any], *then: dict[str, Any]
) -> None:
    @scenario(f"{graph}: state edited, {name}")
    async def edited(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        await ask("POST", f"{path}/runs/wait", run_of(graph, **before))
        await ask("POST", f"{path}/state", state)
        await look(ask, path)
        for given in then:
            await ask(
                "POST",
                f"{path}/runs/stream",
                {"assistant_id": graph, "stream_mode": LISTS["no-events"], **given},
            )
            await look(ask, path)


_EDIT = {"x": "edited", "log": ["edited"]}
_NULL: dict[str, Any] = {"input": None}
edits("steps", "after the end", {"values": _EDIT}, {}, _NULL)
edits("steps", "after the end, as the first", {"values": _EDIT, "as_node": "one"}, {}, _NULL)
edits("steps", "after the end, as the last", {"values": _EDIT, "as_node": "three"}, {}, _NULL)
edits("steps", "after the end, as the start", {"values": _EDIT, "as_node": "__start__"}, {}, _NULL)
edits("steps", "after the end, as nobody", {"values": _EDIT, "as_node": "nope"}, {})
edits("steps", "after the end, with nothing", {"values": None}, {}, _NULL)
edits("steps", "at a stop", {"values": _EDIT}, {"interrupt_before": ["two"]}, _NULL)
edits(
    "steps",
    "at a stop, as the next",
    {"values": _EDIT, "as_node": "two"},
    {"interrupt_before": ["two"]},
    _NULL,
)
edits(
    "steps",
    "at a stop, and a new input",
    {"values": _EDIT},
    {"interrupt_before": ["two"]},
    {"input": {"x": 2}},
)
edits(
    "questions", "before the answer", {"values": {"x": "edited?"}}, {}, _NULL, {"command": {"resume": "yes"}}
)
edits("questions", "then answered", {"values": {"x": "edited?"}}, {}, {"command": {"resume": "yes"}})
edits("questions", "as the end", {"values": None, "as_node": "__end__"}, {}, _NULL, {"input": {"x": "again"}})
edits("questions", "as the end, with something", {"values": _EDIT, "as_node": "__end__"}, {})
edits("steps", "after the end, as the end", {"as_node": "__end__"}, {}, _NULL)
edits("questions", "as the one that asks", {"values": {"log": ["for it"]}, "as_node": "question"}, {}, _NULL)
