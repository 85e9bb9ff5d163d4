"""The list of scenarios and what they ask with. A scenario is a coroutine that asks; every answer is compared."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mockgraph.words.vocabulary import STREAM_MODES
from tests.contract import exchange

Ask = exchange.Ask
Scenario = Callable[[Ask], Awaitable[None]]

SCENARIOS: dict[str, Scenario] = {}

MODES: dict[str, Any] = {mode: mode for mode in STREAM_MODES}
LISTS = {
    "values+updates": ["values", "updates"],
    "debug+messages": ["debug", "messages", "values"],
    "all": [mode for mode in STREAM_MODES if mode != "messages-tuple"],
    "all-tuple": list(STREAM_MODES),
    "no-events": [mode for mode in STREAM_MODES if mode != "events"],
    "none": [],
}

HELLO = {"messages": [{"role": "user", "content": "hi", "id": "h1"}]}


def scenario(name: str, *, accident: bool = False) -> Callable[[Scenario], Scenario]:
    """Register a scenario, unless what the real server answers in it is an accident (see `docs/upstream.md`)."""

    def register(play: Scenario) -> Scenario:
        assert name not in SCENARIOS
        if not accident:
            SCENARIOS[name] = play
        return play

    return register


def several(*values: Any) -> tuple[Any, ...]:
    """Values of several kinds."""
    return values


def in_turn(play: Scenario) -> Scenario:
    """A scenario that is asked while no other of its kind is."""

    async def alone(ask: Ask) -> None:
        async with _TURNS.setdefault((asyncio.get_running_loop(), ask.address), asyncio.Lock()):
            await play(ask)

    return alone


_TURNS: dict[tuple[asyncio.AbstractEventLoop, tuple[str, int]], asyncio.Lock] = {}


async def thread(ask: Ask) -> str:
    return str((await ask("POST", "/threads", {})).json()["thread_id"])


async def look(ask: Ask, path: str) -> None:
    """Everything that can be read of a thread."""
    await ask("GET", path)
    await ask("GET", f"{path}/state")
    await ask("GET", f"{path}/history?limit=20")
    await ask("GET", f"{path}/runs")
