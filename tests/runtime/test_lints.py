"""What is odd about what clients ask for: each lint, and none for what the Python SDK asks for by itself."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient

from mockgraph import MockGraph
from mockgraph.runtime.lints import LINTS

pytestmark = pytest.mark.timeout(30)

THREAD = "018cc251-f400-7acf-80e7-6d440feec09e"
MAKE = {"assistant_id": "agent", "input": {"text": "hi"}, "if_not_exists": "create"}


@pytest.fixture(scope="module")
def server() -> Iterator[MockGraph]:
    with MockGraph(clock="instant") as mock:
        yield mock


@pytest.fixture
def mock(server: MockGraph) -> MockGraph:
    """A server that has not been asked for anything."""
    server.reset()
    server.stub("agent", name="any", play=[{"node": "agent", "update": {"answer": "hi"}}])
    return server


def post(mock: MockGraph, path: str, body: Any) -> httpx.Response:
    return httpx.post(f"{mock.url}{path}", json=body, timeout=10).raise_for_status()


def begun(mock: MockGraph, **more: Any) -> dict[str, Any]:
    """A run in the background, on the same thread whenever it is asked for."""
    run: dict[str, Any] = post(mock, f"/threads/{THREAD}/runs", {**MAKE, **more}).json()
    return run


_BOTH = "'input' together with 'command': the input is passed over"
_UNREAD = "stream_mode ['updates', 'custom'], and nobody reads the stream"

# A request, and what is odd about it.
ODD: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "/runs/wait",
        {**MAKE, "streamMode": "updates"},
        ["unknown_field: POST /runs/wait: unknown field 'streamMode': the server passes over it"],
    ),
    (
        "/runs/stream",
        {**MAKE, "assistent": 1, "graph": 2},
        [
            "unknown_field: POST /runs/stream: unknown field 'assistent': the server passes over it",
            "unknown_field: POST /runs/stream: unknown field 'graph': the server passes over it",
        ],
    ),
    (
        f"/threads/{THREAD}/runs",
        {**MAKE, "threadId": "1"},
        [f"unknown_field: POST /threads/{THREAD}/runs: unknown field 'threadId': the server passes over it"],
    ),
    (
        "/threads",
        {"meta": {}},
        ["unknown_field: POST /threads: unknown field 'meta': the server passes over it"],
    ),
    (
        "/assistants",
        {"graph_id": "agent", "graph": "agent"},
        ["unknown_field: POST /assistants: unknown field 'graph': the server passes over it"],
    ),
    (
        "/runs/crons",
        {"assistant_id": "agent", "schedule": "0 0 1 1 *", "every": "year"},
        ["unknown_field: POST /runs/crons: unknown field 'every': the server passes over it"],
    ),
    (
        "/runs/wait",
        {**MAKE, "command": {"update": {"x": 1}}},
        [f"input_and_command: POST /runs/wait: {_BOTH}"],
    ),
    (
        "/runs/stream",
        {**MAKE, "input": {}, "command": {"goto": "agent"}},
        [f"input_and_command: POST /runs/stream: {_BOTH}"],
    ),
    (
        "/runs/wait",
        {**MAKE, "stream_mode": ["updates", "custom"]},
        [f"unread_stream: POST /runs/wait: {_UNREAD}"],
    ),
    (
        f"/threads/{THREAD}/runs",
        {**MAKE, "stream_mode": ["updates", "custom"]},
        [f"unread_stream: POST /threads/{THREAD}/runs: {_UNREAD}"],
    ),
    (
        "/runs/wait",
        {**MAKE, "command": {"update": {}}, "stream_mode": ["updates", "custom"], "x": 1},
        [
            "unknown_field: POST /runs/wait: unknown field 'x': the server passes over it",
            f"input_and_command: POST /runs/wait: {_BOTH}",
            f"unread_stream: POST /runs/wait: {_UNREAD}",
        ],
    ),
]


@pytest.mark.parametrize(("path", "body", "odd"), ODD)
def test_what_is_odd(mock: MockGraph, path: str, body: dict[str, Any], odd: list[str]) -> None:
    post(mock, path, body)
    assert mock.journal.lints == odd


def test_each_lint_is_met_here() -> None:
    assert {lint.partition(":")[0] for *_, odd in ODD for lint in odd} | {"unasked_resume"} == set(LINTS)


ASKS: dict[str, Any] = {"when": {"input.kind": "asks"}, "play": [{"node": "agent", "interrupt": "sure?"}]}
TAKES: dict[str, Any] = {"play": [{"node": "agent", "update": {"said": "${resume}"}}]}


def answered(mock: MockGraph, **more: Any) -> None:
    """A question of a thread, and an answer."""
    mock.stub("desk", name="asks", **ASKS)
    mock.stub("desk", name="takes", **TAKES, **more)
    run = {"assistant_id": "desk", "if_not_exists": "create"}
    post(mock, f"/threads/{THREAD}/runs/wait", {**run, "input": {"kind": "asks"}})
    post(mock, f"/threads/{THREAD}/runs/wait", {**run, "command": {"resume": "no"}})


def test_an_answer_that_a_stub_took_which_takes_any(mock: MockGraph) -> None:
    answered(mock)
    (lint,) = mock.journal.lints
    assert lint.startswith(
        f"unasked_resume: POST /threads/{THREAD}/runs/wait: the answer 'no' was taken by stub 'takes' ("
    )
    assert lint.endswith(
        "), which takes any: write a stub with 'when: {resume: …}', or 'after' the one that asks"
    )


@pytest.mark.parametrize(
    "more",
    [{"after": "asks"}, {"when": {"resume": "no"}}, {"when": {"command.resume": {"exists": True}}}],
)
def test_an_answer_that_a_stub_asks_for(mock: MockGraph, more: dict[str, Any]) -> None:
    answered(mock, **more)
    assert mock.journal.lints == []


# Requests that look like an odd one.
FINE: list[tuple[str, Any]] = [
    ("/runs/wait", {**MAKE, "input": None, "command": {"update": {"x": 1}}}),
    ("/runs/wait", {**MAKE, "command": None}),
    ("/runs/stream", {**MAKE, "stream_mode": ["updates", "custom"]}),
    (f"/threads/{THREAD}/runs/stream", {**MAKE, "stream_mode": "debug"}),
    ("/runs", {**MAKE, "stream_mode": "values"}),
    ("/runs", {**MAKE, "stream_mode": ["values"]}),
    ("/runs/wait", {**MAKE, "input": {"unknown": 1}, "config": {"unknown": 1}, "metadata": {"unknown": 1}}),
    (f"/threads/{THREAD}/runs", {**MAKE, "checkpoint_id": None}),
    ("/threads/search", {"unknown": 1}),
    ("/runs/batch", [MAKE, MAKE]),
]


@pytest.mark.parametrize(("path", "body"), FINE)
def test_what_is_not(mock: MockGraph, path: str, body: Any) -> None:
    post(mock, path, body)
    assert mock.journal.lints == []


@pytest.mark.parametrize(
    "place", ["/threads/{thread_id}/runs/{run_id}/stream", "/threads/{thread_id}/stream"]
)
def test_a_stream_that_is_read_later(mock: MockGraph, place: str) -> None:
    run = begun(mock, stream_mode="updates", after_seconds=0.05)
    assert [lint.partition(":")[0] for lint in mock.journal.lints] == ["unread_stream"]
    with httpx.stream("GET", f"{mock.url}{place.format(**run)}", timeout=10) as answer:
        assert answer.status_code == 200
        next(answer.iter_raw())
    assert mock.journal.lints == []


def test_the_stream_of_another_run_is_another(mock: MockGraph) -> None:
    first, second = begun(mock, stream_mode="updates"), begun(mock, stream_mode="custom")
    assert first["run_id"] != second["run_id"]
    httpx.get(f"{mock.url}/threads/{THREAD}/runs/{second['run_id']}/stream", timeout=10)
    assert mock.journal.lints == [
        f"unread_stream: POST /threads/{THREAD}/runs: stream_mode 'updates', and nobody reads the stream"
    ]


def test_a_namespace_has_its_own(mock: MockGraph) -> None:
    within = mock.namespace("x")
    httpx.post(f"{within.url}/runs/wait", json={**MAKE, "modes": 1}, timeout=10)
    assert within.journal.lints == [
        "unknown_field: POST /ns/x/runs/wait: unknown field 'modes': the server passes over it"
    ]
    assert mock.journal.lints == []


# --- the Python SDK --------------------------------------------------------------------------------------


def _thread(client: SyncLangGraphClient) -> str:
    thread_id: str = client.threads.create()["thread_id"]
    return thread_id


def _stream(client: SyncLangGraphClient) -> None:
    list(client.runs.stream(None, "agent", input={"text": "hi"}))
    list(client.runs.stream(_thread(client), "agent", input={"text": "hi"}))


def _wait(client: SyncLangGraphClient) -> None:
    client.runs.wait(None, "agent", input={"text": "hi"})
    client.runs.wait(_thread(client), "agent", input={"text": "hi"})


def _create_and_join_stream(client: SyncLangGraphClient) -> None:
    thread = _thread(client)
    run = client.runs.create(thread, "agent", input={"text": "hi"})
    list(client.runs.join_stream(thread, run["run_id"]))


def _create_and_join(client: SyncLangGraphClient) -> None:
    thread = _thread(client)
    run = client.runs.create(thread, "agent", input={"text": "hi"})
    client.runs.join(thread, run["run_id"])


def _create_stateless(client: SyncLangGraphClient) -> None:
    client.runs.create(None, "agent", input={"text": "hi"})


def _create_batch(client: SyncLangGraphClient) -> None:
    asked: Any = [{"assistant_id": "agent", "input": {"text": "hi"}}]
    client.runs.create_batch(asked)


def _threads_with_everything(client: SyncLangGraphClient) -> None:
    client.threads.create(
        metadata={"a": 1}, thread_id=THREAD, if_exists="do_nothing", graph_id="agent", ttl=5
    )
    client.threads.create(
        supersteps=[{"updates": [{"values": {"x": 1}, "command": None, "as_node": "agent"}]}]
    )


def _runs_with_everything(client: SyncLangGraphClient) -> None:
    list(
        client.runs.stream(
            _thread(client),
            "agent",
            input={"text": "hi"},
            stream_mode=["values", "updates", "custom", "debug", "messages-tuple"],
            stream_subgraphs=True,
            stream_resumable=True,
            metadata={"a": 1},
            config={"tags": ["a"], "recursion_limit": 5},
            context={"user": "me"},
            interrupt_before=["nobody"],
            interrupt_after=["nobody"],
            feedback_keys=["score"],
            on_disconnect="continue",
            multitask_strategy="enqueue",
            if_not_exists="create",
            after_seconds=0,
            durability="sync",
        )
    )


def _assistants(client: SyncLangGraphClient) -> None:
    client.assistants.create("agent", name="mine", config={}, metadata={"a": 1}, description="Mine.")


def _crons(client: SyncLangGraphClient) -> None:
    client.crons.create("agent", schedule="0 0 1 1 *", input={"text": "hi"})
    client.crons.create_for_thread(_thread(client), "agent", schedule="0 0 1 1 *", input={"text": "hi"})


def _state(client: SyncLangGraphClient) -> None:
    thread: str = client.threads.create(graph_id="agent")["thread_id"]
    client.threads.update_state(thread, {"x": 1}, as_node="agent")
    client.threads.get_history(thread)
    client.runs.wait(thread, "agent", input=None)
    client.runs.wait(thread, "agent", command={"update": {"x": 1}, "goto": "agent"})


ORDINARY: list[Callable[[SyncLangGraphClient], None]] = [
    _stream,
    _wait,
    _create_and_join_stream,
    _create_and_join,
    _create_stateless,
    _create_batch,
    _threads_with_everything,
    _runs_with_everything,
    _assistants,
    _crons,
    _state,
]


@pytest.mark.parametrize("calls", ORDINARY, ids=lambda calls: calls.__name__.strip("_"))
def test_what_the_sdk_asks_for_by_itself(
    mock: MockGraph, calls: Callable[[SyncLangGraphClient], None]
) -> None:
    with get_sync_client(url=mock.url) as client:
        calls(client)
    assert len(mock.journal.requests()) > 0
    assert mock.journal.lints == []
