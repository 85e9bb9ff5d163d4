"""Crons: dates in their timezones, what is kept of a request, what is due, and what the real server trips over."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgraph.backend.crons import Cron, Crons, planned
from mockgraph.backend.json import dumps
from mockgraph.backend.schedules import moment, next_date, spelled, zone_of
from mockgraph.words.clock import FixedClock
from mockgraph.words.errors import Refusal
from tests.playing import talk, world

STUBS = "- {name: all, play: []}"
SECOND = 1_000_000
START = FixedClock.START  # 2024-01-01, a Monday
SOME_ID = "018cc251-f400-7acf-80e7-6d440feec09e"


def cron(number: int = 0, /, *, thread_id: str | None = None, **request: Any) -> Cron:
    return planned(
        {"schedule": "*/5 * * * *", **request},
        cron_id=f"{SOME_ID[:-4]}{number:04}",
        assistant_id="a",
        thread_id=thread_id,
        api_url="http://test",
        now=START,
    )


def crons(*many: Cron) -> Crons:
    kept = Crons()
    for one in many:
        kept.add(one)
    return kept


def date(schedule: str, zone: str | None = None, *, after: int = START) -> str:
    return spelled(next_date(schedule, zone=zone_of(zone), after=after))


# --- dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "zone", "expected"),
    [
        ("*/5 * * * *", None, "2024-01-01T00:05:00+00:00"),
        ("* * * * * */20", None, "2024-01-01T00:00:20+00:00"),
        ("@daily", None, "2024-01-02T00:00:00+00:00"),
        ("0 9 * * mon", None, "2024-01-01T09:00:00+00:00"),
        ("0 0 29 2 *", None, "2024-02-29T00:00:00+00:00"),
        ("0 9 * * *", "America/New_York", "2024-01-01T14:00:00+00:00"),
        ("0 9 1 7 *", "America/New_York", "2024-07-01T13:00:00+00:00"),
        ("30 2 10 3 *", "America/New_York", "2024-03-10T07:00:00+00:00"),  # a time that there is not
        ("0 0 1 1 *", "Asia/Kolkata", "2024-12-31T18:30:00+00:00"),
    ],
)
def test_dates_are_those_of_the_timezone(schedule: str, zone: str | None, expected: str) -> None:
    assert date(schedule, zone) == expected


@given(st.integers(0, 10**9), st.integers(1, 59))
def test_the_next_date_is_the_first_that_fits(seconds: int, minutes: int) -> None:
    after = START + seconds * SECOND + 123
    found = datetime.fromisoformat(date(f"*/{minutes} * * * *", after=after))
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    naive = now.replace(second=0) + timedelta(minutes=1)
    while naive.minute % minutes:
        naive += timedelta(minutes=1)
    assert found == naive


def test_what_is_drawn_is_drawn_once() -> None:
    assert len({date("R R(1-5) * * *") for _ in range(20)}) == 1
    assert date("@daily") == "2024-01-02T00:00:00+00:00"
    with pytest.raises(Refusal):
        date("H H * * *")


@pytest.mark.parametrize("zone", ["Mars/X", "America", "x" * 5000, "utc"])
def test_timezones_that_there_are_not(zone: str) -> None:
    with pytest.raises(Refusal) as refused:
        zone_of(zone)
    assert (refused.value.status, refused.value.detail[:17]) == (422, "Invalid timezone:")


@given(st.text(max_size=20))
def test_any_text_is_a_timezone_or_is_refused(name: str) -> None:
    told: list[int] = []
    try:
        zone_of(name)
    except Refusal as refusal:
        told.append(refusal.status)
    assert told in ([], [400], [422])


@given(st.text("0123456789*/-,?LWHR# @daily\n", max_size=16))
def test_any_text_is_a_schedule_or_is_refused(schedule: str) -> None:
    told: list[int] = []
    try:
        assert next_date(schedule, zone=UTC, after=START) > START
    except Refusal as refusal:
        told.append(refusal.status)
    assert told in ([], [400], [422])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-01-01T00:00:01Z", START + SECOND),
        ("2024-01-01T00:00:01", START + SECOND),
        ("2024-01-01T01:00:01+01:00", START + SECOND),
        ("2024-01-01", START),
        ("whenever", None),
        ("", None),
    ],
)
def test_ends_are_dates_in_any_iso_spelling(text: str, at: int | None) -> None:
    assert moment(text) == at


def test_croniter_comes_with_the_first_cron() -> None:
    code = "import sys, mockgraph.web.app; print({'croniter', 'zoneinfo'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert found.stdout.strip() == "set()"


# --- what is due -------------------------------------------------------------------------------------------


def test_a_late_cron_is_due_once_and_counts_on_from_now() -> None:
    late = cron()
    kept = crons(late)
    assert kept.due(START + 299 * SECOND) == []
    assert kept.due(START + 300 * SECOND) == [late]
    now = START + 3700 * SECOND
    assert kept.due(now) == [late]
    late.advance(now)
    assert kept.due(now) == []
    assert spelled(kept.next_due() or 0) == "2024-01-01T01:05:00+00:00"


def test_the_earliest_is_due_first() -> None:
    hourly, often = cron(1, schedule="@hourly"), cron(2)
    kept = crons(hourly, often)
    assert kept.due(START + 7200 * SECOND) == [often, hourly]
    assert kept.next_due() == START + 300 * SECOND
    assert crons().next_due() is None


def test_a_cron_that_is_not_enabled_is_not_due() -> None:
    still = cron(enabled=False)
    assert crons(still).due(START + 10**12) == []
    assert crons(still).next_due() is None


@pytest.mark.parametrize(
    ("end_time", "due"),
    [
        ("2024-01-01T00:04:59Z", False),
        ("2024-01-01T00:05:00Z", True),
        ("2020-01-01T00:00:00", False),
        ("whenever", True),
    ],
)
def test_a_cron_fires_until_its_end(end_time: str, due: bool) -> None:
    ending = cron(end_time=end_time)
    assert (crons(ending).due(START + 600 * SECOND) == [ending]) is due
    assert ending.wire()["end_time"] == end_time


def test_a_schedule_whose_years_are_over_has_no_next_date() -> None:
    last = cron(schedule="0 0 1 6 * 0 2024")
    assert last.wire()["next_run_date"] == "2024-06-01T00:00:00+00:00"
    last.advance(START + 366 * 86400 * SECOND)
    assert last.wire()["next_run_date"] is None
    assert crons(last).next_due() is None


def test_crons_go_with_their_thread_and_with_their_assistant() -> None:
    kept = crons(cron(1, thread_id="t"), cron(2), cron(3, thread_id="u"))
    kept.forget_thread("t")
    assert [one.thread_id for one in kept.matching({})] == [None, "u"]
    kept.forget_assistant("b")
    assert len(kept.matching({})) == 2
    kept.forget_assistant("a")
    assert kept.matching({}) == []


# --- changing ----------------------------------------------------------------------------------------------


def test_only_another_schedule_or_timezone_gives_another_date() -> None:
    one = cron()
    kept = crons(one)
    later = START + 86400 * SECOND
    kept.patch(one.cron_id, {"enabled": False, "input": {"n": 1}}, now=later)
    assert one.wire()["next_run_date"] == "2024-01-01T00:05:00+00:00"
    kept.patch(one.cron_id, {"timezone": "UTC"}, now=later)
    assert one.wire()["next_run_date"] == "2024-01-02T00:05:00+00:00"


def test_a_change_that_is_refused_changes_nothing() -> None:
    one = cron(metadata={"a": 1})
    before = dumps(one.wire())
    for change in ({"schedule": "0 0 30 2 *"}, {"schedule": "bogus"}, {"timezone": "Mars/X"}):
        with pytest.raises(Refusal):
            crons(one).patch(one.cron_id, {"metadata": {"b": 2}, "enabled": False, **change}, now=START)
        assert dumps(one.wire()) == before


def test_changes_are_seen_even_where_the_clock_stands_still() -> None:
    one = cron()
    times = [crons(one).patch(one.cron_id, {"input": {}}, now=START).updated_at for _ in range(3)]
    assert times == [START + 1, START + 2, START + 3]


def test_ids_of_crons_are_known_in_any_spelling() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        request = {"assistant_id": "agent", "schedule": "@daily"}
        made = (await client.post("/runs/crons", json=request)).json()
        path = f"/runs/crons/{made['cron_id'].upper()}"
        assert (await client.get(path)).json() == made
        assert (await client.patch(path, json={"enabled": False})).json()["enabled"] is False
        assert (await client.delete(path.replace("-", ""))).status_code == 204
        assert (await client.get(path)).status_code == 404

    talk(world(STUBS), ask)


# --- searching ---------------------------------------------------------------------------------------------


def _ending(end: str | None) -> dict[str, Any]:
    return {} if end is None else {"end_time": end}


def test_crons_are_sorted_by_their_end() -> None:
    ends = ["2030-01-01T00:00:00Z", None, "2025-01-01T00:00:00Z"]
    kept = crons(*(cron(n, **_ending(end)) for n, end in enumerate(ends)))
    for order, expected in (("asc", [ends[2], ends[0], None]), ("desc", [None, ends[0], ends[2]])):
        found, _ = kept.search({"sort_by": "end_time", "sort_order": order})
        assert [one["end_time"] for one in found] == expected


def test_equal_times_are_told_apart() -> None:
    kept = crons(*map(cron, range(3)))
    ids = [one.cron_id for one in kept.matching({})]
    for column in ("created_at", "updated_at", "cron_id"):
        for direction, expected in (("asc", ids), ("desc", ids[::-1])):
            found, _ = kept.search({"sort_by": column, "sort_order": direction})
            assert [one["cron_id"] for one in found] == expected
    assert [one["cron_id"] for one in kept.search({})[0]] == ids[::-1]


# --- over HTTP ---------------------------------------------------------------------------------------------


def test_what_the_real_server_crashes_on_with_crons() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        whole = {"assistant_id": "agent", "schedule": "@daily"}
        for key in whole:
            answer = await client.post("/runs/crons", json={k: v for k, v in whole.items() if k != key})
            assert answer.status_code == 422
            assert answer.json()["detail"].startswith(f'"{key}" is a required property')
        answer = await client.post("/runs/crons", json={**whole, "timezone": "America"})
        assert answer.json()["detail"].startswith("Invalid timezone: 'America'.")
        assert (await client.post("/runs/crons", json=whole)).status_code == 200
        found = await client.post("/runs/crons/search", json={"sort_by": "end_time"})
        assert len(found.json()) == 1

    talk(world(STUBS), ask)


def test_the_same_requests_get_the_same_bytes() -> None:
    told: list[list[bytes]] = []

    async def ask(client: httpx.AsyncClient) -> None:
        request = {"assistant_id": "agent", "schedule": "R R * * *", "timezone": "Europe/Berlin"}
        thread = (await client.post("/threads", json={})).json()["thread_id"]
        answers = [await client.post("/runs/crons", json=request) for _ in range(2)]
        answers += [await client.post(f"/threads/{thread}/runs/crons", json=request)]
        answers += [await client.post("/runs/crons/search", json={})]
        assert len({answer.json()["cron_id"] for answer in answers[:3]}) == 3
        told.append([answer.content for answer in answers])

    for _ in range(2):
        talk(world(STUBS), ask)
    assert told[0] == told[1]
