"""Time as clients see it: at once with the same parts, or part by part while the test looks on."""

import threading
import time
from collections.abc import Iterator
from queue import Queue
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client

from mockgraph import MockGraph

SLOW = [
    {"node": "plan", "delay": "20s", "update": {"said": ["planned"]}},
    {
        "node": "agent",
        "do": [
            {"custom": "begun"},
            {"delay": "25s"},
            {"custom": "half"},
            {"delay": "15s"},
            {"update": {"said": ["done"]}},
        ],
    },
]
ASKED = {"assistant_id": "agent", "input": {}, "stream_mode": ["values", "updates", "custom", "debug"]}


def served(clock: str, *, speed: float = 1.0, heartbeat: float = 5.0) -> MockGraph:
    mock = MockGraph(clock=clock, speed=speed, heartbeat=heartbeat)
    mock.stub("agent", play=SLOW)
    return mock


def streamed(mock: MockGraph) -> str:
    told = httpx.post(f"{mock.url}/runs/stream", json=ASKED, timeout=20).text
    return told.replace(mock.url, "http://mock")


def test_a_minute_of_delays_takes_under_a_second_with_the_same_parts() -> None:
    with served("instant") as quick, served("real", speed=200) as real:
        began = time.perf_counter()
        told = streamed(quick)
        took = time.perf_counter() - began
        assert told.count("event: ") > 10
        assert without_beats(told) == without_beats(streamed(real))
    assert took < 1, "the definition of instant"


def without_beats(told: str) -> str:
    return told.replace(": heartbeat\r\n\r\n", "")


def test_heartbeats_come_as_time_goes_by() -> None:
    with served("instant", heartbeat=10) as mock:
        told = streamed(mock)
    assert [line for line in told.split("\r\n\r\n") if line.startswith(":")] == [": heartbeat"] * 5


class Reader:
    """A client that reads a stream beside the test, and what it has got so far."""

    def __init__(self, parts: Iterator[Any]) -> None:
        self.seen: list[Any] = []
        self._news: Queue[Any] = Queue()
        self._parts = parts
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for part in self._parts:
            self._news.put(part.data)
        self._news.put(None)

    def next(self) -> Any:
        """The next thing that it gets; None at the end."""
        self.seen.append(self._news.get(timeout=10))
        return self.seen[-1]

    @property
    def idle(self) -> bool:
        """Whether it has got nothing more."""
        return self._news.empty()

    def end(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_a_held_clock_shows_the_client_between_two_parts() -> None:
    with served("held") as mock, get_sync_client(url=mock.url) as client:
        thread = client.threads.create()["thread_id"]
        reader = Reader(client.runs.stream(thread, "agent", input={}, stream_mode=["updates", "custom"]))
        mock.clock.next_part()
        assert "run_id" in reader.next()
        assert client.threads.get(thread)["status"] == "busy"
        mock.clock.next_part()
        assert reader.next() == {"plan": {"said": ["planned"]}}
        assert client.threads.get_state(thread)["next"] == ["agent"]
        mock.clock.next_part()
        assert reader.next() == "begun"
        mock.clock.advance(20)
        assert reader.idle
        mock.clock.advance(5)
        assert reader.next() == "half"
        mock.clock.advance(15)
        assert (reader.next(), reader.next()) == ({"agent": {"said": ["done"]}}, None)
        reader.end()
        assert client.threads.get(thread)["status"] == "idle"


def test_a_run_is_cancelled_between_two_parts() -> None:
    with served("held") as mock, get_sync_client(url=mock.url) as client:
        thread = client.threads.create()["thread_id"]
        reader = Reader(client.runs.stream(thread, "agent", input={}, stream_mode="updates"))
        mock.clock.next_part()
        run_id = reader.next()["run_id"]
        mock.clock.next_part()
        assert reader.next() == {"plan": {"said": ["planned"]}}
        client.runs.cancel(thread, run_id)
        assert reader.next() is None
        reader.end()
        assert client.runs.get(thread, run_id)["status"] == "interrupted"
        assert client.threads.get_state(thread)["values"] == {"said": ["planned"]}


def test_a_wait_ends_when_its_time_has_come() -> None:
    with served("held") as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(client.post("/runs/wait", json=ASKED).json()))
        asking.start()
        for _ in range(2):
            mock.clock.next_part()
        assert answers == []
        mock.clock.advance(60)
        asking.join(10)
        assert answers == [{"said": ["done"]}]


def test_a_delayed_run_begins_when_its_time_has_come() -> None:
    with served("held") as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        thread = client.post("/threads", json={}).json()["thread_id"]
        body = {"assistant_id": "agent", "input": {}, "after_seconds": 30}
        run = client.post(f"/threads/{thread}/runs", json=body).json()
        mock.clock.advance(29)
        assert client.get(f"/threads/{thread}/runs/{run['run_id']}").json()["status"] == "pending"
        mock.clock.advance(1)
        assert client.get(f"/threads/{thread}/runs/{run['run_id']}").json()["status"] == "running"
        mock.clock.advance(61)
        assert client.get(f"/threads/{thread}/runs/{run['run_id']}").json()["status"] == "success"


@pytest.mark.parametrize("clock", ["instant", "held"])
def test_crons_fire_as_the_clock_is_advanced(clock: str) -> None:
    with MockGraph(clock=clock) as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        mock.stub("agent", play=[])
        thread = client.post("/threads", json={}).json()["thread_id"]
        cron = {"assistant_id": "agent", "schedule": "*/10 * * * *", "input": {}}
        assert client.post(f"/threads/{thread}/runs/crons", json=cron).status_code == 200
        mock.clock.advance(599)
        assert client.get(f"/threads/{thread}/runs").json() == []
        mock.clock.advance(1)
        assert len(client.get(f"/threads/{thread}/runs").json()) == 1
        mock.clock.advance(3000)
        assert len(client.get(f"/threads/{thread}/runs").json()) == 6
        assert mock.journal.runs()[0].asked.startswith("cron '*/10 * * * *'")


def test_a_reset_brings_the_time_back() -> None:
    with MockGraph(clock="instant") as mock:
        before = mock.clock.now
        mock.clock.hold()
        mock.clock.advance(3600)
        assert (mock.clock.now - before, mock.clock.mode) == (3_600_000_000, "held")
        mock.reset()
        assert (mock.clock.now, mock.clock.mode) == (before, "instant")


def test_each_namespace_has_its_own_time() -> None:
    with served("instant") as mock:
        one, other = mock.namespace("one"), mock.namespace("other")
        one.clock.hold()
        one.clock.advance(60)
        assert (one.clock.mode, other.clock.mode, mock.clock.mode) == ("held", "instant", "instant")
        assert one.clock.now - other.clock.now == 60_000_000
        answer = httpx.post(f"{other.url}/runs/wait", json=ASKED, timeout=20)
        assert answer.json() == {"said": ["done"]}
