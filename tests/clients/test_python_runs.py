"""Both Python clients with runs that take time: in the background, together, stopped, followed, resumed."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockgraph import MockGraph
from tests.clients.blocking import opened
from tests.clients.desk import BROKEN, ENDLESS, PACED, QUICK, written
from tests.clients.proxy import Proxy

pytestmark = pytest.mark.timeout(30)

HELD = {"kind": "paced", "log": ["begun", "held"]}
DONE = {"kind": "quick", "log": ["quick"]}
# What a run of the paced kind says, with modes `custom` and `updates`.
TOLD = [
    ("custom", "first"),
    ("custom", "second"),
    ("updates", {"begin": {"log": ["begun"]}}),
    ("custom", "third"),
    ("updates", {"hold": {"log": ["held"]}}),
]
MODES: Any = ["custom", "updates"]


def made(client: SyncLangGraphClient) -> str:
    """A new thread."""
    thread_id: str = client.threads.create()["thread_id"]
    return thread_id


def held(client: SyncLangGraphClient, thread: str, **more: Any) -> str:
    """A run that has begun and does not end by itself."""
    run: Any = client.runs.create(thread, "work", input=ENDLESS, stream_mode="custom", **more)
    stream: Any = client.runs.join_stream(thread, run["run_id"])
    assert next(part.data for part in stream if part.event == "custom") == "holding"
    run_id: str = run["run_id"]
    return run_id


def status(client: SyncLangGraphClient, thread: str, run_id: str) -> str:
    """A run's status."""
    found: str = client.runs.get(thread, run_id)["status"]
    return found


# --- in the background ---


def test_runs_are_created_in_a_batch(client: SyncLangGraphClient) -> None:
    thread = made(client)
    payloads: Any = [
        {"thread_id": None, "assistant_id": "work", "input": QUICK},
        {"thread_id": None, "assistant_id": "steps", "input": {"x": 1}, "on_completion": "keep"},
    ]
    first, second = client.runs.create_batch(payloads)
    assert [run["status"] for run in (first, second)] == ["pending", "pending"]
    assert client.runs.join(first["thread_id"], first["run_id"]) == DONE
    client.runs.join(second["thread_id"], second["run_id"])
    found = {each["thread_id"] for each in client.threads.search()}
    assert found == {thread, second["thread_id"]}
    values: Any = client.threads.get(second["thread_id"])["values"]
    assert values["log"] == ["one", "two 1", "three"]


def test_a_run_is_joined_while_it_goes_on(client: SyncLangGraphClient) -> None:
    thread = made(client)
    run = client.runs.create(thread, "work", input=PACED, stream_mode=MODES)
    stream = client.runs.join_stream(thread, run["run_id"], stream_mode=["custom"])
    assert [(part.event, part.data) for part in stream] == [part for part in TOLD if part[0] == "custom"]
    assert client.runs.join(thread, run["run_id"]) == HELD


def test_runs_are_listed_by_status_and_in_part(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "work", input=QUICK)
    going = held(client, thread)
    waiting = client.runs.create(thread, "work", input=QUICK)["run_id"]
    listed = client.runs.list(thread)
    assert [run["status"] for run in listed] == ["pending", "running", "success"]
    assert [run["run_id"] for run in client.runs.list(thread, limit=1, offset=1)] == [going]
    assert [run["run_id"] for run in client.runs.list(thread, status="pending")] == [waiting]
    picked: Any = client.runs.list(thread, select=["run_id", "status"])
    assert picked[1] == {"run_id": going, "status": "running"}
    client.runs.cancel_many(status="all")


def test_a_run_is_deleted(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "work", input=QUICK)
    (run,) = client.runs.list(thread)
    client.runs.delete(thread, run["run_id"])
    with pytest.raises(NotFoundError):
        client.runs.get(thread, run["run_id"])
    with pytest.raises(NotFoundError):
        client.runs.delete(thread, run["run_id"])
    assert client.threads.get_history(thread) == []


# --- stopped ---


def test_a_cancelled_run_keeps_what_it_did(client: SyncLangGraphClient) -> None:
    thread = made(client)
    run_id = held(client, thread)
    client.runs.cancel(thread, run_id, wait=True)
    assert status(client, thread, run_id) == "interrupted"
    found: Any = client.threads.get(thread)
    assert (found["status"], found["values"]["log"]) == ("interrupted", ["begun"])
    assert found["error"]["error"] == "UserInterrupt"
    with pytest.raises(NotFoundError, match="No matching runs to cancel"):
        client.runs.cancel(thread, run_id)


def test_a_run_that_is_rolled_back_was_never_there(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "work", input=QUICK)
    run_id = held(client, thread)
    client.runs.cancel(thread, run_id, action="rollback", wait=True)
    with pytest.raises(NotFoundError):
        client.runs.get(thread, run_id)
    found: Any = client.threads.get(thread)
    assert (found["status"], found["values"]) == ("idle", DONE)
    assert found["error"]["error"] == "UserRollback"


def test_the_stream_of_a_cancelled_run_just_ends(client: SyncLangGraphClient) -> None:
    thread = made(client)
    stream: Any = client.runs.stream(thread, "work", input=ENDLESS, stream_mode="custom")
    metadata, holding = next(stream), next(stream)
    assert holding.data == "holding"
    client.runs.cancel(thread, metadata.data["run_id"])
    assert list(stream) == []


def test_many_runs_are_cancelled_at_once(client: SyncLangGraphClient) -> None:
    first, second, third = (made(client) for _ in range(3))
    going = [(thread, held(client, thread)) for thread in (first, second)]
    client.runs.cancel_many(thread_id=first, run_ids=[going[0][1]])
    assert [status(client, *run) for run in going] == ["interrupted", "running"]

    late = client.runs.create(third, "work", input=QUICK, after_seconds=60)["run_id"]
    client.runs.cancel_many(status="pending")
    assert (status(client, third, late), status(client, *going[1])) == ("interrupted", "running")
    client.runs.cancel_many(status="all")
    assert status(client, *going[1]) == "interrupted"


# --- several on one thread ---


def test_a_busy_thread_rejects_a_run(client: SyncLangGraphClient) -> None:
    thread = made(client)
    run_id = held(client, thread)
    given: Any = {"input": QUICK, "multitask_strategy": "reject"}
    with pytest.raises(ConflictError, match="Thread is already running a task"):
        client.runs.create(thread, "work", **given)
    with pytest.raises(ConflictError, match="Thread is already running a task"):
        list(client.runs.stream(thread, "work", **given))
    with pytest.raises(httpx.HTTPStatusError, match="409 Conflict"):
        client.runs.wait(thread, "work", **given)
    assert [run["run_id"] for run in client.runs.list(thread)] == [run_id]


def test_a_run_interrupts_the_one_before(client: SyncLangGraphClient) -> None:
    thread = made(client)
    run_id = held(client, thread)
    values = client.runs.wait(thread, "work", input=QUICK, multitask_strategy="interrupt")
    assert values == {"kind": "quick", "log": ["begun", "quick"]}
    assert status(client, thread, run_id) == "interrupted"
    assert client.threads.get(thread)["status"] == "idle"


def test_a_run_rolls_the_one_before_back(client: SyncLangGraphClient) -> None:
    thread = made(client)
    run_id = held(client, thread)
    assert client.runs.wait(thread, "work", input=QUICK, multitask_strategy="rollback") == DONE
    with pytest.raises(NotFoundError):
        client.runs.get(thread, run_id)


def test_a_run_waits_for_the_one_before(client: SyncLangGraphClient) -> None:
    thread = made(client)
    first = client.runs.create(thread, "work", input=PACED)
    values = client.runs.wait(thread, "work", input=QUICK, multitask_strategy="enqueue")
    assert values == {"kind": "quick", "log": ["begun", "held", "quick"]}
    assert status(client, thread, first["run_id"]) == "success"


# --- failures, and clients that leave ---


def test_an_error_in_the_middle_of_a_stream_ends_it(client: SyncLangGraphClient) -> None:
    thread = made(client)
    parts = list(client.runs.stream(thread, "work", input=BROKEN, stream_mode=[*MODES, "values"]))
    assert [(part.event, part.data) for part in parts[2:]] == [
        ("updates", {"begin": {"log": ["begun"]}}),
        ("values", {"kind": "broken", "log": ["begun"]}),
        ("custom", "cracking"),
        ("error", {"error": "ValueError", "message": "kaboom"}),
    ]
    state: Any = client.threads.get_state(thread)
    assert (state["next"], state["tasks"][0]["error"]) == (["fall"], "ValueError('kaboom')")


def test_a_run_ends_with_its_client_if_that_was_asked_for(client: SyncLangGraphClient) -> None:
    thread = made(client)
    stream: Any = client.runs.stream(
        thread, "work", input=ENDLESS, stream_mode="custom", on_disconnect="cancel"
    )
    run_id = next(stream).data["run_id"]
    assert next(stream).data == "holding"
    stream.close()
    client.runs.join(thread, run_id)
    assert status(client, thread, run_id) == "interrupted"
    error: Any = client.threads.get(thread)["error"]  # type: ignore[typeddict-item]
    assert error["message"].startswith("client disconnected")


def test_a_run_goes_on_without_its_client(client: SyncLangGraphClient) -> None:
    thread = made(client)
    stream: Any = client.runs.stream(
        thread, "work", input=PACED, stream_mode="custom", on_disconnect="continue"
    )
    run_id = next(stream).data["run_id"]
    stream.close()
    assert client.runs.join(thread, run_id) == HELD
    assert status(client, thread, run_id) == "success"


def test_a_webhook_is_told_of_the_end_of_a_run(client: SyncLangGraphClient, httpserver: HTTPServer) -> None:
    bodies: list[Any] = []

    def told(request: Request) -> Response:
        bodies.append(request.json)
        return Response()

    httpserver.expect_oneshot_request("/told", method="POST").respond_with_handler(told)
    thread = made(client)
    with httpserver.wait(timeout=10):
        client.runs.wait(thread, "work", input=QUICK, webhook=httpserver.url_for("/told"))
    (run,) = client.runs.list(thread)
    assert [(body["run_id"], body["status"], body["values"]) for body in bodies] == [
        (run["run_id"], "success", DONE)
    ]


def test_signs_of_life_disturb_nobody(kind: str, tmp_path: Path) -> None:
    with MockGraph(written(tmp_path), heartbeat=0.005) as mock, opened(mock.url, kind) as client:
        thread = made(client)
        parts = list(client.runs.stream(thread, "work", input=PACED, stream_mode=MODES))
        assert [(part.event, part.data) for part in parts[1:]] == TOLD
        assert client.runs.wait(None, "work", input=PACED) == HELD
        run = client.runs.create(None, "work", input=PACED)
        assert client.runs.join(run["thread_id"], run["run_id"]) == HELD


# --- streams that are taken up again ---


def test_a_stream_is_repeated_behind_what_was_seen(client: SyncLangGraphClient) -> None:
    thread = made(client)
    parts = list(client.runs.stream(thread, "work", input=PACED, stream_mode=MODES, stream_resumable=True))
    assert [(part.event, part.data) for part in parts[1:]] == TOLD
    run_id = parts[0].data["run_id"]
    ids = [part.id for part in parts]
    assert None not in ids

    again = list(client.runs.join_stream(thread, run_id, last_event_id="-1"))
    assert again == parts
    for seen in range(len(parts)):
        rest = list(client.runs.join_stream(thread, run_id, last_event_id=ids[seen]))
        assert rest == parts[seen + 1 :]


def test_a_stream_without_ids_is_not_repeated(client: SyncLangGraphClient) -> None:
    thread = made(client)
    parts = list(client.runs.stream(thread, "work", input=QUICK))
    assert {part.id for part in parts} == {None}
    run_id = parts[0].data["run_id"]
    assert list(client.runs.join_stream(thread, run_id, last_event_id="-1")) == []


def test_a_stream_whose_connection_breaks_is_taken_up_again(
    mock: MockGraph, client: SyncLangGraphClient, kind: str
) -> None:
    thread = made(client)
    seen = 2  # the third comes at the same moment
    with Proxy(mock.url, parts=seen) as proxy, opened(proxy.url, kind) as far:
        stream = far.runs.stream(thread, "work", input=PACED, stream_mode=MODES, stream_resumable=True)
        parts = [next(stream) for _ in range(seen)]
        proxy.read.set()
        parts.extend(stream)
        last_seen = proxy.last_seen
    assert [(part.event, part.data) for part in parts[1:]] == TOLD
    assert last_seen[:2] == [None, parts[seen - 1].id]


def test_the_stream_of_a_run_in_the_background_is_taken_up_again(
    mock: MockGraph, client: SyncLangGraphClient, kind: str
) -> None:
    thread = made(client)
    run = client.runs.create(thread, "work", input=PACED, stream_mode=MODES, stream_resumable=True)
    with Proxy(mock.url, parts=2) as proxy, opened(proxy.url, kind) as far:
        stream = far.runs.join_stream(thread, run["run_id"], last_event_id="-1")
        parts = [next(stream), next(stream)]
        proxy.read.set()
        parts.extend(stream)
    assert [(part.event, part.data) for part in parts[1:]] == TOLD


def test_a_wait_whose_connection_breaks_joins_the_run(
    mock: MockGraph, client: SyncLangGraphClient, kind: str
) -> None:
    thread = made(client)
    begun: list[Any] = []
    with Proxy(mock.url, parts=0) as proxy, opened(proxy.url, kind) as far:

        def known(run: Any) -> None:
            begun.append(run["run_id"])
            proxy.read.set()

        with pytest.warns(UserWarning, match="attempting reconnect to Location"):
            values = far.runs.wait(thread, "work", input=PACED, on_run_created=known)
    assert values == HELD
    assert [run["run_id"] for run in client.runs.list(thread)] == begun


# --- the stream of a thread ---


def until_done(stream: Any) -> list[Any]:
    """The parts of a thread's stream until a run is done."""
    parts = []
    for part in stream:
        parts.append(part)
        if isinstance(part.data, dict) and part.data.get("status") == "run_done":
            break
    stream.close()
    return parts


def test_the_stream_of_a_thread_repeats_its_runs(client: SyncLangGraphClient) -> None:
    thread = made(client)
    given: Any = {"input": PACED, "stream_mode": MODES, "stream_resumable": True}
    parts = list(client.runs.stream(thread, "work", **given))
    told = until_done(client.threads.join_stream(thread, last_event_id="-"))
    assert told[:-1] == parts
    run_id = parts[0].data["run_id"]
    assert (told[-1].event, told[-1].data) == ("metadata", {"status": "run_done", "run_id": run_id})


def test_the_stream_of_a_thread_tells_of_every_run(
    mock: MockGraph, client: SyncLangGraphClient, kind: str
) -> None:
    thread = made(client)

    def begin() -> None:
        with opened(mock.url, "sync") as other:
            other.runs.create(thread, "work", input=PACED, stream_mode=MODES)

    with opened(mock.url, kind, answered=begin) as following:
        parts = until_done(following.threads.join_stream(thread))
    assert [(part.event, part.data) for part in parts[1:-1]] == TOLD
    assert all(part.id for part in parts)
