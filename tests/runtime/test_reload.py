"""Fixtures that are read again: swapped all at once, here and in the namespaces, and not at all where they are broken."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockgraph import MockGraph
from mockgraph.runtime.reload import reload

FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - name: slow
    when: {input.kind: slow}
    play: [{node: a, delay: 5s, update: {said: OLD}}, {node: b, delay: 5s, update: {more: OLD}}]
  - name: quick
    play: [{node: a, update: {said: OLD}}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    path.write_text(FIXTURE)
    return path


@pytest.fixture
def mock(file: Path) -> Iterator[MockGraph]:
    with MockGraph(file) as mock:
        yield mock


def again(mock: MockGraph, file: Path, text: str) -> None:
    """The file with another text, read as `--reload` reads it."""
    file.write_text(text)
    mock._in_loop(lambda: reload(mock._namespace, [file]))


def said(url: str) -> Any:
    return httpx.post(f"{url}/runs/wait", json={"assistant_id": "agent", "input": {}}).json().get("said")


def test_every_namespace_plays_what_was_read(mock: MockGraph, file: Path) -> None:
    one, other = mock.namespace("one"), mock.namespace("other")
    one.stub("agent", when={"input.own": True}, play=[])
    other.stub("agent", play=[{"node": "a", "update": {"said": "its own"}}])
    assert [said(each.url) for each in (mock, one, other)] == ["OLD", "OLD", "its own"]
    again(mock, file, FIXTURE.replace("OLD", "NEW"))
    assert [said(each.url) for each in (mock, one, other, mock.namespace("later"))] == [
        "NEW",
        "NEW",
        "its own",
        "NEW",
    ]


def test_what_was_added_stays(mock: MockGraph, file: Path) -> None:
    mock.stub("agent", when={"input": {"exists": True}}, play=[{"node": "a", "update": {"said": "added"}}])
    again(mock, file, FIXTURE.replace("OLD", "NEW"))
    assert said(mock.url) == "added"


@pytest.mark.parametrize(
    "broken",
    [
        FIXTURE.replace("play", "pley"),
        FIXTURE.replace(
            "graph: agent", "graph: agent\nseed: {threads: [{runs: [{input: {kind: 1}}]}]}"
        ).replace("  - name: quick", "  - name: never\n    when: {input.x: 1}"),
        "",
    ],
)
def test_a_broken_file_changes_nothing(
    mock: MockGraph, file: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    one = mock.namespace("one")
    assert said(one.url) == "OLD"
    with caplog.at_level(logging.ERROR, "mockgraph"):
        again(mock, file, broken)
    assert "the last good ones stay" in caplog.text
    assert str(file) in caplog.text
    assert [said(mock.url), said(one.url)] == ["OLD", "OLD"]


def test_what_a_namespace_cannot_take_changes_nothing_anywhere(
    mock: MockGraph, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = mock.namespace("one")
    text = "mockgraph: 1\ngraph: agent\nstubs: [{name: third, play: []}]"
    httpx.post(f"{one.url}/_mockgraph/stubs", content=text).raise_for_status()
    with caplog.at_level(logging.ERROR, "mockgraph"):
        again(mock, file, FIXTURE.replace("OLD", "NEW").replace("quick", "third"))
    assert "a second stub 'third' of graph 'agent'" in caplog.text
    assert [said(mock.url), said(one.url)] == ["OLD", "OLD"]


def test_a_run_that_plays_finishes_on_what_it_began_with(mock: MockGraph, file: Path) -> None:
    mock.clock.hold()
    with httpx.Client(base_url=mock.url, timeout=20) as client:
        thread = client.post("/threads", json={}).json()["thread_id"]
        run = client.post(
            f"/threads/{thread}/runs", json={"assistant_id": "agent", "input": {"kind": "slow"}}
        ).json()
        client.get(f"/threads/{thread}/runs/{run['run_id']}")
        mock.clock.advance(5)
        again(mock, file, FIXTURE.replace("OLD", "NEW"))
        mock.clock.advance(6)
        values = client.get(f"/threads/{thread}/state").json()["values"]
        assert values == {"kind": "slow", "said": "OLD", "more": "OLD"}
        mock.clock.set("instant")
        answer = client.post(f"/threads/{thread}/runs/wait", json={"assistant_id": "agent", "input": {}})
        assert answer.json()["said"] == "NEW"


def test_of_stubs_that_are_gone_nothing_is_kept(mock: MockGraph, file: Path) -> None:
    for turn in range(20):
        again(mock, file, FIXTURE.replace("OLD", f"turn {turn}"))
        one = mock.namespace(f"n{turn}")
        assert said(one.url) == f"turn {turn}"
        one.drop()
    namespace = mock._namespace
    assert (len(namespace.played), len(namespace.played_within), len(namespace.children)) == (0, 0, 0)
