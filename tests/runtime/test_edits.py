"""State written by hand, where mockgraph means to differ from the real server and where a fixture matters."""

from typing import Any

import httpx
import pytest

from tests.playing import talk, world

HEAD = "channels: {log: append, x: last_value}"
INSIDE = """
- name: answered
  when: {resume: {exists: true}}
  play:
    - node: child
      subgraph:
        - {node: ask, update: {log: ["${resume}"]}}
        - {node: last, update: {log: [last]}}
    - {node: after, update: {log: [after]}}
- name: asked
  play:
    - {node: before, update: {log: [before]}}
    - node: child
      subgraph:
        - {node: first, update: {log: [first]}}
        - {node: ask, interrupt: "why?"}
"""
LOG = {"log": ["edited"]}


class Edits:
    """A thread on which the graph has asked inside its node."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._path = ""

    async def begin(self) -> "Edits":
        made = (await self._client.post("/threads", json={})).json()
        self._path = f"/threads/{made['thread_id']}"
        await self.run(input={})
        return self

    async def run(self, **given: Any) -> Any:
        body = {"assistant_id": "agent", **given}
        return (await self._client.post(f"{self._path}/runs/wait", json=body)).json()

    async def edit(self, **given: Any) -> httpx.Response:
        return await self._client.post(f"{self._path}/state", json=given)

    async def get(self, place: str = "") -> Any:
        return (await self._client.get(f"{self._path}{place}")).json()

    async def inside(self) -> dict[str, str]:
        (task,) = (await self.get("/state"))["tasks"]
        return {"checkpoint_ns": task["checkpoint"]["checkpoint_ns"]}


@pytest.mark.parametrize("inside", [True, False])
def test_a_thread_shows_where_it_stands_wherever_it_was_edited(*, inside: bool) -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        states = await thread.get("/history?limit=9")
        if inside:
            await thread.edit(values=LOG, as_node="ask", checkpoint=await thread.inside())
        else:
            await thread.edit(values=LOG, as_node="child", checkpoint_id=states[1]["checkpoint_id"])
        shown, state = await thread.get(), await thread.get("/state")
        assert shown["values"] == state["values"]
        assert shown["values"]["log"] == (["before"] if inside else ["edited"])
        assert shown["status"] == "interrupted"
        assert (shown["interrupts"] != {}) is inside

    talk(world(INSIDE, head=HEAD), play)


def test_an_edit_inside_a_node_wants_a_checkpoint() -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        place = await thread.inside()
        node, _, _ = place["checkpoint_ns"].partition(":")
        nowhere = [
            {"checkpoint_ns": node},
            {"checkpoint_ns": f"{node}:1"},
            {**place, "checkpoint_id": "00000000-0000-0000-0000-000000000000"},
        ]
        for checkpoint in nowhere:
            answer = await thread.edit(values=LOG, checkpoint=checkpoint)
            assert answer.status_code == 400
            assert "has no checkpoint" in answer.json()["detail"]
        assert (await thread.edit(values=LOG, checkpoint_id=5)).status_code == 422

    talk(world(INSIDE, head=HEAD), play)


def test_a_copy_is_made_whole_or_not_at_all() -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        before = await thread.get("/history?limit=9")
        answer = await thread.edit(values=[[LOG, "nobody"]], as_node="__copy__")
        assert answer.status_code == 400
        assert await thread.get("/history?limit=9") == before

    talk(world(INSIDE, head=HEAD), play)


def test_an_input_by_hand_begins_anew() -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        await thread.edit(values=LOG, as_node="__input__")
        assert (await thread.get("/state"))["next"] == ["__start__", "child"]
        await thread.run(input=None)
        state = await thread.get("/state")
        assert (state["values"]["log"], state["next"]) == (["before", "edited", "before"], ["child"])

    talk(world(INSIDE, head=HEAD), play)


def test_an_edit_inside_a_node_goes_on_where_it_left_off() -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        await thread.edit(values=LOG, as_node="ask", checkpoint=await thread.inside())
        told = await thread.run(input=None)
        assert told["log"] == ["before", "before", "first", "edited", "last", "after"]

    talk(world(INSIDE, head=HEAD), play)


def test_an_edit_inside_a_subgraph_uses_its_own_channels() -> None:
    stubs = """
    - name: counts
      play:
        - node: child
          subgraph:
            input: {n: 1}
            channels: {n: add}
            play:
              - {node: more, update: {n: 2}}
              - {node: ask, interrupt: "enough?"}
    """

    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        place = await thread.inside()
        await thread.edit(values={"n": 10, "x": "dropped"}, checkpoint=place)
        found = (await thread.get("/state?subgraphs=true"))["tasks"][0]["state"]
        assert found["values"] == {"n": 13}

    talk(world(stubs, head=HEAD), play)


def test_a_copy_of_a_thread_has_its_edits() -> None:
    async def play(client: httpx.AsyncClient) -> None:
        thread = await Edits(client).begin()
        await thread.edit(values=LOG, as_node="ask", checkpoint=await thread.inside())
        made = (await client.post(f"{thread._path}/copy")).json()
        theirs = await thread.get("/state?subgraphs=true")
        thread._path = f"/threads/{made['thread_id']}"
        ours = await thread.get("/state?subgraphs=true")
        assert ours["tasks"][0]["state"]["values"] == theirs["tasks"][0]["state"]["values"]
        assert made["thread_id"] in str(ours["tasks"][0]["state"]["metadata"])

    talk(world(INSIDE, head=HEAD), play)
