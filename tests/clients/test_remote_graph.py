"""LangGraph's RemoteGraph against mockgraph: a graph that is elsewhere, called as if it were here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command
from langgraph_sdk import get_client
from langgraph_sdk.client import SyncLangGraphClient

from mockgraph import MockGraph
from tests.clients.desk import BROKEN, QUICK, REFUND, said

pytestmark = pytest.mark.timeout(30)

QUESTION = {"question": "Refund it?"}
ANSWERED = ["A refund, please.", "Let me look.", "Done."]
WALKED = {"x": 1, "log": ["one", "two 1", "three"]}


@pytest.fixture
def remote(mock: MockGraph, openings: Callable[[str, str], SyncLangGraphClient]) -> Callable[[str], Any]:
    """A graph of the server by its name, for synchronous calls."""
    return lambda graph: RemoteGraph(graph, sync_client=openings(mock.url, "sync"))


def ask(mock: MockGraph, graph: str, questions: Callable[[Any], Awaitable[None]]) -> None:
    """Ask a graph of the server asynchronously."""

    async def asked() -> None:
        async with get_client(url=mock.url) as client:
            await questions(RemoteGraph(graph, client=client))

    asyncio.run(asked())


@pytest.fixture
def config(mock: MockGraph, openings: Callable[[str, str], SyncLangGraphClient]) -> dict[str, Any]:
    """A config with a new thread."""
    return {"configurable": {"thread_id": openings(mock.url, "sync").threads.create()["thread_id"]}}


# --- calls ---


def test_a_graph_is_invoked(remote: Callable[[str], Any], config: dict[str, Any]) -> None:
    assert remote("steps").invoke({"x": 1}, config) == WALKED
    assert remote("steps").invoke({"x": 1}) == WALKED


def test_a_graph_is_invoked_asynchronously(mock: MockGraph, config: dict[str, Any]) -> None:
    async def questions(graph: Any) -> None:
        assert await graph.ainvoke({"x": 1}, config) == WALKED
        assert await graph.ainvoke({"x": 1}) == WALKED

    ask(mock, "steps", questions)


def test_a_thread_that_is_not_there_is_made(remote: Callable[[str], Any]) -> None:
    config = {"configurable": {"thread_id": "6f1c4f0e-3f43-4f5e-9a43-7d6d2b6d4a11"}}
    assert remote("work").invoke(QUICK, config) == {"kind": "quick", "log": ["quick"]}
    assert remote("work").get_state(config).values == {"kind": "quick", "log": ["quick"]}


def test_a_graph_is_streamed(remote: Callable[[str], Any]) -> None:
    graph = remote("steps")
    updates = [{"one": {"log": ["one"]}}, {"two": {"log": ["two 1"]}}, {"three": {"log": ["three"]}}]
    assert list(graph.stream({"x": 1})) == updates
    modes = [part[:2] for part in graph.stream({"x": 1}, stream_mode=["values", "updates"])]
    assert [event for event, _ in modes] == ["values", *["updates", "values"] * 3]
    assert modes[-1] == ("values", WALKED)


def test_a_graph_is_streamed_asynchronously(mock: MockGraph) -> None:
    async def questions(graph: Any) -> None:
        values = [part async for part in graph.astream({"x": 1}, stream_mode="values")]
        assert [part["log"] for part in values] == [[], ["one"], ["one", "two 1"], WALKED["log"]]

    ask(mock, "steps", questions)


def test_messages_are_streamed_as_pairs(remote: Callable[[str], Any]) -> None:
    parts = list(remote("refunds").stream(REFUND, stream_mode="messages"))
    assert "".join(message["content"] for message, _ in parts) == "Let me look."
    assert {metadata["langgraph_node"] for _, metadata in parts} == {"agent"}


def test_a_subgraph_is_streamed_with_its_place(remote: Callable[[str], Any]) -> None:
    parts = list(remote("team").stream({"log": []}, subgraphs=True))
    assert [([name.split(":")[0] for name in place], list(update)) for place, update in parts] == [
        (["lead"], ["draft"]),
        (["lead"], ["polish"]),
        ([], ["lead"]),
        ([], ["close"]),
    ]


def test_a_failure_is_raised(remote: Callable[[str], Any]) -> None:
    with pytest.raises(RemoteException) as raised:
        remote("work").invoke(BROKEN)
    assert raised.value.args == ({"error": "ValueError", "message": "kaboom"},)


# --- interrupts ---


@pytest.mark.parametrize("by_id", [False, True])
def test_an_interrupt_is_answered(remote: Callable[[str], Any], config: dict[str, Any], by_id: bool) -> None:
    graph = remote("refunds")
    first = graph.invoke(REFUND, config)
    (asked,) = first["__interrupt__"]
    assert asked["value"] == QUESTION

    state = graph.get_state(config)
    assert state.next == ("ask",)
    assert [(each.id, each.value) for each in state.interrupts] == [(asked["id"], QUESTION)]
    assert [task.name for task in state.tasks] == ["ask"]

    second = graph.invoke(Command(resume={asked["id"]: "yes"} if by_id else "yes"), config)
    assert (said(second), second["decision"]) == (ANSWERED, "yes")
    assert graph.get_state(config).next == ()


def test_an_interrupt_is_answered_asynchronously(mock: MockGraph, config: dict[str, Any]) -> None:
    async def questions(graph: Any) -> None:
        first = await graph.ainvoke(REFUND, config, version="v2")
        (asked,) = first.interrupts
        assert (asked.value, said(first.value)) == (QUESTION, ANSWERED[:2])
        assert (await graph.aget_state(config)).interrupts == (asked,)

        updates = [part async for part in graph.astream(Command(resume="no"), config)]
        assert [list(update) for update in updates] == [["ask"], ["agent"]]
        assert updates[0]["ask"]["decision"] == "no"

    ask(mock, "refunds", questions)


def test_a_command_goes_to_a_node_with_an_update(
    remote: Callable[[str], Any], config: dict[str, Any]
) -> None:
    graph = remote("refunds")
    graph.invoke(REFUND, config)
    graph.invoke(Command(resume="yes"), config)
    values = graph.invoke(Command(goto="agent", update={"decision": "again"}), config)
    assert (said(values), values["decision"]) == ([*ANSWERED, "On it."], "again")


def test_a_run_stops_before_a_node_and_goes_on(remote: Callable[[str], Any], config: dict[str, Any]) -> None:
    graph = remote("steps")
    assert graph.invoke({"x": 1}, config, interrupt_before=["two"]) == {"x": 1, "log": ["one"]}
    assert graph.get_state(config).next == ("two",)
    assert graph.invoke(None, config) == WALKED


# --- state ---


def test_a_state_is_read_edited_and_gone_on_from(
    remote: Callable[[str], Any], config: dict[str, Any]
) -> None:
    graph = remote("steps")
    graph.invoke({"x": 1}, config, interrupt_before=["two"])
    before = graph.get_state(config)
    written = graph.update_state(config, {"x": 7})
    after = graph.get_state(config)
    assert after.config["configurable"] == written["configurable"]
    assert after.parent_config == before.config
    assert (after.values, after.next) == ({"x": 7, "log": ["one"]}, ("two",))

    graph.update_state(config, {"log": ["skipped"]}, as_node="two")
    assert graph.get_state(config).next == ("three",)
    assert graph.invoke(None, config) == {"x": 7, "log": ["one", "skipped", "three"]}


def test_a_state_is_edited_asynchronously(mock: MockGraph, config: dict[str, Any]) -> None:
    async def questions(graph: Any) -> None:
        await graph.ainvoke({"x": 1}, config)
        written = await graph.aupdate_state(config, {"x": 2})
        state = await graph.aget_state(config)
        assert state.config["configurable"] == written["configurable"]
        assert state.values == WALKED | {"x": 2}

    ask(mock, "steps", questions)


def test_the_state_of_a_subgraph_is_read(remote: Callable[[str], Any], config: dict[str, Any]) -> None:
    graph = remote("referrals")
    (asked,) = graph.invoke({"x": "new"}, config)["__interrupt__"]
    outside = graph.get_state(config, subgraphs=True)
    (task,) = outside.tasks
    inside = task.state
    assert (outside.next, outside.values["x"]) == (("colleague",), "new")
    assert (inside.next, inside.values["x"]) == (("ask",), "read")
    assert [each.id for each in inside.interrupts] == [asked["id"]]
    assert graph.get_state(inside.config).values == inside.values

    (place,) = [each.state for each in graph.get_state(config).tasks]
    assert place["configurable"]["checkpoint_ns"] == inside.config["configurable"]["checkpoint_ns"]
    values = graph.invoke(Command(resume="yes"), config)
    assert (values["x"], values["log"]) == ("yes", ["close"])


def test_history_is_told_newest_first(remote: Callable[[str], Any], config: dict[str, Any]) -> None:
    graph = remote("steps")
    graph.invoke({"x": 1}, config)
    states = list(graph.get_state_history(config))
    assert [state.next for state in states] == [(), ("three",), ("two",), ("one",), ("__start__",)]
    assert [state.parent_config for state in states] == [*(state.config for state in states[1:]), None]
    assert list(graph.get_state_history(config, limit=2)) == states[:2]
    assert list(graph.get_state_history(config, filter={"source": "input"})) == states[-1:]
    assert graph.get_state(states[2].config) == states[2]


def test_history_is_told_asynchronously(mock: MockGraph, config: dict[str, Any]) -> None:
    async def questions(graph: Any) -> None:
        await graph.ainvoke({"x": 1}, config)
        steps = [state.metadata["step"] async for state in graph.aget_state_history(config)]
        assert steps == [3, 2, 1, 0, -1]

    ask(mock, "steps", questions)


# --- the drawing ---


@pytest.mark.parametrize("xray", [False, True])
def test_a_graph_is_drawn(remote: Callable[[str], Any], xray: bool) -> None:
    drawn = remote("refunds").get_graph(xray=xray)
    assert set(drawn.nodes) == {"__start__", "agent", "ask", "__end__"}
    assert {edge.source for edge in drawn.edges} | {edge.target for edge in drawn.edges} == set(drawn.nodes)
    assert drawn.draw_mermaid()


def test_a_graph_is_drawn_asynchronously(mock: MockGraph) -> None:
    async def questions(graph: Any) -> None:
        drawn = await graph.aget_graph()
        assert set(drawn.nodes) == {"__start__", "one", "two", "three", "__end__"}
        edges = [(edge.source, edge.target) for edge in drawn.edges]
        assert edges == [("__start__", "one"), ("one", "two"), ("two", "three"), ("three", "__end__")]

    ask(mock, "steps", questions)


# --- as a node ---


class Ticket(TypedDict, total=False):
    """The state of a graph around a remote one."""

    x: int
    log: list[str]
    messages: list[Any]


def around(remote: Any) -> Any:
    """A graph here whose one node is elsewhere."""
    builder: Any = StateGraph(Ticket)
    builder.add_node("there", remote)
    builder.add_edge(START, "there")
    builder.add_edge("there", END)
    return builder.compile(checkpointer=InMemorySaver())


def test_a_graph_elsewhere_is_a_node_of_one_here(remote: Callable[[str], Any]) -> None:
    config = {"configurable": {"thread_id": "6f1c4f0e-3f43-4f5e-9a43-7d6d2b6d4a12"}}
    assert around(remote("steps")).invoke({"x": 1}, config) == WALKED


def test_an_interrupt_elsewhere_interrupts_the_graph_here(remote: Callable[[str], Any]) -> None:
    config = {"configurable": {"thread_id": "6f1c4f0e-3f43-4f5e-9a43-7d6d2b6d4a12"}}
    graph = around(remote("refunds"))
    (asked,) = graph.invoke(REFUND, config)["__interrupt__"]
    assert asked.value == QUESTION
    assert graph.get_state(config).next == ("there",)
