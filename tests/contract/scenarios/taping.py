"""The ways to the newer thread protocol that its scenarios share: commands, and the tape of a thread."""

import re
from typing import Any
from uuid import uuid4

from tests.contract.exchange import Answer, Open
from tests.contract.scenarios.asking import Ask

CHANNELS = (
    "values",
    "updates",
    "messages",
    "tools",
    "lifecycle",
    "input",
    "checkpoints",
    "tasks",
    "custom",
)
COMPLETED, FAILED, INTERRUPTED, RUNNING = (
    f'lc||{name}"' for name in ("completed", "failed", "interrupted", "running")
)
STARTED, ASKED = '"event":"started"', "input.requested"


def fresh() -> str:
    """A thread that nobody has made yet."""
    return f"/threads/{uuid4()}"


def human(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, "id": "h1"}]}


async def command(ask: Ask, path: str, method: str, *, number: Any = 1, **params: Any) -> Any:
    """A command over HTTP, and what it replied."""
    sent = {"id": number, "method": method, "params": params}
    return (await ask("POST", f"{path}/commands", sent)).json()


async def start(ask: Ask, path: str, graph: str, given: Any = None, **params: Any) -> str:
    """A run of the newer protocol."""
    reply = await command(ask, path, "run.start", assistant_id=graph, input=given, **params)
    return str(reply["result"]["run_id"])


async def respond(ask: Ask, path: str, interrupt: str, response: Any, **params: Any) -> Any:
    """The answer to one interrupt."""
    return await command(
        ask, path, "input.respond", interrupt_id=interrupt, response=response, namespace=[], **params
    )


async def tape(ask: Ask, path: str, *channels: str, **filters: Any) -> Open:
    """The tape of a thread: all channels, or these."""
    body = {"channels": channels or CHANNELS, **filters}
    return await ask.begin("POST", f"{path}/stream/events", body)


async def finished(ask: Ask, path: str, graph: str, given: Any = None, **params: Any) -> str:
    """A run that is over; its tape is for the scenario to tell."""
    run = await start(ask, path, graph, given, **params)
    await at_rest(ask, path)
    return run


async def at_rest(ask: Ask, path: str) -> None:
    """Waits until every run of the thread is over, and the thread at rest; tells how that ended."""

    def all_over(answer: Answer) -> bool:
        return not {"pending", "running"} & {run["status"] for run in answer.json()}

    def free(answer: Answer) -> bool:
        return answer.json().get("status") not in (None, "busy")

    await ask.poll("GET", f"{path}/runs", until=all_over, shown=lambda runs: [run["status"] for run in runs])
    await ask.poll("GET", path, until=free, shown=lambda found: found["status"])


async def asked(stream: Open, number: int = 1) -> list[str]:
    """The ids of the first so many interrupts on a tape, sorted by what they ask."""

    def found() -> list[tuple[str, str]]:
        parts = [part for part in stream.parts if ASKED in part]
        pairs = [re.search(r'"interrupt_id":"(\w+)","payload":(.*)\}\}\}', part) for part in parts]
        return list(dict.fromkeys((pair[2], pair[1]) for pair in pairs if pair))

    count = 0
    while len(found()) < number:
        count += 1
        await stream.part(count)
    return [interrupt for _, interrupt in sorted(found())]
