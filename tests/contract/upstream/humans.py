"""Graphs that stop for a person: interrupts, breakpoints, and steps to go back to."""

import asyncio
import itertools
from typing import Any

from graphs import Chat, ChunkModel, Log, chain
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send, interrupt


def step(**update: Any) -> Any:
    """A node that returns this. It is async: plain functions run in threads, and side by side they race."""

    async def returned(state: dict):
        return update

    return returned


def side_by_side(schema: type, *nodes: tuple[str, Any], then: tuple[str, Any] | None = None) -> Any:
    """A graph whose nodes run at once, and one behind all of them."""
    builder = StateGraph(schema)
    for name, function in nodes:
        builder.add_node(name, function)
        builder.add_edge(START, name)
    if then:
        builder.add_node(*then)
        builder.add_edge([name for name, _ in nodes], then[0])
    return builder.compile()


# --- approval: a model that streams, a custom payload, then a question


async def draft(state: Chat):
    get_stream_writer()({"progress": 0.5})
    return {
        "messages": [
            await ChunkModel(chunks=[{"content": "May "}, {"content": "I?"}]).ainvoke(state["messages"])
        ]
    }


async def approve(state: Chat):
    return {"decision": interrupt({"question": "approve?", "args": {"a": 1}})}


approval = chain(
    Chat,
    ("draft", draft),
    ("approve", approve),
    ("act", step(messages=[{"role": "assistant", "content": "acted"}])),
)

# --- questions: one question, with whatever the state holds; the answer is kept as it came


async def question(state: Log):
    return {"log": [interrupt(state["x"])]}


questions = chain(Log, ("question", question))

# --- pair: two questions at once, and a node behind both


async def left(state: Log):
    return {"log": [{"left": interrupt({"q": "left?"})}]}


async def right(state: Log):
    return {"log": [{"right": interrupt({"q": "right?"})}]}


pair = side_by_side(Log, ("left", left), ("right", right), then=("both", step(log=["both"])))

# --- beside: a question beside a node that has finished, and one that finishes later


async def fast(state: Log):
    get_stream_writer()("fast")
    return {"log": ["fast"]}


async def late(state: Log):
    await asyncio.sleep(0.2)
    return {"log": ["late"]}


async def wonder(state: Log):
    await asyncio.sleep(0.1)
    return {"log": [interrupt("what?")]}


beside = side_by_side(Log, ("fast", fast), ("wonder", wonder), ("late", late), then=("end", step(x="end")))

# --- twice: two questions of one node, one after the other


async def two_questions(state: Log):
    get_stream_writer()("before the first")
    first = interrupt("first?")
    get_stream_writer()({"between": first})
    second = interrupt({"second": first})
    return {"log": [first, second]}


twice = chain(
    Log,
    ("begin", step(log=["begin"])),
    ("two", two_questions),
    ("end", step(x="end")),
)

# --- talker: tokens and custom payloads before the question, in the node that asks


async def talk(state: Chat):
    get_stream_writer()({"talks": True})
    thought = await ChunkModel(chunks=[{"content": "Let me "}, {"content": "ask."}]).ainvoke(
        state["messages"]
    )
    return {"messages": [thought], "decision": interrupt(thought.content)}


talker = chain(Chat, ("talk", talk))

# --- inner, innermost: a question inside a subgraph, one and two levels deep

asking = chain(
    Log,
    ("prepare", step(log=["prepare"])),
    ("ask", lambda state: {"log": [interrupt("inside?")]}),
    ("conclude", step(log=["conclude"])),
)
inner = chain(
    Log,
    ("before", step(log=["before"])),
    ("child", asking),
    ("after", step(x="after")),
)
middle = chain(Log, ("child", asking), ("between", step(x="between")))
innermost = chain(Log, ("outer", middle), ("after", step(log=["after"])))

# --- calling: a question inside a subgraph that a node calls


async def call(state: Log):
    found = await asking.ainvoke({"log": ["given"]})
    return {"x": found["log"]}


calling = chain(Log, ("call", call))

# --- crowd: the same question several times, by Send


async def member(state: dict):
    return {"log": [{state["i"]: interrupt({"member": state["i"]})}]}


builder = StateGraph(Log)
builder.add_node("call", step(x="called"))
builder.add_node("member", member)
builder.add_node("close", step(log=["close"]))
builder.add_edge(START, "call")
builder.add_conditional_edges(
    "call", lambda state: [Send("member", {"i": name}) for name in ("a", "b")], ["member"]
)
builder.add_edge("member", "close")
builder.add_edge("close", END)
crowd = builder.compile()

# --- steps: three plain nodes; paused: the same with breakpoints of its own

STEPS = [(name, step(log=[name])) for name in ("one", "two", "three")]
steps = chain(Log, *STEPS)

builder = StateGraph(Log)
for node in STEPS:
    builder.add_node(*node)
for source, target in itertools.pairwise([START, "one", "two", "three", END]):
    builder.add_edge(source, target)
paused = builder.compile(interrupt_before=["two"], interrupt_after=["two"])
