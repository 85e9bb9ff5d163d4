"""Graphs that take their time, so that a run can be met while it is running."""

import asyncio
import operator
from typing import Annotated, Any, TypedDict

from graphs import chain
from humans import side_by_side
from langgraph.config import get_stream_writer
from langgraph.types import interrupt


class Slow(TypedDict, total=False):
    secs: float
    log: Annotated[list, operator.add]
    x: Any


# --- slow: one node that holds the run for as long as the input says


async def hold(state: Slow):
    tell = get_stream_writer()
    tell({"tick": 0})
    await asyncio.sleep(state.get("secs") or 1.5)
    tell({"tick": 1})
    return {"log": ["hold"]}


slow = chain(
    Slow,
    ("first", lambda state: {"log": ["first"]}),
    ("hold", hold),
    ("last", lambda state: {"log": ["last"]}),
)

# --- late: fails after a while


async def burst(state: Slow):
    get_stream_writer()({"tick": 0})
    await asyncio.sleep(state.get("secs") or 1.5)
    raise ValueError("too late")


late = chain(Slow, ("first", lambda state: {"log": ["first"]}), ("burst", burst))

# --- gate: asks before it takes its time


async def ask(state: Slow):
    return {"log": [interrupt({"question": "go?"})]}


gate = chain(
    Slow,
    ("ask", ask),
    ("hold", hold),
    ("last", lambda state: {"log": ["last"]}),
)

# --- paced: events well apart, so that each has an id of its own


async def walk(state: Slow):
    tell = get_stream_writer()
    for step in ("one", "two", "three"):
        await asyncio.sleep(0.4)
        tell(step)
    await asyncio.sleep(0.4)
    return {"log": ["walk"]}


async def rest(state: Slow):
    await asyncio.sleep(0.4)
    return {"log": ["rest"]}


paced = chain(Slow, ("walk", walk), ("rest", rest))

# --- held, held_pair: what takes its time inside a node, and beside another

held = chain(Slow, ("child", chain(Slow, ("hold", hold))))
held_pair = side_by_side(Slow, ("hold", hold), ("also", hold))
