"""MockGraph outside pytest, and the app for those who mount it."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from mockgraph import FixtureError, MockGraph, MockgraphError, create_app

RUN = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "I am Bagatur"}]}}


def test_as_a_context_manager() -> None:
    with MockGraph("fixtures/agent.yaml") as mock:
        assert "Hello Bagatur" in httpx.post(f"{mock.url}/runs/wait", json=RUN).text
        url = mock.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/ok")
    with pytest.raises(MockgraphError, match="not running"):
        mock.url  # noqa: B018


def test_it_can_be_started_and_stopped_again() -> None:
    mock = MockGraph()
    mock.stop()
    for _ in range(2):
        mock.start()
        assert httpx.get(f"{mock.url}/ok").status_code == 200
        with pytest.raises(MockgraphError, match="running already"):
            mock.start()
        mock.stop()


def test_fixtures_that_cannot_be_used_are_told_before_anything_starts() -> None:
    with pytest.raises(FixtureError, match="no such file or folder"):
        MockGraph("nowhere")


def test_stubs_and_fixtures_can_be_added_before_it_starts() -> None:
    mock = MockGraph()
    mock.stub("other", play=[{"node": "a", "update": {"x": 1}}])
    mock.load("fixtures/agent.yaml")
    with mock:
        assert httpx.post(f"{mock.url}/runs/wait", json={"assistant_id": "other", "input": {}}).json() == {
            "x": 1
        }
        assert httpx.post(f"{mock.url}/runs/wait", json=RUN).status_code == 200


def test_a_stub_is_made_of_json_values() -> None:
    with pytest.raises(TypeError, match="a stub is made of JSON values"):
        MockGraph().stub("agent", play=[{"node": "a", "update": {"x": {1, 2}}}])


def test_a_bad_stub_leaves_everything_as_it_was() -> None:
    with MockGraph("fixtures/agent.yaml") as mock:
        with pytest.raises(FixtureError, match=r"test_mock\.py:\d+: stub.play.0.: a task needs a 'node'"):
            mock.stub("agent", play=[{}])
        with pytest.raises(FixtureError, match="did you mean 'introduction, streamed'"):
            mock.stub("agent", after="introduction, streamd", play=[])
        with pytest.raises(FixtureError, match="a second stub"):
            mock.load("fixtures/agent.yaml")
        assert httpx.post(f"{mock.url}/runs/wait", json=RUN).status_code == 200


def test_the_app_can_be_mounted() -> None:
    app = Starlette(routes=[Mount("/graphs", create_app("fixtures/agent.yaml", deterministic=True))])

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.post("/graphs/runs/wait", json=RUN)

    assert "Hello Bagatur" in asyncio.run(main()).text
