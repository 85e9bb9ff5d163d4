"""Namespaces: a world of its own behind `/ns/<name>`, through which clients work unchanged."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client, get_sync_client
from pytest_httpserver import HTTPServer

from mockgraph import FixtureError, MockGraph, MockgraphError
from tests.clients import document
from tests.clients.javascript import told

FIXTURE = """
mockgraph: 1
graph: agent
channels: {said: append}
stubs:
  - name: asks
    when: {input.kind: ask}
    play:
      - {node: agent, update: {said: ["${input.name}"]}}
      - {node: human, interrupt: "sure?"}
  - name: answered
    when: {resume: {exists: true}}
    play: [{node: human, update: {said: ["${resume}"]}}]
  - name: struck
    when: {input.kind: struck}
    play:
      - {node: agent, update: {said: [one]}}
      - fault: {cut: after}
      - {node: agent, update: {said: [two]}}
      - {node: agent, update: {said: [three]}}
"""
NAMESPACES = 50


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[MockGraph]:
    tmp_path.joinpath("agent.yaml").write_text(FIXTURE)
    with MockGraph(tmp_path) as mock:
        yield mock


def stub(mock: Any, said: str, **when: Any) -> None:
    mock.stub(
        "agent", when={"input.kind": "say", **when}, play=[{"node": "agent", "update": {"said": [said]}}]
    )


def waited(url: str, kind: str = "say") -> Any:
    return httpx.post(
        f"{url}/runs/wait", json={"assistant_id": "agent", "input": {"kind": kind}}, timeout=20
    ).json()


# --- what is whose ---


def test_a_namespace_plays_what_the_root_plays_and_its_own(mock: MockGraph) -> None:
    one, other = mock.namespace("one"), mock.namespace("other")
    assert waited(one.url)["detail"].startswith("No stub matched this run.")
    stub(mock, "root")
    assert (waited(one.url), waited(other.url)) == ({"said": ["root"]}, {"said": ["root"]})
    stub(one, "own")
    assert (waited(one.url), waited(other.url), waited(mock.url)) == (
        {"said": ["own"]},
        {"said": ["root"]},
        {"said": ["root"]},
    )
    assert (len(one.journal.runs()), len(other.journal.runs()), len(mock.journal.runs())) == (3, 2, 1)
    assert (len(one.unmatched), len(other.unmatched), len(mock.unmatched)) == (1, 0, 0)


def test_a_reset_of_one_leaves_the_others(mock: MockGraph) -> None:
    one, other = mock.namespace("one"), mock.namespace("other")
    for each in (one, other):
        stub(each, each.name)
        httpx.post(f"{each.url}/threads", json={})
    one.reset()
    counts = [httpx.post(f"{each.url}/threads/count", json={}).json() for each in (one, other)]
    assert counts == [0, 1]
    assert "detail" in waited(one.url)
    assert waited(other.url) == {"said": ["other"]}


def test_a_namespace_that_is_dropped_is_made_anew(mock: MockGraph) -> None:
    one = mock.namespace("one")
    httpx.post(f"{one.url}/threads", json={})
    one.drop()
    assert httpx.post(f"{one.url}/threads/count", json={}).json() == 0
    mock.reset()
    assert httpx.get(f"{mock.url}/_mockgraph/ns").json() == []


def test_more_fixtures_in_one_survive_what_the_root_adds(mock: MockGraph, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("mockgraph: 1\ngraph: other\nstubs: [{name: all, play: [{node: a, update: {x: 1}}]}]")
    one = mock.namespace("one")
    one.load(more)
    stub(mock, "root")
    asked = {"assistant_id": "other", "input": {}}
    assert httpx.post(f"{one.url}/runs/wait", json=asked).json() == {"x": 1}
    assert httpx.post(f"{mock.url}/runs/wait", json=asked).status_code == 422
    with pytest.raises(FixtureError, match=r"a second stub 'all' of graph 'other'"):
        one.load(more)
    assert httpx.post(f"{one.url}/runs/wait", json=asked).json() == {"x": 1}


def test_the_same_requests_get_the_same_bytes_in_each(mock: MockGraph) -> None:
    stub(mock, "x")
    answers = set()
    for name in ("one", "other"):
        url = mock.namespace(name).url
        thread = httpx.post(f"{url}/threads", json={}).text
        body = {"assistant_id": "agent", "input": {"kind": "say"}, "stream_mode": "debug"}
        run = httpx.post(f"{url}/threads/{json.loads(thread)['thread_id']}/runs/stream", json=body)
        answers.add((thread, run.text.replace(url, ""), run.headers["content-location"]))
    assert len(answers) == 1


@pytest.mark.parametrize("name", ["a b", "", "a" * 101, "ä"])
def test_a_name_that_is_none_is_refused(mock: MockGraph, name: str) -> None:
    answer = httpx.get(f"{mock.url}/ns/{name}/ok")
    assert (answer.status_code, "named by letters" in answer.json()["detail"]) == (422, True)


def test_there_are_only_so_many() -> None:
    with MockGraph(namespaces=2) as mock:
        for name in ("one", "two", "one"):
            assert httpx.get(f"{mock.namespace(name).url}/ok").status_code == 200
        refused = httpx.get(f"{mock.url}/ns/three/ok")
        assert (refused.status_code, "DELETE /_mockgraph/ns/" in refused.json()["detail"]) == (503, True)
        with pytest.raises(MockgraphError, match="2 namespaces already"):
            mock.namespace("three").reset()
        mock.namespace("one").drop()
        assert httpx.get(f"{mock.url}/ns/three/ok").status_code == 200


# --- clients ---


def test_a_question_is_asked_and_answered_through_the_python_clients(mock: MockGraph) -> None:
    async def talk(url: str) -> Any:
        async with get_client(url=url) as client:
            thread = (await client.threads.create())["thread_id"]
            await client.runs.wait(thread, "agent", input={"kind": "ask", "name": "x"})
            assert (await client.threads.get(thread))["status"] == "interrupted"
            return await client.runs.wait(thread, "agent", command={"resume": "yes"})

    assert asyncio.run(talk(mock.namespace("one").url)) == {"said": ["x", "yes"]}


def test_a_client_that_was_cut_off_comes_back_to_its_namespace(mock: MockGraph) -> None:
    one = mock.namespace("one")
    with get_sync_client(url=one.url) as client:
        thread = client.threads.create()["thread_id"]
        parts = client.runs.stream(
            thread, "agent", input={"kind": "struck"}, stream_mode="updates", stream_resumable=True
        )
        said = [part.data["agent"]["said"] for part in parts if part.event == "updates"]
    assert said == [["one"], ["two"], ["three"]]
    asked = [entry.path for entry in one.journal.requests()]
    assert [path.rpartition("/")[2] for path in asked].count("stream") == 2
    assert all(path.startswith("/ns/one/threads") for path in asked)
    assert len(mock.journal) == 0


def test_a_webhook_says_where_it_comes_from(mock: MockGraph, httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/told").respond_with_data("")
    one = mock.namespace("one")
    stub(one, "x")
    body = {"assistant_id": "agent", "input": {"kind": "say"}, "webhook": httpserver.url_for("/told")}
    with httpserver.wait(timeout=10) as waiting:
        httpx.post(f"{one.url}/runs/wait", json=body)
    assert waiting.result
    [(request, _)] = httpserver.log
    told_ = json.loads(request.data)
    assert told_["kwargs"]["config"]["metadata"]["langgraph_api_url"] == one.url


def test_the_javascript_client_works_in_one(folder: Path) -> None:
    with MockGraph(Path(__file__).parents[2] / "fixtures") as mock:
        one = mock.namespace("js")
        streamed, _waited = told(folder, "stateless.mjs", one.url)
        assert streamed == document.STREAMED
        assert (len(one.journal.runs()) > 0, len(mock.journal)) == (True, 0)


# --- side by side ---


def test_many_at_once_never_mix(mock: MockGraph) -> None:
    thread = "00000000-0000-4000-8000-000000000000"

    async def talk(client: httpx.AsyncClient, name: str) -> None:
        at = f"{mock.url}/ns/{name}"
        await client.post(f"{at}/threads", json={"thread_id": thread})
        for turn in range(3):
            asked = {"assistant_id": "agent", "input": {"kind": "ask", "name": f"{name} {turn}"}}
            streamed = await client.post(f"{at}/threads/{thread}/runs/stream", json=asked)
            assert f"{name} {turn}" in streamed.text
            resumed = {"assistant_id": "agent", "command": {"resume": f"yes {name}"}}
            await client.post(f"{at}/threads/{thread}/runs/wait", json=resumed)
        values = (await client.get(f"{at}/threads/{thread}/state")).json()["values"]
        assert values == {"said": [said for turn in range(3) for said in (f"{name} {turn}", f"yes {name}")]}

    async def everybody() -> None:
        limits = httpx.Limits(max_connections=NAMESPACES)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            await asyncio.gather(*(talk(client, f"n{number}") for number in range(NAMESPACES)))

    asyncio.run(everybody())
    for number in range(NAMESPACES):
        runs = mock.namespace(f"n{number}").journal.runs()
        assert [entry.stub for entry in runs] == ["asks", "answered"] * 3
    assert len(mock.journal) == 0
