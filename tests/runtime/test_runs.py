"""Runs in time, over a real socket: late starts, queues, followers, heartbeats, clients that leave."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mockgraph import MockGraph
from tests.playing import parts


@pytest.fixture(scope="module")
def server() -> Iterator[MockGraph]:
    with MockGraph() as mock:
        yield mock


@pytest.fixture
def mock(server: MockGraph) -> Iterator[MockGraph]:
    server.reset()
    server.stub(
        "agent", when={"input.kind": "quick"}, play=[{"node": "a", "update": {"done": "${input.kind}"}}]
    )
    slow = [{"node": "a", "custom": ["begun"]}, {"node": "b", "delay": "300ms", "update": {"done": "slow"}}]
    server.stub("agent", when={"input.kind": "slow"}, play=slow)
    server.stub("agent", when={"input.kind": "endless"}, play=[{"node": "a", "delay": "60s"}])
    yield server
    server.reset()


@pytest.fixture
def client(mock: MockGraph) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mock.url, timeout=20) as client:
        yield client


def thread(client: httpx.Client) -> str:
    return f"/threads/{client.post('/threads', json={}).json()['thread_id']}"


def run(kind: str, **more: Any) -> dict[str, Any]:
    return {"assistant_id": "agent", "input": {"kind": kind}, **more}


def test_parts_are_seen_when_they_happen(client: httpx.Client) -> None:
    seen: list[tuple[float, str]] = []
    began = time.monotonic()
    with client.stream("POST", "/runs/stream", json=run("slow", stream_mode=["custom", "updates"])) as stream:
        lines = ((time.monotonic() - began, line) for line in stream.iter_lines())
        seen.extend(found for found in lines if found[1].startswith("event:"))
    assert [line for _, line in seen] == [
        "event: metadata",
        "event: custom",
        "event: updates",
        "event: updates",
    ]
    assert seen[3][0] - seen[2][0] > 0.2  # the scripted pause, less what the client was late for


def test_a_run_and_its_thread_are_settled_before_the_stream_closes(client: httpx.Client) -> None:
    path = thread(client)
    with client.stream("POST", f"{path}/runs/stream", json=run("slow")) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: metadata"
        with httpx.Client(base_url=client.base_url) as other:
            assert other.get(path).json()["status"] == "busy"
            assert other.get(f"{path}/runs").json()[0]["status"] == "running"
        assert list(lines)
    assert client.get(path).json()["status"] == "idle"
    assert client.get(f"{path}/runs").json()[0]["status"] == "success"


def test_state_while_a_run_is_going_on_shows_what_clients_have_seen(client: httpx.Client) -> None:
    path = thread(client)
    with (
        client.stream("POST", f"{path}/runs/stream", json=run("slow")) as stream,
        httpx.Client(base_url=client.base_url) as other,
    ):
        next(stream.iter_lines())
        assert other.get(f"{path}/state").json()["next"] == ["b"]
        assert len(other.get(f"{path}/history?limit=9").json()) == 3


def test_a_thread_plays_one_run_after_the_other(client: httpx.Client) -> None:
    path = thread(client)
    created = client.post(f"{path}/runs", json=run("slow")).json()
    assert created["status"] == "pending"
    waited = client.post(f"{path}/runs/wait", json=run("quick")).json()
    assert waited == {"kind": "quick", "done": "quick"}
    assert [one["status"] for one in client.get(f"{path}/runs").json()] == ["success", "success"]
    assert client.get(path).json()["status"] == "idle"


def test_a_busy_thread_can_refuse(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    refused = client.post(f"{path}/runs/wait", json=run("quick", multitask_strategy="reject"))
    assert refused.status_code == 409
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_whoever_joins_right_after_creating_sees_everything(client: httpx.Client) -> None:
    path = thread(client)
    created = client.post(f"{path}/runs", json=run("quick", stream_mode=["values", "updates"])).json()
    stream = client.get(f"{path}/runs/{created['run_id']}/stream")
    assert [event for event, _ in parts(stream.text)] == ["metadata", "values", "updates", "values"]
    assert client.get(f"{path}/runs/{created['run_id']}/stream").text == ""


def test_a_background_run_that_nobody_looks_at_is_played_all_the_same(
    client: httpx.Client, mock: MockGraph
) -> None:
    created = client.post("/runs", json=run("quick", on_completion="keep")).json()
    deadline = time.monotonic() + 5
    while not client.post("/threads/search", json={"status": "idle"}).json():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert client.get(f"/threads/{created['thread_id']}").json()["values"] == {
        "kind": "quick",
        "done": "quick",
    }


def test_many_follow_one_run(client: httpx.Client) -> None:
    path = thread(client)
    created = client.post(f"{path}/runs", json=run("slow", after_seconds=1)).json()
    place = f"{client.base_url}{path}/runs/{created['run_id']}"
    with ThreadPoolExecutor(6) as pool:
        joins = [pool.submit(httpx.get, f"{place}/join", timeout=20) for _ in range(3)]
        streams = [pool.submit(httpx.get, f"{place}/stream", timeout=20) for _ in range(3)]
        assert {join.result().text for join in joins} == {'{"kind":"slow","done":"slow"}'}
        assert len({stream.result().text for stream in streams}) == 1


def test_a_client_that_leaves_does_not_stop_its_run(client: httpx.Client) -> None:
    path = thread(client)
    with client.stream("POST", f"{path}/runs/stream", json=run("slow")) as stream:
        next(stream.iter_lines())
    deadline = time.monotonic() + 5
    while client.get(path).json()["status"] != "idle":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert client.get(path).json()["values"]["done"] == "slow"


def test_heartbeats() -> None:
    with MockGraph(heartbeat=0.1) as mock:
        mock.stub("agent", play=[{"node": "slow", "delay": "400ms", "update": {"done": "slow"}}])
        ask = {"assistant_id": "agent", "input": {"kind": "slow"}}
        stream = httpx.post(f"{mock.url}/runs/stream", json={**ask, "stream_mode": "updates"}).content
        waited = httpx.post(f"{mock.url}/runs/wait", json=ask).content
    assert stream.count(b": heartbeat\r\n\r\n") >= 2
    assert len(waited) - len(waited.lstrip(b"\n")) >= 2
    assert waited.endswith(b'\n{"kind":"slow","done":"slow"}')


@pytest.mark.parametrize("late", [{"after_seconds": 0.05}, {}], ids=["delayed", "enqueued"])
def test_a_run_that_starts_late_and_unmatched_fails_with_the_report(
    client: httpx.Client, mock: MockGraph, late: dict[str, Any]
) -> None:
    path = thread(client)
    if not late:
        client.post(f"{path}/runs", json=run("slow"))
    told = parts(client.post(f"{path}/runs/stream", json=run("typo", **late)).text)
    assert [event for event, _ in told] == ["metadata", "error"]
    assert told[1][1]["error"] == "UnmatchedRun"
    assert told[1][1]["message"].startswith(
        f"No stub matched this run.\n  POST {path}/runs/stream  graph 'agent'"
    )
    assert mock.unmatched == [told[1][1]["message"]]
    assert client.get(path).json()["status"] == "error"
    assert client.get(f"{path}/runs").json()[0]["status"] == "error"


def test_an_unmatched_run_makes_nothing(client: httpx.Client, mock: MockGraph) -> None:
    path = thread(client)
    before = client.get(path).text
    for place in ("runs", "runs/stream", "runs/wait"):
        assert client.post(f"{path}/{place}", json=run("typo")).status_code == 422
        assert client.post(f"/{place}", json=run("typo")).status_code == 422
    assert client.get(path).text == before
    assert client.get(f"{path}/runs").json() == []
    assert len(client.post("/threads/search", json={}).json()) == 1
    assert len(mock.unmatched) == 6


def test_a_matcher_that_raises_is_told_as_such(client: httpx.Client, mock: MockGraph) -> None:
    mock.stub("strict", name="counts", when={"length(input.x)": 1}, play=[])
    answer = client.post("/runs/wait", json={"assistant_id": "strict", "input": {"x": 5}})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(
        "A matcher could not be asked.\n  POST /runs/wait  graph 'strict'\n"
    )
    assert "counts" in answer.json()["detail"]


def test_times_and_after_count_played_runs(client: httpx.Client, mock: MockGraph) -> None:
    mock.stub(
        "talk",
        turns=[
            {"play": [{"node": "a", "update": {"n": 1}}]},
            {"times": 1, "play": [{"node": "a", "update": {"n": 2}}]},
        ],
    )
    first, second = thread(client), thread(client)
    ask = {"assistant_id": "talk", "input": {}}
    assert client.post(f"{first}/runs/wait", json=ask).json() == {"n": 1}
    assert client.post(f"{first}/runs/wait", json=ask).json() == {"n": 2}
    assert client.post(f"{second}/runs/wait", json=ask).json() == {"n": 1}
    assert client.post(f"{second}/runs/wait", json=ask).json() == {"n": 1}


def test_reset_forgets_everything_and_stops_what_runs(client: httpx.Client, mock: MockGraph) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    leaving = threading.Thread(
        target=lambda: httpx.post(f"{client.base_url}/runs/wait", json=run("endless"), timeout=20)
    )
    leaving.start()
    time.sleep(0.2)
    mock.reset()
    assert client.get(path).status_code == 404
    leaving.join(10)
    assert not leaving.is_alive()


def test_the_same_requests_get_the_same_bytes_whatever_runs_beside_them() -> None:
    def told(noise: bool) -> list[str]:
        with MockGraph() as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
            mock.stub("agent", play=[{"node": "a", "update": {"messages": [{"ai": "hi"}, {"human": "yo"}]}}])
            path = "/threads/018cc251-f400-7acf-80e7-6d440feec09e"
            answers = []
            for _ in range(2):
                if noise:
                    client.post("/runs/wait", json=run("noise"))
                    client.post(f"{thread(client)}/runs/wait", json=run("noise"))
                ask = run("x", if_not_exists="create", stream_mode=["values", "debug", "events"])
                answers.append(client.post(f"{path}/runs/stream", json=ask).text)
                answers.append(client.post("/runs/stream", json=run("x")).text)
            answers.append(client.get(f"{path}/history?limit=9").text)
            return [answer.replace(mock.url, "") for answer in answers]

    assert told(noise=False) == told(noise=True)
