"""Graphs of every shape: subgraphs, sends, commands, models in odd places; and the ways in which they fail."""

import asyncio
import operator
from typing import Annotated, TypedDict

from graphs import Chat, ChunkModel, Log, chain, chat
from humans import side_by_side, step
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

# --- nested, nested_twice: a message agent as a node, one and two levels deep

nested = chain(Chat, ("agent", chat), ("review", step(decision="reviewed")))
nested_twice = chain(Chat, ("team", nested), ("publish", step(decision="published")))

# --- worker: a subgraph that a node calls, with a schema of its own


class Work(TypedDict, total=False):
    task: str
    done: Annotated[list, operator.add]


working = chain(Work, ("plan", step(done=["plan"])), ("do", lambda state: {"done": [state["task"]]}))


async def delegate(state: Log):
    get_stream_writer()("delegates")
    result = await working.ainvoke({"task": "dig"})
    return {"log": result["done"]}


worker = chain(Log, ("delegate", delegate), ("end", step(log=["end"])))

# --- twins: the same subgraph twice at once, sent from START


class Names(TypedDict, total=False):
    log: Annotated[list, operator.add]
    names: Annotated[list, operator.add]


async def born(state: Names):
    return {"log": state["names"]}


twin = chain(Names, ("born", born), ("grown", step(log=["grown"])))
builder = StateGraph(Names)
builder.add_node("twin", twin)
builder.add_node("end", step(log=["end"]))
builder.add_conditional_edges(
    START, lambda state: [Send("twin", {"names": [name]}) for name in ("a", "b")], ["twin"]
)
builder.add_edge("twin", "end")
builder.add_edge("end", END)
twins = builder.compile()

# --- fan: what a node sends, worked on at once, done in an order of its own, and put together


async def split(state: Log):
    return Command(goto=[Send("work", {"i": i}) for i in (1, 2, 3)], update={"x": "split"})


async def work(state: dict):
    await asyncio.sleep(0.1 * (3 - state["i"]))
    return {"log": [state["i"]]}


builder = StateGraph(Log)
builder.add_node("split", split, destinations=("work",))
builder.add_node("work", work)
builder.add_node("reduce", step(log=["reduce"]))
builder.add_edge(START, "split")
builder.add_edge("work", "reduce")
builder.add_edge("reduce", END)
fan = builder.compile()

# --- router: commands that go somewhere, with an update, to one node and to several


async def choose(state: Log):
    return Command(goto="one" if state["x"] == "one" else ["one", "two"], update={"log": ["choose"]})


async def one(state: Log):
    return Command(goto=END, update={"log": ["one"]})


builder = StateGraph(Log)
builder.add_node("choose", choose, destinations=("one", "two"))
builder.add_node("one", one, destinations=(END,))
builder.add_node("two", step(log=["two"]))
builder.add_edge(START, "choose")
router = builder.compile()

# --- sender: a command that sends, beside a plain update


async def send(state: Log):
    return Command(goto=[Send("got", {"x": "sent"}), "plain"], update={"log": ["send"]})


async def got(state: Log):
    return {"log": [state["x"]]}


builder = StateGraph(Log)
builder.add_node("send", send, destinations=("got", "plain"))
builder.add_node("got", got)
builder.add_node("plain", step(log=["plain"]))
builder.add_edge(START, "send")
sender = builder.compile()

# --- commands: a list of commands and updates


async def several(state: Log):
    return [
        Command(update={"log": ["c1"]}),
        Command(update={"log": ["c2"], "x": 2}, goto="after"),
        {"log": ["d"]},
    ]


builder = StateGraph(Log)
builder.add_node("several", several, destinations=("after",))
builder.add_node("after", step(log=["after"]))
builder.add_edge(START, "several")
commands = builder.compile()

# --- leaver: a child that goes to a node of its parent


async def jump(state: Log):
    return Command(graph=Command.PARENT, goto="landing", update={"log": ["jump"]})


builder = StateGraph(Log)
builder.add_node("step", step(log=["step"]))
builder.add_node("jump", jump)
builder.add_edge(START, "step")
builder.add_edge("step", "jump")
leaving = builder.compile()
builder = StateGraph(Log)
builder.add_node("child", leaving, destinations=("landing",))
builder.add_node("landing", step(log=["landing"]))
builder.add_edge(START, "child")
leaver = builder.compile()

# --- narrow_team: separate input and output schemas, with a subgraph inside


class Asked(TypedDict, total=False):
    q: str


class Told(TypedDict, total=False):
    a: str


class Inside(Asked, Told):
    log: Annotated[list, operator.add]


finding = chain(Inside, ("find", lambda state: {"log": ["found"], "a": state["q"].upper()}))
narrow_team = chain(
    Inside,
    ("note", step(log=["noted"])),
    ("finder", finding),
    ("end", step(log=["end"])),
    input_schema=Asked,
    output_schema=Told,
)

# --- odd_models: content blocks, a model that is not to be streamed, messages of the state that change


async def blocks(state: Chat):
    chunks = [
        {"content": [{"type": "text", "text": "Hel", "index": 0}]},
        {"content": [{"type": "text", "text": "lo", "index": 0}]},
        {"content": [{"type": "text", "text": " two", "index": 1}]},
    ]
    return {"messages": [await ChunkModel(chunks=chunks).ainvoke(state["messages"])]}


async def hushed(state: Chat):
    model = ChunkModel(chunks=[{"content": "hush"}, {"content": "ed"}]).with_config(tags=["nostream"])
    return {"messages": [await model.ainvoke(state["messages"])]}


async def extra(state: Chat):
    streamed = await ChunkModel(chunks=[{"content": "s1"}, {"content": "s2"}]).ainvoke(state["messages"])
    return {"messages": [streamed, HumanMessage(content="told", id="told-1")]}


odd_models = chain(
    Chat,
    ("blocks", blocks),
    ("hushed", hushed),
    ("extra", extra),
    (
        "whole",
        lambda state: {
            "messages": [AIMessage(content=[{"type": "text", "text": "as blocks"}], id="blocks-1")]
        },
    ),
    ("forget", lambda state: {"messages": [RemoveMessage(id="told-1"), RemoveMessage(id="h1")]}),
)

# --- forgetful: removes all messages, then says something new

forgetful = chain(
    Chat,
    ("say", lambda state: {"messages": [AIMessage(content="soon gone", id="gone-1")]}),
    (
        "wipe",
        lambda state: {
            "messages": [RemoveMessage(id="__remove_all__"), AIMessage(content="new", id="new-1")]
        },
    ),
)

# --- chorus: two models that stream at once


class SlowModel(ChunkModel):
    pauses: list = []

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for pause, chunk in zip(self.pauses, self.chunks, strict=True):
            await asyncio.sleep(pause)
            async for generation in ChunkModel(chunks=[chunk])._astream(messages, stop, run_manager):
                yield generation


async def alto(state: Chat):
    model = SlowModel(chunks=[{"content": "A1 "}, {"content": "A2"}], pauses=[0, 0.6])
    return {"messages": [await model.ainvoke(state["messages"])]}


async def bass(state: Chat):
    model = SlowModel(chunks=[{"content": "B1 "}, {"content": "B2"}], pauses=[0.3, 0.6])
    return {"messages": [await model.ainvoke(state["messages"])]}


chorus = side_by_side(Chat, ("alto", alto), ("bass", bass))

# --- dying: a model that fails in the middle of its text


class DyingModel(ChunkModel):
    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        async for generation in super()._astream(messages, stop, run_manager, **kwargs):
            yield generation
        raise ValueError("model died")


async def die(state: Chat):
    return {
        "messages": [
            await DyingModel(chunks=[{"content": "par"}, {"content": "tial"}]).ainvoke(state["messages"])
        ]
    }


dying = chain(Chat, ("die", die))

# --- moody: fails as long as the state says so


async def mood(state: Log):
    get_stream_writer()({"mood": state["x"]})
    if state["x"] != "fine":
        raise ValueError(f"mood is {state['x']}")
    return {"log": ["mood"]}


moody = chain(
    Log,
    ("first", step(log=["first"])),
    ("mood", mood),
    ("last", step(log=["last"])),
)

# --- moody_child: the same as a subgraph

moody_child = chain(
    Log,
    ("before", step(log=["before"])),
    ("child", moody),
    ("after", step(log=["after"])),
)

# --- half: one of two nodes fails, with the other finished, or still at it


async def done(state: Log):
    return {"log": ["done"]}


async def fails(state: Log):
    await asyncio.sleep(0.1)
    if state["x"] == "fine":
        return {"log": ["fine"]}
    get_stream_writer()("about to fail")
    raise ValueError("half")


async def slow(state: Log):
    if state["x"] != "fine":
        await asyncio.sleep(9)
    return {"log": ["slow"]}


half = side_by_side(Log, ("done", done), ("fails", fails), ("slow", slow), then=("end", step(log=["end"])))

# --- endless: a loop that no limit of ours ends, with a subgraph in it

builder = StateGraph(Log)
builder.add_node("turn", step(x="turn"))
builder.add_node("child", chain(Log, ("in", step(x="in")), ("out", step(x="out"))))
builder.add_edge(START, "turn")
builder.add_edge("turn", "child")
builder.add_edge("child", "turn")
endless = builder.compile()

# --- clash: two nodes at once write what only one may

clash = side_by_side(Log, ("ours", step(x="ours")), ("theirs", step(x="theirs")))

# --- torn: one node asks while another fails


async def asks(state: Log):
    return {"log": [interrupt("torn?")]}


async def breaks(state: Log):
    await asyncio.sleep(0.1)
    raise ValueError("torn")


torn = side_by_side(Log, ("asks", asks), ("breaks", breaks))

# --- rough_step, rough_question: what is beside a node that fails at once


async def rough(state: Log):
    raise ValueError("rough")


rough_step = side_by_side(Log, ("bad", rough), ("good", step(log=["good"])))
rough_question = side_by_side(Log, ("bad", rough), ("wonder", asks))
