"""@langchain/langgraph-sdk where runs go on: interrupts, forks, edits, and streams whose connection breaks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockgraph import MockGraph
from tests.clients.desk import said
from tests.clients.javascript import told
from tests.clients.proxy import Proxy

pytestmark = pytest.mark.timeout(240)

ANSWERED = ["A refund, please.", "Let me look.", "Done."]
TOLD = [
    ["custom", "first"],
    ["custom", "second"],
    ["updates", {"begin": {"log": ["begun"]}}],
    ["custom", "third"],
    ["updates", {"hold": {"log": ["held"]}}],
]


def test_a_thread_goes_on(mock: MockGraph, folder: Path) -> None:
    asked, answered, streamed, by_id, *others = told(folder, "interrupts.mjs", mock.url)
    assert [each["value"] for each in asked["asked"]] == [{"question": "Refund it?"}]
    assert asked["status"] == "interrupted"
    assert (said(answered["answered"]), answered["answered"]["decision"]) == (ANSWERED, "yes")

    assert [event for event, _ in streamed["streamed"]] == ["metadata", "updates", "updates"]
    updates = [data for event, data in by_id["byId"] if event == "updates"]
    assert [list(update) for update in updates] == [["ask"], ["agent"]]
    assert updates[0]["ask"]["decision"] == "no"

    assert others == [
        {"state": [{"x": 7, "log": ["one"]}, ["two"]]},
        {"forked": {"x": 1, "log": ["one", "two 1", "three"]}},
        {"refused": 409},
        {"cancelled": "interrupted"},
    ]


@pytest.fixture
def read(httpserver: HTTPServer) -> Iterator[dict[str, Proxy]]:
    """Proxies by name: one is told to cut when `/<name>` is asked for."""
    proxies: dict[str, Proxy] = {}

    def cut(request: Request) -> Response:
        proxies[request.path.strip("/")].read.set()
        return Response()

    for name in ("joined", "streamed"):
        httpserver.expect_request(f"/{name}").respond_with_handler(cut)
    yield proxies
    httpserver.check_assertions()


def test_a_stream_whose_connection_breaks_is_taken_up_again(
    mock: MockGraph, folder: Path, read: dict[str, Proxy], httpserver: HTTPServer
) -> None:
    with Proxy(mock.url, parts=2) as joining, Proxy(mock.url, parts=2) as streaming:
        read.update(joined=joining, streamed=streaming)
        joined, streamed, repeated = told(
            folder, "reconnecting.mjs", mock.url, joining.url, streaming.url, httpserver.url_for("")
        )
        seen = {"joined": joining.last_seen, "streamed": streaming.last_seen}

    parts: dict[str, list[Any]] = joined | streamed | repeated
    for name, first in (("joined", "-1"), ("streamed", None)):
        assert [part[:2] for part in parts[name][1:]] == TOLD
        assert seen[name][:2] == [first, parts[name][1][2]]
    assert parts["repeated"] == parts["joined"][2:]
