"""What is not built says so; what is wrong is refused; and the server goes on."""

import httpx
import pytest

from tests.playing import talk, world

STUBS = "- {name: all, play: []}"
SOME_ID = "018cc251-f400-7acf-80e7-6d440feec09e"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'"\\ud800"',
        b"[" * 2000,
        b'{"assistant_id": "agent", "input": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
    ids=["not UTF-8", "a lone surrogate", "too deep", "deep"],
)
def test_odd_bodies_do_no_harm(body: bytes) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        answer = await client.post("/runs/wait", content=body)
        assert answer.status_code in (200, 400, 422)
        assert (await client.get("/ok")).status_code == 200

    talk(world(STUBS), ask)


def test_the_state_of_a_thread_whose_input_was_refused_can_be_read() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        await client.post(f"{path}/runs/wait", json={"assistant_id": "agent", "input": {"log": "text"}})
        state = (await client.get(f"{path}/state")).json()
        assert (state["values"], state["next"]) == ({"log": []}, ["__start__"])

    talk(world(STUBS, head="channels: {log: append}"), ask)


def test_history_takes_a_flat_checkpoint() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        await client.post(f"{path}/runs/wait", json={"assistant_id": "agent", "input": {"x": 1}})
        newest, oldest = (await client.post(f"{path}/history", json={"limit": 9})).json()
        before = {"checkpoint_id": newest["checkpoint_id"], "thread_id": newest["checkpoint"]["thread_id"]}
        assert (await client.post(f"{path}/history", json={"limit": 9, "before": before})).json() == [oldest]

    talk(world(STUBS), ask)


def test_threads_without_values_do_not_match_values() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        await client.post("/threads", json={})
        path = f"/threads/{(await client.post('/threads', json={})).json()['thread_id']}"
        await client.post(f"{path}/runs/wait", json={"assistant_id": "agent", "input": {"x": 1, "y": 2}})
        found = (await client.post("/threads/search", json={"values": {"x": 1}})).json()
        assert [thread["values"] for thread in found] == [{"x": 1, "y": 2}]

    talk(world(STUBS), ask)
