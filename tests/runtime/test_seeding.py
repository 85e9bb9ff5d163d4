"""Seeds: threads with a history, and store items, before the first request."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from mockgraph import FixtureError, MockGraph
from mockgraph.runtime.reload import reload
from tests.playing import scripted, talk, world

STUBS = """
- name: refund asks first
  when: {"input.messages[0].content": {contains: refund}}
  play:
    - {node: look, delay: 10s, update: {messages: [{ai: Let me look.}]}}
    - {node: ask_human, interrupt: {question: "Refund order 42?"}}
- name: refund approved
  after: refund asks first
  when: {resume: approve}
  times: 1
  play: [{node: ask_human, update: {messages: [{ai: Refunded.}]}}]
"""
HEAD = """
seed:
  threads:
    - metadata: {title: Waiting}
      runs:
        - {input: {messages: [{role: user, content: "A refund, please", id: h1}]}}
    - metadata: {title: Done}
      runs:
        - {input: {messages: [{role: user, content: "A refund, please", id: h1}]}}
        - {command: {resume: approve}}
    - thread_id: 0f3c9a52-51b7-4f5c-9c86-2b8a7a4b3c10
      values: {messages: [{role: user, content: Hello, id: h1}]}
  items:
    - {namespace: [users, u1], key: profile, value: {name: Ada}}
"""


async def by_title(client: httpx.AsyncClient) -> dict[str, Any]:
    found = (await client.post("/threads/search", json={})).json()
    return {thread["metadata"].get("title"): thread for thread in found}


def test_a_thread_list_has_something_to_show_at_once() -> None:
    async def look(client: httpx.AsyncClient) -> None:
        threads = await by_title(client)
        assert {title: thread["status"] for title, thread in threads.items()} == {
            "Waiting": "interrupted",
            "Done": "idle",
            None: "interrupted",  # what was written is input: the first node is due
        }
        assert [m["content"] for m in threads["Done"]["values"]["messages"]] == [
            "A refund, please",
            "Let me look.",
            "Refunded.",
        ]
        waiting = threads["Waiting"]
        state = (await client.get(f"/threads/{waiting['thread_id']}/state")).json()
        assert state["interrupts"][0]["value"] == {"question": "Refund order 42?"}
        history = (await client.get(f"/threads/{waiting['thread_id']}/history?limit=9")).json()
        assert [entry["next"] for entry in history] == [["ask_human"], ["look"], ["__start__"]]
        item = (await client.get("/store/items?namespace=users.u1&key=profile")).json()
        assert item["value"] == {"name": "Ada"}
        now = (await client.post("/threads", json={})).json()["updated_at"]
        assert all(thread["updated_at"] <= now for thread in threads.values())

    talk(world(STUBS, head=HEAD), look)


def test_what_waits_goes_on_and_a_seed_counts_for_no_stub() -> None:
    async def answer(client: httpx.AsyncClient) -> None:
        thread_id = (await by_title(client))["Waiting"]["thread_id"]
        run = {"assistant_id": "agent", "command": {"resume": "approve"}}
        values = (await client.post(f"/threads/{thread_id}/runs/wait", json=run)).json()
        assert values["messages"][-1]["content"] == "Refunded."

    namespace = world(STUBS, head=HEAD)
    talk(namespace, answer)
    assert [entry.stub for entry in namespace.journal.runs()] == ["refund approved"]


def test_the_same_ids_in_every_process_and_after_a_reset() -> None:
    def ids(namespace: Any) -> list[str]:
        return [thread.thread_id for thread in namespace.threads]

    first, second = world(STUBS, head=HEAD), world(STUBS, head=HEAD, deterministic=False)
    assert ids(first) == ids(second)
    first.threads.remove(ids(first)[0])
    first.reset()
    assert ids(first) == ids(second)


def test_a_seeded_thread_that_has_changed_stays_so_when_fixtures_are_read_again(tmp_path: Path) -> None:
    namespace = world(STUBS, head=HEAD)
    changed = next(iter(namespace.threads))
    changed.metadata = b'{"title":"Mine"}'
    namespace.script(scripted(STUBS, head=HEAD))
    assert [thread.metadata for thread in namespace.threads if thread.thread_id == changed.thread_id] == [
        b'{"title":"Mine"}'
    ]


UNMATCHED = """mockgraph: 1
graph: agent
stubs:
  - {name: hello, when: {input.text: hello}, play: []}
seed:
  threads:
    - runs:
        - {input: {text: hello}}
        - {input: {text: helo}}
"""
SAID = """agent.yaml:9:11: seed.threads[0].runs[1]: this cannot be seeded
No stub matched this run.
  seed  graph 'agent'
    input.text   'helo'
Closest stubs (1 of 1):
  agent.yaml:4   hello
    input.text   expected 'hello', got 'helo'
A stub that would match:
  - name: …
    when:
      input.text: helo
    play: …"""


def test_a_seed_that_no_stub_matches_is_an_error_of_the_fixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("agent.yaml").write_text(UNMATCHED)
    with pytest.raises(FixtureError) as raised:
        MockGraph("agent.yaml")
    assert str(raised.value) == SAID


def test_a_broken_seed_changes_nothing_in_a_server_that_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    namespace = world(STUBS, head=HEAD)
    before, graphs = [thread.thread_id for thread in namespace.threads], namespace.graphs
    (tmp_path / "agent.yaml").write_text(UNMATCHED)
    reload(namespace, [tmp_path])
    assert "this cannot be seeded" in caplog.text
    assert [thread.thread_id for thread in namespace.threads] == before
    assert namespace.graphs is graphs
    with pytest.raises(FixtureError):
        namespace.load([tmp_path])


def test_values_of_a_node_that_is_not_there_are_an_error_of_the_fixture() -> None:
    head = "seed: {threads: [{values: {a: 1}, as_node: nobody}]}"
    with pytest.raises(FixtureError, match=r"seed.threads\[0\].values: .*\nNode nobody does not exist"):
        world("- {name: any, play: [{node: agent, update: {a: 2}}]}", head=head)


def test_a_template_without_its_value_is_an_error_of_the_fixture() -> None:
    with pytest.raises(FixtureError, match=r"this cannot be seeded\n.*input\.nope"):
        world(
            "- {name: any, play: [{node: agent, update: {a: '${input.nope}'}}]}",
            head="seed: {threads: [{runs: [{input: {a: 1}}]}]}",
        )


def test_what_a_client_deleted_is_not_sown_again_when_fixtures_are_read_again() -> None:
    namespace = world(STUBS, head=HEAD)
    gone = next(iter(namespace.threads)).thread_id
    namespace.threads.remove(gone)
    namespace.script(scripted(STUBS, head=HEAD))
    assert namespace.threads.find(gone) is None


def test_a_seeded_run_that_fails_leaves_a_thread_that_says_so() -> None:
    namespace = world(
        "- {name: boom, play: [{node: agent, error: {type: ValueError, message: kaboom}}]}",
        head="seed: {threads: [{runs: [{input: {a: 1}}]}]}",
    )
    assert [thread.status for thread in namespace.threads] == ["error"]


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("{}", "EmptyInputError: Received no input for __start__"),
        ("{input: hello}", "InvalidUpdateError: Expected dict, got hello"),
        ("{input: {messages: [5]}}", "NotImplementedError: Unsupported message type"),
        ("{command: {resume: yes}}", "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_a_seeded_run_that_fails_by_itself_is_a_complaint(run: str, why: str) -> None:
    head = f"channels: {{messages: add_messages}}\nseed: {{threads: [{{runs: [{run}]}}]}}"
    with pytest.raises(FixtureError) as refused:
        world("- {name: any, play: []}", head=head)
    assert f"seed.threads[0].runs[0]: this cannot be seeded\n{why}" in str(refused.value)


def test_a_seeded_run_may_fail_as_its_play_says() -> None:
    head = "seed: {threads: [{metadata: {title: Broken}, runs: [{input: {}}]}]}"

    async def look(client: httpx.AsyncClient) -> None:
        assert (await by_title(client))["Broken"]["status"] == "error"

    talk(world("- {name: any, play: [{node: a, error: {type: ValueError, message: no}}]}", head=head), look)
