"""Graphs that are called as tools (MCP) and as agents (A2A)."""

import asyncio
from typing import Annotated, Any

from graphs import ChunkModel, chain
from humans import side_by_side
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

# The names of these classes are their titles: the titles that are inferred from a fixture.


def spoken_schema(title: str, **keys: Any) -> Any:
    messages = {"messages": Annotated[list[AnyMessage], add_messages]}
    return TypedDict(title, {**messages, **keys}, total=False)


def last_text(state: dict) -> Any:
    return ([message.content for message in state.get("messages", []) if message.type == "human"] or [""])[-1]


def ai(content: Any, **fields: Any) -> dict:
    return {"messages": [AIMessage(content, **fields)]}


async def spoken(state: dict, *chunks: str) -> dict:
    model = ChunkModel(chunks=[{"content": chunk} for chunk in chunks])
    return {"messages": [await model.ainvoke(state["messages"])]}


# --- parrot: does what the last human message says

LOOK = {"name": "look", "args": {"where": "up"}, "id": "call_1"}
BLOCKS = [
    {"type": "text", "text": "See: "},
    {"type": "text", "text": "this."},
    {"type": "image", "url": "https://pictures.example/a.png", "mime_type": "image/png"},
    {"type": "text", "text": "And that."},
    {"type": "reasoning", "reasoning": "hm"},
    {"type": "file", "base64": "aGk", "extras": {"filename": "hi.txt"}},
]


async def parrot_node(state: dict):
    text = last_text(state)
    if text == "hello":
        return await spoken(state, "Hello ", "you.")
    if text == "line":
        return await spoken(state, "one\u2028two", "\u2029three\u0085<é☃>")
    if text == "ask":
        return ai(f"Hi {interrupt('What is your name?')}.")
    if text == "ask twice":
        first = interrupt({"question": "first?"})
        return ai(f"{first}, {interrupt({'question': 'second?'})}.")
    if text == "boom":
        raise RuntimeError("the parrot is dead")
    if text == "empty boom":
        raise ValueError
    if text == "half":
        await spoken(state, "Half ")
        raise ValueError("and no more")
    if text == "wait":
        await asyncio.sleep(8)
        return ai("Waited.")
    if text == "blocks":
        return ai(BLOCKS)
    if text == "broken picture":
        return ai([{"type": "image", "url": ""}])
    if text == "roles":
        return {
            "messages": [
                {"role": "assistant", "content": "", "tool_calls": [LOOK]},
                {"role": "tool", "content": "blue", "tool_call_id": "call_1", "name": "look"},
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "well?"},
                {"role": "assistant", "content": "It is blue."},
                {"role": "assistant", "content": ""},
                {"role": "tool", "content": "", "tool_call_id": "call_2", "status": "error"},
            ]
        }
    if text == "silence":
        return {}
    return ai("You said something.")


parrot = chain(spoken_schema("parrot_input", mood=Any), ("parrot", parrot_node))

# --- desk: answers, then asks; so that a question has an answer before it


async def greet(state: dict):
    return ai("Welcome.")


async def wonder(state: dict):
    return {"mood": interrupt({"mood": "how?"})}


async def leave(state: dict):
    return ai(f"Bye, {state['mood']}.")


desk = chain(spoken_schema("desk_input", mood=Any), ("greet", greet), ("wonder", wonder), ("leave", leave))

# --- dial, mute_dial: take data; the second does not show its messages


class Dialled(TypedDict, total=False):
    dial: Any


async def dial_node(state: dict):
    wanted = state.get("dial")
    if wanted == "ask":
        return {"dial": interrupt("which?")}
    if wanted == "nothing":
        return {}
    return ai(f"Dialled {wanted}.")


dial = chain(spoken_schema("dial_input", dial=Any), ("dial", dial_node))
mute_dial = chain(spoken_schema("mute_dial_input", dial=Any), ("dial", dial_node), output_schema=Dialled)

# --- chairs: two questions at once


async def left_chair(state: dict):
    return ai(f"left {interrupt('left?')}", id="left-1")


async def right_chair(state: dict):
    return ai(f"right {interrupt({'side': 'right'})}", id="right-1")


chairs = side_by_side(spoken_schema("chairs_input"), ("left", left_chair), ("right", right_chair))

# --- bench: one answers beside the other, who asks


async def answers(state: dict):
    return ai("One is here.")


async def asks(state: dict):
    await asyncio.sleep(0.2)
    return {"mood": interrupt("and you?")}


bench = side_by_side(spoken_schema("bench_input", mood=Any), ("answers", answers), ("asks", asks))

# --- porch: a breakpoint of its own

builder = StateGraph(spoken_schema("porch_input"))
builder.add_node("in", lambda state: ai("In."))
builder.add_node("out", lambda state: ai("Out."))
builder.add_edge(START, "in")
builder.add_edge("in", "out")
porch = builder.compile(interrupt_before=["out"])

# --- oracle: no conversation, but a question, an answer and a context


class Question(TypedDict):
    question: str


class Answer(TypedDict):
    answer: Any


class Known(Question, Answer):
    pass


class Manner(TypedDict, total=False):
    tone: str


async def consult(state: Known, runtime: Runtime[Manner]):
    return {"answer": [state["question"], (runtime.context or {}).get("tone"), 1.5, True, None]}


oracle = chain(
    Known, ("consult", consult), input_schema=Question, output_schema=Answer, context_schema=Manner
)
