"""Threads that wait: which stub takes a resume, what needs none, and what is said where none fits."""

import logging
from typing import Any

import httpx
import pytest

from mockgraph.runtime.namespaces import Namespace
from tests.playing import parts, talk, world

HEAD = "channels: {log: append, n: last_value}"
ASKS = """
- name: asks
  when: {input.kind: one}
  play:
    - {node: agent, update: {log: [agent]}}
    - {node: human, interrupt: {question: "sure?"}}
- name: yes
  after: asks
  when: {resume: yes}
  play:
    - {node: human, update: {log: ["${resume}"]}}
    - {node: last, update: {log: [last]}}
- name: elsewhere
  after: asks
  when: {resume: elsewhere}
  play:
    - {node: last, update: {log: [last]}}
- name: again
  after: asks
  when: {resume: again}
  play:
    - {node: human, interrupt: {question: "really?"}}
- name: second
  after: again
  when: {resume: {exists: true}}
  play:
    - {node: human, update: {log: ["${resumes[0]}", "${resumes[1]}"]}}
- name: two
  when: {input.kind: two}
  play:
    - parallel:
        - {node: left, interrupt: "left?"}
        - {node: right, interrupt: "right?"}
        - {node: beside, update: {log: [beside]}}
- name: one of two
  after: two
  when: {resume: {exists: true}}
  play:
    - parallel:
        - {node: left, update: {log: ["left ${resume}"]}}
        - {node: right, update: {log: ["right ${resume}"]}}
        - {node: beside, update: {log: [again]}}
- name: fails
  when: {input.kind: fails}
  play:
    - {node: agent, update: {log: [agent]}}
    - {node: tool, error: {type: ValueError, message: no}}
- name: audit
  when: {command.goto: audit}
  play:
    - {node: audit, update: {log: [audit]}}
"""
RECOVERY = """
- name: recovers
  after: fails
  when: {input: {exists: false}}
  play:
    - {node: tool, update: {log: [tool]}}
"""


class Talk:
    """One thread of a world, and how to ask for runs on it."""

    def __init__(self, client: httpx.AsyncClient, thread: str) -> None:
        self.client = client
        self.thread = thread

    async def wait(self, **fields: Any) -> Any:
        answer = await self.client.post(f"{self.thread}/runs/wait", json={"assistant_id": "agent", **fields})
        return answer.json()

    async def resume(self, answer: Any, **fields: Any) -> Any:
        return await self.wait(command={"resume": answer}, **fields)

    async def get(self, path: str = "") -> Any:
        return (await self.client.get(f"{self.thread}{path}")).json()


def on(namespace: Namespace, play: Any) -> None:
    async def main(client: httpx.AsyncClient) -> None:
        made = (await client.post("/threads", json={})).json()
        await play(Talk(client, f"/threads/{made['thread_id']}"))

    talk(namespace, main)


def test_a_resume_that_no_stub_takes_is_told_where_the_thread_waits(caplog: pytest.LogCaptureFixture) -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        before = await thread.get("/state")
        with caplog.at_level(logging.WARNING):
            refused = await thread.resume("maybe")
        asked = before["tasks"][0]["interrupts"][0]["id"]
        lines = refused["detail"].splitlines()
        assert lines[0] == "No stub matched this run."
        assert lines[2] == f"  the thread waits at 'human', interrupt {asked}: {{'question': 'sure?'}}"
        assert await thread.get("/state") == before
        assert len(await thread.get("/runs")) == 1

    on(world(ASKS, head=HEAD), play)


def test_a_resume_that_begins_elsewhere_fails_and_says_where_the_thread_waits() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        error = (await thread.resume("elsewhere"))["__error__"]
        assert error["error"] == "PlayFailed"
        assert "human" in error["message"]
        assert "last" in error["message"]

    namespace = world(ASKS, head=HEAD)
    on(namespace, play)
    assert any(entry.report for entry in namespace.journal.runs())


def test_a_node_may_ask_again() -> None:
    async def play(thread: Talk) -> None:
        first = (await thread.wait(input={"kind": "one"}))["__interrupt__"][0]
        second = (await thread.resume("again"))["__interrupt__"][0]
        assert second["value"] == {"question": "really?"}
        assert second["id"] != first["id"]
        done = await thread.resume("so be it")
        assert done["log"] == ["agent", "again", "so be it"]
        assert (await thread.get())["status"] == "idle"

    on(world(ASKS, head=HEAD), play)


def test_several_questions_are_answered_one_by_one() -> None:
    async def play(thread: Talk) -> None:
        asked = (await thread.wait(input={"kind": "two"}))["__interrupt__"]
        assert [question["value"] for question in asked] == ["left?", "right?"]
        left, right = (question["id"] for question in asked)
        rest = await thread.resume({left: "yes"})
        assert [question["id"] for question in rest["__interrupt__"]] == [right]
        assert (await thread.get())["status"] == "interrupted"
        done = await thread.resume({right: "no"})
        assert done["log"] == ["beside", "left yes", "right no"]

    on(world(ASKS, head=HEAD), play)


def test_a_plain_answer_to_several_questions_is_refused_as_upstream_does() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "two"})
        told = await thread.resume("yes")
        assert told["__error__"]["error"] == "RuntimeError"

    on(world(ASKS, head=HEAD), play)


def test_what_failed_fails_again_unless_a_stub_recovers() -> None:
    async def fails(thread: Talk) -> None:
        for fields in ({"input": {"kind": "fails"}}, {}, {"input": None}):
            told = await thread.wait(**fields)
            assert told == {"__error__": {"error": "ValueError", "message": "no"}}
        assert (await thread.get())["status"] == "error"

    async def recovers(thread: Talk) -> None:
        await thread.wait(input={"kind": "fails"})
        assert (await thread.wait())["log"] == ["agent", "tool"]
        assert (await thread.get())["status"] == "idle"

    on(world(ASKS, head=HEAD), fails)
    on(world(ASKS + RECOVERY, head=HEAD), recovers)


def test_breakpoints_of_the_request_and_of_the_fixture() -> None:
    async def asked(thread: Talk) -> None:
        stopped = await thread.wait(input={"kind": "one"}, interrupt_before=["agent"])
        assert stopped["log"] == []
        assert (await thread.get("/state"))["next"] == ["agent"]
        assert (await thread.wait())["__interrupt__"][0]["value"] == {"question": "sure?"}

    async def scripted(thread: Talk) -> None:
        assert (await thread.wait(input={"kind": "one"}))["log"] == ["agent"]
        assert (await thread.get("/state"))["next"] == ["human"]
        assert "__interrupt__" in await thread.wait()

    on(world(ASKS, head=HEAD), asked)
    on(world(ASKS, head=f"{HEAD}\ninterrupt_after: [agent]"), scripted)


def test_goto_is_played_by_the_stub_that_asks_for_it() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        await thread.resume("yes")
        assert (await thread.wait(command={"goto": "audit"}))["log"] == ["agent", "yes", "last", "audit"]

    on(world(ASKS, head=HEAD), play)


def test_an_older_checkpoint_is_played_again_by_the_play_that_wrote_it() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        await thread.resume("yes")
        points = await thread.get("/history?limit=20")
        waits = next(point for point in points if point["next"] == ["human"])
        again = await thread.wait(checkpoint_id=waits["checkpoint"]["checkpoint_id"])
        assert "__interrupt__" in again
        state = await thread.get("/state")
        assert state["next"] == ["human"]
        assert state["metadata"]["source"] == "fork"
        assert (await thread.resume("yes"))["log"] == ["agent", "yes", "last"]

    on(world(ASKS, head=HEAD), play)


def test_a_new_input_leaves_the_question() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        told = await thread.wait(input={"kind": "one"})
        assert told["log"] == ["agent", "agent"]
        assert len((await thread.get("/state"))["tasks"]) == 1

    on(world(ASKS, head=HEAD), play)


def test_an_edit_can_take_the_place_of_a_node() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        edit = {"values": {"log": ["edited"]}, "as_node": "human"}
        made = (await thread.client.post(f"{thread.thread}/state", json=edit)).json()
        state = await thread.get("/state")
        assert state["checkpoint"]["checkpoint_id"] == made["checkpoint_id"]
        assert (state["values"]["log"], state["next"]) == (["agent", "edited"], ["last"])
        assert (await thread.wait())["log"] == ["agent", "edited", "last"]
        assert (await thread.get())["status"] == "idle"

    on(world(ASKS, head=HEAD), play)


def test_a_resume_at_a_checkpoint_is_matched_where_the_thread_stood_there() -> None:
    async def play(thread: Talk) -> None:
        await thread.wait(input={"kind": "one"})
        asked = (await thread.get("/state"))["checkpoint_id"]
        assert (await thread.resume("yes"))["log"] == ["agent", "yes", "last"]
        told = await thread.wait(command={"resume": "yes"}, checkpoint_id=asked)
        assert told["log"] == ["agent", "yes", "last"]

    on(world(ASKS, head=HEAD), play)


NESTED = """
- name: asks inside
  when: {input.kind: one}
  play:
    - node: team
      subgraph:
        play:
          - {node: think, update: {log: [think]}}
          - {node: ask, interrupt: "inner?"}
- name: answers inside
  after: asks inside
  when: {resume: {exists: true}}
  play:
    - node: team
      subgraph:
        play:
          - {node: ask, update: {log: ["${resume}"]}}
- name: sends
  when: {input.kind: sends}
  play:
    - {node: plan, send: [{node: work, input: 1}, {node: work, input: 2}]}
    - parallel:
        - {node: work, update: {log: [one]}}
        - {node: work, update: {log: [two]}}
"""


def test_a_question_inside_a_subgraph() -> None:
    async def play(thread: Talk) -> None:
        asked = await thread.wait(input={"kind": "one"})
        assert asked["__interrupt__"][0]["value"] == "inner?"
        inside = (await thread.get("/state?subgraphs=true"))["tasks"][0]["state"]
        assert inside["next"] == ["ask"]
        assert inside["values"]["log"] == ["think"]
        assert (await thread.resume("yes"))["log"] == ["think", "yes"]

    on(world(NESTED, head=HEAD), play)


def test_what_streams_of_a_subgraph_are_called() -> None:
    async def play(thread: Talk) -> None:
        ask = {
            "assistant_id": "agent",
            "input": {"kind": "one"},
            "stream_mode": "updates",
            "stream_subgraphs": True,
        }
        told = parts((await thread.client.post(f"{thread.thread}/runs/stream", json=ask)).text)
        names = [event.partition(":")[0] for event, _ in told]
        assert names == ["metadata", "updates|team", "updates|team", "updates"]

    on(world(NESTED, head=HEAD), play)


def test_packets_are_tasks_of_their_own() -> None:
    async def play(thread: Talk) -> None:
        done = await thread.wait(input={"kind": "sends"})
        assert done["log"] == ["one", "two"]

    on(world(NESTED, head=HEAD), play)


# --- where scripts and threads do not fit, or fit in a way that one might not expect ---

DENIES = """
- name: asks
  when: {input.kind: one}
  play: [{node: human, interrupt: "sure?"}]
- name: denied
  after: asks
  when: {resume: {not: yes}}
  play: [{node: human, update: {log: [denied]}}]
"""


def test_a_new_input_is_no_answer() -> None:
    async def play(thread: Talk) -> None:
        for _ in range(2):
            assert "__interrupt__" in await thread.wait(input={"kind": "one"})
        assert (await thread.resume("no"))["log"] == ["denied"]

    on(world(DENIES, head=HEAD), play)


INSIDE = """
- name: fails inside
  when: {input.kind: one}
  play:
    - node: team
      subgraph:
        play:
          - {node: think, update: {log: [think]}}
          - {node: tool, error: {type: ValueError, message: no}}
- name: retries
  after: fails inside
  when: {input: {exists: false}}
  play:
    - node: team
      subgraph:
        play:
          - {node: tool, update: {log: [tool]}}
- name: asks behind it
  when: {input.kind: two}
  play:
    - node: team
      subgraph: {play: [{node: think, update: {log: [think]}}]}
      interrupt: "sure?"
- name: answers
  after: asks behind it
  when: {resume: {exists: true}}
  play:
    - node: team
      subgraph: {play: [{node: think, update: {log: [think]}}]}
      update: {n: "${resume}"}
- name: leaves
  when: {input.kind: leaves}
  play:
    - node: team
      subgraph:
        play:
          - node: jump
            do: [{update: {log: [one]}}, {update: {log: [two]}}, {goto: {parent: landing}}]
    - {node: landing, update: {log: [landing]}}
- name: sends
  when: {input.kind: sends}
  play:
    - {node: plan, send: [{node: work, input: 1}, {node: work, input: 2}]}
    - parallel:
        - {node: work, interrupt: first}
        - {node: work, interrupt: second}
- name: both
  after: sends
  when: {resume: {exists: true}}
  play:
    - parallel:
        - {node: work, update: {log: ["1 ${resume}"]}}
        - {node: work, update: {log: ["2 ${resume}"]}}
"""


def test_a_retry_reaches_into_a_subgraph() -> None:
    async def play(thread: Talk) -> None:
        assert "__error__" in await thread.wait(input={"kind": "one"})
        assert (await thread.wait())["log"] == ["think", "tool"]

    on(world(INSIDE, head=HEAD), play)


def test_a_node_that_asks_behind_its_subgraph_is_resumed() -> None:
    async def play(thread: Talk) -> None:
        assert "__interrupt__" in await thread.wait(input={"kind": "two"})
        assert (await thread.resume("yes"))["n"] == "yes"

    on(world(INSIDE, head=HEAD), play)


def test_a_subgraph_may_be_left_after_several_updates() -> None:
    async def play(thread: Talk) -> None:
        assert (await thread.wait(input={"kind": "leaves"}))["log"] == ["one", "two", "landing"]

    on(world(INSIDE, head=HEAD), play)


def test_what_was_sent_and_asks_is_resumed_by_id() -> None:
    async def play(thread: Talk) -> None:
        asked = (await thread.wait(input={"kind": "sends"}))["__interrupt__"]
        answers = {question["id"]: question["value"] for question in asked}
        assert (await thread.resume(answers))["log"] == ["1 first", "2 second"]

    on(world(INSIDE, head=HEAD), play)


def test_a_thread_stands_at_the_stub_that_asked_even_behind_an_edit() -> None:
    namespace = world(ASKS, head=HEAD)

    async def play(thread: Talk) -> None:
        asked = (await thread.wait(input={"kind": "two"}))["__interrupt__"]
        await thread.resume({asked[0]["id"]: "yes"})
        record = namespace.threads.get(thread.thread.rpartition("/")[2])
        assert record.last_played == "two"
        edit = {"values": {"n": 1}}
        assert (await thread.client.post(f"{thread.thread}/state", json=edit)).status_code == 200
        assert record.last_played == "two"

    on(namespace, play)


def test_writes_that_cannot_be_folded_leave_a_state_that_can_be_read() -> None:
    stubs = """
    - name: clash
      play:
        - parallel:
            - {node: one, update: {n: 1}}
            - {node: two, update: {n: 2}}
            - {node: three, interrupt: hm}
    """

    async def play(thread: Talk) -> None:
        told = await thread.wait(input={"log": ["begun"]})
        assert told["__error__"]["error"] == "InvalidUpdateError"
        assert (await thread.get("/state"))["values"]["log"] == ["begun"]

    on(world(stubs, head=HEAD), play)


@pytest.mark.parametrize("update", [[1], [["x"]], ["xy"], [{"a": 1, "b": 2}], [[["x"], 2]]])
@pytest.mark.parametrize("late", [{}, {"after_seconds": 0.01}])
def test_an_update_of_no_pairs_is_refused(update: Any, late: dict[str, Any]) -> None:
    async def play(thread: Talk) -> None:
        refused = await thread.wait(command={"update": update}, **late)
        assert refused == {
            "detail": "command.update must be an object, or a list of pairs of a key and a value"
        }

    on(world(ASKS, head=HEAD), play)


def test_a_defect_at_the_start_of_a_late_run_ends_it_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_anything: Any) -> None:
        raise ZeroDivisionError("a defect")

    async def play(thread: Talk) -> None:
        monkeypatch.setattr("mockgraph.runtime.live.beginning", broken)
        told = await thread.wait(input={"kind": "one"}, after_seconds=0.01)
        assert told["__error__"]["error"] == "PlayFailed"
        assert (await thread.get())["status"] == "error"
        assert [run["status"] for run in await thread.get("/runs")] == ["error"]

    on(world(ASKS, head=HEAD), play)


def test_odd_places_and_ids_are_refused() -> None:
    async def play(thread: Talk) -> None:
        places: list[Any] = [5, None, "x", []]
        for place in places:
            body = {"before": {"configurable": place}}
            answer = await thread.client.post(f"{thread.thread}/history", json=body)
            assert answer.status_code == 422
        long = {"Last-Event-ID": "9" * 5000}
        assert (await thread.client.get(f"{thread.thread}/stream", headers=long)).status_code == 422
        made = (await thread.client.post("/threads", json={"metadata": {"graph_id": ["agent"]}})).json()
        edit = await thread.client.post(f"/threads/{made['thread_id']}/state", json={"values": {}})
        assert edit.status_code == 404

    on(world(ASKS, head=HEAD), play)
