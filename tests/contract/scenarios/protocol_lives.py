"""The newer thread protocol: runs that are cancelled, that meet, and that classic endpoints read or start."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, LISTS, Ask, look, scenario
from tests.contract.scenarios.lives import held_in, over
from tests.contract.scenarios.taping import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    RUNNING,
    at_rest,
    command,
    finished,
    fresh,
    start,
    tape,
)

X: dict[str, Any] = {"x": 1}
FOR_LONG, QUICK = {"secs": 60}, {"secs": 0.01}


async def holding(ask: Ask, path: str, graph: str = "slow", given: Any = None, node: str = "hold") -> str:
    """A run inside its slow node."""
    run = await start(ask, path, graph, given or FOR_LONG)
    await ask.poll("GET", f"{path}/state", until=held_in(node), shown=lambda found: found["next"])
    return run


# --- cancelled


def cancelled(action: str, graph: str, node: str) -> None:
    @scenario(f"protocol: cancelled, {action}, {graph}")
    async def cancels(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        run = await holding(ask, path, graph, node=node)
        await live.until(f'"log":["{"begin" if graph == "waiting" else "first"}"]')
        await ask("POST", f"{path}/runs/{run}/cancel?wait=true&action={action}")
        if action == "interrupt":
            await live.drop(after=INTERRUPTED)
        await at_rest(ask, path)
        await look(ask, path)
        await finished(ask, path, "counter", {"n": 1})
        if action == "rollback":
            await live.drop(after=COMPLETED)
        await (await tape(ask, path)).drop(after=COMPLETED)
        await ask("GET", f"{path}/runs")


for _action in ("interrupt", "rollback"):
    cancelled(_action, "slow", "hold")
cancelled("interrupt", "waiting", "outer")


# --- several on one thread


@scenario("protocol: reject on a busy thread")
async def rejected(ask: Ask) -> None:
    path = fresh()
    run = await holding(ask, path)
    await command(ask, path, "run.start", assistant_id="slow", input=QUICK, multitaskStrategy="reject")
    await command(ask, path, "run.start", assistant_id="slow", multitaskStrategy="reject")
    await ask("POST", f"{path}/runs/{run}/cancel?wait=true")
    await at_rest(ask, path)
    await ask("GET", f"{path}/runs")


def meets(strategy: str) -> None:
    @scenario(f"protocol: {strategy} on a busy thread")
    async def second(ask: Ask) -> None:
        path = fresh()
        first = await holding(ask, path)
        run = await start(ask, path, "slow", QUICK, multitaskStrategy=strategy)
        await ask.poll("GET", f"{path}/runs/{run}", until=over)
        await (await tape(ask, path)).drop(after=COMPLETED)
        if strategy == "interrupt":
            await ask("GET", f"{path}/runs/{first}")
        await look(ask, path)


for _strategy in ("interrupt", "rollback"):
    meets(_strategy)


@scenario("protocol: enqueue on a busy thread")
async def enqueued(ask: Ask) -> None:
    path = fresh()
    live = await tape(ask, path)
    await start(ask, path, "slow", {"secs": 7})
    await live.until(RUNNING)
    await start(ask, path, "slow", QUICK)
    await live.drop(after=COMPLETED, times=2)
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: a run that waits until the thread is at rest")
async def patient(ask: Ask) -> None:
    path = fresh()
    live = await tape(ask, path)
    await start(ask, path, "slow", {"secs": 1.5})
    await live.until(RUNNING)
    await start(ask, path, "counter", {"n": 1})
    await live.drop(after=COMPLETED, times=2)


# --- classic runs on the tape


def bridged(name: str, graph: str, given: Any, modes: Any, end: str = COMPLETED, **params: Any) -> None:
    @scenario(f"protocol: a classic run on the tape, {name}")
    async def classic(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        run = {"assistant_id": graph, "input": given, "stream_mode": modes, "if_not_exists": "create"}
        opened = await ask.begin("POST", f"{path}/runs/stream", {**run, "stream_resumable": True, **params})
        await opened.end()
        await live.rest(after=end)
        await (await tape(ask, path)).drop(after=end)


for _mode in (*LISTS["all-tuple"], LISTS["none"]):
    bridged(f"chat in {_mode if isinstance(_mode, str) else 'none'}", "chat", HELLO, _mode)
bridged("all modes", "chat", HELLO, LISTS["no-events"])
bridged("custom payloads", "notes", X, ["custom", "values"])
bridged("a subgraph", "nested", HELLO, ["values", "updates"])
bridged("a subgraph, streamed", "nested", HELLO, ["values", "updates", "custom"], stream_subgraphs=True)
bridged("a subgraph of a subgraph, with tasks", "nested_twice", HELLO, ["tasks"], stream_subgraphs=True)
bridged("a failure", "failing", {"x": "value"}, ["values", "updates"], FAILED)
bridged("what was sent", "fan", X, ["updates", "tasks"])
bridged("an interrupt", "questions", X, ["values", "updates"], INTERRUPTED)
bridged("an interrupt in updates", "pair", X, ["updates"], INTERRUPTED)
bridged("transformers", "wide_chat", HELLO, ["values", "updates", "custom"])


@scenario("protocol: classic runs that nobody keeps")
async def not_kept(ask: Ask) -> None:
    path = fresh()
    live = await tape(ask, path)
    run = {"assistant_id": "counter", "input": {"n": 1}, "if_not_exists": "create"}
    await ask("POST", f"{path}/runs/wait", run)
    await live.until(COMPLETED)
    await ask("POST", f"{path}/runs/stream", {**run, "stream_mode": ["values", "updates"]})
    await live.drop(after=COMPLETED, times=2)
    late = await tape(ask, path)
    await finished(ask, path, "counter", {"n": 1})
    await late.drop(after=COMPLETED)
    again = await tape(ask, path)
    await again.drop(after=COMPLETED)


@scenario("protocol: a classic run in the background, on the tape")
async def background(ask: Ask) -> None:
    path = fresh()
    live = await tape(ask, path)
    run = {"assistant_id": "counter", "input": {"n": 1}, "if_not_exists": "create", "stream_mode": "updates"}
    await ask("POST", f"{path}/runs", run)
    await live.drop(after=COMPLETED)
    await at_rest(ask, path)


# --- runs of the newer protocol, read by classic endpoints


def read(name: str, graph: str, given: Any) -> None:
    @scenario(f"protocol: read by classic endpoints, {name}")
    async def classic(ask: Ask) -> None:
        path = fresh()
        run = f"{path}/runs/{await finished(ask, path, graph, given)}"
        await ask("GET", f"{run}/join")
        await ask("GET", f"{run}/stream")
        await ask("GET", f"{run}/stream", headers={"last-event-id": "-1"})
        await ask("GET", f"{run}/stream?stream_mode=values", headers={"last-event-id": "-1"})
        await ask("GET", f"{run}/stream?stream_mode=messages", headers={"last-event-id": "-1"})


read("plain", "counter", {"n": 1})
read("chat", "chat", HELLO)
read("a subgraph", "nested", HELLO)
read("a failure", "failing", {"x": "value"})
read("an interrupt", "approval", HELLO)
read("transformers", "wide_chat", HELLO)


@scenario("protocol: the classic stream of a thread, while the newer protocol runs")
async def thread_stream(ask: Ask) -> None:
    path = fresh()
    await ask("POST", "/threads", {"thread_id": path.rpartition("/")[2]})
    stream = await ask.begin("GET", f"{path}/stream")
    lifecycle = await ask.begin("GET", f"{path}/stream?stream_modes=lifecycle")
    await start(ask, path, "counter", {"n": 1})
    await stream.drop(after="run_done")
    await lifecycle.drop(after="run_done")


@scenario("protocol: state that is written between two runs")
async def written(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    live = await tape(ask, path)
    await ask("POST", f"{path}/state", {"values": {"n": 10}})
    await finished(ask, path, "counter", {"n": 1})
    await live.drop(after=COMPLETED, times=2)
    await look(ask, path)


@scenario("protocol: a thread that is deleted under its tape")
async def deleted(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    await ask("DELETE", path)
    await (await tape(ask, path)).rest()


@scenario("protocol: a run that is deleted from the tape")
async def run_deleted(ask: Ask) -> None:
    path = fresh()
    run = await finished(ask, path, "counter", {"n": 1})
    await finished(ask, path, "steps", X)
    await ask("DELETE", f"{path}/runs/{run}")
    await (await tape(ask, path)).rest()
