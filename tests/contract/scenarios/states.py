"""State by hand: read at checkpoints and inside nodes, written as any node, forked, copied; and its history."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, look, scenario, thread
from tests.contract.scenarios.lives import at_rest, held_in

Json = dict[str, Any]

INPUTS: dict[str, Json] = {"approval": HELLO, "nested": HELLO, "counter": {"n": 1}, "chat": HELLO}
UNKNOWN = "00000000-0000-0000-0000-000000000000"


async def ran(ask: Ask, graph: str) -> str:
    """The path of a thread on which a graph has run to its end, or to a question."""
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", {"assistant_id": graph, "input": INPUTS.get(graph, {"x": "a"})})
    return path


async def marked(ask: Ask, graph: str) -> str:
    """The path of a thread that a graph is entered for, but has never run on."""
    made = (await ask("POST", "/threads", {"metadata": {"graph_id": graph}})).json()
    return f"/threads/{made['thread_id']}"


async def histories(ask: Ask, path: str) -> list[Json]:
    found: list[Json] = (await ask("POST", f"{path}/history", {"limit": 30})).json()
    return found


async def inside(ask: Ask, path: str) -> list[str]:
    """The checkpoint namespaces of the graphs that have not come to their end, outermost first."""
    state = (await ask("GET", f"{path}/state?subgraphs=true")).json()
    found = []
    while state and state["checkpoint"]:
        found.append(state["checkpoint"]["checkpoint_ns"])
        state = next((task["state"] for task in state["tasks"] if task["state"]), None)
    return found[1:]


async def see(ask: Ask, path: str, *namespaces: str) -> None:
    """The state and the history of a thread, and of graphs inside it."""
    await ask("GET", f"{path}/state?subgraphs=true")
    await histories(ask, path)
    for namespace in namespaces:
        place = {"checkpoint": {"checkpoint_ns": namespace}}
        await ask("POST", f"{path}/history", {"limit": 30, **place})
        await ask("POST", f"{path}/state/checkpoint", {**place, "subgraphs": True})


async def goes_on(ask: Ask, path: str, graph: str) -> None:
    """A run with nothing new, a resume, and what has become of the thread."""
    modes = ["values", "updates", "tasks"]
    for given in ({"input": None}, {"command": {"resume": "yes"}}):
        run = {"assistant_id": graph, "stream_mode": modes, "stream_subgraphs": True, **given}
        await ask("POST", f"{path}/runs/stream", run)
    await look(ask, path)


# --- as which node ---------------------------------------------------------------------------------------


def edited(graph: str, name: str, *edits: Json, fresh: bool = False, on: bool = True) -> None:
    @scenario(f"state, {graph}: {name}")
    async def written(ask: Ask) -> None:
        path = await marked(ask, graph) if fresh else await ran(ask, graph)
        for edit in edits:
            await ask("POST", f"{path}/state", edit)
            await look(ask, path)
        if on:
            await goes_on(ask, path, graph)


LOG = {"log": ["edited"]}
WAYS: dict[str, Json] = {
    "as nobody": {"values": LOG},
    "as nobody, nothing": {"values": None},
    "as the first": {"values": LOG, "as_node": "one"},
    "as the second, empty": {"values": {}, "as_node": "two"},
    "as the last": {"values": {"log": ["edited"], "x": "b"}, "as_node": "three"},
    "as the start": {"values": LOG, "as_node": "__start__"},
    "as an input": {"values": LOG, "as_node": "__input__"},
    "as an empty input": {"values": {}, "as_node": "__input__"},
    "as an input of nothing": {"values": None, "as_node": "__input__"},
    "as the end": {"values": None, "as_node": "__end__"},
    "as the end, with values": {"values": LOG, "as_node": "__end__"},
    "copied": {"values": None, "as_node": "__copy__"},
    "as nobody it knows": {"values": LOG, "as_node": "nobody"},
    "as nobody with a name": {"values": LOG, "as_node": ""},
    "a list": {"values": [LOG], "as_node": "one"},
    "a list, as the start": {"values": [], "as_node": "__start__"},
    "keys that it does not know": {"values": {"zz": 1, "log": ["known"]}, "as_node": "one"},
}
for _name, _edit in WAYS.items():
    edited("steps", f"after a run, {_name}", _edit)
    edited("steps", f"before any run, {_name}", _edit, fresh=True, on=_name != "as the end")
for _name in ("as nobody", "as the start", "as the end", "as an input", "copied"):
    edited("inner", f"beside a question inside, {_name}", WAYS[_name], on=_name != "as an input")
    edited("questions", f"at a question, {_name}", WAYS[_name], on=_name != "as an input")
edited("questions", "at a question, as who asks", {"values": LOG, "as_node": "question"})
edited("questions", "at a question, as who asks, nothing", {"values": None, "as_node": "question"})
edited("inner", "beside a question inside, as the node around", {"values": LOG, "as_node": "child"})
edited("approval", "at a question, as the one before", {"values": {"decision": "d"}, "as_node": "draft"})
edited(
    "approval",
    "messages edited and removed",
    {"values": {"messages": [{"role": "user", "content": "edited", "id": "h1"}]}},
    {"values": {"messages": [{"type": "remove", "id": "h1", "content": ""}]}},
    {"values": {"messages": [{"type": "remove", "id": "nope", "content": ""}]}},
    {"values": {"messages": [{"role": "weird", "content": "x"}]}},
)
edited(
    "steps",
    "input, then the first node",
    {"values": LOG, "as_node": "__input__"},
    WAYS["as the first"],
    fresh=True,
)
edited("steps", "input, then nobody", {"values": LOG, "as_node": "__input__"}, WAYS["as nobody"], fresh=True)
edited("steps", "three edits", WAYS["as the first"], WAYS["as nobody"], WAYS["as the last"])
edited(
    "parallel",
    "two ran last",
    {"values": LOG},
    {"values": LOG, "as_node": "alpha"},
    {"values": LOG},
    on=False,
)
edited("pair", "two ask, as nobody", {"values": LOG})
edited("pair", "two ask, as one of them", {"values": LOG, "as_node": "left"})
edited("pair", "two ask, as the end", {"values": None, "as_node": "__end__"})
edited("fan", "after what was sent, as nobody", {"values": LOG})


@scenario("state, steps: before any run, as the end, then a run with nothing new")
async def ended_before(ask: Ask) -> None:
    path = await marked(ask, "steps")
    await ask("POST", f"{path}/state", WAYS["as the end"])
    await ask("POST", f"{path}/runs/stream", {"assistant_id": "steps", "input": None})
    await look(ask, path)


# --- at a checkpoint -------------------------------------------------------------------------------------


def forked(graph: str, name: str, number: int, edit: Json, *, on: bool = True, whole: bool = False) -> None:
    """Edit a checkpoint, counted from the newest, named at the top or `whole`, as a state has it."""

    @scenario(f"state, {graph}: at checkpoint {number}, {name}{', named whole' if whole else ''}")
    async def written(ask: Ask) -> None:
        path = await ran(ask, graph)
        state = (await histories(ask, path))[number]
        named = {"checkpoint": state["checkpoint"]} if whole else {"checkpoint_id": state["checkpoint_id"]}
        await ask("POST", f"{path}/state", {**edit, **named})
        await see(ask, path)
        if on:
            await goes_on(ask, path, graph)


for _name in ("as nobody", "as the first", "as the second, empty", "as the start", "as the end", "copied"):
    forked("steps", _name, 2, WAYS[_name])
forked("steps", "as nobody", 4, WAYS["as nobody"])
forked("steps", "as the first", 1, WAYS["as the first"], whole=True)
forked("steps", "as an input", 2, WAYS["as an input"], on=False)
forked("steps", "copied and written", 2, {"values": [[LOG, "two"]], "as_node": "__copy__"})
forked("steps", "copied and written as another", 2, {"values": [[LOG, "one"]], "as_node": "__copy__"})
forked(
    "parallel",
    "copied and written by two",
    2,
    {"values": [[LOG, "zeta"], [{"log": ["too"]}, "alpha"]], "as_node": "__copy__"},
    on=False,
)
forked(
    "fan",
    "copied and written by what was sent",
    2,
    {"values": [[LOG, "work"], [{"log": ["too"]}, "work"]], "as_node": "__copy__"},
)
forked("fan", "before what was sent, as nobody", 2, {"values": LOG})
forked("fan", "behind what was sent, as nobody", 1, {"values": LOG})
forked("fan", "as what was sent", 2, {"values": LOG, "as_node": "work"})
forked("approval", "as who asks", 0, {"values": {"decision": "d"}, "as_node": "approve"})


@scenario("state: copies that cannot be made")
async def no_copies(ask: Ask) -> None:
    path = await marked(ask, "steps")
    await ask("POST", f"{path}/state", {"values": None, "as_node": "__copy__"})
    path = await ran(ask, "steps")
    odd: list[Any] = [[1], [{"log": []}], ["a"], [["a"]]]
    for items in odd:
        await ask("POST", f"{path}/state", {"values": items, "as_node": "__copy__"})


@scenario("state: both ways to name a checkpoint, and ids that nobody has")
async def odd_names(ask: Ask) -> None:
    path = await ran(ask, "steps")
    states = await histories(ask, path)
    first, second = states[1]["checkpoint_id"], states[2]["checkpoint_id"]
    named = {"checkpoint_id": first, "checkpoint": {"checkpoint_id": second}}
    await ask("POST", f"{path}/state", {"values": LOG, **named})
    await see(ask, path)
    for unknown in (UNKNOWN, "abc"):
        for edit in (WAYS["as nobody"], WAYS["as the end"], WAYS["as an input"], WAYS["copied"]):
            await ask("POST", f"{path}/state", {**edit, "checkpoint_id": unknown})
    await ask("POST", f"{path}/state", {"values": LOG, "checkpoint": {"thread_id": UNKNOWN}})
    await see(ask, path)


# --- inside a node ---------------------------------------------------------------------------------------


def inner(
    graph: str, name: str, edit: Json, *, depth: int = -1, number: int | None = None, on: bool = True
) -> None:
    """Edit the state of a graph inside a node, at the checkpoint of this number or at its newest."""

    @scenario(f"state inside, {graph} {depth}{'' if number is None else f' at {number}'}: {name}")
    async def written(ask: Ask) -> None:
        path = await ran(ask, graph)
        namespaces = await inside(ask, path)
        place = {"checkpoint_ns": namespaces[depth]}
        if number is not None:
            states = (await ask("POST", f"{path}/history", {"limit": 9, "checkpoint": place})).json()
            place = states[number]["checkpoint"]
        await ask("POST", f"{path}/state", {**edit, "checkpoint": place})
        await see(ask, path, *namespaces)
        if on:
            await goes_on(ask, path, graph)
            await see(ask, path, *namespaces)


INSIDE: dict[str, Json] = {
    "as nobody": {"values": LOG},
    "as who asks": {"values": LOG, "as_node": "ask"},
    "as who asks, nothing": {"values": None, "as_node": "ask"},
    "as the one before": {"values": LOG, "as_node": "prepare"},
    "as the last": {"values": LOG, "as_node": "conclude"},
    "as the start": {"values": LOG, "as_node": "__start__"},
    "as the end": {"values": None, "as_node": "__end__"},
    "copied": {"values": None, "as_node": "__copy__"},
    "copied and written": {"values": [[LOG, "ask"]], "as_node": "__copy__"},
    "as a node around": {"values": LOG, "as_node": "after"},
    "a list": {"values": [LOG], "as_node": "ask"},
}
for _name, _edit in INSIDE.items():
    inner("inner", _name, _edit)
inner("inner", "as an input", {"values": LOG, "as_node": "__input__"}, on=False)
inner("inner", "forked", {"values": LOG}, number=1)
inner("inner", "forked as the start", {"values": LOG, "as_node": "__start__"}, number=1)
for _name in ("as nobody", "as who asks", "as the end"):
    inner("innermost", _name, INSIDE[_name])
inner("innermost", "as the node around", {"values": LOG, "as_node": "child"}, depth=0)
inner("innermost", "as nobody", {"values": LOG}, depth=0)


@scenario("state inside: what there is not")
async def nowhere(ask: Ask) -> None:
    path = await ran(ask, "inner")
    (namespace,) = await inside(ask, path)
    for unknown in ("zz", "zz:1", "before", f"{namespace}|x", f"child|{namespace}"):
        place = {"checkpoint": {"checkpoint_ns": unknown}}
        await ask("POST", f"{path}/state", {"values": LOG, **place})
        await ask("POST", f"{path}/state/checkpoint", place)
        await ask("POST", f"{path}/history", place)


@scenario("state inside: a graph that has come to its end")
async def over(ask: Ask) -> None:
    path = await ran(ask, "nested")
    states = await histories(ask, path)
    namespace = next(task["checkpoint"]["checkpoint_ns"] for task in states[2]["tasks"])
    place = {"checkpoint": {"checkpoint_ns": namespace}}
    for edit in ({"values": {"decision": "d"}}, {"values": {"decision": "e"}, "as_node": "model"}):
        await ask("POST", f"{path}/state", {**edit, **place})
        await see(ask, path, namespace)
    await ask("POST", f"{path}/runs/wait", {"assistant_id": "nested", "input": None})
    await see(ask, path, namespace)


@scenario("state inside: told to whoever follows the thread")
async def told(ask: Ask) -> None:
    path = await ran(ask, "inner")
    (namespace,) = await inside(ask, path)
    following = await ask.begin("GET", f"{path}/stream?stream_modes=state_update")
    place = {"checkpoint": {"checkpoint_ns": namespace}}
    await ask("POST", f"{path}/state", {"values": LOG, "as_node": "ask", **place})
    await following.drop(1)


# --- history and reading ---------------------------------------------------------------------------------

AT: Json = {"checkpoint_id": "<id>"}
METADATA: list[Json] = [
    {"source": "input"},
    {"step": 1},
    {"mark": "m"},
    {"mark": "m", "step": 4},
    {"parents": {}},
    {"step": "1"},
    {"no": None},
    {},
]
QUERIES: dict[str, list[Json]] = {
    "limits": [
        {},
        {"limit": 1},
        {"limit": 3},
        {"limit": 1000},
        {"limit": 0},
        {"limit": 1001},
        {"limit": "2"},
    ],
    "before": [
        {"limit": 9, "before": {"configurable": configurable}}
        for configurable in (AT, {}, {**AT, "checkpoint_ns": ""})
    ],
    "before, refused": [{"before": None}, {"before": "<id>"}, {"before": 5}, {"before": []}],
    "before what is not there": [{"limit": 9, "before": {"configurable": {"checkpoint_id": UNKNOWN}}}],
    "metadata": [{"limit": 9, "metadata": metadata} for metadata in METADATA],
    "metadata and before": [{"limit": 9, "metadata": {"source": "loop"}, "before": {"configurable": AT}}],
    "checkpoint": [
        {"limit": 9, "checkpoint": place}
        for place in (
            AT,
            {**AT, "checkpoint_ns": ""},
            {},
            {"checkpoint_ns": ""},
            {"checkpoint_ns": "zz"},
            {**AT, "checkpoint_ns": "zz"},
            {"checkpoint_id": UNKNOWN},
        )
    ],
}


PLACES: list[Json] = [{"checkpoint": {}}, {}, {"checkpoint": 5}, {"checkpoint": None}]


def filled(query: Any, checkpoint_id: str) -> Any:
    """A query with the id of a checkpoint in its place."""
    if isinstance(query, dict):
        return {key: filled(value, checkpoint_id) for key, value in query.items()}
    return checkpoint_id if query == "<id>" else query


def queried(name: str, queries: list[Json]) -> None:
    @scenario(f"history: {name}")
    async def read(ask: Ask) -> None:
        path = await ran(ask, "steps")
        run = {"assistant_id": "steps", "input": {"x": "b"}, "metadata": {"mark": "m"}}
        await ask("POST", f"{path}/runs/wait", run)
        chosen = (await histories(ask, path))[3]["checkpoint_id"]
        for query in queries:
            await ask("POST", f"{path}/history", filled(query, chosen))


for _name, _queries in QUERIES.items():
    queried(_name, _queries)


@scenario("history: by GET")
async def history_by_get(ask: Ask) -> None:
    path = await ran(ask, "steps")
    chosen = (await histories(ask, path))[2]["checkpoint_id"]
    for query in (
        "",
        "?limit=2",
        "?limit=0",
        "?limit=-1",
        "?limit=x",
        "?limit=",
        f"?limit=9&before={chosen}",
        "?before=abc",
    ):
        await ask("GET", f"{path}/history{query}")


@scenario("state: read at checkpoints, by GET and POST")
async def read_at(ask: Ask) -> None:
    path = await ran(ask, "steps")
    chosen = (await histories(ask, path))[2]["checkpoint"]
    for place in (chosen["checkpoint_id"], UNKNOWN, "abc"):
        await ask("GET", f"{path}/state/{place}")
        await ask("GET", f"{path}/state/{place}?subgraphs=true")
        await ask("POST", f"{path}/state/checkpoint", {"checkpoint": {"checkpoint_id": place}})
    for body in ({"checkpoint": chosen}, {"checkpoint": chosen, "subgraphs": True}, *PLACES):
        await ask("POST", f"{path}/state/checkpoint", body)


@scenario("state: of a thread whose graph is not there")
async def no_graph(ask: Ask) -> None:
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/state", {"values": LOG})
    await ask("GET", f"{path}/state")
    await ask("POST", f"{path}/history", {})


# --- what a cancelled run leaves -------------------------------------------------------------------------


def left_behind(graph: str, name: str, asked: Json) -> None:
    @scenario(f"state, {graph}: of a run that was cancelled, {name}")
    async def cancelled(ask: Ask) -> None:
        path = f"/threads/{await thread(ask)}"
        run = {"assistant_id": graph, "input": {"secs": 60}, **asked}
        made = (await ask("POST", f"{path}/runs", run)).json()
        await ask.poll("GET", f"{path}/state", until=held_in(HELD[graph]))
        await ask("POST", f"{path}/runs/{made['run_id']}/cancel?wait=true")
        await ask.poll("GET", path, until=at_rest)
        await see(ask, path)


HELD = {"slow": "hold", "held": "child", "held_pair": "hold"}
for _graph in HELD:
    for _mode in ("values", "updates", "custom", "messages-tuple", "debug"):
        left_behind(_graph, _mode, {"stream_mode": _mode})
    left_behind(_graph, "subgraphs", {"stream_mode": "values", "stream_subgraphs": True})


# --- failures side by side -------------------------------------------------------------------------------


def beside_failure(graph: str) -> None:
    @scenario(f"{graph}: what takes no time ends beside a task that fails")
    async def failed(ask: Ask) -> None:
        for modes in (["values", "updates", "tasks"], ["debug"], ["events"]):
            path = f"/threads/{await thread(ask)}"
            run = {"assistant_id": graph, "input": {"x": "a"}, "stream_mode": modes}
            await ask("POST", f"{path}/runs/stream", run)
            await look(ask, path)


for _graph in ("rough_step", "rough_question"):
    beside_failure(_graph)


def resumed_at(name: str, number: int) -> None:
    @scenario(f"inner: a resume at a checkpoint that is named, {name}")
    async def resumed(ask: Ask) -> None:
        path = await ran(ask, "inner")
        await ask("POST", f"{path}/runs/wait", {"assistant_id": "inner", "command": {"resume": "first"}})
        states = await histories(ask, path)
        asked = next(state for state in states if state["interrupts"])
        run = {
            "assistant_id": "inner",
            "command": {"resume": "again"},
            "checkpoint_id": asked["checkpoint_id"],
        }
        for _ in range(number):
            await ask("POST", f"{path}/runs/wait", run)
            await look(ask, path)


resumed_at("once", 1)
resumed_at("twice", 2)


for _yes in ("true", "True", "TRUE", "1", "yes", "on", "false", ""):

    @scenario(f"state: subgraphs={_yes or 'nothing'}")
    async def flagged(ask: Ask, yes: str = _yes) -> None:
        path = await ran(ask, "inner")
        checkpoint_id = (await histories(ask, path))[1]["checkpoint_id"]
        await ask("GET", f"{path}/state?subgraphs={yes}")
        await ask("GET", f"{path}/state/{checkpoint_id}?subgraphs={yes}")


@scenario("history: at a checkpoint, with filters")
async def filtered_at(ask: Ask) -> None:
    path = await ran(ask, "counter")
    found = await histories(ask, path)
    at, newest = found[1]["checkpoint"], found[0]["checkpoint_id"]
    filters: list[Json] = [
        {"metadata": {"source": "input"}},
        {"metadata": {"source": "loop"}},
        {"metadata": {"step": 99}},
        {"before": {"configurable": {"checkpoint_id": at["checkpoint_id"]}}},
        {"before": {"configurable": {"checkpoint_id": newest}}},
        {"limit": 0},
        {},
    ]
    for more in filters:
        await ask("POST", f"{path}/history", {"limit": 30, "checkpoint": at, **more})


@scenario("history: before nothing")
async def before_nothing(ask: Ask) -> None:
    path = await ran(ask, "counter")
    await ask("GET", f"{path}/history?before=&limit=3")
    await ask("POST", f"{path}/history", {"limit": 3, "before": {"configurable": {"checkpoint_id": ""}}})


@scenario("state: ids of checkpoints in other spellings")
async def spelled(ask: Ask) -> None:
    path = await ran(ask, "counter")
    at = (await histories(ask, path))[1]["checkpoint"]
    # Not in capitals: the names that stand for ids are those of ids as they are usually spelled.
    for named in (at["checkpoint_id"].replace("-", ""), f"urn:uuid:{at['checkpoint_id']}"):
        other = {**at, "checkpoint_id": named}
        await ask("GET", f"{path}/state/{named}")
        await ask("POST", f"{path}/state/checkpoint", {"checkpoint": other})
        await ask("POST", f"{path}/history", {"checkpoint": other, "limit": 5})
