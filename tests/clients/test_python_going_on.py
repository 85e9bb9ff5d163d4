"""Both Python clients where a thread goes on: answers to interrupts, commands, breakpoints, forks, edits, history."""

import re
from typing import Any

import pytest
from langgraph_sdk.client import SyncLangGraphClient

from tests.clients.desk import REFUND, said

pytestmark = pytest.mark.timeout(30)

QUESTION = {"question": "Refund it?"}
ANSWERED = ["A refund, please.", "Let me look.", "Done."]
WALKED = {"x": 1, "log": ["one", "two 1", "three"]}


def made(client: SyncLangGraphClient) -> str:
    """A new thread."""
    thread_id: str = client.threads.create()["thread_id"]
    return thread_id


def asked(client: SyncLangGraphClient, thread: str, graph: str = "refunds", **given: Any) -> list[Any]:
    """Start a run that is interrupted, and give its interrupts."""
    values: Any = client.runs.wait(thread, graph, input=given or REFUND)
    found: list[Any] = values["__interrupt__"]
    return found


def history(client: SyncLangGraphClient, thread: str) -> list[Any]:
    """A thread's states, oldest first."""
    states: list[Any] = list(client.threads.get_history(thread, limit=100))
    return states[::-1]


# --- interrupts ---


def test_an_interrupt_waits_for_its_answer(client: SyncLangGraphClient) -> None:
    thread = made(client)
    first: Any = client.runs.wait(thread, "refunds", input=REFUND)
    (interrupt,) = first["__interrupt__"]
    assert (interrupt["value"], list(interrupt)) == (QUESTION, ["value", "id", "response_schema"])
    assert said(first) == ANSWERED[:2]
    found = client.threads.get(thread)
    assert found["status"] == "interrupted"
    assert list(found["interrupts"].values()) == [[{"id": interrupt["id"], "value": QUESTION}]]

    second: Any = client.runs.wait(thread, "refunds", command={"resume": "yes"})
    assert (said(second), second["decision"]) == (ANSWERED, "yes")
    assert second["log"] == ["agent", "ask", "agent"]
    found = client.threads.get(thread)
    assert (found["status"], found["interrupts"]) == ("idle", {})


def test_an_interrupt_is_answered_by_its_id(client: SyncLangGraphClient) -> None:
    thread = made(client)
    (interrupt,) = asked(client, thread)
    values: Any = client.runs.wait(thread, "refunds", command={"resume": {interrupt["id"]: {"ok": True}}})
    assert values["decision"] == {"ok": True}


def test_an_interrupt_and_its_answer_are_streamed(client: SyncLangGraphClient) -> None:
    thread = made(client)
    first = list(client.runs.stream(thread, "refunds", input=REFUND, stream_mode=["updates", "values"]))
    assert [part.event for part in first] == ["metadata", "values", "updates", "values", "updates", "values"]
    (interrupt,) = first[-2].data["__interrupt__"]
    assert first[-1].data["__interrupt__"] == [interrupt]
    assert interrupt["value"] == QUESTION

    second = client.runs.stream(thread, "refunds", command={"resume": "no"}, stream_mode="updates")
    updates = [part.data for part in second if part.event == "updates"]
    assert [list(update) for update in updates] == [["ask"], ["agent"]]
    assert updates[0] == {"ask": {"decision": "no", "log": ["ask"]}}


def test_an_interrupt_has_a_place_of_its_own_in_the_newer_parts(client: SyncLangGraphClient) -> None:
    parts: list[Any] = list(client.runs.stream(made(client), "refunds", input=REFUND, version="v2"))
    assert [part["type"] for part in parts] == ["metadata", "values", "values", "values"]
    assert [len(part["interrupts"]) for part in parts[1:]] == [0, 0, 1]
    assert parts[-1]["interrupts"][0]["value"] == QUESTION
    assert "__interrupt__" not in parts[-1]["data"]


def test_without_an_answer_the_same_interrupt_comes_again(client: SyncLangGraphClient) -> None:
    thread = made(client)
    (first,) = asked(client, thread)
    again: Any = client.runs.wait(thread, "refunds")
    assert again["__interrupt__"] == [first]
    values: Any = client.runs.wait(thread, "refunds", command={"resume": "late"})
    assert values["decision"] == "late"


def test_two_interrupts_are_answered_one_after_the_other(client: SyncLangGraphClient) -> None:
    thread = made(client)
    left, right = asked(client, thread, "votes", log=[])
    assert (left["value"], right["value"]) == ("left?", "right?")

    first: Any = client.runs.wait(thread, "votes", command={"resume": {left["id"]: "aye"}})
    assert first["__interrupt__"] == [right]
    assert client.threads.get(thread)["status"] == "interrupted"

    second: Any = client.runs.wait(thread, "votes", command={"resume": {right["id"]: "no"}})
    assert second == {"log": ["left: aye", "right: no", "counted"]}


def test_two_interrupts_are_answered_at_once(client: SyncLangGraphClient) -> None:
    thread = made(client)
    left, right = asked(client, thread, "votes", log=[])
    answers = {right["id"]: "no", left["id"]: "aye"}
    values: Any = client.runs.wait(thread, "votes", command={"resume": answers})
    assert values == {"log": ["left: aye", "right: no", "counted"]}


def test_one_answer_for_two_interrupts_is_an_error(client: SyncLangGraphClient) -> None:
    thread = made(client)
    asked(client, thread, "votes", log=[])
    with pytest.raises(
        Exception, match=r"^RuntimeError: When there are multiple pending interrupts, you must"
    ):
        client.runs.wait(thread, "votes", command={"resume": "aye"})


# --- commands ---


def test_a_command_updates_the_state_and_runs_nothing(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1})
    values: Any = client.runs.wait(thread, "steps", command={"update": {"x": 2, "log": ["by hand"]}})
    assert values == {"x": 2, "log": [*WALKED["log"], "by hand"]}  # type: ignore[misc]
    assert client.threads.get(thread)["values"] == values


def test_a_command_goes_to_a_node(client: SyncLangGraphClient) -> None:
    thread = made(client)
    asked(client, thread)
    client.runs.wait(thread, "refunds", command={"resume": "yes"})
    parts = client.runs.stream(
        thread, "refunds", command={"goto": "agent", "update": {"decision": "again"}}, stream_mode="updates"
    )
    (update,) = [part.data for part in parts if part.event == "updates"]
    assert update["agent"]["log"] == ["agent"]
    values: Any = client.threads.get(thread)["values"]
    assert (said(values), values["decision"]) == ([*ANSWERED, "On it."], "again")


def test_an_answer_may_bring_an_update(client: SyncLangGraphClient) -> None:
    thread = made(client)
    asked(client, thread)
    command: Any = {"resume": "yes", "update": {"log": ["noted"]}}
    values: Any = client.runs.wait(thread, "refunds", command=command)
    assert values["log"] == ["agent", "noted", "ask", "agent"]


# --- breakpoints ---


def test_a_run_stops_before_a_node_and_goes_on(client: SyncLangGraphClient) -> None:
    thread = made(client)
    given: Any = {"input": {"x": 1}, "stream_mode": ["values", "updates"], "interrupt_before": ["two"]}
    parts = list(client.runs.stream(thread, "steps", **given))
    assert parts[-1][:2] == ("updates", {"__interrupt__": []})
    assert client.threads.get(thread)["status"] == "interrupted"
    state: Any = client.threads.get_state(thread)
    assert (state["next"], state["values"]) == (["two"], {"x": 1, "log": ["one"]})

    assert client.runs.wait(thread, "steps") == WALKED
    assert client.threads.get(thread)["status"] == "idle"


def test_a_run_stops_after_every_node(client: SyncLangGraphClient) -> None:
    thread = made(client)
    logs = []
    given: Any = {"x": 1}
    while True:
        values: Any = client.runs.wait(thread, "steps", input=given, interrupt_after="*")
        logs.append(values["log"])
        if not client.threads.get_state(thread)["next"]:
            break
        given = None
    assert logs == [["one"], ["one", "two 1"], ["one", "two 1", "three"]]


# --- subgraphs ---


def plain(event: str) -> str:
    """An event's name without the ids of tasks."""
    return re.sub(r":[0-9a-f-]{36}", "", event)


def test_a_subgraph_is_streamed_under_the_name_of_its_node(client: SyncLangGraphClient) -> None:
    given: Any = {"input": {"log": []}, "stream_mode": ["updates", "custom"]}
    inside = list(client.runs.stream(None, "team", stream_subgraphs=True, **given))
    told: list[Any] = [(plain(part.event), part.data) for part in inside[1:]]
    assert told == [
        ("custom|lead", "drafting"),
        ("updates|lead", {"draft": {"log": ["draft"]}}),
        ("updates|lead", {"polish": {"log": ["polish"]}}),
        ("updates", {"lead": {"log": ["draft", "polish"]}}),
        ("updates", {"close": {"log": ["close"]}}),
    ]
    assert len({part.event for part in inside if part.event.startswith("updates|")}) == 1

    outside = list(client.runs.stream(None, "team", **given))
    assert [(part.event, part.data) for part in outside[1:]] == told[3:]


def test_the_newer_parts_say_where_a_subgraph_is(client: SyncLangGraphClient) -> None:
    stream: Any = client.runs.stream(
        None, "team", input={"log": []}, stream_mode="updates", stream_subgraphs=True, version="v2"
    )
    places = [[plain(name) for name in part["ns"]] for part in stream if part["type"] == "updates"]
    assert places == [["lead"], ["lead"], [], []]


# --- checkpoints ---


@pytest.mark.parametrize("by", ["checkpoint", "checkpoint_id"])
def test_a_run_goes_on_from_an_older_checkpoint(client: SyncLangGraphClient, by: str) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1})
    older = next(state for state in history(client, thread) if state["next"] == ["two"])
    place: Any = older["checkpoint"] if by == "checkpoint" else older["checkpoint"]["checkpoint_id"]

    parts = list(client.runs.stream(thread, "steps", stream_mode=["values", "updates"], **{by: place}))
    assert (parts[1].event, parts[1].data) == ("values", {"x": 1, "log": ["one"]})
    assert [list(part.data) for part in parts if part.event == "updates"] == [["two"], ["three"]]
    assert parts[-1].data == WALKED

    states = history(client, thread)
    (fork,) = [state for state in states if state["metadata"]["source"] == "fork"]
    assert fork["parent_checkpoint"]["checkpoint_id"] == older["checkpoint"]["checkpoint_id"]


def test_a_run_with_input_starts_over_from_an_older_checkpoint(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1})
    older = next(state for state in history(client, thread) if state["next"] == ["two"])
    values: Any = client.runs.wait(
        thread, "steps", input={"x": 5}, checkpoint_id=older["checkpoint"]["checkpoint_id"]
    )
    assert values == {"x": 5, "log": ["one", "one", "two 5", "three"]}


@pytest.mark.parametrize(("durability", "sources"), [("exit", ["loop"]), ("sync", ["input", *["loop"] * 4])])
def test_durability_says_which_checkpoints_stay(
    client: SyncLangGraphClient, durability: Any, sources: list[str]
) -> None:
    thread = made(client)
    values: Any = client.runs.wait(thread, "steps", input={"x": 1}, durability=durability)
    assert values == WALKED
    states = history(client, thread)
    assert [state["metadata"]["source"] for state in states] == sources
    assert states[-1]["values"] == WALKED


# --- state ---


def test_a_state_is_edited_and_the_run_goes_on_from_there(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1}, interrupt_before=["two"])
    before: Any = client.threads.get_state(thread)

    edit: Any = client.threads.update_state(thread, {"x": 7})
    after: Any = client.threads.get_state(thread)
    assert after["checkpoint"]["checkpoint_id"] == edit["checkpoint"]["checkpoint_id"]
    assert after["parent_checkpoint"] == before["checkpoint"]
    assert (after["values"], after["next"]) == ({"x": 7, "log": ["one"]}, ["two"])
    assert after["metadata"]["source"] == "update"

    assert client.runs.wait(thread, "steps") == {"x": 7, "log": ["one", "two 7", "three"]}


def test_a_state_is_edited_as_if_by_a_node(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1}, interrupt_before=["two"])
    client.threads.update_state(thread, {"log": ["skipped"]}, as_node="two")
    state: Any = client.threads.get_state(thread)
    assert (state["values"]["log"], state["next"]) == (["one", "skipped"], ["three"])
    assert client.runs.wait(thread, "steps") == {"x": 1, "log": ["one", "skipped", "three"]}


def test_a_state_is_read_and_edited_at_an_older_checkpoint(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1})
    older = next(state for state in history(client, thread) if state["next"] == ["two"])
    place = older["checkpoint"]
    assert client.threads.get_state(thread, checkpoint=place) == older
    short = {key: value for key, value in place.items() if key != "checkpoint_ns"}
    by_id: Any = client.threads.get_state(thread, checkpoint_id=place["checkpoint_id"])
    assert by_id == older | {"checkpoint": short}

    client.threads.update_state(thread, {"x": 9}, checkpoint=place)
    state: Any = client.threads.get_state(thread)
    assert (state["values"], state["next"]) == ({"x": 9, "log": ["one"]}, ["two"])
    assert state["parent_checkpoint"]["checkpoint_id"] == place["checkpoint_id"]


def test_history_is_cut_and_filtered(client: SyncLangGraphClient) -> None:
    thread = made(client)
    client.runs.wait(thread, "steps", input={"x": 1})
    states: list[Any] = list(client.threads.get_history(thread))
    assert [state["metadata"]["step"] for state in states] == [3, 2, 1, 0, -1]
    assert client.threads.get_history(thread, limit=2) == states[:2]
    assert client.threads.get_history(thread, before=states[1]["checkpoint"]) == states[2:]
    assert client.threads.get_history(thread, metadata={"source": "input"}) == states[-1:]


def test_an_interrupted_state_says_what_is_asked(client: SyncLangGraphClient) -> None:
    thread = made(client)
    (interrupt,) = asked(client, thread)
    state: Any = client.threads.get_state(thread)
    stored = [{"id": interrupt["id"], "value": QUESTION}]
    assert (state["next"], state["interrupts"]) == (["ask"], stored)
    assert [(task["name"], task["interrupts"]) for task in state["tasks"]] == [("ask", stored)]
