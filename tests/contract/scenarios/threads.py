"""Threads: made, changed, searched, counted, copied, pruned, measured."""

from typing import Any
from uuid import uuid4

from tests.contract.scenarios.asking import HELLO, Ask, look, scenario

UNKNOWN = "1a4c8b52-f714-4e3b-99ed-f5ca37ffcd6e"
COUNT = {"assistant_id": "counter", "input": {"n": 1, "name": "bob"}}
ASKS = {"assistant_id": "approval", "input": HELLO}


async def made(ask: Ask, **fields: Any) -> str:
    return str((await ask("POST", "/threads", fields)).json()["thread_id"])


async def ran(ask: Ask, run: dict[str, Any] = COUNT, **fields: Any) -> str:
    thread_id = await made(ask, **fields)
    await ask("POST", f"/threads/{thread_id}/runs/wait", run)
    return thread_id


# --- made and changed ------------------------------------------------------------------------------------

CREATED: dict[str, dict[str, Any]] = {
    "ttl": {"ttl": {"ttl": 5, "strategy": "delete"}},
    "ttl without a strategy": {"ttl": {"ttl": 0.5}},
    "ttl of nothing": {"ttl": {}},
    "graph_id beside metadata": {"graph_id": "counter", "bogus": 1},
    "reserved metadata": {"metadata": {"thread_id": 1, "assistant_id": 2, "run_id": 3, "cron_id": 4, "k": 5}},
    "characters": {"metadata": {"ü": "a\u0000b\u2028", "n": None, "deep": {"a": [1, 2.5, {}]}}},
    "no supersteps": {"supersteps": [], "metadata": {"graph_id": "counter"}},
}
for _name, _fields in CREATED.items():

    @scenario(f"threads: create, {_name}")
    async def create(ask: Ask, fields: dict[str, Any] = _fields) -> None:
        thread_id = await made(ask, **fields)
        await ask("GET", f"/threads/{thread_id}")
        await ask("GET", f"/threads/{thread_id}?include=ttl")


REFUSED: dict[str, Any] = {
    "no uuid": {"thread_id": "xyz"},
    "a null id": {"thread_id": None},
    "if_exists": {"if_exists": "boo"},
    "metadata": {"metadata": 5},
    "ttl": {"ttl": 5},
    "ttl's strategy": {"ttl": {"strategy": "zz"}},
    "ttl's time": {"ttl": {"ttl": "x"}},
    "supersteps": {"supersteps": 5},
    "a superstep": {"supersteps": [{"bogus": 1}]},
    "an update": {"metadata": {"graph_id": "counter"}, "supersteps": [{"updates": [{"values": {"n": 1}}]}]},
    "a list": [],
}
for _name, _body in REFUSED.items():

    @scenario(f"threads: create refused, {_name}")
    async def refused(ask: Ask, body: Any = _body) -> None:
        await ask("POST", "/threads", body)


@scenario("threads: create, an id that is there")
async def there(ask: Ask) -> None:
    own = str(uuid4())
    await made(ask, thread_id=own, metadata={"a": 1})
    await ask("POST", "/threads", {"thread_id": own})
    await ask("POST", "/threads", {"thread_id": own, "if_exists": "raise"})
    await ask("POST", "/threads", {"thread_id": own, "if_exists": "do_nothing", "metadata": {"zz": 1}})
    await ask("GET", f"/threads/{own.replace('-', '')}")


PATCHES: dict[str, Any] = {
    "metadata": {"metadata": {"b": None, "a": 2, "run_id": 4, "deep": {"y": 2}}},
    "nothing": {},
    "ttl": {"ttl": {"ttl": 7, "strategy": "keep_latest"}},
    "ttl, a number": {"ttl": 7},
    "ttl, null": {"ttl": None},
    "metadata, null": {"metadata": None},
    "unknown keys": {"values": {"n": 1}, "status": "error"},
    "a list": [],
}
for _name, _body in PATCHES.items():

    @scenario(f"threads: patch, {_name}")
    async def patch(ask: Ask, body: Any = _body) -> None:
        thread_id = await made(ask, metadata={"a": 1, "deep": {"x": 1}})
        await ask("PATCH", f"/threads/{thread_id}", body)
        await ask("GET", f"/threads/{thread_id}")
        await ask("PATCH", f"/threads/{thread_id}", body, headers={"Prefer": "return=minimal"})


@scenario("threads: patch, after a run")
async def patch_later(ask: Ask) -> None:
    thread_id = await ran(ask)
    await ask("PATCH", f"/threads/{thread_id}", {"metadata": {"title": "counted"}})
    await look(ask, f"/threads/{thread_id}")
    await ask("POST", f"/threads/{thread_id}/runs/wait", COUNT)
    await look(ask, f"/threads/{thread_id}")


@scenario("threads: none of such an id")
async def unknown(ask: Ask) -> None:
    for thread_id in (UNKNOWN, "abc", UNKNOWN.upper()):
        one = f"/threads/{thread_id}"
        await ask("GET", one)
        await ask("PATCH", one, {"metadata": {}})
        await ask("DELETE", one)
        await ask("GET", f"{one}/storage")
        await ask("POST", f"{one}/copy")
        await ask("GET", f"{one}/state")
        await ask("POST", f"{one}/state", {"values": {}})
        await ask("POST", f"{one}/state/checkpoint", {"checkpoint": {}})
        await ask("GET", f"{one}/history")
        await ask("POST", f"{one}/history", {})


@scenario("threads: bodies that are no JSON")
async def no_json(ask: Ask) -> None:
    for path in ("/threads", "/threads/search", "/threads/count", "/threads/prune"):
        await ask("POST", path, b"")
        await ask("POST", path, b"{bad")
        await ask("POST", path, b'"text"')
    thread_id = await made(ask)
    await ask("PATCH", f"/threads/{thread_id}", b"")
    await ask("POST", f"/threads/{thread_id}/copy", b"{bad")


# --- searched --------------------------------------------------------------------------------------------

QUERIES: dict[str, dict[str, Any]] = {
    "all": {},
    "by metadata": {"metadata": {"deep": {"x": 1}}},
    "by a list": {"metadata": {"list": [1, 2]}},
    "by a part of a list": {"metadata": {"list": [1]}},
    "by status": {"status": "interrupted"},
    "by another status": {"status": "idle"},
    "by a status that none has": {"status": "error"},
    "oldest first": {"sort_by": "created_at", "sort_order": "asc"},
    "newest first": {"sort_by": "created_at"},
    "by updated_at": {"sort_by": "updated_at", "sort_order": "asc"},
    "by state_updated_at": {"sort_by": "state_updated_at", "sort_order": "asc"},
    "by status, sorted": {"sort_by": "status", "sort_order": "asc"},
    "by status, the other way": {"sort_by": "status", "sort_order": "desc"},
    "order without a column": {"sort_order": "asc"},
    "selected": {"select": ["status", "thread_id", "values"]},
    "interrupts selected": {"select": ["interrupts"]},
    "nothing selected": {"select": []},
    "a page": {"limit": 2},
    "another page": {"limit": 2, "offset": 2},
    "behind the end": {"offset": 50},
    "extracted": {
        "extract": {"n": "values.n", "last": "values.messages[-1].content", "mark": "metadata.mark"}
    },
    "extracted and selected": {"extract": {"n": "values.n"}, "select": ["thread_id"]},
    "extracted from interrupts": {"extract": {"all": "interrupts", "c": "config.configurable"}},
    "no ids": {"ids": []},
}


VALUES: list[dict[str, Any]] = [
    {"n": 4},
    {"n": 5},
    {"log": ["inc", "double"]},
    {"log": ["inc"]},
    {"facts": {"inc": True}},
]


@scenario("threads: search")
async def search(ask: Ask) -> None:
    mark = str(uuid4())
    await ran(ask, metadata={"mark": mark, "deep": {"x": 1, "y": 2}})
    asked = await ran(ask, ASKS, metadata={"mark": mark, "list": [1, 2]})
    first = await ran(ask, metadata={"mark": mark})
    await ran(ask, {"assistant_id": "chat", "input": HELLO}, metadata={"mark": mark})
    await ask("PATCH", f"/threads/{first}", {"metadata": {"touched": True}})
    for query in QUERIES.values():
        marked = {**query, "metadata": {"mark": mark, **query.get("metadata", {})}}
        await ask("POST", "/threads/search", marked)
        counted = {key: value for key, value in marked.items() if key in ("metadata", "status")}
        await ask("POST", "/threads/count", counted)
    for values in (
        {"n": 4},
        {"n": 5},
        {"log": ["inc", "double"]},
        {"log": ["inc"]},
        {"facts": {"inc": True}},
    ):
        query = {"metadata": {"mark": mark}, "values": values}
        await ask("POST", "/threads/search", query)
        await ask("POST", "/threads/count", query)
    await ask("POST", "/threads/search", {"ids": [asked, first]})
    await ask("POST", "/threads/search", {"ids": [first, UNKNOWN, first], "sort_by": "created_at"})
    await ask("POST", "/threads/search", {"ids": [first], "status": "interrupted"})


SEARCHES_REFUSED: list[Any] = [
    {"status": "bogus"},
    {"ids": ["abc"]},
    {"ids": "abc"},
    {"ids": [5]},
    {"select": ["bogus"]},
    {"select": ["error"]},
    {"limit": 0},
    {"limit": 1001},
    {"limit": "5"},
    {"offset": -1},
    {"sort_by": "metadata"},
    {"sort_order": "DESC"},
    {"metadata": []},
    {"values": 5},
    {"extract": {"s": "status"}},
    {"extract": {"s": 5}},
    {"extract": {str(at): "values.n" for at in range(11)}},
    [],
]


@scenario("threads: searches that are refused")
async def search_refused(ask: Ask) -> None:
    for query in SEARCHES_REFUSED:
        await ask("POST", "/threads/search", query)


@scenario("threads: counts that are refused")
async def count_refused(ask: Ask) -> None:
    queries: list[Any] = [{"status": "bogus"}, {"metadata": []}, {"values": 5}, []]
    for query in queries:
        await ask("POST", "/threads/count", query)


# --- copied, pruned, measured ----------------------------------------------------------------------------


@scenario("threads: copy")
async def copy(ask: Ask) -> None:
    thread_id = await ran(ask, metadata={"a": 1})
    other = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    await look(ask, f"/threads/{other}")
    await ask("POST", f"/threads/{other}/runs/wait", COUNT)
    await look(ask, f"/threads/{other}")
    await look(ask, f"/threads/{thread_id}")


@scenario("threads: copy, and the first one goes")
async def copy_stays(ask: Ask) -> None:
    thread_id = await ran(ask)
    other = (await ask("POST", f"/threads/{thread_id}/copy", {"ignored": 1})).json()["thread_id"]
    await ask("DELETE", f"/threads/{thread_id}")
    await look(ask, f"/threads/{other}")
    again = (await ask("POST", f"/threads/{other}/copy")).json()["thread_id"]
    await look(ask, f"/threads/{again}")


@scenario("threads: copy of one without checkpoints")
async def copy_empty(ask: Ask) -> None:
    thread_id = await made(ask, metadata={"a": 1})
    other = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    await look(ask, f"/threads/{other}")
    await ask("PATCH", f"/threads/{other}", {"metadata": {"b": 1}})


@scenario("threads: copy of one that was asked")
async def copy_interrupted(ask: Ask) -> None:
    thread_id = await ran(ask, ASKS)
    other = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    await look(ask, f"/threads/{other}")
    await ask("POST", f"/threads/{other}/runs/wait", {**ASKS, "input": None, "command": {"resume": "yes"}})
    await look(ask, f"/threads/{other}")
    await look(ask, f"/threads/{thread_id}")


@scenario("threads: copy of one that was edited, and edited again")
async def copy_edited(ask: Ask) -> None:
    thread_id = await ran(ask)
    await ask("POST", f"/threads/{thread_id}/state", {"values": {"n": 5}})
    other = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    await look(ask, f"/threads/{other}")
    await ask("POST", f"/threads/{other}/state", {"values": {"n": 5}, "as_node": "inc"})
    await look(ask, f"/threads/{other}")


@scenario("threads: copy with a subgraph that was asked in")
async def copy_nested(ask: Ask) -> None:
    thread_id = await ran(ask, {"assistant_id": "inner", "input": {}})
    other = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    await ask("GET", f"/threads/{other}/state?subgraphs=true")


@scenario("threads: prune")
async def prune(ask: Ask) -> None:
    first, second = await ran(ask), await made(ask)
    await ask("POST", "/threads/prune", {"thread_ids": [first, UNKNOWN, first, second]})
    await ask("GET", f"/threads/{first}")
    await ask("POST", "/threads/prune", {"thread_ids": [first]})
    await ask("POST", "/threads/prune", {"thread_ids": []})


@scenario("threads: prunes that are refused")
async def prune_refused(ask: Ask) -> None:
    thread_id = await made(ask)
    bodies: list[Any] = [
        {},
        {"thread_ids": ["abc"]},
        {"thread_ids": "abc"},
        {"thread_ids": [thread_id, 5]},
        {"thread_ids": [thread_id], "strategy": "bogus"},
        {"thread_ids": [thread_id], "strategy": "keep_latest"},
    ]
    for body in bodies:
        await ask("POST", "/threads/prune", body)
    await ask("GET", f"/threads/{thread_id}")


def counted(storage: Any) -> Any:
    """Without what checkpoints take up, which is how the real server writes them to its memory."""
    held = storage["channel_values"]
    return [storage["thread_id"], storage["checkpoints"]["count"], held, storage["pending_writes"]]


def counted_without_bytes(storage: Any) -> Any:
    channels = storage["channel_values"]["by_channel"]
    return [
        storage["checkpoints"]["count"],
        sorted((name, channel["versions"]) for name, channel in channels.items()),
        storage["pending_writes"]["count"],
    ]


@scenario("threads: storage of nothing")
async def storage_of_nothing(ask: Ask) -> None:
    thread_id = await made(ask)
    await ask("GET", f"/threads/{thread_id}/storage")


@scenario("threads: storage")
async def storage(ask: Ask) -> None:
    thread_id = await ran(ask)
    await ask("GET", f"/threads/{thread_id}/storage", shown=counted)
    await ask("POST", f"/threads/{thread_id}/runs/wait", COUNT)
    await ask("GET", f"/threads/{thread_id}/storage", shown=counted)


for _run in (
    ASKS,
    {"assistant_id": "parallel", "input": {}},
    {"assistant_id": "chat", "input": HELLO},
    {"assistant_id": "failing", "input": {"x": "value"}},
    {"assistant_id": "sender", "input": {}},
):

    @scenario(f"threads: storage, {_run['assistant_id']}")
    async def storage_of(ask: Ask, run: dict[str, Any] = _run) -> None:
        thread_id = await ran(ask, run)
        await ask("GET", f"/threads/{thread_id}/storage", shown=counted_without_bytes)


# --- ids that a count does not know, copies that nothing has written to, answers that are not wanted ----------


@scenario("threads: count, with ids")
async def counted_by_ids(ask: Ask) -> None:
    mark = str(uuid4())
    made_here = [await made(ask, metadata={"mark": mark}) for _ in range(3)]
    for ids in ([made_here[0]], [UNKNOWN], [""], ["abc"], [None], [], 5, None):
        await ask("POST", "/threads/count", {"ids": ids, "metadata": {"mark": mark}})


@scenario("threads: search, a copy that nothing has written to")
async def fresh_copies(ask: Ask) -> None:
    thread_id = await ran(ask)
    copy = (await ask("POST", f"/threads/{thread_id}/copy")).json()["thread_id"]
    columns = ["thread_id", "status", "values"]
    for query in ({"values": {"n": 999}}, {"values": {"x": 1}}, {"extract": {"v": "values.n"}}, {}):
        await ask("POST", "/threads/search", {"ids": [copy], "select": columns, **query})
    await ask("POST", f"/threads/{copy}/runs/wait", COUNT)
    for query in ({"values": {"n": 999}}, {"extract": {"v": "values.n"}}):
        await ask("POST", "/threads/search", {"ids": [copy], "select": columns, **query})


for _prefer in ("return=minimal", "return=minimal, respond-async", "return=minimal;x", " return=minimal "):

    @scenario(f"threads: patch, prefer '{_prefer}'")
    async def prefers(ask: Ask, prefer: str = _prefer) -> None:
        thread_id = await made(ask)
        await ask("PATCH", f"/threads/{thread_id}", {"metadata": {"a": 1}}, headers={"prefer": prefer})


@scenario("threads: prune, keep_latest")
async def kept_latest(ask: Ask) -> None:
    for ids in ([], ["abc"], [UNKNOWN]):
        await ask("POST", "/threads/prune", {"thread_ids": ids, "strategy": "keep_latest"})
