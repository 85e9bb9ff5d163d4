"""Whatever clients do to threads and runs, in whatever order: what must always hold, held after each step.

Hypothesis makes up the steps. What a step finds depends on how far the runs are by then, so nothing is drawn from
what the server said: threads are slots, and runs are counted from the newest.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mockgraph import MockGraph
from mockgraph.runtime import live
from mockgraph.web.routes import joining
from tests.playing import Answer, parts

FIXTURE = """
mockgraph: 1
graph: agent
channels: {kind: last_value, answer: last_value, log: append}
stubs:
  - name: answered
    when: {resume: {exists: true}, "values.kind": ask}
    play:
      - {node: ask, delay: 2ms, update: {answer: "${resume}", log: [ask]}}
      - {node: act, delay: 5ms, update: {log: [act]}}
  - name: answered inside
    when: {resume: {exists: true}, "values.kind": nested}
    play:
      - {node: team, subgraph: [{node: inner, update: {answer: "${resume}", log: [inner]}}]}
      - {node: act, update: {log: [act]}}
  - {name: gone to act, when: {command.goto: act}, play: [{node: act, delay: 5ms, update: {log: [act]}}]}
  - name: quick
    when: {input.kind: quick}
    play: [{node: a, update: {log: [a]}}, {node: b, update: {log: [b]}}]
  - name: short
    when: {input.kind: short}
    play: [{node: a, delay: 3ms, update: {log: [a]}}, {node: b, delay: 3ms, update: {log: [b]}}]
  - name: long
    when: {input.kind: long}
    play:
      - {node: a, update: {log: [a]}}
      - parallel: [{node: b, update: {log: [b]}}, {node: c, delay: 60ms, update: {log: [c]}}]
      - {node: d, delay: 2ms, update: {log: [d]}}
  - name: fail
    when: {input.kind: fail}
    play: [{node: a, update: {log: [a]}}, {node: b, error: {type: ValueError, message: no}}]
  - name: ask
    when: {input.kind: ask}
    play:
      - {node: a, delay: 2ms, update: {log: [a]}}
      - parallel: [{node: beside, update: {log: [beside]}}, {node: ask, interrupt: {question: "?"}}]
  - name: nested
    when: {input.kind: nested}
    play:
      - node: team
        subgraph: [{node: first, delay: 2ms, update: {log: [first]}}, {node: inner, interrupt: {question: "?"}}]
"""

KINDS = ("quick", "short", "long", "fail", "ask", "nested")
RUNS: tuple[dict[str, Any], ...] = (
    *({"input": {"kind": kind}} for kind in KINDS),
    {"input": None},
    {"command": {"resume": "yes"}},
    {"command": {"goto": "act"}},
    {"command": {"update": {"answer": "edited"}}},
    {"input": {"kind": "short"}, "interrupt_before": ["b"]},
    {"input": {"kind": "short"}, "interrupt_after": "*"},
    {"input": {"kind": "short"}, "durability": "exit"},
    {"input": {"kind": "short"}, "after_seconds": 0.02},
    {"input": {"kind": "nobody scripted this"}},
)
STRATEGIES = ("enqueue", "reject", "interrupt", "rollback")
ACTIVE = {"pending", "running"}
OVER = {"success", "error", "interrupted"}
THREADS = 2

slots = st.integers(0, THREADS - 1)
counts = st.integers(0, 4)


class Known:
    """What the client knows of a thread: the runs that it made with their last status, and what is gone."""

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        self.path = f"/threads/{thread_id}"
        self.runs: dict[str, str] = {}
        self.lost: set[str] = set()
        self.may_be_lost: set[str] = set()
        self.written_by: dict[str, str | None] = {}
        self.updated_at = ""
        self.stale = False  # its record is not that of its newest checkpoint, until the next run ends


class View(NamedTuple):
    """A thread as it was at one moment."""

    thread: dict[str, Any]
    runs: dict[str, dict[str, Any]]
    state: dict[str, Any]
    history: list[dict[str, Any]]

    @property
    def active(self) -> set[str]:
        return {run_id for run_id, run in self.runs.items() if run["status"] in ACTIVE}


class Lives(RuleBasedStateMachine):
    """Clients of one server, one after the other."""

    mock: ClassVar[MockGraph]

    @initialize()
    def begin(self) -> None:
        self.mock.reset()
        host, port = self.mock.url.removeprefix("http://").split(":")
        self.host, self.port = host, int(port)
        self.line = HTTPConnection(host, self.port, timeout=20)
        self.known: dict[int, Known] = {}
        self.gone: list[Known] = []
        self.touched: set[int] = set()

    def teardown(self) -> None:
        if not hasattr(self, "line"):
            return
        for known in self.known.values():
            deadline = time.monotonic() + 20
            while self.view(known).active:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            self.hold(known)
        self.line.close()
        assert not self.mock._namespace.live
        assert not self.mock._namespace.active

    # --- runs ---

    @rule(
        slot=slots,
        run=st.sampled_from(RUNS),
        strategy=st.sampled_from(STRATEGIES),
        how=st.sampled_from(("", "/stream", "/wait")),
    )
    def create_run(self, slot: int, run: dict[str, Any], strategy: str, how: str) -> None:
        self.create(self.at(slot), run, strategy, how)

    @rule(
        slot=slots,
        run=st.sampled_from(RUNS),
        strategy=st.sampled_from(STRATEGIES[2:]),
        how=st.sampled_from(("", "/stream", "/wait")),
    )
    def supersede_runs(self, slot: int, run: dict[str, Any], strategy: str, how: str) -> None:
        self.begin_runs(slot, "long", twice=True)
        self.create(self.at(slot), run, strategy, how)

    def create(self, known: Known, run: dict[str, Any], strategy: str, how: str) -> None:
        before = self.view(known).active
        body = {**run, "assistant_id": "agent", "multitask_strategy": strategy}
        answer = self.ask("POST", f"{known.path}/runs{how}", body)
        if answer.status != 200:
            assert answer.status in ((409, 422) if strategy == "reject" else (422,))
            assert before or answer.status == 422
            return
        run_id = answer.headers["content-location"].rpartition("/")[2]
        self.made(known, run_id, before if strategy == "rollback" else set())
        if how == "":
            assert answer.json()["status"] in ACTIVE
        else:
            if how == "/wait":
                assert isinstance(answer.json(), dict)
            else:
                told = parts(answer.body.decode())
                assert told[0] == ("metadata", {"run_id": run_id, "attempt": 1})
            # What a stream or a wait came to has been stored when it ends.
            assert self.ask("GET", f"{known.path}/runs/{run_id}").json()["status"] in OVER
        if strategy != "enqueue":
            assert self.view(known).active <= {run_id}

    @rule(slot=slots, kind=st.sampled_from(("long", "long", "short", "ask", "nested")), twice=st.booleans())
    def begin_runs(self, slot: int, kind: str, twice: bool) -> None:
        """Runs in the background that somebody has looked at, so that they have begun or wait for each other."""
        known = self.at(slot)
        for _ in range(1 + twice):
            body = {"input": {"kind": kind}, "assistant_id": "agent"}
            self.made(known, self.ask("POST", f"{known.path}/runs", body).json()["run_id"])
        self.ask("GET", known.path)

    @rule(slot=slots, run=st.sampled_from(RUNS[:6]), cancel=st.booleans(), stream=st.booleans())
    def leave_a_run(self, slot: int, run: dict[str, Any], cancel: bool, stream: bool) -> None:
        known = self.at(slot)
        with closing(HTTPConnection(self.host, self.port, timeout=20)) as line:
            body = {**run, "assistant_id": "agent", "on_disconnect": "cancel" if cancel else "continue"}
            line.request("POST", f"{known.path}/runs/{'stream' if stream else 'wait'}", json.dumps(body))
            answer = line.getresponse()
            assert answer.status == 200
            place = answer.headers["content-location"]
            assert isinstance(place, str)
            self.made(known, place.rpartition("/")[2])
            if stream:
                answer.read(1)

    @rule(slot=slots, nth=counts, back=counts)
    def run_from_a_checkpoint(self, slot: int, nth: int, back: int) -> None:
        known = self.at(slot)
        history = self.view(known).history
        if not history:
            return
        checkpoint_id = history[back % len(history)]["checkpoint_id"]
        run = ({}, {"input": {"kind": "quick"}}, {"input": None}, {"command": {"resume": 1}})[nth % 4]
        body = {**run, "assistant_id": "agent", "checkpoint_id": checkpoint_id}
        answer = self.ask("POST", f"{known.path}/runs/wait", body)
        assert answer.status in (200, 422)
        if answer.status != 200:
            return
        self.made(known, answer.headers["content-location"].rpartition("/")[2])
        if "command" in run:
            # langgraph-api 0.16.7: where nothing is to be answered, no checkpoint is made, but the thread shows
            # the values of the one that was named.
            self._hold_runs(known, self.view(known))
            known.stale = True

    # --- following ---

    @rule(slot=slots, nth=counts)
    def join(self, slot: int, nth: int) -> None:
        known, run_id = self.run_at(slot, nth)
        if run_id is None:
            return
        for how in ("stream", "join"):
            answer = self.ask("GET", f"{known.path}/runs/{run_id}/{how}")
            assert answer.status == 200
            there = self.ask("GET", f"{known.path}/runs/{run_id}")
            if there.status == 200:
                assert there.json()["status"] in OVER
            elif how == "join":
                assert "__error__" in answer.json()
            else:
                assert [event for event, _ in parts(answer.body.decode())] == ["error"]

    # --- stopping ---

    @rule(
        slot=slots, nth=counts, action=st.sampled_from(("interrupt", "rollback")), wait=st.sampled_from("01")
    )
    def cancel(self, slot: int, nth: int, action: str, wait: str) -> None:
        known, run_id = self.run_at(slot, nth)
        if run_id is None:
            return
        place = f"{known.path}/runs/{run_id}"
        answer = self.ask("POST", f"{place}/cancel?action={action}&wait={wait}")
        there = self.ask("GET", place)
        if answer.status == 404:
            assert there.status == 404 or there.json()["status"] in OVER
            return
        assert answer.status == (200 if wait == "1" else 202)
        assert known.runs.get(run_id) not in OVER
        if action == "rollback":
            assert there.status == 404
            self.lose(known, {run_id})
        else:
            assert there.json()["status"] == "interrupted"

    @rule(
        slot=slots,
        nth=counts,
        what=st.sampled_from(("run", "run", "run", "run", "thread", "all", "running", "pending")),
        action=st.sampled_from(("interrupt", "rollback")),
    )
    def remove(self, slot: int, nth: int, what: str, action: str) -> None:
        """Delete a run or a thread, or cancel the runs of everybody."""
        if what == "run":
            self.delete_run(*self.run_at(slot, nth))
        elif what == "thread":
            known = self.at(slot)
            assert self.ask("DELETE", known.path).status == 204
            del self.known[slot]
            self.gone.append(known)
        else:
            self.cancel_many(what, action)

    def cancel_many(self, status: str, action: str) -> None:
        if action == "rollback":
            for known in self.known.values():
                known.may_be_lost |= self.view(known).active
        answer = self.ask("POST", f"/runs/cancel?action={action}", {"status": status})
        assert answer.status in (204, 404)
        self.touched.update(self.known)
        for known in self.known.values():
            assert status != "all" or not self.view(known).active

    def delete_run(self, known: Known, run_id: str | None) -> None:
        if run_id is None:
            return
        there = self.ask("GET", f"{known.path}/runs/{run_id}").status
        assert self.ask("DELETE", f"{known.path}/runs/{run_id}").status == (204 if there == 200 else 404)
        assert self.ask("GET", f"{known.path}/runs/{run_id}").status == 404
        self.lose(known, {run_id})
        known.stale = True

    # --- editing ---

    @rule(slot=slots, as_node=st.sampled_from((None, "a", "b", "ask", "__end__", "__start__")))
    def update_state(self, slot: int, as_node: str | None) -> None:
        known = self.at(slot)
        view = self.view(known)
        body = {"values": {"log": ["edited"]}, **({"as_node": as_node} if as_node else {})}
        answer = self.ask("POST", f"{known.path}/state", body)
        if answer.status == 409:
            assert view.active
            return
        if answer.status == 400:
            assert not view.runs or as_node is not None, answer
            return
        assert answer.status == 200, answer
        known.stale = False
        state = self.ask("GET", f"{known.path}/state").json()
        assert state["checkpoint_id"] == answer.json()["checkpoint_id"]
        assert "edited" in state["values"]["log"]

    # --- what always holds ---

    @invariant()
    def every_thread_holds(self) -> None:
        """Those that something was done to; the others come at the end."""
        for slot in self.touched & set(self.known):
            self.hold(self.known[slot])
        self.touched.clear()

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        for known in self.gone[-1:]:
            assert self.ask("GET", known.path).status == 404
            assert self.ask("GET", f"{known.path}/state").status == 404
            for run_id in known.runs:
                assert self.ask("GET", f"{known.path}/runs/{run_id}").status == 404

    def hold(self, known: Known) -> None:
        view = self.view(known)
        thread, state, history = view.thread, view.state, view.history
        statuses = {run["status"] for run in view.runs.values()}
        assert statuses <= ACTIVE | OVER
        assert thread["status"] in ("idle", "busy", "interrupted", "error")
        assert (thread["status"] == "busy") == bool(view.active)
        assert known.updated_at <= thread["updated_at"], "a thread's time runs backwards"
        known.updated_at = thread["updated_at"]
        self._hold_runs(known, view)
        self._hold_history(known, history)
        assert state["checkpoint_id"] == (history[0]["checkpoint_id"] if history else None)
        if view.active or known.stale:
            return
        if not any(task["result"] for task in state["tasks"]):
            assert (thread["values"] or {}) == state["values"]
        if thread["status"] == "interrupted":
            assert state["next"]
        asked = [item for items in (thread.get("interrupts") or {}).values() for item in items]
        assert asked == state["interrupts"]

    def _hold_runs(self, known: Known, view: View) -> None:
        missing = set(known.runs) - set(view.runs)
        assert missing <= known.lost | known.may_be_lost
        self.lose(known, missing)
        assert set(view.runs) == set(known.runs) - known.lost
        ended = False
        for run_id, run in view.runs.items():
            last = known.runs[run_id]
            ended |= last in ACTIVE and run["status"] in OVER
            assert last in ACTIVE or run["status"] == last, "a run that was over is something else"
            assert (last, run["status"]) != ("running", "pending")
            known.runs[run_id] = run["status"]
            if run["status"] in OVER:
                known.may_be_lost.discard(run_id)
        if ended:
            known.stale = False
        made = [run["created_at"] for run in view.runs.values()]
        assert made == sorted(made, reverse=True)

    def _hold_history(self, known: Known, history: list[dict[str, Any]]) -> None:
        ids = [state["checkpoint_id"] for state in history]
        assert len(set(ids)) == len(ids)
        times = [state["created_at"] for state in history]
        assert times == sorted(times, reverse=True), "the history is not newest first"
        for place, state in enumerate(history):
            known.written_by[state["checkpoint_id"]] = writer = state["metadata"].get("run_id")
            assert writer not in known.lost, "a checkpoint of a run that is gone"
            parent = state["parent_checkpoint_id"]
            if parent is None:
                continue
            if parent in ids:
                assert ids.index(parent) > place
            else:
                assert known.lost, "a parent that is not there, though no run is gone"
                assert parent not in known.written_by or known.written_by[parent] in known.lost

    # --- how ---

    def at(self, slot: int) -> Known:
        """The thread of a slot, made when it is first wanted."""
        self.touched.add(slot)
        if slot not in self.known:
            self.known[slot] = Known(self.ask("POST", "/threads", {}).json()["thread_id"])
        return self.known[slot]

    def run_at(self, slot: int, nth: int) -> tuple[Known, str | None]:
        """The nth run from the newest on, of those that were ever made."""
        known = self.at(slot)
        made = list(known.runs)[::-1]
        return known, made[nth] if nth < len(made) else None

    def made(self, known: Known, run_id: str, undone: set[str] | None = None) -> None:
        assert run_id not in known.runs, "two runs with one id"
        known.runs[run_id] = "pending"
        known.may_be_lost |= undone or set()

    def lose(self, known: Known, run_ids: set[str]) -> None:
        known.lost |= run_ids
        known.may_be_lost -= run_ids

    def view(self, known: Known) -> View:
        """The thread when nothing happened to it while it was read."""
        deadline = time.monotonic() + 20
        while True:
            seen = self._seen(known)
            if not seen.active:
                return seen
            if seen == self._seen(known):
                return seen
            time.sleep(0.001)
            assert time.monotonic() < deadline, "the thread does not come to rest"

    def _seen(self, known: Known) -> View:
        runs = self.ask("GET", f"{known.path}/runs?limit=1000").json()
        thread = self.ask("GET", known.path).json()
        state = self.ask("GET", f"{known.path}/state").json()
        history = self.ask("GET", f"{known.path}/history?limit=1000").json()
        return View(thread, {run["run_id"]: run for run in runs}, state, history)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        self.line.request(method, path, None if body is None else json.dumps(body))
        answer = self.line.getresponse()
        told = Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
        assert told.status < 500, (method, path, body, told)
        return told


@pytest.fixture
def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockGraph]:
    monkeypatch.setattr(joining, "_ABSENT", 0.0)
    monkeypatch.setattr(live, "HOLD", 0.02)
    file = tmp_path / "agent.yaml"
    file.write_text(FIXTURE)
    with MockGraph(file) as mock:
        yield mock


def test_whatever_clients_do(mock: MockGraph) -> None:
    Lives.mock = mock
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
