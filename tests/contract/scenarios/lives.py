"""The lives of runs: several on one thread, cancelled, deleted, left by their clients, delayed, in batches."""

from typing import Any
from uuid import uuid4

from tests.contract.exchange import Answer, Open
from tests.contract.scenarios.asking import MODES, Ask, look, scenario, thread

UNKNOWN = "018cc251-f400-7acf-80e7-6d440feec09e"
WATCHED = ["values", "updates", "custom"]

MOMENT: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 1.5}, "stream_mode": WATCHED}
WHILE: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 3}, "stream_mode": WATCHED}
FOR_LONG: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 60}, "stream_mode": WATCHED}
QUICK: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 0.01}, "stream_mode": WATCHED}
# A run that supersedes others starts when they are gone for sure: on a busy machine the real server starts it sooner.
THEN: dict[str, Any] = {"after_seconds": 1}
COUNT: dict[str, Any] = {"assistant_id": "counter", "input": {"n": 1}, "stream_mode": ["values", "updates"]}
# What the stream of a run that is rolled back says at its end, if the run is gone before the stream has closed.
GONE = 'event: error\r\ndata: {"error":"HTTPException","message":"404: Run not found"}'
# Pending until somebody ends it.
NOT_YET: dict[str, Any] = {**QUICK, "after_seconds": 600}


def held_in(node: str) -> Any:
    def holds(answer: Answer) -> bool:
        return answer.status.startswith("HTTP/1.1 200") and node in answer.json()["next"]

    return holds


def over(answer: Answer) -> bool:
    return answer.json().get("status") not in ("pending", "running")


def at_rest(answer: Answer) -> bool:
    return bool(answer.json().get("status") != "busy")


def gone(answer: Answer) -> bool:
    return " 404 " in answer.status


def settled(action: str) -> Any:
    """A run that is rolled back says for a moment that it was interrupted."""
    return gone if "rollback" in action else over


async def running(ask: Ask, path: str, run: dict[str, Any] = FOR_LONG) -> Open:
    """A stream whose run is inside its slow node."""
    opened = await ask.begin("POST", f"{path}/runs/stream", run)
    await opened.until('{"tick":0}')
    return opened


async def background(ask: Ask, path: str, run: dict[str, Any] = FOR_LONG, node: str = "hold") -> str:
    """A run that nobody watches, inside its slow node."""
    run_id = str((await ask("POST", f"{path}/runs", run)).json()["run_id"])
    await ask.poll("GET", f"{path}/state", until=held_in(node))
    return run_id


async def pending(ask: Ask, path: str, run: dict[str, Any] = NOT_YET) -> str:
    return str((await ask("POST", f"{path}/runs", run)).json()["run_id"])


async def cancel(ask: Ask, path: str, opened: Open, action: str) -> None:
    """Cancels a running run and waits until that is done, and its stream over."""
    await ask("POST", f"{path}/runs/{opened.run}/cancel?action={action}")
    await ended(opened)
    await ask.poll("GET", f"{path}/runs/{opened.run}", until=settled(action))


async def ended(*opened: Open) -> None:
    """The ends of streams, in this order."""
    for one in opened:
        await one.end(but=GONE)


async def made(ask: Ask) -> str:
    return f"/threads/{await thread(ask)}"


# --- a run while another runs ------------------------------------------------------------------------------


def meets(strategy: str, way: str) -> None:
    @scenario(f"multitask: {strategy} as {way}, the first run streams")
    async def on_running(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/wait", QUICK)
        first = await running(ask, path, FOR_LONG if strategy != "enqueue" else WHILE)
        second = {**MOMENT, "multitask_strategy": strategy, **(THEN if strategy != "enqueue" else {})}
        if way == "background":
            created = (await ask("POST", f"{path}/runs", second)).json()["run_id"]
            await ended(first)
            await ask("GET", f"{path}/runs/{first.run}")
            await ask.poll("GET", f"{path}/runs/{created}", until=over)
        else:
            opened = await ask.begin("POST", f"{path}/runs/{way}", second)
            await ended(first)
            await ask("GET", f"{path}/runs/{first.run}")
            await opened.end()
        await look(ask, path)

    @scenario(f"multitask: {strategy} as {way}, the first run is pending")
    async def on_pending(ask: Ask) -> None:
        path = await made(ask)
        first = await pending(ask, path, NOT_YET if strategy != "enqueue" else {**QUICK, "after_seconds": 2})
        second = {**MOMENT, "multitask_strategy": strategy}
        created = await ask("POST", f"{path}/runs{'' if way == 'background' else f'/{way}'}", second)
        if way == "background":
            await ask.poll("GET", f"{path}/runs/{created.json()['run_id']}", until=over)
        if strategy == "enqueue":
            await ask("GET", f"{path}/runs/{first}/join")
        await ask("GET", f"{path}/runs/{first}")
        await look(ask, path)


for _strategy in ("enqueue", "interrupt", "rollback"):
    for _way in ("stream", "wait", "background"):
        meets(_strategy, _way)


@scenario("multitask: reject, running and pending, every way")
async def rejected(ask: Ask) -> None:
    path = await made(ask)
    reject = {**QUICK, "multitask_strategy": "reject"}
    first = await running(ask, path)
    for place in ("runs/stream", "runs/wait", "runs"):
        await ask("POST", f"{path}/{place}", reject)
    await ask("GET", f"{path}/runs")
    await ask("POST", f"{path}/runs/{first.run}/cancel?wait=true")
    await ended(first)
    await ask("POST", f"{path}/runs/stream", reject)
    await pending(ask, path)
    for place in ("runs/stream", "runs/wait", "runs"):
        await ask("POST", f"{path}/{place}", reject)
    await look(ask, path)


def during(strategy: str) -> None:
    @scenario(f"multitask: {strategy}, looked at while the second run runs")
    async def looked(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path)
        await look(ask, path)
        second = await running(ask, path, {**WHILE, **THEN, "multitask_strategy": strategy})
        await ended(first)
        await look(ask, path)
        await second.end()
        await look(ask, path)

    @scenario(f"multitask: {strategy}, the first run as a wait and a join")
    async def waited(ask: Ask) -> None:
        path = await made(ask)
        first = await ask.begin("POST", f"{path}/runs/wait", {**FOR_LONG, "after_seconds": 1})
        join = await ask.begin("GET", f"{path}/runs/{first.run}/join")
        stream = await ask.begin("GET", f"{path}/runs/{first.run}/stream")
        await stream.until('{"tick":0}')
        last = await ask.begin("POST", f"{path}/runs/wait", {**WHILE, **THEN, "multitask_strategy": strategy})
        await ended(stream, last)
        if strategy == "rollback":  # What waits for a run that is rolled back gets is a matter of luck.
            await first.drop(after=0)
            await join.drop(after=0)
        else:
            await ended(first, join)
        await ask("GET", f"{path}/runs/{first.run}/join")
        await ask("GET", f"{path}/runs/{first.run}/stream")
        await look(ask, path)

    @scenario(f"multitask: {strategy} in a fresh thread, and after a finished run")
    async def nothing_to_end(ask: Ask) -> None:
        path = await made(ask)
        for run in (QUICK, QUICK, QUICK):
            await ask("POST", f"{path}/runs/stream", {**run, "multitask_strategy": strategy})
        await look(ask, path)


for _strategy in ("interrupt", "rollback"):
    during(_strategy)


@scenario("multitask: interrupt, one running and two pending")
async def all_three(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    second = await ask.begin("POST", f"{path}/runs/stream", QUICK)
    third = await pending(ask, path)
    fourth = await ask.begin(
        "POST", f"{path}/runs/stream", {**WHILE, **THEN, "multitask_strategy": "interrupt"}
    )
    await ended(first, second, fourth)
    await ask("GET", f"{path}/runs/{third}")
    await look(ask, path)


@scenario("multitask: enqueue, three runs in order, looked at while they wait")
async def queue(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, WHILE)
    second = await pending(ask, path, {**MOMENT, "input": {"x": "second", "secs": 1.5}})
    third = await ask.begin("POST", f"{path}/runs/wait", {**MOMENT, "input": {"x": "third", "secs": 1.5}})
    await ask("GET", f"{path}/runs")
    await ask("GET", path)
    await ended(first)
    await ask("GET", f"{path}/runs/{first.run}")
    await ask("GET", f"{path}/runs/{second}/join")
    await third.end()
    await look(ask, path)


@scenario("multitask: a queue behind a run that fails")
async def behind_failure(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, {**MOMENT, "assistant_id": "late"})
    second = await ask.begin("POST", f"{path}/runs/stream", {**QUICK, "assistant_id": "late"})
    await ended(first)
    await second.end()
    await look(ask, path)


@scenario("multitask: a queue behind a run that is cancelled")
async def behind_cancelled(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    second = await ask.begin("POST", f"{path}/runs/stream", WHILE)
    await ask("POST", f"{path}/runs/{first.run}/cancel?wait=true")
    await ended(first)
    await second.until('{"tick":0}')
    await look(ask, path)
    await second.end()
    await look(ask, path)


@scenario("multitask: a queue behind a run that is rolled back")
async def behind_rolled_back(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    second = await ask.begin("POST", f"{path}/runs/stream", WHILE)
    await cancel(ask, path, first, "rollback")
    await second.until('{"tick":0}')
    await look(ask, path)
    await second.end()
    await look(ask, path)


# --- a thread while a run runs -----------------------------------------------------------------------------


@scenario("busy: everything there is to read while a run runs")
async def busy(ask: Ask) -> None:
    path = await made(ask)
    await ask("POST", f"{path}/runs/wait", QUICK)
    first = await running(ask, path, WHILE)
    await look(ask, path)
    await ask("GET", f"{path}/runs/{first.run}")
    await ask("GET", f"{path}/runs?status=running")
    await ask("GET", f"{path}/runs?status=success")
    await ended(first)
    await look(ask, path)


@scenario("busy: a pending run, looked at before and after it was cancelled")
async def busy_pending(ask: Ask) -> None:
    path = await made(ask)
    run_id = await pending(ask, path)
    await look(ask, path)
    await ask("GET", f"{path}/runs/{run_id}")
    await ask("GET", f"{path}/runs?status=pending")
    await ask("POST", f"{path}/runs/{run_id}/cancel")
    await look(ask, path)


@scenario("busy: the thread deleted while a run runs")
async def busy_deleted(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, WHILE)
    await ask("DELETE", path)
    await ask("GET", path)
    await first.end()
    await ask("GET", path)


@scenario("busy: the thread deleted while a run is pending")
async def busy_pending_deleted(ask: Ask) -> None:
    path = await made(ask)
    first = await ask.begin("POST", f"{path}/runs/stream", NOT_YET)
    await ask("DELETE", path)
    await ask("GET", path)
    await ask("GET", f"{path}/runs/{first.run}")
    await ask("GET", f"{path}/runs/{first.run}/join")
    await first.drop(after=0)


# --- cancelling --------------------------------------------------------------------------------------------

CANCELS = {
    "plain": "",
    "wait=false": "?wait=false",
    "wait=true": "?wait=true",
    "wait=1": "?wait=1",
    "wait=yes": "?wait=yes",
    "wait=bogus": "?wait=bogus",
    "interrupt": "?action=interrupt",
    "interrupt and wait": "?wait=true&action=interrupt",
    "rollback": "?action=rollback",
    "rollback and wait": "?wait=true&action=rollback",
    "an unknown action": "?action=bogus",
    "an unknown action and wait": "?wait=true&action=bogus",
    "an empty action": "?action=",
}


def cancels(name: str, query: str) -> None:
    @scenario(f"cancel: {name}, running")
    async def on_running(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/wait", QUICK)
        first = await running(ask, path)
        asked = await ask.begin("POST", f"{path}/runs/{first.run}/cancel{query}")
        await ended(first)
        # What the answer to a rollback that is waited for says is a matter of luck.
        await (asked.drop(after=0) if name == "rollback and wait" else asked.end())
        await ask.poll("GET", f"{path}/runs/{first.run}", until=settled(name))
        await look(ask, path)
        await ask("POST", f"{path}/runs/{first.run}/cancel{query}")

    if name == "rollback and wait":
        return  # What becomes of a pending run then is a matter of luck.

    @scenario(f"cancel: {name}, pending")
    async def on_pending(ask: Ask) -> None:
        path = await made(ask)
        run_id = await pending(ask, path)
        await ask("POST", f"{path}/runs/{run_id}/cancel{query}")
        await ask("GET", f"{path}/runs/{run_id}")
        await look(ask, path)
        await ask("POST", f"{path}/runs/{run_id}/cancel{query}")


def cancels_what_is_over(name: str, query: str) -> None:
    @scenario(f"cancel: {name}, finished and unknown")
    async def on_finished(ask: Ask) -> None:
        path = await made(ask)
        done = (await ask("POST", f"{path}/runs", QUICK)).json()["run_id"]
        await ask("GET", f"{path}/runs/{done}/join")
        other = await made(ask)
        for place in (
            f"{path}/runs/{done}",
            f"{path}/runs/{UNKNOWN}",
            f"{other}/runs/{done}",
            f"/threads/{UNKNOWN}/runs/{done}",
            f"{path}/runs/nope",
            f"/threads/nope/runs/{done}",
            "/threads/nope/runs/nope",
        ):
            await ask("POST", f"{place}/cancel{query}")
        await look(ask, path)


for mode in [*MODES, "none"]:

    @scenario(f"cancel: interrupt, running without anybody, asked for {mode}")
    async def _cancelled_unseen(ask: Ask, mode: str = mode) -> None:
        path = f"/threads/{await thread(ask)}"
        modes = {} if mode == "none" else {"stream_mode": mode}
        asked = {"assistant_id": "slow", "input": {"secs": 60}, **modes}
        run_id = await background(ask, path, asked)
        await ask("POST", f"{path}/runs/{run_id}/cancel?wait=true")
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)


for _name, _query in CANCELS.items():
    cancels(_name, _query)
    cancels_what_is_over(_name, _query)


def watched(action: str) -> None:
    @scenario(f"cancel: {action}, pending, with clients that wait", accident=action == "rollback")
    async def with_clients(ask: Ask) -> None:
        for way in ("stream", "wait", "join"):
            path = await made(ask)
            if way == "join":
                run_id = await pending(ask, path)
                opened = await ask.begin("GET", f"{path}/runs/{run_id}/join")
            else:
                opened = await ask.begin("POST", f"{path}/runs/{way}", NOT_YET)
            await ask("POST", f"{path}/runs/{opened.run}/cancel?action={action}")
            await opened.end()
            await look(ask, path)

    @scenario(f"cancel: {action}, pending, without anybody, beside others", accident=action == "rollback")
    async def without_clients(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path, WHILE)
        second, third = await pending(ask, path), await pending(ask, path)
        await ask("POST", f"{path}/runs/{second}/cancel?action={action}")
        await ask("GET", f"{path}/runs")
        await ended(first)
        await ask("GET", path)
        await ask("POST", f"{path}/runs/{third}/cancel?action={action}")
        await look(ask, path)

    @scenario(f"cancel: {action}, running, without anybody", accident=action == "rollback")
    async def unwatched(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/wait", QUICK)
        run_id = await background(ask, path)
        await ask("GET", path)
        await ask("POST", f"{path}/runs/{run_id}/cancel?action={action}")
        await ask.poll("GET", f"{path}/runs/{run_id}", until=settled(action))
        if action == "interrupt":  # A rollback that nobody watches leaves the thread busy.
            await ask.poll("GET", path, until=at_rest)
        await look(ask, path)
        await ask("GET", f"{path}/runs/{run_id}/join")
        await ask("POST", f"{path}/runs/wait", {**QUICK, "multitask_strategy": "reject"})
        await look(ask, path)

    @scenario(f"multitask: {action}, nobody watches the first run")
    async def superseded(ask: Ask) -> None:
        path = await made(ask)
        first = await background(ask, path)
        await ask("GET", path)
        await ask("POST", f"{path}/runs/wait", {**WHILE, **THEN, "multitask_strategy": action})
        await ask.poll("GET", f"{path}/runs/{first}", until=settled(action))
        await look(ask, path)


for _action in ("interrupt", "rollback"):
    watched(_action)


def cancelled(action: str) -> None:
    @scenario(f"cancel: {action}, then new input")
    async def then_input(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path)
        await cancel(ask, path, first, action)
        await ask(
            "POST", f"{path}/runs/stream", {**MOMENT, "stream_mode": [*WATCHED, "tasks", "checkpoints"]}
        )
        await look(ask, path)

    @scenario(f"cancel: {action}, then null")
    async def then_null(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/wait", QUICK)
        first = await running(ask, path, WHILE)
        await cancel(ask, path, first, action)
        again = {**MOMENT, "input": None, "stream_mode": [*WATCHED, "tasks", "checkpoints"]}
        await ask("POST", f"{path}/runs/stream", again)
        await look(ask, path)

    @scenario(f"cancel: {action}, the first run of a thread")
    async def the_first(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path)
        await cancel(ask, path, first, action)
        await look(ask, path)

    @scenario(f"cancel: {action}, seen by wait, join and streams")
    async def seen(ask: Ask) -> None:
        path = await made(ask)
        first = await ask.begin("POST", f"{path}/runs/wait", {**FOR_LONG, "after_seconds": 1})
        run = f"{path}/runs/{first.run}"
        join = await ask.begin("GET", f"{run}/join")
        stream = await ask.begin("GET", f"{run}/stream")
        await stream.until('{"tick":0}')
        await ask("POST", f"{run}/cancel?action={action}")
        await ended(stream)
        if action == "rollback":  # What waits for a run that is rolled back gets is a matter of luck.
            await first.drop(after=0)
            await join.drop(after=0)
        else:
            await ended(first, join)
        await ask.poll("GET", run, until=settled(action))
        await ask("GET", f"{run}/join")
        await ask("GET", f"{run}/stream")
        await look(ask, path)

    @scenario(f"cancel: {action}, every mode streams")
    async def every_mode(ask: Ask) -> None:
        path = await made(ask)
        modes = ["values", "updates", "custom", "tasks", "checkpoints", "debug", "messages"]
        first = await running(ask, path, {**FOR_LONG, "stream_mode": modes})
        await cancel(ask, path, first, action)

    @scenario(f"cancel: {action}, a run in the queue", accident=action == "rollback")
    async def in_queue(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path, WHILE)
        second = await ask.begin("POST", f"{path}/runs/stream", QUICK)
        third = await ask.begin("POST", f"{path}/runs/wait", QUICK)
        await ask("POST", f"{path}/runs/{second.run}/cancel?action={action}")
        await ask("POST", f"{path}/runs/{third.run}/cancel?action={action}&wait=true")
        await second.end()
        await third.end()
        await ask("GET", f"{path}/runs")
        await ended(first)
        await look(ask, path)

    @scenario(f"cancel: {action}, a stateless run")
    async def stateless(ask: Ask) -> None:
        for completion in ("delete", "keep"):
            run = {**FOR_LONG, "on_completion": completion}
            created = (await ask("POST", "/runs", {**run, "after_seconds": 1})).json()
            path = f"/threads/{created['thread_id']}"
            stream = await ask.begin("GET", f"{path}/runs/{created['run_id']}/stream")
            await stream.until('{"tick":0}')
            await ask("POST", f"{path}/runs/{created['run_id']}/cancel?action={action}")
            await ended(stream)
            await ask.poll("GET", path, until=at_rest)
            await ask("GET", f"{path}/runs/{created['run_id']}")


for _action in ("interrupt", "rollback"):
    cancelled(_action)


@scenario("cancel: many, of one thread")
async def cancel_many(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    second, third = await pending(ask, path), await pending(ask, path)
    name = path.rpartition("/")[2]
    await ask("POST", "/runs/cancel", {"thread_id": name, "run_ids": [first.run, second]})
    await ended(first)
    await ask("GET", f"{path}/runs")
    await ask("GET", path)
    await ask("POST", "/runs/cancel", {"thread_id": name, "run_ids": [first.run]})
    await ask("POST", "/runs/cancel", {"thread_id": name, "run_ids": [first.run, third, UNKNOWN]})
    await look(ask, path)
    await ask("POST", "/runs/cancel", {"thread_id": name, "run_ids": [UNKNOWN]})
    await ask("POST", "/runs/cancel", {"thread_id": name, "run_ids": []})
    await ask("POST", "/runs/cancel", {"thread_id": UNKNOWN, "run_ids": [third]})


@scenario("cancel: many, rolled back")
async def rollback_many(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    second = await pending(ask, path)
    name = path.rpartition("/")[2]
    body = {"thread_id": name, "run_ids": [first.run, second]}
    await ask("POST", "/runs/cancel?action=rollback", body)
    await ended(first)
    await ask.poll("GET", f"{path}/runs/{first.run}", until=gone)
    await look(ask, path)
    await ask("POST", "/runs/cancel?action=rollback", body)


BAD_CANCELS: dict[str, Any] = {
    "not JSON": b"{",
    "no body": b"",
    "null": b"null",
    "a list": [],
    "nothing": {},
    "an unknown status": {"status": "bogus"},
    "a number for the status": {"status": 1},
    "null for the status": {"status": None},
    "a status and a thread": {"status": "pending", "thread_id": UNKNOWN},
    "a status and runs": {"status": "all", "run_ids": [UNKNOWN]},
    "a status, a thread and runs": {"status": "all", "thread_id": UNKNOWN, "run_ids": [UNKNOWN]},
    "a thread alone": {"thread_id": UNKNOWN},
    "runs alone": {"run_ids": [UNKNOWN]},
    "a bad thread": {"thread_id": "nope", "run_ids": [UNKNOWN]},
    "a bad run": {"thread_id": UNKNOWN, "run_ids": ["nope"]},
    "a number for a run": {"thread_id": UNKNOWN, "run_ids": [1]},
    "a text for the runs": {"thread_id": UNKNOWN, "run_ids": UNKNOWN},
    "an unknown field": {"thread_id": UNKNOWN, "run_ids": [UNKNOWN], "bogus": 1},
}


@scenario("cancel: many, refused")
async def bad_cancels(ask: Ask) -> None:
    for body in BAD_CANCELS.values():
        await ask("POST", "/runs/cancel", body)
    await ask("POST", "/runs/cancel?action=bogus", {"thread_id": UNKNOWN, "run_ids": [UNKNOWN]})
    await ask("GET", "/runs/cancel")


# --- runs that stand at an interrupt -----------------------------------------------------------------------


def asked(secs: float, **more: Any) -> dict[str, Any]:
    return {"assistant_id": "gate", "input": {"secs": secs}, "stream_mode": WATCHED, **more}


def answered(answer: Any, **more: Any) -> dict[str, Any]:
    return {"assistant_id": "gate", "command": {"resume": answer}, "stream_mode": WATCHED, **more}


def ends_resumed(action: str) -> None:
    @scenario(f"cancel: {action}, a run that was resumed", accident=action == "rollback")
    async def resumed(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/stream", asked(60))
        await look(ask, path)
        await cancel(ask, path, await running(ask, path, answered("yes")), action)
        await look(ask, path)

    @scenario(
        f"cancel: {action}, a pending run on a thread that stands at an interrupt",
        accident=action == "rollback",
    )
    async def pending_at_interrupt(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/stream", asked(0.01))
        run_id = await pending(ask, path, answered("later", after_seconds=600))
        await ask("GET", path)
        await ask("POST", f"{path}/runs/{run_id}/cancel?action={action}")
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", answered("now"))
        await look(ask, path)

    @scenario(f"multitask: {action}, a resumed run is superseded", accident=action == "rollback")
    async def superseded(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/stream", asked(60))
        first = await running(ask, path, answered("yes"))
        second = await ask.begin(
            "POST", f"{path}/runs/stream", asked(0.01, multitask_strategy=action, **THEN)
        )
        await ended(first, second)
        await look(ask, path)


for _action in ("interrupt", "rollback"):
    ends_resumed(_action)


@scenario("multitask: enqueue, behind a run that stands at an interrupt")
async def behind_interrupt(ask: Ask) -> None:
    path = await made(ask)
    first = await ask.begin("POST", f"{path}/runs/stream", asked(0.01, after_seconds=1))
    second = await ask.begin("POST", f"{path}/runs/wait", answered("yes", after_seconds=1.5))
    await ended(first, second)
    await look(ask, path)


@scenario("delete: a run that stands at an interrupt")
async def delete_interrupted(ask: Ask) -> None:
    path = await made(ask)
    await ask("POST", f"{path}/runs/wait", asked(0.01, input={"secs": 0.01, "x": 1}))
    await ask("POST", f"{path}/runs/wait", answered("yes"))
    opened = await ask.begin("POST", f"{path}/runs/stream", asked(0.01))
    await opened.end()
    await ask("DELETE", f"{path}/runs/{opened.run}")
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**answered("too late"), "stream_mode": ["values", "updates"]})
    await look(ask, path)


# --- deleting ----------------------------------------------------------------------------------------------


@scenario("delete: the only run")
async def delete_only(ask: Ask) -> None:
    path = await made(ask)
    done = (await ask("POST", f"{path}/runs", QUICK)).json()["run_id"]
    await ask("GET", f"{path}/runs/{done}/join")
    await ask("DELETE", f"{path}/runs/{done}")
    await look(ask, path)
    await ask("DELETE", f"{path}/runs/{done}")
    await ask("GET", f"{path}/runs/{done}")
    await ask("GET", f"{path}/runs/{done}/join")
    await ask("GET", f"{path}/runs/{done}/stream")
    await ask("POST", f"{path}/runs/stream", {**QUICK, "stream_mode": ["values", "checkpoints"]})
    await look(ask, path)


def deleted(which: int, name: str) -> None:
    @scenario(f"delete: the {name} of three runs")
    async def one_of_three(ask: Ask) -> None:
        path = await made(ask)
        runs = []
        for number in (1, 2, 3):
            run = {**QUICK, "input": {"secs": 0.01, "x": f"run {number}"}}
            created = await ask.begin("POST", f"{path}/runs/wait", run)
            await created.end()
            runs.append(created.run)
        await ask("DELETE", f"{path}/runs/{runs[which]}")
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**QUICK, "stream_mode": ["values", "checkpoints"]})
        await look(ask, path)


for _number, _name in enumerate(("oldest", "middle", "newest")):
    deleted(_number, _name)


@scenario("delete: a failed run")
async def delete_failed(ask: Ask) -> None:
    path = await made(ask)
    failed = await ask.begin(
        "POST", f"{path}/runs/wait", {"assistant_id": "failing", "input": {"x": "value"}}
    )
    await failed.end()
    await ask("DELETE", f"{path}/runs/{failed.run}")
    await look(ask, path)


@scenario("delete: a cancelled run")
async def delete_cancelled(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path)
    await ask("POST", f"{path}/runs/{first.run}/cancel?wait=true")
    await ended(first)
    await ask("DELETE", f"{path}/runs/{first.run}")
    await look(ask, path)


@scenario("delete: a running run")
async def delete_running(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, MOMENT)
    await ask("DELETE", f"{path}/runs/{first.run}")
    await ask("GET", path)
    await ask("GET", f"{path}/runs")
    await first.end()
    await ask("GET", path)
    await ask("GET", f"{path}/runs")


@scenario("delete: a pending run")
async def delete_pending(ask: Ask) -> None:
    path = await made(ask)
    run_id = await pending(ask, path)
    await ask("DELETE", f"{path}/runs/{run_id}")
    await look(ask, path)
    await ask("POST", f"{path}/runs/stream", {**QUICK, "multitask_strategy": "reject"})
    await look(ask, path)


@scenario("delete: what is not there")
async def delete_unknown(ask: Ask) -> None:
    path, other = await made(ask), await made(ask)
    done = await ask.begin("POST", f"{path}/runs/wait", QUICK)
    await done.end()
    for place in (
        f"{path}/runs/{UNKNOWN}",
        f"{other}/runs/{done.run}",
        f"/threads/{UNKNOWN}/runs/{done.run}",
        f"{path}/runs/nope",
        f"/threads/nope/runs/{done.run}",
    ):
        await ask("DELETE", place)
        await ask("GET", place)
    await ask("DELETE", f"{path}/runs")
    await look(ask, path)


# --- listing -----------------------------------------------------------------------------------------------


@scenario("list: every query")
async def listed(ask: Ask) -> None:
    path = await made(ask)
    for _ in range(2):
        await ask("POST", f"{path}/runs/wait", QUICK)
    first = await running(ask, path)
    await ask("POST", f"{path}/runs/{first.run}/cancel?wait=true")
    await ended(first)
    await pending(ask, path)
    await pending(ask, path)
    for query in (
        "",
        "limit=2",
        "limit=2&offset=2",
        "limit=100&offset=4",
        "offset=4",
        "offset=9",
        "offset=-1",
        "offset=x",
        "offset=",
        "limit=",
        "limit=1.5",
        "limit=100000",
        "limit=1&limit=2",
        "status=success",
        "status=pending",
        "status=interrupted",
        "status=running",
        "status=rollback",
        "status=",
        "status=success&status=pending",
        "status=pending&limit=1&offset=1",
        "select=status&select=run_id",
        "select=thread_id&select=assistant_id&select=created_at&select=updated_at",
        "select=metadata&select=kwargs&select=multitask_strategy&select=langsmith_session_name",
        "select=status&status=success&limit=1",
        "select=bogus",
        "select=bogus&select=run_id&select=status,run_id&select=",
        "bogus=1",
    ):
        await ask("GET", f"{path}/runs?{query}")
    await ask("HEAD", f"{path}/runs")
    await ask("GET", f"/threads/{UNKNOWN}/runs?limit=x")
    await ask("GET", "/threads/nope/runs?limit=x")


@scenario("list: more than a page")
async def pages(ask: Ask) -> None:
    path = await made(ask)
    for number in range(12):
        await pending(ask, path, {**NOT_YET, "metadata": {"number": number}})
    for query in ("select=metadata", "select=metadata&offset=10", "select=metadata&limit=12"):
        await ask("GET", f"{path}/runs?{query}")


# --- clients that leave ------------------------------------------------------------------------------------


def settled_down(answer: Answer) -> bool:
    return [found["status"] for found in answer.json()] not in ([], ["busy"])


def leaves(name: str, given: dict[str, Any], way: str, outcome: str) -> None:
    @scenario(f"on_disconnect: {name}, {way}")
    async def left(ask: Ask) -> None:
        path = await made(ask)
        run = {**(FOR_LONG if outcome == "interrupted" else MOMENT), **given}
        if way == "stream":
            opened = await running(ask, path, run)
            await opened.drop(after='{"tick":0}')
        else:
            opened = await ask.begin("POST", f"{path}/runs/wait", run)
            await ask.poll("GET", f"{path}/state", until=held_in("hold"))
            await opened.drop(after=0)
        await ask.poll("GET", f"{path}/runs/{opened.run}", until=over)
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)

    @scenario(f"on_disconnect: {name}, stateless {way}")
    async def left_stateless(ask: Ask) -> None:
        run = {**(FOR_LONG if outcome == "interrupted" else MOMENT), **given, "on_completion": "keep"}
        mark = {"metadata": {"mark": str(uuid4())}}
        if way == "wait":
            opened = await ask.begin("POST", "/runs/wait", {**run, **mark})
            path = "/".join(dict(opened.headers)["location"].split("/")[:3])
            await ask.poll("GET", f"{path}/state", until=held_in("hold"))
            await opened.drop(after=0)
        else:
            opened = await ask.begin("POST", "/runs/stream", {**run, **mark})
            await opened.drop(after='{"tick":0}')
            found = await ask.poll("POST", "/threads/search", mark, until=settled_down)
            path = f"/threads/{found.json()[0]['thread_id']}"
        await ask.poll("GET", f"{path}/runs/{opened.run}", until=over)
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)


for _way in ("stream", "wait"):
    leaves("not given", {}, _way, "success")
    leaves("continue", {"on_disconnect": "continue"}, _way, "success")
    leaves("cancel", {"on_disconnect": "cancel"}, _way, "interrupted")


@scenario("on_disconnect: cancel, but nobody left")
async def nobody_left(ask: Ask) -> None:
    path = await made(ask)
    run = {**QUICK, "on_disconnect": "cancel"}
    await ask("POST", f"{path}/runs/stream", run)
    await ask("POST", f"{path}/runs/wait", run)
    created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
    await ask("GET", f"{path}/runs/{created}/join")
    await look(ask, path)


@scenario("on_disconnect: cancel, left in the queue")
async def left_in_queue(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, WHILE)
    second = await ask.begin("POST", f"{path}/runs/stream", {**QUICK, "on_disconnect": "cancel"})
    await second.drop(after=0)
    await ask.poll("GET", f"{path}/runs/{second.run}", until=over)
    await ended(first)
    await look(ask, path)


def left_join(way: str, query: str, outcome: str) -> None:
    @scenario(f"cancel_on_disconnect: {query or 'not given'}, {way}")
    async def left(ask: Ask) -> None:
        path = await made(ask)
        run_id = await background(ask, path, FOR_LONG if outcome == "interrupted" else WHILE)
        opened = await ask.begin("GET", f"{path}/runs/{run_id}/{way}{query}")
        await opened.drop(after=0)
        await ask.poll("GET", f"{path}/runs/{run_id}", until=over)
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)


for _way in ("join", "stream"):
    for _value in ("true", "1", "yes"):
        left_join(_way, f"?cancel_on_disconnect={_value}", "interrupted")
    for _value in ("false", "bogus"):
        left_join(_way, f"?cancel_on_disconnect={_value}", "success")
    left_join(_way, "", "success")


# --- runs that start later ---------------------------------------------------------------------------------


@scenario("after_seconds: cancelled while its clients wait")
async def delayed(ask: Ask) -> None:
    path = await made(ask)
    first = await ask.begin("POST", f"{path}/runs/stream", NOT_YET)
    await ask("GET", f"{path}/runs/{first.run}")
    join = await ask.begin("GET", f"{path}/runs/{first.run}/join")
    await ask("POST", f"{path}/runs/{first.run}/cancel")
    await ended(first)
    await join.end()
    second = await ask.begin("POST", f"{path}/runs/wait", NOT_YET)
    await ask("POST", f"{path}/runs/{second.run}/cancel?wait=true")
    await second.end()
    await look(ask, path)


@scenario("after_seconds: one behind another")
async def delayed_order(ask: Ask) -> None:
    path = await made(ask)
    later = await pending(ask, path, {**QUICK, "after_seconds": 2, "input": {"secs": 0.01, "x": "later"}})
    sooner = await ask.begin("POST", f"{path}/runs/wait", {**QUICK, "input": {"secs": 0.01, "x": "sooner"}})
    await sooner.end()
    await ask("GET", f"{path}/runs/{later}/join")
    await ask("GET", f"{path}/runs?select=status&select=kwargs")
    await look(ask, path)


@scenario("after_seconds: odd values")
async def delays(ask: Ask) -> None:
    for value in (0, 0.0, 0.01, -1, 1e-9):
        path = await made(ask)
        await ask("POST", f"{path}/runs/stream", {**QUICK, "after_seconds": value})
        await ask("GET", f"{path}/runs")
    for bad in (None, "1", True, [1]):
        await ask("POST", f"{path}/runs/stream", {**QUICK, "after_seconds": bad})


# --- stateless runs ----------------------------------------------------------------------------------------


def completes(completion: str | None) -> None:
    given = {} if completion is None else {"on_completion": completion}

    @scenario(f"on_completion: {completion or 'not given'}, looked at while it runs")
    async def completed(ask: Ask) -> None:
        created = (await ask("POST", "/runs", {**MOMENT, **given, "after_seconds": 1})).json()
        path = f"/threads/{created['thread_id']}"
        await look(ask, path)
        stream = await ask.begin("GET", f"{path}/runs/{created['run_id']}/stream")
        await stream.until('{"tick":0}')
        await look(ask, path)
        await ask("GET", f"{path}/runs/{created['run_id']}")
        join = await ask.begin("GET", f"{path}/runs/{created['run_id']}/join")
        await stream.end()
        await join.end()
        await look(ask, path)

    @scenario(f"on_completion: {completion or 'not given'}, waits and streams")
    async def waited(ask: Ask) -> None:
        for run in (QUICK, {"assistant_id": "failing", "input": {"x": "value"}}):
            opened = await ask.begin("POST", "/runs/wait", {**run, **given})
            await opened.end()
            path = "/".join(dict(opened.headers)["location"].split("/")[:3])
            await ask("GET", f"{path}/runs/{opened.run}")
            await look(ask, path)
            await ask("POST", "/runs/stream", {**run, **given, "stream_mode": ["values", "checkpoints"]})


for _completion in (None, "delete", "keep"):
    completes(_completion)


@scenario("on_completion: a second run on a kept thread")
async def kept(ask: Ask) -> None:
    opened = await ask.begin("POST", "/runs/wait", {**QUICK, "on_completion": "keep"})
    await opened.end()
    path = "/".join(dict(opened.headers)["location"].split("/")[:3])
    await ask("POST", f"{path}/runs/stream", QUICK)
    await look(ask, path)


@scenario("on_completion: a second run on a thread that will be deleted")
async def deleted_under(ask: Ask) -> None:
    created = (await ask("POST", "/runs", {**WHILE, "after_seconds": 1})).json()
    path = f"/threads/{created['thread_id']}"
    stream = await ask.begin("GET", f"{path}/runs/{created['run_id']}/stream")
    await stream.until('{"tick":0}')
    await ask("POST", f"{path}/runs", {**QUICK, "multitask_strategy": "reject"})
    await ended(stream)
    await ask("GET", path)


@scenario("on_completion: stateful runs do not know it")
async def stateful_completion(ask: Ask) -> None:
    path = await made(ask)
    await ask("POST", f"{path}/runs", {**NOT_YET, "on_completion": "delete"})
    await ask("POST", f"{path}/runs", {**NOT_YET, "on_completion": "bogus"})


# --- threads that runs make --------------------------------------------------------------------------------


def makes(way: str, number: int) -> None:
    @scenario(f"if_not_exists: {way or 'background'}")
    async def makes_thread(ask: Ask) -> None:
        path = f"/threads/5b9e0c4e-3a55-4bd7-a30c-33333333333{number}"
        run = {**QUICK, "metadata": {"k": 1}, "config": {"tags": ["t"], "metadata": {"c": 2}}}
        await ask("POST", f"{path}/runs{way}", {**run, "if_not_exists": "reject"})
        await ask("POST", f"{path}/runs{way}", run)
        await ask("POST", f"{path}/runs{way}", {**run, "if_not_exists": "create"})
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)
        await ask("POST", f"{path}/runs{way}", {**run, "if_not_exists": "create", "metadata": {"k": 2}})
        await ask.poll("GET", path, until=at_rest)
        await look(ask, path)
        await ask("DELETE", path)


for _number, _way in enumerate(("", "/stream", "/wait")):
    makes(_way, _number)


@scenario("if_not_exists: create, and an unknown assistant")
async def makes_nothing(ask: Ask) -> None:
    path = "/threads/5b9e0c4e-3a55-4bd7-a30c-444444444444"
    for assistant in ("nope", UNKNOWN):
        for way in ("", "/stream", "/wait"):
            run = {"assistant_id": assistant, "input": {}, "if_not_exists": "create"}
            await ask("POST", f"{path}/runs{way}", run)
    await ask("GET", path)
    await ask("POST", "/threads/nope/runs", {**QUICK, "if_not_exists": "create"})
    await ask("POST", "/threads/nope/runs/wait", {**QUICK, "if_not_exists": "create"})


@scenario("if_not_exists: create and reject while busy")
async def makes_busy(ask: Ask) -> None:
    path = "/threads/5b9e0c4e-3a55-4bd7-a30c-555555555555"
    run = {**NOT_YET, "if_not_exists": "create", "multitask_strategy": "reject"}
    await ask("POST", f"{path}/runs", run)
    await ask("POST", f"{path}/runs", run)
    await look(ask, path)
    await ask("DELETE", path)


# --- batches -----------------------------------------------------------------------------------------------


@scenario("batch: three runs")
async def batch(ask: Ask) -> None:
    runs = [
        {**QUICK, "on_completion": "keep"},
        {"assistant_id": "failing", "input": {"x": "value"}, "on_completion": "keep"},
        {**COUNT, "input": {"n": 5}},
    ]
    made_runs = (await ask("POST", "/runs/batch", runs)).json()
    for run in made_runs[:2]:
        path = f"/threads/{run['thread_id']}"
        await ask("GET", f"{path}/runs/{run['run_id']}/join")
        await look(ask, path)


@scenario("batch: refused")
async def bad_batches(ask: Ask) -> None:
    bodies: tuple[Any, ...] = (
        [],
        {},
        b"null",
        b"",
        b"[",
        [1],
        [{}],
        [QUICK, {}],
        [QUICK, {"assistant_id": "counter", "stream_mode": "bogus"}],
        [{"assistant_id": "nope"}, QUICK],
        [{"assistant_id": UNKNOWN}],
        [{**QUICK, "on_completion": "x"}],
        [{**QUICK, "multitask_strategy": "x", "after_seconds": 600}],
    )
    for body in bodies:
        await ask("POST", "/runs/batch", body)
    await ask("GET", "/runs/batch")


@scenario("batch: a good run before an unknown assistant")
async def half_a_batch(ask: Ask) -> None:
    for bad in ("nope", UNKNOWN):
        mark = {"metadata": {"mark": str(uuid4())}}
        good = {**QUICK, "on_completion": "keep", **mark}
        await ask("POST", "/runs/batch", [good, {"assistant_id": bad}, good])
        await ask.poll(
            "POST",
            "/threads/search",
            mark,
            until=lambda answer: [found["status"] for found in answer.json()] == ["idle", "idle"],
        )


# --- durability --------------------------------------------------------------------------------------------


def lasts(name: str, given: dict[str, Any]) -> None:
    everything = ["values", "updates", "tasks", "checkpoints", "debug"]

    @scenario(f"durability: {name}, streams")
    async def streams(ask: Ask) -> None:
        path = await made(ask)
        for _ in range(2):
            await ask("POST", f"{path}/runs/stream", {**COUNT, **given, "stream_mode": everything})
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**COUNT, "stream_mode": everything})
        await look(ask, path)

    @scenario(f"durability: {name}, failing")
    async def fails(ask: Ask) -> None:
        path = await made(ask)
        run = {"assistant_id": "failing", "input": {"x": "value"}, **given, "stream_mode": everything}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {**run, "input": None})
        await look(ask, path)

    @scenario(f"durability: {name}, looked at while it runs")
    async def runs(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path, {**WHILE, **given})
        await look(ask, path)
        await ended(first)
        await look(ask, path)

    @scenario(f"durability: {name}, cancelled")
    async def cancelled(ask: Ask) -> None:
        path = await made(ask)
        await ask("POST", f"{path}/runs/wait", QUICK)
        for action in ("interrupt", "rollback"):
            first = await running(ask, path, {**FOR_LONG, **given})
            await cancel(ask, path, first, action)
            await look(ask, path)


DURABILITIES: dict[str, dict[str, Any]] = {
    "sync": {"durability": "sync"},
    "async": {"durability": "async"},
    "exit": {"durability": "exit"},
    "checkpoint_during false": {"checkpoint_during": False},
    "checkpoint_during true": {"checkpoint_during": True},
    "exit and checkpoint_during": {"durability": "exit", "checkpoint_during": True},
}
for _name, _given in DURABILITIES.items():
    lasts(_name, _given)


# --- what a run says of itself -----------------------------------------------------------------------------

FIELDS: dict[str, dict[str, Any]] = {
    "nothing": {"input": None},
    "input": {"input": {"deep": [1, {"a": None}], "text": "☃"}},
    "command": {"command": {"update": {"n": 1}}},
    "an empty command": {"command": {}},
    "null for a command": {"command": None, "input": {"n": 1}},
    "input and command": {"input": {"n": 1}, "command": {"update": {"n": 2}}},
    "stream_mode": {"stream_mode": ["updates", "values", "updates"]},
    "no stream_mode": {"stream_mode": []},
    "stream_subgraphs": {"stream_subgraphs": True},
    "stream_resumable": {"stream_resumable": True},
    "interrupt_before": {"interrupt_before": ["inc"], "interrupt_after": "*"},
    "durability": {"durability": "exit"},
    "checkpoint_during": {"checkpoint_during": False},
    "checkpoint_during and durability": {"checkpoint_during": False, "durability": "sync"},
    "feedback_keys": {"feedback_keys": ["k1", "k2"]},
    "no feedback_keys": {"feedback_keys": []},
    "multitask_strategy": {"multitask_strategy": "rollback"},
    "on_disconnect": {"on_disconnect": "cancel"},
    "after_seconds": {"after_seconds": 601.5},
    "langsmith_tracer": {"langsmith_tracer": {"project_name": "p", "example_id": "e"}},
    "a tracer without an example": {"langsmith_tracer": {"project_name": "p"}},
    "checkpoint_id": {"checkpoint_id": UNKNOWN},
    "checkpoint": {"checkpoint": {"checkpoint_id": UNKNOWN, "checkpoint_ns": ""}},
    "null for checkpoint_id": {"checkpoint_id": None},
    "unknown fields": {"bogus": {"a": 1}, "raise_error": True, "strict_resume": True, "user_id": "me"},
    "metadata": {
        "metadata": {
            "z": 1,
            "a": {"deep": [None]},
            "thread_id": "t",
            "assistant_id": "a",
            "run_id": "r",
            "cron_id": "c",
            "graph_id": "g",
            "created_by": "me",
            "langgraph_version": "0",
        }
    },
    "config.metadata": {
        "metadata": {"both": "metadata", "mine": 1},
        "config": {
            "metadata": {"both": "config", "theirs": 2, "run_id": "r", "graph_id": "g", "user_id": "u"}
        },
    },
    "config.configurable": {
        "config": {
            "configurable": {
                "z": 1,
                "thread_id": "t",
                "run_id": "r",
                "graph_id": "g",
                "assistant_id": "a",
                "user_id": "u",
                "langgraph_auth_user": "x",
                "langgraph_auth_user_id": "x",
                "langgraph_request_id": "x",
                "__after_seconds__": 7,
                "__langsmith_project__": "x",
                "__request_start_time_ms__": 1,
                "__other__": 2,
                "checkpoint_id": UNKNOWN,
                "checkpoint_ns": "x",
                "a": 1,
            }
        }
    },
    "config": {
        "config": {
            "recursion_limit": 5,
            "tags": ["a", "b"],
            "run_name": "mine",
            "max_concurrency": 2,
            "callbacks": None,
            "bogus": 1,
        }
    },
    "an empty config": {"config": {}},
    "an empty configurable": {"config": {"configurable": {}}, "context": {"a": 1}},
    "context": {"context": {"z": 1, "a": {"deep": 2}, "user_id": "u", "thread_id": "t", "__other__": 1}},
    "an empty context": {"context": {}, "config": {"configurable": {"a": 1}}},
}


def echoes(name: str, given: dict[str, Any]) -> None:
    @scenario(f"kwargs: {name}")
    async def echoed(ask: Ask) -> None:
        run = {"assistant_id": "counter", "input": {"n": 1}, "after_seconds": 600, **given}
        path = f"/threads/{(await ask('POST', '/threads', {'metadata': {'mine': 'thread'}})).json()['thread_id']}"
        created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
        await ask("GET", f"{path}/runs/{created}")
        await ask("GET", path)
        again = (await ask("POST", f"{path}/runs", {**run, "after_seconds": 600})).json()["run_id"]
        await ask("POST", f"{path}/runs/{created}/cancel")
        await ask("POST", f"{path}/runs/{again}/cancel")
        await ask("GET", path)


for _name, _given in FIELDS.items():
    echoes(_name, _given)


def runs_with(name: str, given: dict[str, Any]) -> None:
    @scenario(f"kwargs: {name}, in checkpoints and afterwards")
    async def shown(ask: Ask) -> None:
        path = f"/threads/{(await ask('POST', '/threads', {'metadata': {'mine': 'thread'}})).json()['thread_id']}"
        run = {"assistant_id": "counter", "input": {"n": 1}, **given, "stream_mode": ["checkpoints", "tasks"]}
        await ask("POST", f"{path}/runs/stream", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/stream", {"assistant_id": "counter", "input": {"n": 1}})
        await look(ask, path)


for _name in ("metadata", "config.metadata", "config", "context", "langsmith_tracer", "unknown fields"):
    runs_with(_name, FIELDS[_name])
runs_with("a spoofed configurable", {"config": {"configurable": {"z": 1, "user_id": "u", "run_id": "r"}}})


# --- nothing to do -----------------------------------------------------------------------------------------


@scenario("null: on a thread without a run, every way")
async def null_input(ask: Ask) -> None:
    run = {"assistant_id": "counter", "input": None, "stream_mode": ["values", "checkpoints", "tasks"]}
    for way in ("stream", "wait"):
        path = await made(ask)
        await ask("POST", f"{path}/runs/{way}", run)
        await look(ask, path)
        await ask("POST", f"{path}/runs/{way}", {**run, "input": {"n": 1}})
        await look(ask, path)
    path = await made(ask)
    created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
    await ask("GET", f"{path}/runs/{created}/join")
    await ask("GET", f"{path}/runs/{created}")


# --- webhooks that are refused -----------------------------------------------------------------------------

BAD_WEBHOOKS = (
    "ftp://example.com/x",
    "nope",
    "http://",
    "https:///x",
    "mailto:a@b.c",
    " ",
    "file:///etc/hosts",
)


@scenario("webhook: refused")
async def bad_webhooks(ask: Ask) -> None:
    path = await made(ask)
    for webhook in BAD_WEBHOOKS:
        for place in (f"{path}/runs", f"{path}/runs/stream", f"{path}/runs/wait", "/runs", "/runs/wait"):
            await ask("POST", place, {**NOT_YET, "webhook": webhook})
    await look(ask, path)
