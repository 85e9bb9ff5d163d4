"""Assistants: made, read, changed, searched, versioned; what their runs inherit; their graphs drawn and described."""

from typing import Any
from uuid import uuid4

from tests.contract.scenarios.asking import Ask, scenario

UNKNOWN = "5c96685b-9fa7-4b62-9213-6ec0ad03905f"


async def made(ask: Ask, **fields: Any) -> str:
    answer = await ask("POST", "/assistants", {"graph_id": "counter", **fields})
    return str(answer.json()["assistant_id"])


async def system(ask: Ask, graph_id: str) -> str:
    """The id of a graph's own assistant; the search itself is not told."""
    query = {"graph_id": graph_id, "metadata": {"created_by": "system"}}
    answer = await ask("POST", "/assistants/search", query, shown=len)
    return str(answer.json()[0]["assistant_id"])


# --- made ------------------------------------------------------------------------------------------------

CREATED: dict[str, dict[str, Any]] = {
    "nothing else": {},
    "everything": {
        "name": "My A",
        "description": "desc",
        "metadata": {"k": "v", "n": 1},
        "config": {"tags": ["t"], "recursion_limit": 10, "configurable": {"model": "x"}},
    },
    "context": {"context": {"model": "y"}},
    "config with other keys": {"config": {"odd": 5, "metadata": {"m": 1}, "configurable": {"a": {"b": [1]}}}},
    "reserved metadata": {"metadata": {"thread_id": 1, "assistant_id": 2, "run_id": 3, "cron_id": 4, "k": 5}},
    "reserved configurable": {"config": {"configurable": {"langgraph_auth_user": 1, "__x": 2}}},
    "reserved context": {"context": {"langgraph_request_id": 1, "a": 2}},
    "only reserved configurable": {"config": {"configurable": {"langgraph_auth_user_id": "x"}}},
    "empty configurable and context": {"config": {"configurable": {}, "tags": ["s"]}, "context": {"a": 1}},
    "both empty": {"config": {"configurable": {}}, "context": {}},
    "empty texts": {"name": "", "description": ""},
    "null description": {"description": None},
    "unknown keys": {"nobody": 1},
    "characters": {"name": "Ünïcödé 🎈\u2028", "metadata": {"nul": "a\u0000b"}},
}
for _name, _fields in CREATED.items():

    @scenario(f"assistants: create, {_name}")
    async def create(ask: Ask, fields: dict[str, Any] = _fields) -> None:
        assistant_id = await made(ask, **fields)
        await ask("GET", f"/assistants/{assistant_id}")
        await ask("POST", f"/assistants/{assistant_id}/versions", {})


REFUSED: dict[str, dict[str, Any]] = {
    "no graph": {"name": "x"},
    "a number for a graph": {"graph_id": 5},
    "an unknown graph": {"graph_id": "nope"},
    "an empty graph": {"graph_id": ""},
    "no uuid": {"graph_id": "counter", "assistant_id": "abc"},
    "if_exists": {"graph_id": "counter", "if_exists": "bogus"},
    "name": {"graph_id": "counter", "name": 5},
    "metadata": {"graph_id": "counter", "metadata": None},
    "context": {"graph_id": "counter", "context": 5},
    "config": {"graph_id": "counter", "config": 5},
    "recursion limit": {"graph_id": "counter", "config": {"recursion_limit": "x"}},
    "tags": {"graph_id": "counter", "config": {"tags": [5]}},
    "configurable": {"graph_id": "counter", "config": {"configurable": 5}},
    "both": {"graph_id": "counter", "config": {"configurable": {"a": 1}}, "context": {"b": 1}},
}
for _name, _body in REFUSED.items():

    @scenario(f"assistants: create refused, {_name}")
    async def refused(ask: Ask, body: dict[str, Any] = _body) -> None:
        await ask("POST", "/assistants", body)


@scenario("assistants: create, an id that is there")
async def there(ask: Ask) -> None:
    own = str(uuid4())
    await made(ask, assistant_id=own, name="first")
    await ask("POST", "/assistants", {"graph_id": "counter", "assistant_id": own})
    await ask("POST", "/assistants", {"graph_id": "counter", "assistant_id": own, "if_exists": "raise"})
    await ask("POST", "/assistants", {"graph_id": "chat", "assistant_id": own, "if_exists": "do_nothing"})
    await ask("POST", "/assistants", {"graph_id": "counter", "assistant_id": own.upper()})
    await ask("GET", f"/assistants/{own.replace('-', '')}")


# --- changed ---------------------------------------------------------------------------------------------

PATCHES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "texts": {"name": "N", "description": "d"},
    "empty texts": {"name": "", "description": ""},
    "metadata": {"metadata": {"new": 1, "k": None, "assistant_id": 5}},
    "context": {"context": {"model": "z"}},
    "no context": {"context": {}},
    "tags": {"config": {"tags": ["b"]}},
    "no configurable": {"config": {"configurable": {}}},
    "configurable": {"config": {"configurable": {"z": 1}}, "context": {}},
    "tags and context": {"config": {"tags": ["x"], "configurable": {}}, "context": {"n": 1}},
    "nothing of both": {"config": {}, "context": {}},
    "both": {"config": {"configurable": {"model": "c"}}, "context": {"a": 1}},
    "graph": {"graph_id": "parallel"},
    "an unknown graph": {"graph_id": "nope"},
    "a wrong limit": {"config": {"recursion_limit": "x"}},
    "a null name": {"name": None},
    "a null description": {"description": None},
}
for _name, _body in PATCHES.items():

    @scenario(f"assistants: patch, {_name}")
    async def patch(ask: Ask, body: dict[str, Any] = _body) -> None:
        assistant_id = await made(ask, context={"model": "y"}, metadata={"k": "v"}, description="old")
        await ask("PATCH", f"/assistants/{assistant_id}", body)
        await ask("GET", f"/assistants/{assistant_id}")
        await ask("POST", f"/assistants/{assistant_id}/versions", {"limit": 1})


@scenario("assistants: versions")
async def versions(ask: Ask) -> None:
    assistant_id = await made(ask, metadata={"k": {"a": 1, "b": [1, 2]}})
    one = f"/assistants/{assistant_id}"
    await ask("PATCH", one, {"metadata": {"new": 1}, "name": "N"})
    await ask("PATCH", one, {"config": {"tags": ["t"]}})
    queries: list[dict[str, Any]] = [
        {},
        {"limit": 1},
        {"limit": 2, "offset": 1},
        {"offset": 9},
        {"metadata": {"new": 1}},
        {"metadata": {"k": {"a": 1}}},
        {"metadata": {"k": {"b": [1]}}},
        {"limit": 0},
        {"limit": "x"},
    ]
    for query in queries:
        await ask("POST", f"{one}/versions", query)


@scenario("assistants: latest")
async def latest(ask: Ask) -> None:
    assistant_id = await made(ask, name="first", config={"tags": ["a"]}, metadata={"m": 1})
    one = f"/assistants/{assistant_id}"
    await ask("PATCH", one, {"name": "second", "config": {"tags": ["b"]}, "description": "d"})
    await ask("POST", f"{one}/latest", {"version": 1})
    await ask("GET", one)
    await ask("PATCH", one, {"metadata": {"more": 2}})
    await ask("POST", f"{one}/latest", {"version": 2})
    await ask("POST", f"{one}/latest", {"version": 99})
    await ask("POST", f"{one}/latest", {"version": "2"})
    await ask("POST", f"{one}/latest", {})
    await ask("POST", f"{one}/versions", {})


@scenario("assistants: delete")
async def delete(ask: Ask) -> None:
    assistant_id = await made(ask)
    await ask("DELETE", f"/assistants/{assistant_id}")
    await ask("DELETE", f"/assistants/{assistant_id}")
    await ask("GET", f"/assistants/{assistant_id}")
    await ask("POST", "/runs/wait", {"assistant_id": assistant_id, "input": {"n": 1}})


for _flag in ("true", "false", "maybe"):

    @scenario(f"assistants: delete, delete_threads={_flag}")
    async def delete_threads(ask: Ask, flag: str = _flag) -> None:
        assistant_id = await made(ask)
        thread_id = (await ask("POST", "/threads", {})).json()["thread_id"]
        run = {"assistant_id": assistant_id, "input": {"n": 1}}
        await ask("POST", f"/threads/{thread_id}/runs/wait", run)
        await ask("DELETE", f"/assistants/{assistant_id}?delete_threads={flag}")
        await ask("GET", f"/threads/{thread_id}")


@scenario("assistants: none of such an id")
async def unknown(ask: Ask) -> None:
    for named in (UNKNOWN, "counter", "abc", UNKNOWN.upper()):
        one = f"/assistants/{named}"
        await ask("GET", one)
        await ask("PATCH", one, {"name": "x"})
        await ask("DELETE", one)
        await ask("POST", f"{one}/versions", {})
        await ask("POST", f"{one}/latest", {"version": 1})
        await ask("GET", f"{one}/schemas", shown=lambda body: body.get("detail"))
        await ask("GET", f"{one}/subgraphs")
        await ask("GET", f"{one}/subgraphs/agent")
    await ask("GET", f"/assistants/{UNKNOWN}/graph")
    await ask("GET", "/assistants/nope/graph")


@scenario("assistants: bodies that are no JSON")
async def no_json(ask: Ask) -> None:
    for path in ("/assistants", "/assistants/search", "/assistants/count"):
        await ask("POST", path, b"{bad")
        await ask("POST", path, b"")
        await ask("POST", path, b"[]")
    await ask("PATCH", f"/assistants/{UNKNOWN}", b"")
    await ask("POST", f"/assistants/{UNKNOWN}/versions", b"")
    await ask("POST", f"/assistants/{UNKNOWN}/latest", b"")


# --- searched --------------------------------------------------------------------------------------------

QUERIES: dict[str, dict[str, Any]] = {
    "all": {},
    "by graph": {"graph_id": "parallel"},
    "by name": {"name": "BETA"},
    "by part of a name": {"name": "t"},
    "by nested metadata": {"metadata": {"deep": {"a": 1}}},
    "by a list": {"metadata": {"list": [1, 2]}},
    "by a part of a list": {"metadata": {"list": [1]}},
    "by what is not there": {"metadata": {"nobody": None}},
    "oldest first": {"sort_by": "created_at", "sort_order": "asc"},
    "by updated_at": {"sort_by": "updated_at"},
    "order without a column": {"sort_order": "asc"},
    "by name, ascending": {"sort_by": "name", "sort_order": "asc"},
    "by name, descending": {"sort_by": "name"},
    "by graph, ascending": {"sort_by": "graph_id", "sort_order": "asc"},
    "selected": {"select": ["name", "assistant_id", "version"]},
    "nothing selected": {"select": []},
    "a page": {"limit": 2},
    "another page": {"limit": 2, "offset": 2},
    "behind the end": {"offset": 50},
    "exactly all": {"limit": 4},
}


@scenario("assistants: search")
async def search(ask: Ask) -> None:
    mark = str(uuid4())
    alpha = await made(ask, name="alpha", metadata={"mark": mark, "deep": {"a": 1, "b": 2}})
    await made(ask, name="Beta", metadata={"mark": mark, "list": [1, 2]})
    await made(ask, graph_id="parallel", name="gamma", metadata={"mark": mark})
    await made(ask, graph_id="chat", name="delta", metadata={"mark": mark})
    await ask("PATCH", f"/assistants/{alpha}", {"description": "newest"})
    for query in QUERIES.values():
        marked = {**query, "metadata": {"mark": mark, **query.get("metadata", {})}}
        await ask("POST", "/assistants/search", marked)
        await ask("POST", "/assistants/count", marked)


@scenario("assistants: searches that are refused")
async def search_refused(ask: Ask) -> None:
    queries: list[dict[str, Any]] = [
        {"graph_id": "nope"},
        {"select": ["bogus"]},
        {"select": "name"},
        {"limit": 0},
        {"limit": 1001},
        {"limit": "5"},
        {"offset": -1},
        {"sort_by": "bogus"},
        {"sort_by": "description"},
        {"sort_order": "DESC"},
        {"metadata": []},
        {"name": 5},
    ]
    for query in queries:
        await ask("POST", "/assistants/search", query)
        await ask(
            "POST", "/assistants/count", query, shown=lambda body: body if "detail" in str(body) else "n"
        )


# --- run -------------------------------------------------------------------------------------------------

INHERITED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "config": (
        {
            "config": {
                "tags": ["t"],
                "recursion_limit": 10,
                "configurable": {"model": "x"},
                "metadata": {"c": 1},
            }
        },
        {"config": {"configurable": {"b": 2}, "tags": ["r"], "metadata": {"r": 1}}, "metadata": {"m": 1}},
    ),
    "config alone": (
        {"config": {"tags": ["t"], "configurable": {"model": "x"}, "metadata": {"c": 1}, "odd": 5}},
        {},
    ),
    "context": ({"context": {"model": "y"}}, {"context": {"z": 1}}),
    "context over context": ({"context": {"model": "y", "z": 0}}, {"context": {"z": 1}}),
    "context and configurable": ({"context": {"model": "y"}}, {"config": {"configurable": {"model": "z"}}}),
    "no configurable": ({"config": {"tags": ["t"]}}, {"config": {"configurable": {"q": 1}}}),
    "metadata": ({"metadata": {"k": "v", "m": 0}}, {"metadata": {"m": 1}}),
}
for _name, (_fields, _run) in INHERITED.items():

    @scenario(f"assistants: a run inherits, {_name}")
    async def inherits(ask: Ask, fields: dict[str, Any] = _fields, run: dict[str, Any] = _run) -> None:
        assistant_id = await made(ask, **fields)
        thread_id = (await ask("POST", "/threads", {})).json()["thread_id"]
        body = {"assistant_id": assistant_id, "input": {"n": 1}, **run}
        await ask("POST", f"/threads/{thread_id}/runs/wait", body)
        await ask("GET", f"/threads/{thread_id}/runs")
        await ask("GET", f"/threads/{thread_id}")
        await ask("GET", f"/threads/{thread_id}/history?limit=10")

    @scenario(f"assistants: a waiting run inherits, {_name}")
    async def waiting(ask: Ask, fields: dict[str, Any] = _fields, run: dict[str, Any] = _run) -> None:
        assistant_id = await made(ask, **fields)
        body = {"assistant_id": assistant_id, "input": {"n": 1}, "after_seconds": 60, **run}
        thread_id = (await ask("POST", "/threads", {})).json()["thread_id"]
        await ask("POST", f"/threads/{thread_id}/runs", body)
        await ask("DELETE", f"/threads/{thread_id}")


@scenario("assistants: a run inherits what the assistant has become")
async def becomes(ask: Ask) -> None:
    assistant_id = await made(ask, config={"tags": ["a"]})
    await ask("PATCH", f"/assistants/{assistant_id}", {"graph_id": "parallel", "config": {"tags": ["b"]}})
    thread_id = (await ask("POST", "/threads", {})).json()["thread_id"]
    await ask("POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": assistant_id, "input": {}})
    await ask("GET", f"/threads/{thread_id}/runs")


# --- drawn and described ---------------------------------------------------------------------------------

# One is drawn as its plays do not tell: its fixture states nothing, and an edge is chosen inside its child.
DRAWN = (
    *("approval", "beside", "calling", "chat", "chorus", "clash", "commands", "counter", "crowd", "endless"),
    *("failing", "fan", "inner", "innermost", "models", "moody", "moody_child", "narrow", "narrow_team"),
    *("nested", "nested_twice", "notes", "pair", "parallel", "paused", "questions", "router", "sender"),
    *("steps", "talker", "torn", "twice", "twins", "worker"),
)
for _graph in DRAWN:

    @scenario(f"assistants: graph, {_graph}")
    async def graph(ask: Ask, graph: str = _graph) -> None:
        for xray in ("", "?xray=false", "?xray=true", "?xray=1", "?xray=2"):
            await ask("GET", f"/assistants/{graph}/graph{xray}")


@scenario("assistants: graph, by id and with wrong depths")
async def depths(ask: Ask) -> None:
    assistant_id = await system(ask, "nested_twice")
    for xray in ("", "?xray=True", "?xray=1", "?xray=0", "?xray=-1", "?xray=abc", "?xray=", "?xray=1.5"):
        await ask("GET", f"/assistants/{assistant_id}/graph{xray}")


def told(schemas: Any) -> Any:
    """Schemas without their descriptions."""
    if isinstance(schemas, dict):
        return {
            key: told(value)
            for key, value in schemas.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [told(item) for item in schemas] if isinstance(schemas, list) else schemas


@scenario("assistants: schemas, as a fixture states them")
async def schemas(ask: Ask) -> None:
    await ask("GET", f"/assistants/{await system(ask, 'typed')}/schemas")


for _graph in ("half", "quiet", "router", "sender"):

    @scenario(f"assistants: schemas, as channels and plays tell them, {_graph}")
    async def inferred(ask: Ask, graph: str = _graph) -> None:
        await ask("GET", f"/assistants/{await system(ask, graph)}/schemas", shown=state_schema)


def state_schema(schemas: Any) -> Any:
    """The schema of the state; upstream these graphs, whose types are Python's own, have none of their input."""
    return told(schemas["state_schema"]), schemas["config_schema"], schemas["context_schema"]


for _graph in ("chat", "narrow_team", "nested", "nested_twice"):

    @scenario(f"assistants: subgraphs, {_graph}")
    async def subgraphs(ask: Ask, graph: str = _graph) -> None:
        one = f"/assistants/{await system(ask, graph)}/subgraphs"
        for more in ("", "?recurse=true", "/nope", "/team", "/team?recurse=true", "/agent", "/team%7Cagent"):
            await ask("GET", f"{one}{more}", shown=places)


def places(subgraphs: Any) -> Any:
    """Where the graphs are, and how their states are called."""
    return {place: (list(told), told["state_schema"]["title"]) for place, told in subgraphs.items()}


# --- what is the server's to say ---------------------------------------------------------------------------

USER = {"langgraph_auth_user": 1}
OWN: dict[str, dict[str, Any]] = {
    "a configurable": {"config": {"configurable": USER, "tags": ["x"]}},
    "a configurable beside a context": {"config": {"configurable": USER, "tags": ["x"]}, "context": {"a": 1}},
    "a context": {"context": USER},
    "a context beside a configurable": {"config": {"configurable": {"a": 1}}, "context": USER},
    "a context beside an empty configurable": {"config": {"configurable": {}}, "context": USER},
    "both": {"config": {"configurable": USER}, "context": USER},
    "and more in a configurable": {"config": {"configurable": {**USER, "a": 1}}},
    "config.metadata": {"config": {"metadata": {"run_id": 1, "thread_id": 2, "assistant_id": 3, "k": 4}}},
    "nothing but config.metadata": {"config": {"metadata": {"run_id": 1}}},
}
for _name, _fields in OWN.items():

    @scenario(f"assistants: reserved keys, {_name}")
    async def reserved(ask: Ask, fields: dict[str, Any] = _fields) -> None:
        made = (await ask("POST", "/assistants", {"graph_id": "counter", **fields})).json()
        first = {"graph_id": "counter", "config": {"recursion_limit": 9, "configurable": {"b": 2}}}
        changed = (await ask("POST", "/assistants", first)).json()
        await ask("PATCH", f"/assistants/{changed['assistant_id']}", fields)
        await ask("POST", f"/assistants/{changed['assistant_id']}/versions", {})
        for one in (made, changed):
            if "assistant_id" in one:
                run = {"assistant_id": one["assistant_id"], "input": {"n": 1}}
                await ask("POST", "/runs/wait", run)
                await ask("DELETE", f"/assistants/{one['assistant_id']}")

    @scenario(f"assistants: reserved keys of a run, {_name}")
    async def reserved_of_a_run(ask: Ask, fields: dict[str, Any] = _fields) -> None:
        path = f"/threads/{(await ask('POST', '/threads', {})).json()['thread_id']}"
        await ask("POST", f"{path}/runs/wait", {"assistant_id": "counter", "input": {"n": 1}, **fields})
        await ask("GET", f"{path}/runs")
        await ask("GET", f"{path}/state")


@scenario("assistants: config.metadata that is no object")
async def odd_metadata(ask: Ask) -> None:
    await ask("POST", "/assistants", {"graph_id": "counter", "config": {"metadata": None}})


for _yes in ("true", "True", "TRUE", "1", "yes", "on", "false", ""):

    @scenario(f"assistants: flags, {_yes or 'empty'}")
    async def flags(ask: Ask, yes: str = _yes) -> None:
        one = f"/assistants/{await system(ask, 'nested_twice')}"
        await ask("GET", f"{one}/subgraphs?recurse={yes}", shown=places)
        made = (await ask("POST", "/assistants", {"graph_id": "counter"})).json()["assistant_id"]
        path = f"/threads/{(await ask('POST', '/threads', {})).json()['thread_id']}"
        await ask("POST", f"{path}/runs/wait", {"assistant_id": made, "input": {"n": 1}})
        await ask("DELETE", f"/assistants/{made}?delete_threads={yes}")
        await ask("GET", path)
