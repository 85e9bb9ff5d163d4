"""Hostile bodies on every route that takes one: never a 5xx, always an answer that is documented, and the server goes on."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mockgraph import MockGraph
from mockgraph.web import bodies
from mockgraph.web.operations import OPERATIONS
from mockgraph.web.operations.pieces import JSON, SSE, Operation
from mockgraph.web.schemas import SCHEMAS
from tests.hostile import REFUSED, TAKEN
from tests.playing import talk, world
from tests.web.seeds import GRAPH, Seeds, seeded

# What controls the server is no route of the real one: test_control.py is hostile to it.
WITH_BODY = [
    operation
    for operation in OPERATIONS
    if operation.body is not None and not operation.path.startswith("/_mockgraph")
]
# They say in words of their own what is wrong with a body, and never end or are JSON-RPC.
PROTOCOLS = ("A2A", "MCP", "Streaming")
ENDLESS = "/threads/{thread_id}/stream/events"
SMALL = [value for value in TAKEN.values() if len(value) < 10_000]
CHUNK = b"x" * 2**20


def named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockGraph, Seeds]]:
    with seeded(tmp_path_factory.mktemp("seeds")) as both:
        yield both


@pytest.fixture
def seeds(server: tuple[MockGraph, Seeds]) -> Seeds:
    mock, seeds = server
    mock.reset()
    return Seeds(seeds.client)


def sent(operation: Operation, body: bytes, seeds: Seeds) -> httpx.Response:
    """The answer to such a body."""
    path = operation.path.format(**seeds.of(operation.method.upper(), operation.path))
    return seeds.client.request(operation.method, path, content=body, headers={"accept": f"{JSON}, {SSE}"})


def documented(operation: Operation) -> set[int]:
    return {int(status) for status in operation.wire()["responses"]}


def goes_on(seeds: Seeds) -> None:
    """The server answers, and plays a run."""
    assert seeds.client.get("/ok").json()["ok"] is True
    answer = seeds.client.post("/runs/wait", json={"assistant_id": GRAPH, "input": {}})
    assert answer.json()["messages"][-1]["content"] == "Hello."


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_what_is_no_body_is_refused_as_the_real_server_refuses_it(operation: Operation, seeds: Seeds) -> None:
    for name, (body, status, detail) in REFUSED.items():
        answer = sent(operation, body, seeds)
        if operation.tag in PROTOCOLS:
            assert answer.status_code in documented(operation), name
            assert answer.json() is not None
        else:
            assert (answer.status_code, answer.json()) == (status, {"detail": detail}), name
    goes_on(seeds)


@pytest.mark.parametrize("operation", [o for o in WITH_BODY if o.path != ENDLESS], ids=named)
def test_any_value_may_stand_where_none_is_expected(operation: Operation, seeds: Seeds) -> None:
    example = json.dumps(operation.wire()["requestBody"]["content"]["application/json"]["example"]).encode()
    assert b"}" in example
    head, _, tail = example.rpartition(b"}")
    for name, value in TAKEN.items():
        answer = sent(operation, head + b', "hostile": ' + value + b"}" + tail, seeds)
        assert answer.status_code in documented(operation), (name, answer.text[:500])
        assert answer.status_code < 300, (name, answer.text[:500])
    goes_on(seeds)


@pytest.mark.parametrize("operation", [o for o in WITH_BODY if isinstance(o.body, str)], ids=named)
def test_any_value_may_stand_where_one_is_expected(operation: Operation, seeds: Seeds) -> None:
    """As far as the schema lets it: in each property in turn, and inside an object in it."""
    if operation.path == ENDLESS:
        return
    content = operation.wire()["requestBody"]["content"]["application/json"]["example"]
    alone = content[0] if isinstance(content, list) else content
    for field in properties(str(operation.body)):
        for value in SMALL:
            for given in (value, b'{"inside":[%b]}' % value):
                body = b"{%b%b:%b}" % (rest(alone, field), json.dumps(field).encode(), given)
                answer = sent(operation, b"[%b]" % body if isinstance(content, list) else body, seeds)
                assert answer.status_code in documented(operation), (field, body[:200], answer.text[:500])
    goes_on(seeds)


def properties(component: str) -> list[str]:
    """The properties of a request, but for those that would put its run off."""
    schema = SCHEMAS[component]
    found = list(schema.get("properties", ()))
    if "items" in schema:
        found += properties(schema["items"]["$ref"].rpartition("/")[2])
    for part in schema.get("allOf", ()):
        found += properties(part["$ref"].rpartition("/")[2]) if "$ref" in part else list(part["properties"])
    return [name for name in found if name != "after_seconds"]


def rest(example: dict[str, object], field: str) -> bytes:
    """The other fields of an example, with a comma behind them."""
    others = {key: value for key, value in example.items() if key != field}
    return json.dumps(others).encode()[1:-1] + b"," if others else b""


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_a_body_that_promises_to_be_too_large_is_not_read(operation: Operation, seeds: Seeds) -> None:
    path = operation.path.format(**seeds.of(operation.method.upper(), operation.path))
    connection = http.client.HTTPConnection(urlsplit(str(seeds.client.base_url)).netloc, timeout=10)
    connection.putrequest(operation.method.upper(), path)
    connection.putheader("content-length", str(100 * 2**20))
    connection.endheaders(b"{")  # and no more of it
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.load(answer) == {"detail": "Request body too large: expected at most 67108864 bytes"}
    connection.close()


@pytest.mark.parametrize("path", ["/threads", "/runs/stream"])
def test_a_body_of_100_mb_is_refused_and_not_kept(path: str, seeds: Seeds) -> None:
    answer = seeds.client.post(path, content=b'{"metadata":{"a":"' + CHUNK * 100 + b'"}}')
    assert answer.status_code == 413
    told = 0

    def pieces() -> Iterator[bytes]:
        nonlocal told
        yield b'{"metadata":{"a":"'
        for told in range(1, 101):  # noqa: B007
            yield CHUNK

    # Without a length: refused once it has become too large.
    assert seeds.client.post(path, content=pieces()).status_code == 413
    assert told > bodies.LARGEST // len(CHUNK)
    goes_on(seeds)


def test_a_body_as_large_as_may_be_is_taken(seeds: Seeds) -> None:
    head, tail = b'{"assistant_id":"agent","input":{"text":"', b'"}}'
    body = head + b"x" * (bodies.LARGEST - len(head) - len(tail)) + tail
    answer = seeds.client.post("/runs/wait", content=body)
    assert answer.json()["messages"][-1]["content"] == "Hello."
    assert seeds.client.post("/runs/wait", content=body + b" ").status_code == 413


def test_what_is_nested_deeply_can_be_listed(seeds: Seeds) -> None:
    deep = json.loads(TAKEN["250 lists"])
    run = {"assistant_id": GRAPH, "input": {"deep": deep}, "metadata": {"deep": deep}}
    path = f"/threads/{seeds.client.post('/threads', json={'metadata': {'deep': deep}}).json()['thread_id']}"
    assert seeds.client.post(f"{path}/runs/wait", json=run).json()["deep"] == deep
    assert seeds.client.get(f"{path}/runs").json()[0]["kwargs"]["input"]["deep"] == deep
    assert seeds.client.get(f"{path}/state").json()["values"]["deep"] == deep
    assert seeds.client.get(f"{path}/history?limit=9").json()[-1]["tasks"][0]["result"]["deep"] == deep
    assert seeds.client.post("/runs/batch", json=[run]).json()[0]["kwargs"]["input"]["deep"] == deep


ADDING = "- {name: all, play: [{node: a, update: {n: 1}}]}"


async def summed(client: httpx.AsyncClient, *numbers: float) -> tuple[str, list[Any]]:
    """The path of a thread that these numbers were added up on, and what each run said."""
    path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
    said = [
        (await client.post(f"{path}/runs/wait", json={"assistant_id": GRAPH, "input": {"n": number}})).json()
        for number in numbers
    ]
    return path, said


def test_a_sum_beyond_64_bits_fails_its_run_alone() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path, said = await summed(client, 2**63, 2**63)
        error = {"error": "TypeError", "message": "Integer exceeds 64-bit range"}
        assert said == [{"n": 2**63 + 1}, {"__error__": error}]
        views = [await client.get(path + view) for view in ("", "/state", "/history", "/runs")]
        assert [view.status_code for view in views] == [200] * 4
        assert views[0].json()["values"] == views[1].json()["values"] == {"n": 2**63 + 1}

    talk(world(ADDING, head="channels: {n: add}"), ask)


def test_an_infinite_sum_is_null() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path, said = await summed(client, 1.5e308, 1.5e308)
        assert said == [{"n": 1.5e308}, {"n": None}]
        assert (await client.get(f"{path}/state")).json()["values"] == {"n": None}

    talk(world(ADDING, head="channels: {n: add}"), ask)
