"""Both Python clients with crons: every method of `client.crons`, and a cron that fires under their eyes."""

import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import NotFoundError

from mockgraph import MockGraph
from tests.clients.blocking import opened

pytestmark = pytest.mark.timeout(30)

WORK: dict[str, Any] = {"kind": "quick"}


def ids(crons: Any) -> list[str]:
    return [cron["cron_id"] for cron in crons]


def test_a_cron_is_made_changed_and_deleted(client: SyncLangGraphClient) -> None:
    made: Any = client.crons.create(
        "work",
        schedule="0 9 * * *",
        input=WORK,
        metadata={"team": "red"},
        config={"configurable": {"x": 1}},
        interrupt_before=["quick"],
        on_run_completed="keep",
        end_time=datetime(2030, 1, 1, tzinfo=UTC),
        timezone=ZoneInfo("America/New_York"),
        stream_mode=["values"],
        stream_subgraphs=True,
        stream_resumable=True,
        durability="sync",
    )
    assert made["next_run_date"] == "2024-01-01T14:00:00+00:00"
    assert made["payload"]["config"]["configurable"] == {"x": 1, "cron_id": made["cron_id"]}
    changed: Any = client.crons.update(
        made["cron_id"],
        schedule="0 10 * * *",
        timezone="Europe/Berlin",
        end_time=None,
        input={"kind": "paced"},
        metadata={"shift": "early"},
        enabled=False,
        on_run_completed="delete",
    )
    assert (changed["next_run_date"], changed["end_time"]) == ("2024-01-01T09:00:00+00:00", None)
    assert (changed["metadata"], changed["enabled"]) == ({"team": "red", "shift": "early"}, False)
    assert client.crons.search() == [changed]
    client.crons.delete(made["cron_id"])
    assert client.crons.search() == []
    with pytest.raises(NotFoundError):
        client.crons.delete(made["cron_id"])


def test_a_cron_is_made_for_a_thread(client: SyncLangGraphClient) -> None:
    thread = client.threads.create()["thread_id"]
    made: Any = client.crons.create_for_thread(
        thread, "work", schedule="*/5 * * * *", input=WORK, multitask_strategy="reject", enabled=False
    )
    assert (made["thread_id"], made["on_run_completed"], made["enabled"]) == (thread, None, False)
    assert ids(client.crons.search(thread_id=thread)) == [made["cron_id"]]
    client.threads.delete(thread)
    assert client.crons.count() == 0


def test_crons_are_searched_sorted_paged_and_counted(client: SyncLangGraphClient) -> None:
    made: list[Any] = [
        client.crons.create("work", schedule=f"0 {hour} * * *", metadata={"n": n}, enabled=bool(n))
        for n, hour in enumerate((3, 1, 2))
    ]
    assistant = made[0]["assistant_id"]
    assert ids(client.crons.search()) == ids(made[::-1])
    by_date = client.crons.search(sort_by="next_run_date", sort_order="asc")
    assert ids(by_date) == ids([made[1], made[2], made[0]])
    assert ids(client.crons.search(limit=1, offset=1)) == [made[1]["cron_id"]]
    assert ids(client.crons.search(metadata={"n": 2}, assistant_id=assistant)) == [made[2]["cron_id"]]
    assert ids(client.crons.search(enabled=False)) == [made[0]["cron_id"]]
    columns: Any = client.crons.search(select=["schedule", "enabled"], enabled=False)
    assert columns == [{"schedule": "0 3 * * *", "enabled": False}]
    assert client.crons.count(assistant_id=assistant) == 3
    assert client.crons.count(metadata={"n": 1}) == 1


def test_a_bad_schedule_raises(client: SyncLangGraphClient) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.crons.create("work", schedule="every morning")
    assert refused.value.response.json()["detail"].startswith("Invalid cron schedule: 'every morning'.")
    with pytest.raises(NotFoundError):
        client.crons.create("nobody", schedule="@daily")


def test_a_cron_fires(kind: str) -> None:
    with MockGraph(deterministic=False) as mock, opened(mock.url, kind) as client:
        mock.stub("agent", play=[{"node": "a", "update": {"done": "${input.kind}"}}])
        thread = client.threads.create()["thread_id"]
        made: Any = client.crons.create_for_thread(thread, "agent", schedule="* * * * * *", input=WORK)
        deadline = time.monotonic() + 20
        while not (runs := client.runs.list(thread)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client.crons.delete(made["cron_id"])
        assert client.runs.join(thread, runs[-1]["run_id"]) == {"kind": "quick", "done": "quick"}
