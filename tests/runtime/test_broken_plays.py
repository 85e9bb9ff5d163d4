"""A play that cannot be played fails its run, at once or live: told, settled and reported, never a success."""

from typing import Any

import httpx
import pytest

from mockgraph import MockGraph
from tests.playing import parts, talk, world

SLOW = "delay: 20ms, "


@pytest.mark.parametrize("pause", ["", SLOW], ids=["at once", "live"])
@pytest.mark.parametrize(
    ("update", "given", "error"),
    [
        ('{n: "${state.n}"}', {"n": 2**63}, "TypeError"),
        ('{x: "${length(input.n)}"}', {"n": 1}, "UnresolvedTemplate"),
        ('{messages: [{ai: "${input.n}"}]}', {"n": 1}, "ValidationError"),
        ('{messages: [{ai: hi, id: "${input.n}"}]}', {"n": 1}, "ValidationError"),
    ],
)
def test_it_fails_the_run(update: str, given: dict[str, Any], error: str, pause: str) -> None:
    play = f"- {{name: one, play: [{{node: a, {pause}update: {update}}}]}}"

    async def ask(client: httpx.AsyncClient) -> None:
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        run = {"assistant_id": "agent", "input": given, "stream_mode": ["values", "messages"]}
        for place in ("/runs/wait", f"{path}/runs/wait"):
            assert (await client.post(place, json=run)).json()["__error__"]["error"] == error
        for place in ("/runs/stream", f"{path}/runs/stream"):
            last = parts((await client.post(place, json=run)).text)[-1]
            assert (last[0], last[1]["error"]) == ("error", error)
        thread = (await client.get(path)).json()
        assert (thread["status"], thread["error"]["error"]) == ("error", error)
        assert {one["status"] for one in (await client.get(f"{path}/runs")).json()} == {"error"}
        assert (await client.get(f"{path}/state")).status_code == 200

    talk(world(play, head="channels: {messages: add_messages, n: add, x: last_value}"), ask)


@pytest.mark.parametrize("pause", [[], [{"delay": "20ms"}]], ids=["at once", "live"])
def test_what_is_mockgraphs_own_failure_fails_the_test(
    pause: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("mockgraph.engine.view.View.node_metadata", broken)
    with MockGraph() as mock:
        mock.stub("agent", play=[{"node": "a", "do": [*pause, {"update": {"messages": [{"ai": "x"}]}}]}])
        run = {"assistant_id": "agent", "input": {}, "stream_mode": "messages-tuple"}
        told = httpx.post(f"{mock.url}/runs/stream", json=run).text
        assert [event for event, _ in parts(told)] == ["metadata", "error"]
        (report,) = mock.unmatched
        assert report.startswith("stub 'test_broken_plays.py:")
        assert report.endswith("cannot be played: ZeroDivisionError: a defect")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("config", {"metadata": 5}),
        ("after_seconds", 1e300),
        ("after_seconds", -1e12),
        ("checkpoint", 1),
        ("checkpoint_id", 1),
        ("checkpoint_id", "no id"),
    ],
)
def test_what_the_real_server_crashes_on_is_refused_before_anything_is_made(field: str, value: Any) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        for place in ("runs", "runs/stream", "runs/wait"):
            answer = await client.post(
                f"{path}/{place}", json={"assistant_id": "agent", "input": {}, field: value}
            )
            assert answer.status_code == 422
        assert (await client.get(f"{path}/runs")).json() == []

    talk(world("- {name: one, play: []}"), ask)


def test_a_uuid_has_one_spelling() -> None:
    plain = "018cc251-f400-7acf-80e7-6d440feec09e"
    others = [plain.upper(), plain.replace("-", ""), f"{{{plain}}}", f"urn:uuid:{plain}"]

    async def ask(client: httpx.AsyncClient) -> None:
        assert (await client.post("/threads", json={"thread_id": others[0]})).json()["thread_id"] == plain
        for other in others:
            assert (await client.post("/threads", json={"thread_id": other})).status_code == 409
            assert (await client.get(f"/threads/{other}")).json()["thread_id"] == plain
            found = (await client.post("/threads/search", json={"ids": [other]})).json()
            assert [thread["thread_id"] for thread in found] == [plain]
            run = {"assistant_id": "agent", "input": {}}
            assert (await client.post(f"/threads/{other}/runs/wait", json=run)).status_code == 200
        assert len((await client.get(f"/threads/{plain}/runs")).json()) == len(others)
        assistant = (await client.post("/assistants/search", json={})).json()[0]["assistant_id"]
        assert (await client.get(f"/assistants/{assistant.upper()}")).json()["assistant_id"] == assistant

    talk(world("- {name: one, play: []}"), ask)


def test_stubs_of_one_line_have_names_of_their_own() -> None:
    mock = MockGraph()
    for number in range(3):
        mock.stub("agent", times=1, play=[{"node": "a", "update": {"n": number}}])
    with mock:
        ask = {"assistant_id": "agent", "input": {}}
        assert [httpx.post(f"{mock.url}/runs/wait", json=ask).json() for _ in range(3)] == [
            {"n": 0},
            {"n": 1},
            {"n": 2},
        ]


@pytest.mark.parametrize("graph", [5, None, ""])
def test_a_stub_of_no_graph_changes_nothing(graph: Any) -> None:
    mock = MockGraph()
    with pytest.raises(TypeError, match="a graph is named by a text"):
        mock.stub(graph, play=[])
    mock.stub("agent", play=[])


def test_an_enormous_limit_is_as_good_as_none() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        assert (await client.get(f"{path}/history?limit={'9' * 20}")).json() == []

    talk(world("- {name: one, play: []}"), ask)


def test_a_large_body_is_read_in_its_stride() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        async def pieces() -> Any:
            yield b'{"assistant_id": "agent", "input": {"x": "'
            for _ in range(200):
                yield b"x" * 50_000
            yield b'"}}'

        answer = await client.post("/runs/wait", content=pieces())
        assert len(answer.content) > 10_000_000

    talk(world("- {name: one, play: []}"), ask)
