"""The newer thread protocol where it is not the real server's to say: what is told again, in which order, and when."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from mockgraph import MockGraph
from mockgraph.runtime.event_tapes import EventTape, EventTapes

THREAD = "018cc251-f400-7acf-80e7-6d440feec09e"
EVERYTHING = ["lifecycle", "values", "messages", "updates", "custom", "tools", "input", "tasks"]
FIXTURE = """
mockgraph: 1
graph: agent
channels: {messages: add_messages, x: last_value, log: append}
transformers: [updates, custom, tools]
stubs:
  - name: fails
    when: {input.x: fail}
    play:
      - {node: agent, error: {type: ValueError, message: kaboom}}
  - name: asks
    when: {input.x: ask}
    play:
      - {node: agent, update: {log: [asked], messages: [{ai: Let me ask.}]}}
      - {node: ask, interrupt: "${state.messages[-1].content[0].text || 'Sure?'}"}
  - name: slow
    when: {input.x: slow}
    play:
      - {node: agent, delay: 30s, update: {log: [slow]}}
  - name: brief
    when: {input.x: brief}
    play:
      - {node: agent, delay: 300ms, update: {log: [brief]}}
  - name: answered
    after: asks
    when: {resume: {exists: true}}
    play:
      - {node: ask, update: {log: ["${resume}"]}}
  - name: plain
    play:
      - node: agent
        custom: [{name: score, points: 1}]
        update: {log: [done], messages: [{ai: Hello there.}]}
      - node: inside
        subgraph:
          - {node: deep, update: {log: [deep]}}
"""


@pytest.fixture
def mock(tmp_path: Any) -> Iterator[MockGraph]:
    (tmp_path / "agent.yaml").write_text(FIXTURE)
    with MockGraph(tmp_path, pace=0.08) as server:
        yield server


def command(mock: MockGraph, method: str, prefix: str = "", **params: Any) -> dict[str, Any]:
    """What a command is answered with."""
    body = {"id": 1, "method": method, "params": params}
    answer = httpx.post(f"{mock.url}{prefix}/threads/{THREAD}/commands", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def start(mock: MockGraph, x: str = "plain", **params: Any) -> str:
    """The id of a run that was started."""
    told = command(mock, "run.start", assistant_id="agent", input={"x": x}, **params)
    assert told["type"] == "success", told
    return str(told["result"]["run_id"])


def events(
    mock: MockGraph,
    until: Callable[[dict[str, Any]], bool],
    *,
    channels: list[str] = EVERYTHING,
    path: str = f"/threads/{THREAD}/stream/events",
    **more: Any,
) -> list[dict[str, Any]]:
    """The thread's events up to one that fits."""
    found: list[dict[str, Any]] = []
    with httpx.stream("POST", mock.url + path, json={"channels": channels, **more}, timeout=10) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if until(found[-1]):
                    return found
    raise AssertionError(f"ended early: {found}")


def ends(event: dict[str, Any]) -> bool:
    """Whether the run has ended or waits with this event."""
    data = event["params"]["data"]
    return event["method"] == "lifecycle" and not event["params"]["namespace"] and data["event"] != "running"


def end_of(run_id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: ends(event) and run_id in event["event_id"]


def test_whoever_is_late_hears_why_a_run_failed(mock: MockGraph) -> None:
    start(mock, "fail")
    first, late = events(mock, ends), events(mock, ends)
    assert first == late
    assert late[-1]["params"]["data"] == {"event": "failed", "graph_name": "agent", "error": "kaboom"}


def test_what_is_told_again_is_what_was_told(mock: MockGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    first = start(mock)
    live = events(mock, end_of(first))
    assert [event["seq"] for event in live] == list(range(1, len(live) + 1))
    assert len({event["event_id"] for event in live}) == len(live)
    assert any(event["method"] == "custom" for event in live)
    assert events(mock, end_of(first)) == live
    for at in range(len(live)):
        assert events(mock, end_of(first), since=at) == live[at:]
    monkeypatch.setattr(EventTapes, "THREADS", 0)
    for _ in range(20):  # until the server has seen that the last reader is gone
        events(mock, end_of(first))
        time.sleep(0.02)
        if mock._namespace.event_tape(THREAD) is None:
            break
    assert mock._namespace.event_tape(THREAD) is None
    assert events(mock, end_of(first)) == live
    second = start(mock)
    both = events(mock, end_of(second))
    assert both[: len(live)] == live
    assert [event["seq"] for event in both] == list(range(1, len(both) + 1))


def test_numbers_of_events_are_given_once(mock: MockGraph) -> None:
    first = start(mock)
    gone = events(mock, end_of(first))
    assert httpx.delete(f"{mock.url}/threads/{THREAD}/runs/{first}").status_code == 204
    second = start(mock)
    left = events(mock, end_of(second))
    assert left[0]["seq"] == gone[-1]["seq"] + 1
    assert events(mock, end_of(second), since=gone[-1]["seq"]) == left


def test_a_run_waits_for_its_reader_but_not_for_long(mock: MockGraph) -> None:
    run = f"{mock.url}/threads/{THREAD}/runs/{start(mock)}"
    until = time.monotonic() + 5
    live = mock._namespace.live
    assert live, "it began before its client could open a stream"
    while live and time.monotonic() < until:
        time.sleep(0.01)
    assert httpx.get(run).json()["status"] == "success"


def test_who_only_watches_is_told_last(mock: MockGraph) -> None:
    with httpx.stream(
        "POST", f"{mock.url}/threads/{THREAD}/stream/events", json={"channels": ["lifecycle", "input"]}
    ) as watching:
        run = start(mock, "ask")
        read = events(mock, end_of(run))
        told = time.monotonic()
        lines = (line for line in watching.iter_lines() if "input.requested" in line)
        assert next(lines)
        assert time.monotonic() > told
    assert [event["method"] for event in read][-3:] == ["updates", "input.requested", "lifecycle"]


def test_without_a_pace_nothing_is_held_back(tmp_path: Any) -> None:
    (tmp_path / "agent.yaml").write_text(FIXTURE)
    with MockGraph(tmp_path, pace=0) as mock:
        run = start(mock, "ask")
        assert events(mock, end_of(run), channels=["lifecycle", "input"])[1]["method"] == "input.requested"


def test_a_run_that_is_cancelled_before_it_starts_has_an_end(mock: MockGraph) -> None:
    run = start(mock, "slow")
    cancelled = httpx.post(f"{mock.url}/threads/{THREAD}/runs/{run}/cancel?action=interrupt")
    assert cancelled.status_code == 202
    told = [event["params"]["data"]["event"] for event in events(mock, ends, channels=["lifecycle"])]
    assert told == ["running", "interrupted"]


def test_what_a_script_says_of_a_text_stays(mock: MockGraph) -> None:
    [asked] = [
        event for event in events(mock, end_of(start(mock, "ask"))) if event["method"] == "input.requested"
    ]
    assert asked["params"]["data"]["payload"] == "Let me ask."


def test_who_joins_a_run_that_plays_gets_its_values(mock: MockGraph) -> None:
    run = start(mock, "brief")
    joined = httpx.get(f"{mock.url}/threads/{THREAD}/runs/{run}/join", timeout=10).json()
    assert joined == {"messages": [], "x": "brief", "log": ["brief"]}


def test_older_clients_find_the_protocol(mock: MockGraph) -> None:
    told = command(mock, "run.start", "/v2", assistant_id="agent", input={})
    path = f"/v2/threads/{THREAD}/stream"
    assert events(mock, end_of(told["result"]["run_id"]), path=path) == events(mock, ends)


def test_an_unmatched_run_is_an_error_of_its_command(tmp_path: Any) -> None:
    (tmp_path / "agent.yaml").write_text("{mockgraph: 1, graph: agent, stubs: []}")
    with MockGraph(tmp_path) as mock:
        told = command(mock, "run.start", assistant_id="agent", input={"x": 1})
        assert told["error"] == "unknown_error"
        assert told["message"].startswith("422: No stub matched this run.")
        assert httpx.get(f"{mock.url}/threads/{THREAD}").status_code == 404
        assert len(mock.unmatched) == 1


def test_a_run_that_says_more_than_is_kept_is_heard_whole(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventTape, "LENGTH", 20)
    play = f"[{{node: a, do: [{', '.join(f'{{custom: {at}}}' for at in range(100))}, {{delay: 300ms}}]}}]"
    graph = "mockgraph: 1, graph: agent, transformers: [custom]"
    (tmp_path / "agent.yaml").write_text(f"{{{graph}, stubs: [{{name: all, play: {play}}}]}}")
    with MockGraph(tmp_path, pace=0.02) as mock:
        told = events(mock, end_of(start(mock)), channels=["custom", "lifecycle"])
        assert [event["params"]["data"] for event in told[1:-1]] == list(range(100))
        assert events(mock, ends, channels=["custom", "lifecycle"]) == told


def test_tapes_that_nobody_follows_are_shortened_and_told_whole(
    mock: MockGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventTapes, "IDLE", 0)
    monkeypatch.setattr(EventTapes, "LAST", 3)
    run = start(mock)
    live = events(mock, end_of(run))
    until = time.monotonic() + 5
    while len(mock._namespace.events.find(THREAD).newest) > 3 and time.monotonic() < until:  # type: ignore[union-attr]
        time.sleep(0.01)
    assert len(mock._namespace.events.find(THREAD).newest) == 3  # type: ignore[union-attr]
    assert events(mock, end_of(run)) == live
    assert events(mock, end_of(run), since=live[-3]["seq"]) == live[-2:]


def test_a_run_that_ends_beside_another_is_told_behind_it(mock: MockGraph) -> None:
    first = start(mock, "slow")
    events(mock, lambda event: event["method"] == "values")
    second = command(mock, "run.start", assistant_id="agent", input=None)["result"]["run_id"]
    for run in (second, first):
        httpx.post(f"{mock.url}/threads/{THREAD}/runs/{run}/cancel?action=interrupt")
    told = events(mock, end_of(second), channels=["lifecycle"])
    assert [event["event_id"].split(":")[1] for event in told] == [first, first, second, second]
    assert events(mock, end_of(second), since=told[1]["seq"], channels=["lifecycle"]) == told[2:]


# --- sockets -----------------------------------------------------------------------------------------------


def ask(socket: ClientConnection, number: int, method: str, **params: Any) -> list[dict[str, Any]]:
    """Everything that is said up to the answer to a command."""
    socket.send(json.dumps({"id": number, "method": method, "params": params}))
    told: list[dict[str, Any]] = []
    while not told or told[-1].get("id") != number:
        told.append(json.loads(socket.recv(timeout=5)))
    return told


def opened(mock: MockGraph) -> ClientConnection:
    return connect(f"ws{mock.url.removeprefix('http')}/threads/{THREAD}/stream/events")


def test_a_socket_that_comes_back_gets_what_it_missed(mock: MockGraph) -> None:
    with opened(mock) as socket:
        ask(socket, 1, "subscription.subscribe", channels=EVERYTHING)
        [started] = ask(socket, 2, "run.start", assistant_id="agent", input={"x": "ask"})
        seen = [json.loads(socket.recv(timeout=5)) for _ in range(5)]
    everything = events(mock, end_of(started["result"]["run_id"]))
    answer = httpx.get(f"{mock.url}/threads/{THREAD}/state").json()["interrupts"][0]["id"]
    command(mock, "input.respond", interrupt_id=answer, response="yes")
    later = events(mock, lambda event: ends(event) and event["params"]["data"]["event"] == "completed")
    with opened(mock) as socket:
        missed = ask(socket, 1, "subscription.subscribe", channels=EVERYTHING, since=seen[-1]["seq"])
    assert seen == everything[:5]
    assert [*seen, *missed[:-1]] == later


@pytest.mark.parametrize("named", [[], {}, 5, None, ""])
def test_a_subscription_is_named_by_a_text(mock: MockGraph, named: Any) -> None:
    with opened(mock) as socket:
        [told] = ask(socket, 1, "subscription.unsubscribe", subscription_id=named)
        assert told["message"] == "subscription.unsubscribe requires a subscription_id."
        assert ask(socket, 2, "subscription.subscribe", channels=["values"])[-1]["type"] == "success"


def test_a_socket_may_leave_in_the_middle(mock: MockGraph) -> None:
    for _ in range(3):
        with opened(mock) as socket:
            ask(socket, 1, "subscription.subscribe", channels=["values"])
            ask(socket, 2, "run.start", assistant_id="agent", input={"x": "plain"})
    with opened(mock) as socket:
        assert ask(socket, 1, "agent.getTree")[-1]["type"] == "success"


AUTH = """
auth:
  tokens: {hers: {identity: her}, his: {identity: him}}
  rules: [{on: threads, owner: owner}]
"""


def test_nobody_sees_the_events_of_others(tmp_path: Any) -> None:
    (tmp_path / "agent.yaml").write_text(FIXTURE.replace("\nstubs:", f"{AUTH}stubs:"))
    with MockGraph(tmp_path, pace=0) as mock:
        path, body = f"{mock.url}/threads/{THREAD}", {"channels": EVERYTHING}
        told = {"id": 1, "method": "run.start", "params": {"assistant_id": "agent", "input": {}}}
        assert httpx.post(f"{path}/commands", json=told).status_code == 401
        hers, his = ({"authorization": f"Bearer {token}"} for token in ("hers", "his"))
        assert httpx.post(f"{path}/commands", json=told, headers=hers).json()["type"] == "success"
        refused = httpx.post(f"{path}/commands", json=told, headers=his).json()
        assert (refused["error"], refused["message"][:4]) == ("unknown_error", "404:")
        assert httpx.post(f"{path}/stream/events", json=body).status_code == 401
        assert httpx.post(f"{path}/stream/events", json=body, headers=his).text == ""
        place = f"ws{path.removeprefix('http')}/stream/events"
        with pytest.raises(InvalidStatus):
            connect(place)
        with connect(place, additional_headers=his) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        with connect(place, additional_headers=hers) as socket:
            assert ask(socket, 1, "agent.getTree")[-1]["type"] == "success"
