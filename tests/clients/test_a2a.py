"""The client of the Agent2Agent protocol against mockgraph: cards, messages, streams, tasks, answers.

The client of the protocol's first version is asked to stream as the version before: of the events of the real server's
`SendStreamingMessage` it understands the first alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    StreamResponse,
    Task,
    TaskState,
)
from a2a.utils.errors import InvalidParamsError, TaskNotFoundError

from mockgraph import MockGraph
from mockgraph.words.vocabulary import system_assistant_id

pytestmark = [pytest.mark.timeout(30), pytest.mark.mockgraph(allow_unplayed=True)]

STUBS: list[dict[str, Any]] = [
    {
        "name": "greeted",
        "when": {"input.messages[-1].content": "hello"},
        "play": [{"node": "agent", "update": {"messages": [{"ai": "Hello to you!"}]}}],
    },
    {
        "name": "broken",
        "when": {"input.messages[-1].content": "break"},
        "play": [{"node": "agent", "error": {"type": "ValueError", "message": "kaboom"}}],
    },
    {
        "name": "asked",
        "when": {"input.messages[-1].content": "ask"},
        "play": [{"node": "agent", "interrupt": "Who are you?"}],
    },
    {
        "name": "answered",
        "after": "asked",
        "when": {"resume": {"exists": True}},
        "play": [{"node": "agent", "update": {"messages": [{"ai": "Hello, ${resume}!"}]}}],
    },
    {
        "name": "waits",
        "when": {"input.messages[-1].content": "wait"},
        "play": [{"node": "agent", "delay": "60s"}],
    },
]

VERSIONS = ["0.3", "1.0"]
Questions = Callable[[Client], Awaitable[None]]
Asking = Callable[..., None]


@asynccontextmanager
async def met(url: str, version: str, *, streaming: bool) -> AsyncIterator[tuple[Client, AgentCard]]:
    """A client of the greeter and its card, as its resolver finds it; speaking this version of the protocol."""
    async with httpx.AsyncClient(timeout=20) as web:
        resolver = A2ACardResolver(web, f"{url}/a2a/{system_assistant_id('greeter')}")
        card = await resolver.get_agent_card()
        card.supported_interfaces[0].protocol_version = version
        yield ClientFactory(ClientConfig(streaming=streaming, httpx_client=web)).create(card), card


@pytest.fixture
def ask(mockgraph: MockGraph) -> Asking:
    """Speaks to a server that plays a graph `greeter`."""
    for stub in STUBS:
        mockgraph.stub("greeter", **stub)

    def asked(questions: Questions, *, version: str = "1.0", streaming: bool = False) -> None:
        async def connected() -> None:
            async with met(mockgraph.url, version, streaming=streaming) as (client, _):
                await questions(client)

        asyncio.run(connected())

    return asked


async def say(client: Client, text: str, *, context: str = "", task: str = "") -> list[StreamResponse]:
    """What comes back for a message."""
    message = Message(
        message_id="m1", role=Role.ROLE_USER, parts=[Part(text=text)], context_id=context, task_id=task
    )
    return [told async for told in client.send_message(SendMessageRequest(message=message))]


async def sent(client: Client, text: str, **place: str) -> Task:
    """The task that a message makes, or goes on with."""
    (told,) = await say(client, text, **place)
    return told.task


def answer(task: Task) -> str:
    return "".join(part.text for artifact in task.artifacts for part in artifact.parts)


def state(task: Task) -> str:
    name: str = TaskState.Name(task.status.state)
    return name


# --- cards ---


def test_the_card_is_resolved(mockgraph: MockGraph, ask: Asking) -> None:
    async def questions() -> None:
        async with met(mockgraph.url, "1.0", streaming=False) as (client, card):
            assert (card.name, card.capabilities.streaming) == ("greeter", True)
            (place,) = card.supported_interfaces
            assert place.url == f"{mockgraph.url}/a2a/{system_assistant_id('greeter')}"
            extended = await client.get_extended_agent_card(GetExtendedAgentCardRequest())
            assert extended.name == card.name

    asyncio.run(questions())


# --- messages ---


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_is_answered(ask: Asking, version: str) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "hello")
        assert (state(task), answer(task)) == ("TASK_STATE_COMPLETED", "Hello to you!")
        again = await sent(client, "hello", context=task.context_id)
        assert again.context_id == task.context_id
        assert again.id != task.id

    ask(questions, version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_task_that_fails(ask: Asking, version: str) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "break")
        assert state(task) == "TASK_STATE_FAILED"

    ask(questions, version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_question_is_answered(ask: Asking, version: str) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "ask")
        assert state(task) == "TASK_STATE_INPUT_REQUIRED"
        (asked,) = task.artifacts
        assert asked.parts[0].data.struct_value["value"] == "Who are you?"
        done = await sent(client, "Bo", context=task.context_id, task=task.id)
        assert (done.id, state(done), answer(done)) == (task.id, "TASK_STATE_COMPLETED", "Hello, Bo!")

    ask(questions, version=version)


# --- streams ---


def test_a_text_is_streamed_as_it_grows(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        first, *updates, artifact, last = await say(client, "hello")
        assert state(first.task) == "TASK_STATE_SUBMITTED"
        texts = [part.text for told in updates for part in told.status_update.status.message.parts]
        assert (texts[0], texts[-1]) == ("Hello", "Hello to you!")
        assert all(longer.startswith(text) for text, longer in pairwise(texts))
        assert [part.text for part in artifact.artifact_update.artifact.parts] == ["Hello to you!"]
        assert TaskState.Name(last.status_update.status.state) == "TASK_STATE_COMPLETED"

    ask(questions, version="0.3", streaming=True)


def test_a_question_is_streamed_and_answered(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        first, *_, last = await say(client, "ask")
        assert TaskState.Name(last.status_update.status.state) == "TASK_STATE_INPUT_REQUIRED"
        task = first.task
        *_, artifact, last = await say(client, "Bo", context=task.context_id, task=task.id)
        assert [part.text for part in artifact.artifact_update.artifact.parts] == ["Hello, Bo!"]
        assert TaskState.Name(last.status_update.status.state) == "TASK_STATE_COMPLETED"

    ask(questions, version="0.3", streaming=True)


def test_the_newer_client_sees_the_task_of_a_stream(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        first = (await say(client, "hello"))[0]
        assert state(first.task) == "TASK_STATE_SUBMITTED"
        assert state(await client.get_task(GetTaskRequest(id=first.task.id))) == "TASK_STATE_COMPLETED"

    ask(questions, streaming=True)


# --- tasks ---


@pytest.mark.parametrize("version", VERSIONS)
def test_a_task_is_looked_at(ask: Asking, version: str) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "hello")
        found = await client.get_task(GetTaskRequest(id=task.id, history_length=1))
        assert (found.id, state(found)) == (task.id, state(task))
        assert [part.text for message in found.history for part in message.parts] == ["Hello to you!"]

    ask(questions, version=version)


def test_the_tasks_of_a_context_are_listed(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        first = await sent(client, "hello")
        second = await sent(client, "hello", context=first.context_id)
        await sent(client, "hello")
        listed = await client.list_tasks(ListTasksRequest(context_id=first.context_id))
        assert (listed.total_size, [task.id for task in listed.tasks]) == (2, [second.id, first.id])

    ask(questions)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_question_is_taken_back(ask: Asking, version: str) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "ask")
        assert state(await client.cancel_task(CancelTaskRequest(id=task.id))) == "TASK_STATE_CANCELED"
        assert state(await client.get_task(GetTaskRequest(id=task.id))) == "TASK_STATE_CANCELED"

    ask(questions, version=version)


def test_a_task_at_work_is_cancelled_while_it_streams(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        message = Message(message_id="m1", role=Role.ROLE_USER, parts=[Part(text="wait")])
        told = aiter(client.send_message(SendMessageRequest(message=message)))
        task = (await anext(told)).task
        cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
        assert state(cancelled) == "TASK_STATE_CANCELED"
        # langgraph-api 0.16.7: the stream ends as if nothing had happened.
        last = [event async for event in told][-1]
        assert TaskState.Name(last.status_update.status.state) == "TASK_STATE_COMPLETED"
        assert state(await client.get_task(GetTaskRequest(id=task.id))) == "TASK_STATE_CANCELED"

    ask(questions, version="0.3", streaming=True)


# --- refusals ---


def test_a_task_that_is_unknown(ask: Asking) -> None:
    async def questions(client: Client) -> None:
        task = await sent(client, "hello")
        with pytest.raises(TaskNotFoundError, match=task.context_id):
            await client.get_task(GetTaskRequest(id=f"{task.context_id}:{task.context_id}"))

    ask(questions)


@pytest.mark.mockgraph(allow_unmatched=True)
def test_a_message_that_no_stub_matches_raises_the_report(mockgraph: MockGraph, ask: Asking) -> None:
    async def questions(client: Client) -> None:
        with pytest.raises(InvalidParamsError, match="No stub matched this run"):
            await sent(client, "bye")

    ask(questions)
    assert len(mockgraph.unmatched) == 1
