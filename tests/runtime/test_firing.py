"""Crons that fire: on a clock that is moved by hand, and by themselves on one that goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from mockgraph import MockGraph
from mockgraph.runtime.firing import Firing
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.runner import Runner
from mockgraph.web.bodies import parsed
from mockgraph.words.clock import FixedClock
from tests.playing import talk, world

STUBS = """
- name: work
  when: {input.kind: work}
  play: [{node: a, update: {done: "${input.kind}"}}]
- name: slow
  when: {input.kind: slow}
  play: [{node: a, delay: 60s}]
- name: by cron
  when: {config.configurable.cron_id: {exists: true}, input.kind: mine}
  play: [{node: a, update: {cron: "${config.configurable.cron_id}"}}]
"""
WORK: dict[str, Any] = {"assistant_id": "agent", "input": {"kind": "work"}, "schedule": "0 * * * *"}
HOUR = 3600


class Hand(FixedClock):
    """A clock that somebody moves."""

    def move(self, seconds: float) -> None:
        self._now += round(seconds * 1_000_000)


class Day:
    """A server, its clock and a client of it."""

    def __init__(self, namespace: Namespace, client: httpx.AsyncClient) -> None:
        self.namespace = namespace
        self.client = client
        self.clock = Hand()
        namespace.options.clock = self.clock

    async def cron(self, on: str = "", /, **request: Any) -> dict[str, Any]:
        made = (await self.client.post(f"{on}/runs/crons", json={**WORK, **request})).json()
        assert "cron_id" in made, made
        return dict(made)

    async def thread(self) -> str:
        return f"/threads/{(await self.client.post('/threads', json={})).json()['thread_id']}"

    async def threads(self, **metadata: Any) -> list[dict[str, Any]]:
        query = {"metadata": metadata, "sort_by": "created_at", "sort_order": "asc"}
        return list((await self.client.post("/threads/search", json=query)).json())

    async def runs(self, path: str) -> list[dict[str, Any]]:
        return list((await self.client.get(f"{path}/runs")).json())

    async def later(self, seconds: float) -> None:
        """Time passes, and every run that began has ended."""
        self.clock.move(seconds)
        self.fire()
        await self.namespace.settled(1)
        while any(
            live.run.stub is None or live.run.stub.name != "slow" for live in self.namespace.live.values()
        ):
            await asyncio.sleep(0.005)

    def fire(self) -> None:
        Firing(Runner(self.namespace), parsed=parsed).fire_due()


def day(play: Callable[[Day], Awaitable[None]]) -> Namespace:
    """Let a coroutine live through a day; the world afterwards."""
    namespace = world(STUBS)
    talk(namespace, lambda client: play(Day(namespace, client)))
    return namespace


# --- by hand -----------------------------------------------------------------------------------------------


def test_a_cron_on_a_thread_fires_on_it() -> None:
    async def play(day: Day) -> None:
        path = await day.thread()
        made = await day.cron(path, metadata={"m": 1}, config={"configurable": {"x": 1}, "tags": ["t"]})
        await day.later(HOUR - 1)
        assert await day.runs(path) == []
        await day.later(1)
        (run,) = await day.runs(path)
        assert (run["status"], run["created_at"]) == ("success", "2024-01-01T01:00:00.000000+00:00")
        assert run["kwargs"]["config"]["configurable"]["cron_id"] == made["cron_id"]
        assert run["kwargs"]["config"]["configurable"]["x"] == 1
        assert run["kwargs"]["config"]["configurable"]["langgraph_request_id"] is None
        assert "__request_start_time_ms__" not in run["kwargs"]["config"]["configurable"]
        assert run["metadata"]["m"] == 1
        now = (await day.client.get(f"/runs/crons/{made['cron_id']}")).json()
        assert now["next_run_date"] == "2024-01-01T02:00:00+00:00"
        assert now["updated_at"] == made["updated_at"]
        await day.later(HOUR)
        assert [run["status"] for run in await day.runs(path)] == ["success"] * 2

    day(play)


def test_a_cron_without_a_thread_makes_one_for_each_run() -> None:
    async def play(day: Day) -> None:
        await day.cron(on_run_completed="keep", metadata={"kept": True})
        await day.cron(on_run_completed="delete", metadata={"kept": False})
        for _ in range(3):
            await day.later(HOUR)
        kept = await day.threads(kept=True)
        assert [thread["values"] for thread in kept] == [{"kind": "work", "done": "work"}] * 3
        assert await day.threads(kept=False) == []

    assert len(day(play).runs) == 3


def test_what_is_late_fires_once() -> None:
    async def play(day: Day) -> None:
        path = await day.thread()
        made = await day.cron(path, schedule="*/5 * * * *")
        await day.later(10 * HOUR + 60)
        assert len(await day.runs(path)) == 1
        now = (await day.client.get(f"/runs/crons/{made['cron_id']}")).json()
        assert now["next_run_date"] == "2024-01-01T10:05:00+00:00"
        day.fire()
        assert len(await day.runs(path)) == 1

    day(play)


def test_a_cron_fires_until_it_ends_or_is_disabled_or_gone() -> None:
    async def play(day: Day) -> None:
        paths = [await day.thread() for _ in range(4)]
        ending, off, gone, whenever = paths
        await day.cron(ending, end_time="2024-01-01T02:30:00Z")
        still = await day.cron(off)
        deleted = await day.cron(gone)
        await day.cron(whenever, end_time="whenever")
        await day.later(HOUR)
        await day.client.patch(f"/runs/crons/{still['cron_id']}", json={"enabled": False})
        await day.client.delete(f"/runs/crons/{deleted['cron_id']}")
        for _ in range(3):
            await day.later(HOUR)
        assert [len(await day.runs(path)) for path in paths] == [2, 1, 1, 4]

    day(play)


def test_a_cron_goes_with_its_thread() -> None:
    async def play(day: Day) -> None:
        path = await day.thread()
        made = await day.cron(path)
        await day.client.delete(path)
        assert (await day.client.get(f"/runs/crons/{made['cron_id']}")).status_code == 404
        await day.later(HOUR)

    namespace = day(play)
    assert (namespace.runs, list(namespace.journal.unmatched_reports)) == ({}, [])


def test_a_cron_on_a_thread_that_was_only_passing_goes_with_it() -> None:
    async def play(day: Day) -> None:
        run = (await day.client.post("/runs", json={**WORK, "input": {"kind": "slow"}})).json()
        made = await day.cron(f"/threads/{run['thread_id']}")
        await day.client.post("/runs/cancel", json={"status": "all"})
        await day.later(HOUR)
        assert (await day.client.get(f"/runs/crons/{made['cron_id']}")).status_code == 404

    assert list(day(play).journal.unmatched_reports) == []


def test_stubs_see_which_cron_asks() -> None:
    async def play(day: Day) -> None:
        made = await day.cron(input={"kind": "mine"}, on_run_completed="keep")
        await day.later(HOUR)
        (thread,) = await day.threads()
        assert thread["values"]["cron"] == made["cron_id"]

    day(play)


def test_a_run_that_no_stub_matches_fails_and_is_told() -> None:
    async def play(day: Day) -> None:
        path = await day.thread()
        await day.cron(path, input={"kind": "wrok"})
        await day.later(HOUR)
        (run,) = await day.runs(path)
        assert run["status"] == "error"
        thread = (await day.client.get(path)).json()
        assert thread["error"]["error"] == "UnmatchedRun"
        await day.later(HOUR)
        assert len(await day.runs(path)) == 2

    reports = day(play).journal.unmatched_reports
    assert len(reports) == 2
    assert "cron '0 * * * *' 018cc251-" in reports[0]
    assert "expected 'work', got 'wrok'" in reports[0]


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"context": {"a": 1}, "config": {"configurable": {"b": 2}}},
        "Cannot specify both configurable and context.",
    ),
    ({"after_seconds": "soon"}, '"soon" is not of type "number"'),
    ({"command": 5}, "5 is not valid under any of the schemas"),
    ({"checkpoint_id": 5}, "Invalid checkpoint ID"),
    ({"after_seconds": 1e12}, "after_seconds must not be more than a year"),
]


@pytest.mark.parametrize(("request_", "why"), REFUSED)
def test_a_cron_that_cannot_start_a_run_is_told_in_the_journal(request_: dict[str, Any], why: str) -> None:
    async def play(day: Day) -> None:
        made = await day.cron(**request_)
        path = await day.thread()
        await day.cron(path)
        await day.later(HOUR)
        assert len(await day.runs(path)) == 1
        now = (await day.client.get(f"/runs/crons/{made['cron_id']}")).json()
        assert now["next_run_date"] == "2024-01-01T02:00:00+00:00"

    (report,) = day(play).journal.unmatched_reports
    assert report.startswith("A cron could not start a run.\n  cron '0 * * * *' 018cc251-")
    assert why in report


def test_a_cron_goes_with_its_graph() -> None:
    async def play(day: Day) -> None:
        await day.cron()
        day.namespace.script({})
        await day.later(HOUR)
        assert (await day.client.post("/runs/crons/count", json={})).json() == 0

    assert not day(play).journal.unmatched_reports


def test_context_reaches_the_run() -> None:
    async def play(day: Day) -> None:
        made = await day.cron(context={"c": 1}, on_run_completed="keep")
        await day.later(HOUR)
        (thread,) = await day.threads()
        (run,) = await day.runs(f"/threads/{thread['thread_id']}")
        configurable = run["kwargs"]["config"]["configurable"]
        assert list(configurable)[:2] == ["c", "cron_id"]
        assert (configurable["c"], configurable["cron_id"]) == (1, made["cron_id"])
        assert run["kwargs"]["context"] == {"c": 1}

    day(play)


@pytest.mark.parametrize(
    ("strategy", "statuses"),
    [
        ("reject", ["running"]),
        ("enqueue", ["pending", "running"]),
        ("interrupt", ["running", "interrupted"]),
        ("rollback", ["running"]),
    ],
)
def test_a_busy_thread_is_met_as_the_cron_says(strategy: str, statuses: list[str]) -> None:
    async def play(day: Day) -> None:
        path = await day.thread()
        first = await day.cron(path, input={"kind": "slow"}, multitask_strategy=strategy)
        await day.later(HOUR)
        (before,) = await day.runs(path)
        day.clock.move(HOUR)
        day.fire()
        await day.namespace.settled(0.2)
        now = await day.runs(path)
        assert [run["status"] for run in now] == statuses
        assert (now[-1]["run_id"] == before["run_id"]) is (strategy != "rollback")
        await day.client.delete(f"/runs/crons/{first['cron_id']}")
        await day.client.delete(path)

    assert list(day(play).journal.unmatched_reports) == []


def test_on_a_clock_that_stands_still_there_is_no_alarm() -> None:
    async def play(day: Day) -> None:
        await day.cron(schedule="* * * * * *")
        assert day.namespace.alarm is None
        await asyncio.sleep(0.01)

    assert day(play).runs == {}


def test_the_same_day_gives_the_same_bytes() -> None:
    told: list[list[bytes]] = []

    async def play(day: Day) -> None:
        path = await day.thread()
        await day.cron(path)
        await day.cron(on_run_completed="keep", schedule="30 * * * *", timezone="Asia/Kolkata")
        for _ in range(4):
            await day.later(HOUR / 2)
        answers = [await day.client.get(f"{path}/runs"), await day.client.get(f"{path}/history?limit=20")]
        answers += [await day.client.post(f"/{what}/search", json={}) for what in ("runs/crons", "threads")]
        told.append([answer.content for answer in answers])

    for _ in range(2):
        day(play)
    assert told[0] == told[1]


# --- by themselves -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[MockGraph]:
    with MockGraph(deterministic=False) as mock:
        yield mock


@pytest.fixture
def client(server: MockGraph) -> Iterator[httpx.Client]:
    server.reset()
    server.stub("agent", play=[{"node": "a", "update": {"done": True}}])
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client
    server.reset()


def until(true: Callable[[], Any]) -> Any:
    """What is so in the end."""
    deadline = time.monotonic() + 20
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


EVERY_SECOND = {"assistant_id": "agent", "schedule": "* * * * * *", "input": {}}


def test_a_cron_fires_by_itself(server: MockGraph, client: httpx.Client) -> None:
    path = f"/threads/{client.post('/threads', json={}).json()['thread_id']}"
    made = client.post(f"{path}/runs/crons", json=EVERY_SECOND).json()
    runs = until(lambda: len(found := client.get(f"{path}/runs").json()) > 1 and found)
    due = made["next_run_date"].removesuffix("+00:00")
    assert runs[-1]["created_at"].startswith(due)
    assert runs[-1]["kwargs"]["config"]["metadata"]["langgraph_api_url"] == server.url
    client.delete(f"/runs/crons/{made['cron_id']}")
    assert server._namespace.alarm is None


def test_an_alarm_is_set_for_what_comes_first(server: MockGraph, client: httpx.Client) -> None:
    yearly = {**EVERY_SECOND, "schedule": "@yearly"}
    first = client.post("/runs/crons", json=yearly).json()["cron_id"]
    assert server._namespace.alarm is not None
    second = client.post("/runs/crons", json={**yearly, "on_run_completed": "keep"}).json()["cron_id"]
    client.patch(f"/runs/crons/{second}", json={"schedule": "* * * * * *"})
    assert until(lambda: client.post("/threads/search", json={}).json())
    client.patch(f"/runs/crons/{second}", json={"enabled": False})
    client.patch(f"/runs/crons/{first}", json={"enabled": False})
    assert server._namespace.alarm is None


def test_a_reset_silences_crons(server: MockGraph, client: httpx.Client) -> None:
    client.post("/runs/crons", json={**EVERY_SECOND, "on_run_completed": "keep"})
    alarm = server._namespace.alarm
    assert alarm is not None
    server.reset()
    assert alarm.gone
    assert server._namespace.alarm is None
    assert client.post("/runs/crons/search", json={}).json() == []


def test_a_server_with_crons_stops(tmp_path: Any) -> None:
    with MockGraph(deterministic=False) as mock:
        mock.stub("agent", play=[{"node": "a", "delay": "60s"}])
        with httpx.Client(base_url=mock.url) as client:
            client.post("/runs/crons", json=EVERY_SECOND)
            until(lambda: mock._namespace.live)
        thread = mock._thread
    assert thread is not None
    assert not thread.is_alive()
