"""langgraph_sdk against mockgraph: the document's code as it stands, and what else people do with a thread."""

import ast
import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from mockgraph import MockGraph
from tests.clients import document
from tests.clients.shop import BROKEN, ORDER, ORDERED, THANKED, THANKS, spoken

# Not every test plays all that the shop sells.
pytestmark = pytest.mark.mockgraph(allow_unplayed=True)


def ask(mockgraph: MockGraph, questions: Callable[[LangGraphClient], Awaitable[None]]) -> None:
    """Let an asynchronous client ask the server."""

    async def asked() -> None:
        async with get_client(url=mockgraph.url) as client:
            await questions(client)

    asyncio.run(asked())


async def printed(code: str, names: dict[str, Any]) -> list[Any]:
    """What a piece of the document prints, run as in a notebook: it may await, and it leaves its names behind."""
    told: list[Any] = []
    names["print"] = told.append
    compiled = compile(code, "<document>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(compiled, names)
    return told


# --- the document ---


def test_the_documents_code_prints_the_documents_output(mockgraph: MockGraph) -> None:
    async def questions(client: LangGraphClient) -> None:
        assistants = await client.assistants.search(graph_id="agent")
        assistant = next(found for found in assistants if found["config"] in (None, {}))
        names: dict[str, Any] = {"client": client, "assistant_id": assistant["assistant_id"]}

        assert await printed(document.STREAMING, names) == [document.STREAMED]

        (waited,) = await printed(document.WAITING, names)
        human_id = waited["messages"][0]["id"]
        assert waited == document.waited_today(human_id)
        assert str(UUID(human_id)) == human_id

    ask(mockgraph, questions)


def test_the_documents_setup_finds_the_assistant_and_makes_a_thread(mockgraph: MockGraph) -> None:
    with httpx.Client(base_url=mockgraph.url) as http:
        assistants = http.post("/assistants/search", json={"limit": 10, "offset": 0})
        assert assistants.status_code == 200
        plain = [found for found in assistants.json() if found.get("config") in (None, {})]
        assert plain[0]["graph_id"] == "agent"

        thread = http.post("/threads", json={})
        assert thread.status_code == 200
        assert str(UUID(thread.json()["thread_id"])) == thread.json()["thread_id"]
        assert (thread.json()["status"], thread.json()["values"]) == ("idle", None)


@pytest.mark.parametrize("where", ["/threads/{thread_id}/runs/stream", "/runs/stream"])
def test_the_documents_curl_streams_the_update(mockgraph: MockGraph, where: str) -> None:
    with httpx.Client(base_url=mockgraph.url) as http:
        thread_id = http.post("/threads", json={}).json()["thread_id"]
        answer = http.post(where.format(thread_id=thread_id), json=document.BODY)
    assert answer.headers["content-type"].startswith("text/event-stream")
    sent = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [data for data in sent if data and "run_id" not in data] == [document.STREAMED]


def test_a_synchronous_client_gets_the_documents_output_too(mockgraph: MockGraph) -> None:
    given = document.BODY["input"]
    with get_sync_client(url=mockgraph.url) as client:
        parts = list(client.runs.stream(None, "agent", input=given, stream_mode="updates"))
        waited: Any = client.runs.wait(None, "agent", input=given)
    assert [part.event for part in parts] == ["metadata", "updates"]
    assert parts[-1].data == document.STREAMED
    assert waited == document.waited_today(waited["messages"][0]["id"])


def test_a_stateless_run_leaves_no_thread_behind(mockgraph: MockGraph) -> None:
    async def questions(client: LangGraphClient) -> None:
        await client.runs.wait(None, "agent", input=document.BODY["input"])
        assert await client.threads.search() == []

    ask(mockgraph, questions)


# --- threads ---


def test_a_thread_is_made_read_found_and_deleted(mockgraph: MockGraph) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = await client.threads.create(metadata={"customer": "ada"})
        other = await client.threads.create(metadata={"customer": "bob"})
        assert await client.threads.get(thread["thread_id"]) == thread

        found = await client.threads.search(metadata={"customer": "ada"})
        assert [each["thread_id"] for each in found] == [thread["thread_id"]]

        await client.threads.delete(thread["thread_id"])
        with pytest.raises(NotFoundError):
            await client.threads.get(thread["thread_id"])
        assert [each["thread_id"] for each in await client.threads.search()] == [other["thread_id"]]

    ask(mockgraph, questions)


def test_a_second_run_continues_the_thread(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        assert spoken(await client.runs.wait(thread, shop, input=ORDER)) == ORDERED
        assert spoken(await client.runs.wait(thread, shop, input=THANKS)) == THANKED
        assert spoken((await client.threads.get(thread))["values"]) == THANKED

    ask(mockgraph, questions)


def test_state_and_history_tell_what_a_run_left(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread, shop, input=ORDER)

        state = await client.threads.get_state(thread)
        assert spoken(state["values"]) == ORDERED
        assert state["next"] == []

        history = await client.threads.get_history(thread)
        assert history[0] == state
        assert [each["next"] for each in history] == [[], ["agent"], ["__start__"]]
        parents = [each["parent_checkpoint"] for each in history]
        assert parents == [*(each["checkpoint"] for each in history[1:]), None]

        assert await client.threads.get_history(thread, limit=1) == history[:1]

    ask(mockgraph, questions)


# --- runs in the background ---


def test_a_run_in_the_background_is_joined(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        run = await client.runs.create(thread, shop, input=ORDER)
        assert run["status"] == "pending"
        assert spoken(await client.runs.join(thread, run["run_id"])) == ORDERED
        assert (await client.runs.get(thread, run["run_id"]))["status"] == "success"

    ask(mockgraph, questions)


def test_the_stream_of_a_run_in_the_background_is_joined(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        run = await client.runs.create(thread, shop, input=ORDER, stream_mode=["updates", "values"])
        parts = [part async for part in client.runs.join_stream(thread, run["run_id"])]
        assert [part.event for part in parts] == ["metadata", "values", "updates", "values"]
        assert parts[0].data["run_id"] == run["run_id"]
        assert spoken(parts[2].data["agent"]) == ORDERED[1:]
        assert spoken(parts[3].data) == ORDERED

    ask(mockgraph, questions)


def test_runs_are_listed_newest_first(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        assert await client.runs.list(thread) == []
        first = await client.runs.create(thread, shop, input=ORDER)
        second = await client.runs.create(thread, shop, input=THANKS)
        assert spoken(await client.runs.join(thread, second["run_id"])) == THANKED

        listed = await client.runs.list(thread)
        assert [run["run_id"] for run in listed] == [second["run_id"], first["run_id"]]
        assert [run["status"] for run in listed] == ["success", "success"]
        assert await client.runs.list(thread, status="pending") == []
        assert await client.runs.get(thread, first["run_id"]) == listed[1]

    ask(mockgraph, questions)


# --- runs that go wrong ---


def test_a_run_that_fails_raises_in_wait(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        thread = (await client.threads.create())["thread_id"]
        with pytest.raises(Exception, match=r"^ValueError: kaboom$"):
            await client.runs.wait(thread, shop, input=BROKEN)
        assert (await client.threads.get(thread))["status"] == "error"
        assert [run["status"] for run in await client.runs.list(thread)] == ["error"]

        told = await client.runs.wait(None, shop, input=BROKEN, raise_error=False)
        assert told == {"__error__": {"error": "ValueError", "message": "kaboom"}}

    ask(mockgraph, questions)


def test_a_run_that_fails_streams_an_error(mockgraph: MockGraph, shop: str) -> None:
    async def questions(client: LangGraphClient) -> None:
        stream = client.runs.stream(None, shop, input=BROKEN, stream_mode="updates")
        parts = [part async for part in stream]
        assert [part.event for part in parts] == ["metadata", "error"]
        assert parts[1].data == {"error": "ValueError", "message": "kaboom"}

    ask(mockgraph, questions)


@pytest.mark.mockgraph(allow_unmatched=True)
def test_a_run_that_no_stub_matches_raises_the_report(mockgraph: MockGraph) -> None:
    async def questions(client: LangGraphClient) -> None:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            await client.runs.wait(None, "agent", input=ORDER)
        assert refused.value.response.status_code == 422
        report = refused.value.response.json()["detail"]
        assert report.startswith("No stub matched this run.")
        assert "expected to contain 'Bagatur', got 'One red hat, please.'" in report

    ask(mockgraph, questions)
    assert len(mockgraph.unmatched) == 1
