"""Where mockgraph means to differ from the real server: `docs/upstream.md` has a row for each test here."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mockgraph import MockGraph
from tests.playing import parts, talk, world

FIXTURE = """
mockgraph: 1
graph: agent
channels: {said: append, messages: add_messages}
stubs:
  - name: asks
    when: {input.kind: asks}
    play:
      - {node: agent, update: {said: [a]}}
      - {node: human, interrupt: "sure?"}
  - name: answered
    when: {resume: {exists: true}}
    play:
      - {node: human, update: {said: ["${resume}"]}}
      - {node: last, delay: 60s, update: {said: [later]}}
  - name: endless
    when: {input.kind: endless}
    play: [{node: agent, delay: 60s, update: {said: [never]}}]
  - name: fails
    when: {input.kind: fails}
    play: [{node: agent, error: {type: ValueError, message: no}}]
  - name: quick
    when: {input.kind: quick}
    play: [{node: agent, update: {said: [quick]}}]
"""
OTHER = """
mockgraph: 1
graph: other
stubs:
  - name: all
    play: [{node: b, update: {only: 1}}]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockGraph]:
    folder = tmp_path_factory.mktemp("fixtures")
    folder.joinpath("agent.yaml").write_text(FIXTURE)
    folder.joinpath("other.yaml").write_text(OTHER)
    with MockGraph(folder) as mock:
        yield mock


@pytest.fixture
def client(server: MockGraph) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client
    server.reset()


def thread(client: httpx.Client) -> str:
    return f"/threads/{client.post('/threads', json={}).json()['thread_id']}"


def run(kind: str, **more: Any) -> dict[str, Any]:
    return {"assistant_id": "agent", "input": {"kind": kind}, **more}


def ids(client: httpx.Client, path: str) -> list[str]:
    return [found["run_id"] for found in client.get(f"{path}/runs").json()]


def checkpoints(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{path}/history?limit=50").json()
    return found


# --- ending runs ---


@pytest.mark.parametrize("kind", ["pending", "playing"])
@pytest.mark.parametrize("action", ["rollback", "delete"])
def test_a_run_that_is_undone_leaves_its_thread_idle(client: httpx.Client, action: str, kind: str) -> None:
    path = thread(client)
    asked = run("quick", after_seconds=60) if kind == "pending" else run("endless")
    waiting = client.post(f"{path}/runs", json=asked).json()["run_id"]
    while client.get(f"{path}/runs/{waiting}").json()["status"] != (
        "pending" if kind == "pending" else "running"
    ):
        pass
    if action == "delete":
        assert client.delete(f"{path}/runs/{waiting}").status_code == 204
    else:
        assert client.post(f"{path}/runs/{waiting}/cancel?action=rollback").status_code == 202
    assert ids(client, path) == []
    assert client.get(path).json()["status"] == "idle"
    assert client.post(f"{path}/runs/wait", json=run("quick")).json()["said"] == ["quick"]


def test_cancelling_a_pending_run_leaves_its_thread_to_the_one_that_plays(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    waiting = client.post(f"{path}/runs", json=run("quick")).json()["run_id"]
    assert client.post(f"{path}/runs/{waiting}/cancel").status_code == 202
    assert client.get(path).json()["status"] == "busy"


def test_a_resume_that_is_rolled_back_leaves_the_question(client: httpx.Client) -> None:
    path = thread(client)
    asked = client.post(f"{path}/runs/wait", json=run("asks")).json()
    answer = {"assistant_id": "agent", "command": {"resume": "yes"}}
    resuming = client.post(f"{path}/runs", json=answer).json()["run_id"]
    while "yes" not in client.get(f"{path}/state").json()["values"]["said"]:
        pass
    client.post(f"{path}/runs/{resuming}/cancel?action=rollback&wait=1")
    standing = client.get(f"{path}/state").json()
    assert standing["values"]["said"] == ["a"]
    assert [one["id"] for one in standing["interrupts"]] == [one["id"] for one in asked["__interrupt__"]]


def test_deleting_a_run_that_plays_stops_it_at_once(client: httpx.Client) -> None:
    path = thread(client)
    ask = run("endless", stream_mode="updates")
    with client.stream("POST", f"{path}/runs/stream", json=ask) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: metadata"
        with httpx.Client(base_url=client.base_url) as other:
            (playing,) = ids(other, path)
            assert other.delete(f"{path}/runs/{playing}").status_code == 204
            assert other.get(path).json()["status"] == "idle"
        rest = [line for line in lines if line]
    assert rest[-2:] == ["event: error", 'data: {"error":"HTTPException","message":"404: Run not found"}']


def test_a_run_that_supersedes_is_matched_when_it_starts(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    told = client.post(f"{path}/runs/stream", json=run("typo", multitask_strategy="interrupt"))
    assert told.status_code == 200
    assert parts(told.text)[-1][1]["error"] == "UnmatchedRun"


def test_the_runs_in_the_way_of_an_edit_are_named(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    refused = client.post(f"{path}/state", json={"values": {"said": ["x"]}})
    assert refused.status_code == 409
    (playing,) = ids(client, path)
    assert refused.json()["detail"].endswith(f"has in-flight runs: ['{playing}']")


def test_a_stateless_run_that_is_deleted_takes_its_thread_with_it(client: httpx.Client) -> None:
    made = client.post("/runs", json=run("endless")).json()
    path = f"/threads/{made['thread_id']}"
    assert client.delete(f"{path}/runs/{made['run_id']}").status_code == 204
    assert client.get(path).status_code == 404


def test_a_run_that_is_named_twice_is_stopped_once(client: httpx.Client, server: MockGraph) -> None:
    path = thread(client)
    made = client.post(f"{path}/runs", json=run("endless")).json()["run_id"]
    assert client.get(f"{path}/runs/{made}").json()["status"] in ("pending", "running")
    body = {"thread_id": path.rpartition("/")[2], "run_ids": [made, made]}
    assert client.post("/runs/cancel", json=body).status_code == 204
    assert client.get(path).json()["status"] == "interrupted"
    assert len(server.journal.runs()) == 1


def test_a_waiting_run_begins_on_what_is_there_when_it_starts(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs/wait", json=run("quick"))
    (done,) = ids(client, path)
    client.post(f"{path}/runs", json=run("quick"))
    assert client.delete(f"{path}/runs/{done}").status_code == 204
    (last,) = ids(client, path)
    assert client.get(f"{path}/runs/{last}/join").json()["said"] == ["quick"]


# --- streams that come back ---


def resumable(client: httpx.Client, path: str) -> tuple[str, list[str]]:
    told = client.post(f"{path}/runs/stream", json=run("quick", stream_resumable=True, stream_mode="updates"))
    numbers = [line.removeprefix("id: ") for line in told.text.splitlines() if line.startswith("id: ")]
    return ids(client, path)[0], numbers


def test_what_can_be_repeated_goes_with_its_run(client: httpx.Client) -> None:
    path = thread(client)
    run_id, _ = resumable(client, path)
    again = {"Last-Event-ID": "-"}
    place = f"{path}/runs/{run_id}/stream"
    assert [event for event, _ in streamed(client.get(place, headers=again).text)] == ["metadata", "updates"]
    client.delete(f"{path}/runs/{run_id}")
    gone = 'event: error\r\ndata: {"error":"HTTPException","message":"404: Run not found"}\r\n\r\n'
    assert client.get(place, headers=again).text == gone


def streamed(text: str) -> list[tuple[str, str]]:
    found = []
    for block in filter(None, text.split("\r\n\r\n")):
        fields = dict(line.split(": ", 1) for line in block.split("\r\n"))
        found.append((fields["event"], fields["id"]))
    return found


def test_ids_of_parts_are_numbers_and_none_is_like_another(client: httpx.Client) -> None:
    path = thread(client)
    run_id, numbers = resumable(client, path)
    assert len(set(numbers)) == len(numbers) == 2
    milliseconds, _, number = numbers[0].partition("-")
    assert numbers[1] == f"{milliseconds}-{int(number) + 1}"
    seen = {"Last-Event-ID": f"{milliseconds}-{int(number):03}"}
    rest = client.get(f"{path}/runs/{run_id}/stream", headers=seen).text
    assert [number for _, number in streamed(rest)] == numbers[1:]


def test_ids_rise_along_a_thread(client: httpx.Client) -> None:
    path = thread(client)
    everything = [number for _ in range(3) for number in resumable(client, path)[1]]
    values = [tuple(map(int, number.split("-"))) for number in everything]
    assert values == sorted(set(values))


def test_a_repeated_stream_has_the_ids_that_it_had(client: httpx.Client) -> None:
    path = thread(client)
    ask = run("fails", stream_resumable=True, stream_mode="updates")
    with (
        httpx.Client(base_url=client.base_url, timeout=20) as other,
        other.stream("GET", f"{path}/stream") as stream,
    ):
        lines = stream.iter_lines()
        client.post(f"{path}/runs", json=ask)
        live: list[tuple[str, str]] = []
        found: dict[str, str] = {}
        while "run_done" not in found.get("data", ""):
            line = next(lines)
            if line:
                name, _, value = line.partition(": ")
                found[name] = value
            else:
                live.append((found.get("event", ""), found.get("id", "")))
                if "run_done" not in found.get("data", ""):
                    found = {}
        live.append((found["event"], next(lines).removeprefix("id: ")))
    told = [part for part in live if part[1]]
    with (
        httpx.Client(base_url=client.base_url, timeout=20) as other,
        other.stream("GET", f"{path}/stream", headers={"Last-Event-ID": told[-2][1]}) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == f"event: {told[-1][0]}"
        assert "run_done" in next(lines)
        assert next(lines) == f"id: {told[-1][1]}"


def test_feedback_urls_need_no_langsmith(client: httpx.Client) -> None:
    told = client.post("/runs/stream", json=run("quick", feedback_keys=["stars"])).text
    event, data = parts(told)[-1]
    assert event == "feedback"
    assert data["stars"].startswith("https://api.smith.langchain.com/feedback/tokens/")


# --- checkpoints ---


def test_a_message_that_a_command_adds_keeps_its_id(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs/wait", json=run("asks"))
    seen = []
    for text in ("one", "two"):
        command = {"update": {"messages": [{"role": "user", "content": text}]}}
        told = client.post(f"{path}/runs/wait", json={"assistant_id": "agent", "command": command}).json()
        stored = client.get(f"{path}/state").json()["values"]
        seen += [[message["id"] for message in values["messages"]] for values in (told, stored)]
    assert seen[0] == seen[1] == seen[2][:1] == seen[3][:1]
    assert seen[2] == seen[3]


def test_several_graphs_may_write_to_one_thread(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs/wait", json=run("quick"))
    ask = {"assistant_id": "other", "input": {"x": 1}}
    values = client.post(f"{path}/runs/wait", json=ask).json()
    assert values == {"messages": [], "said": ["quick"], "x": 1, "only": 1}
    points = client.get(f"{path}/history?limit=50").json()
    written = [point["metadata"]["graph_id"] for point in points]
    assert written == ["other"] * 3 + ["agent"] * 3


# --- assistants, threads, the server itself --------------------------------------------------------------


def test_a_version_comes_back_whole(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"graph_id": "agent", "context": {"a": 1}}).json()
    one = f"/assistants/{made['assistant_id']}"
    client.patch(one, json={"graph_id": "other", "context": {"b": 2}})
    back = client.post(f"{one}/latest", json={"version": 1}).json()
    assert (back["graph_id"], back["context"]) == ("agent", {"a": 1})


def test_supersteps_are_made_all_or_none(client: httpx.Client) -> None:
    steps = [
        {"updates": [{"values": {"said": ["a"]}, "as_node": "__input__"}]},
        {"updates": [{"values": {}, "as_node": "nobody"}]},
    ]
    own = "0f3c9a52-51b7-4f5c-9c86-2b8a7a4b3c10"
    body = {"thread_id": own, "metadata": {"graph_id": "agent"}, "supersteps": steps}
    assert client.post("/threads", json=body).json() == {"detail": "Node nobody does not exist"}
    thread = client.get(f"/threads/{own}").json()
    assert (thread["status"], thread["values"]) == ("idle", None)
    assert client.get(f"/threads/{own}/state").json()["checkpoint"] is None


def test_a_superstep_may_be_a_command(client: httpx.Client) -> None:
    steps = [{"updates": [{"command": {"update": {"said": ["a"]}}, "as_node": "agent"}]}]
    made = client.post("/threads", json={"metadata": {"graph_id": "agent"}, "supersteps": steps}).json()
    assert made["values"]["said"] == ["a"]


def test_a_copy_of_nothing_can_be_run_on(client: httpx.Client) -> None:
    thread_id = client.post("/threads", json={}).json()["thread_id"]
    other = client.post(f"/threads/{thread_id}/copy").json()["thread_id"]
    run = {"assistant_id": "agent", "input": {"kind": "quick"}}
    assert client.post(f"/threads/{other}/runs/wait", json=run).json()["said"] == ["quick"]


def test_storage_counts_what_a_thread_takes_up(client: httpx.Client) -> None:
    thread_id = client.post("/threads", json={}).json()["thread_id"]
    run = {"assistant_id": "agent", "input": {"kind": "quick"}}
    client.post(f"/threads/{thread_id}/runs/wait", json=run)
    told = client.get(f"/threads/{thread_id}/storage").json()
    assert told["checkpoints"]["count"] == 3
    assert told["channel_values"]["by_channel"]["said"] == {"versions": 1, "bytes": len(b"\x91\xa5quick")}
    parts = ("checkpoints", "channel_values", "pending_writes")
    assert told["total_bytes"] == sum(told[part]["bytes"] for part in parts)


def test_a_drawing_is_what_plays_do(client: httpx.Client) -> None:
    drawn = client.get("/assistants/agent/graph").json()
    assert [node["id"] for node in drawn["nodes"]] == ["__start__", "agent", "human", "last", "__end__"]
    assert {"source": "agent", "target": "human", "conditional": True} in drawn["edges"]


def test_schemas_are_told_by_channels_and_plays(client: httpx.Client) -> None:
    own = client.post("/assistants/search", json={"graph_id": "other"}).json()[0]["assistant_id"]
    told = client.get(f"/assistants/{own}/schemas").json()
    assert told["input_schema"] == {
        "properties": {"only": {"title": "Only", "type": "integer"}},
        "title": "other_input",
        "type": "object",
    }


def test_prometheus_is_told_of_requests_and_workers(client: httpx.Client) -> None:
    client.post("/threads", json={})
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    counted = re.findall(
        r'lg_api_http_requests_total\{.*method="POST",.*path="/threads",.*status="200"\} (.*)', answer.text
    )
    assert counted
    assert re.search(r"^lg_api_workers_active\{.*\} 0.0$", answer.text, re.MULTILINE)


def test_the_documentation_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http:" not in page.text
    assert "https:" not in page.text
    assert "//" not in page.text.split("<script>")[0]


def test_a_tool_that_may_not_be_called() -> None:
    head = """
    auth:
      tokens: {guest: {identity: guest, permissions: [read]}}
      rules: [{on: "*", needs: write, detail: "no {resource}:{action}"}, {on: assistants, needs: read}]
    """

    async def call(client: httpx.AsyncClient) -> None:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "agent"}}
        headers = {"authorization": "Bearer guest", "accept": "application/json"}
        answer = await client.post("/mcp", json=body, headers=headers)
        assert answer.json()["error"] == {"code": -32602, "message": "no threads:create_run"}

    talk(world("- {name: any, play: []}", head=head), call)


def test_what_a_reducer_refuses_is_refused_by_hand(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs/wait", json=run("quick"))
    before = client.get(f"{path}/state").json()
    refused = client.post(f"{path}/state", json={"values": {"said": "no list"}, "as_node": "agent"})
    assert refused.status_code == 400
    assert refused.json() == {"detail": 'can only concatenate list (not "str") to list'}
    steps = [{"updates": [{"values": {"said": 5}, "as_node": "agent"}]}]
    made = {"thread_id": path.rpartition("/")[2], "if_exists": "do_nothing", "supersteps": steps}
    assert client.post("/threads", json=made).status_code == 400
    odd = client.post(f"{path}/history", json={"before": {"configurable": []}})
    assert (odd.status_code, odd.json()) == (422, {"detail": "before.configurable must be an object"})
    assert client.get(f"{path}/state").json() == before
    assert len(client.get(f"{path}/history?limit=20").json()) == 3


def test_supersteps_wait_for_no_run(client: httpx.Client) -> None:
    path = thread(client)
    client.post(f"{path}/runs", json=run("endless"))
    steps = [{"updates": [{"values": {"said": ["x"]}, "as_node": "agent"}]}]
    made = {"thread_id": path.rpartition("/")[2], "if_exists": "do_nothing", "supersteps": steps}
    refused = client.post("/threads", json=made)
    assert refused.status_code == 409
    assert "has in-flight runs" in refused.json()["detail"]


OWNERS = """
auth:
  tokens: {alice: {identity: alice}, bob: {identity: bob}}
  rules: [{on: "*", owner: owner}]
"""


def test_a_studio_is_no_user() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        studio = {"x-auth-scheme": "langsmith"}
        assert (await client.post("/threads", json={}, headers=studio)).status_code == 401
        both = {**studio, "authorization": "Bearer alice"}
        thread = (await client.post("/threads", json={}, headers=both)).json()
        assert thread["metadata"] == {"owner": "alice"}

    talk(world("- {name: any, play: []}", head=OWNERS), ask)


def test_items_have_no_owner() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        alice, bob = ({"authorization": f"Bearer {name}"} for name in ("alice", "bob"))
        item = {"namespace": ["notes"], "key": "k", "value": {"a": 1}}
        assert (await client.put("/store/items", json=item, headers=alice)).status_code == 204
        search = {"namespace_prefix": ["notes"]}
        found = (await client.post("/store/items/search", json=search, headers=bob)).json()["items"]
        assert [one["value"] for one in found] == [{"a": 1}]

    talk(world("- {name: any, play: []}", head=OWNERS), ask)


def test_a_graph_may_be_run_whoever_owns_its_assistant() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        alice = {"authorization": "Bearer alice"}
        assert (await client.post("/assistants/search", json={}, headers=alice)).json() == []
        answer = await client.post("/runs/wait", json=run("any"), headers=alice)
        assert (answer.status_code, answer.json()) == (200, {"kind": "any"})

    talk(world("- {name: any, play: []}", head=OWNERS), ask)
