"""Streams that are joined, filtered, broken off and taken up again, and the streams of whole threads."""

import asyncio
import re
from typing import Any

from tests.contract.exchange import Open
from tests.contract.scenarios.asking import HELLO, LISTS, Ask, look, scenario, thread
from tests.contract.scenarios.lives import GONE, settled

UNKNOWN = "018cc251-f400-7acf-80e7-6d440feec09e"
WATCHED = ["values", "updates", "custom"]
TICK = '{"tick":0}'

PACED: dict[str, Any] = {"assistant_id": "paced", "input": {"x": 1}, "stream_mode": WATCHED}
QUICK: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 0.01}, "stream_mode": WATCHED}
WHILE: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 3}, "stream_mode": WATCHED}
FOR_LONG: dict[str, Any] = {"assistant_id": "slow", "input": {"secs": 60}, "stream_mode": WATCHED}
KEPT: dict[str, Any] = {"stream_resumable": True}

EVERY_MODE = LISTS["no-events"]
# Positions behind which everything, or nothing, lies, whatever the ids of the run's events are.
POSITIONS = (
    "-1",
    "-",
    "0",
    "0-0",
    "$",
    "1",
    "99999999999999-0",
    "99999999999999",
    "bogus",
    "",
)


async def made(ask: Ask) -> str:
    return f"/threads/{await thread(ask)}"


def behind(position: str) -> dict[str, str]:
    return {"last-event-id": position}


def position(part: str) -> str:
    """The id of a part that has one."""
    found = re.search(r"^id: (\S+)", part, re.MULTILINE)
    assert found, part
    return found[1]


async def finished(ask: Ask, path: str, run: dict[str, Any]) -> tuple[str, list[str]]:
    """A run that is over: where it is, and its stream's parts."""
    opened = await ask.begin("POST", f"{path}/runs/stream", run)
    answer = await opened.end()
    return f"{path}/runs/{opened.run}", answer.chunks


# --- resumable runs that are over --------------------------------------------------------------------------


@scenario("resumable: every Last-Event-ID")
async def positions(ask: Ask) -> None:
    path = await made(ask)
    run, parts = await finished(ask, path, {**PACED, **KEPT})
    await ask("GET", f"{run}/stream")
    for name in POSITIONS:
        await ask("GET", f"{run}/stream", headers=behind(name))
    await ask("GET", f"{run}/stream", headers=behind(position(parts[-1])))
    await ask("GET", f"{run}/stream?last_event_id=-1")
    await ask("GET", run)
    await look(ask, path)


@scenario("resumable: an event in the middle")
async def middle(ask: Ask) -> None:
    run, parts = await finished(ask, await made(ask), {**PACED, **KEPT})
    for step in ("one", "two", "three"):
        part = next(part for part in parts if f'data: "{step}"' in part)
        await ask("GET", f"{run}/stream", headers=behind(position(part)))
        # A text, not a number: without the number behind the dash it sorts before the whole id.
        await ask("GET", f"{run}/stream", headers=behind(position(part).partition("-")[0]))


@scenario("resumable: replays, filtered")
async def filtered_replays(ask: Ask) -> None:
    run, parts = await finished(ask, await made(ask), {**PACED, **KEPT})
    two = next(part for part in parts if 'data: "two"' in part)
    for query in (
        "stream_mode=values",
        "stream_mode=updates&stream_mode=custom",
        "stream_mode=%5B%22values%22%2C%22custom%22%5D",
        "stream_mode=metadata",
        "stream_mode=bogus",
        "stream_mode=",
        "stream_mode=messages",
        "cancel_on_disconnect=true",
    ):
        await ask("GET", f"{run}/stream?{query}", headers=behind("-"))
        await ask("GET", f"{run}/stream?{query}", headers=behind(position(two)))


def stores(name: str, run: dict[str, Any], modes: Any) -> None:
    @scenario(f"resumable: {name}, live and again")
    async def again(ask: Ask) -> None:
        path = await made(ask)
        run_path, _ = await finished(ask, path, {**run, **KEPT, "stream_mode": modes})
        await ask("GET", f"{run_path}/stream", headers=behind("-"))
        await ask("GET", f"{run_path}/stream", headers=behind("-1"))
        await ask("GET", f"{run_path}/stream")
        await ask("GET", f"{run_path}/join")


CHAT: dict[str, Any] = {"assistant_id": "chat", "input": HELLO}
for _mode in (*LISTS["all-tuple"], EVERY_MODE, LISTS["all-tuple"], LISTS["none"]):
    stores(f"chat in {_mode if isinstance(_mode, str) else '+'.join(_mode) or 'none'}", CHAT, _mode)
stores("a failure", {"assistant_id": "failing", "input": {"x": "value"}}, EVERY_MODE)
stores("custom payloads", {"assistant_id": "notes", "input": {"x": 1}}, WATCHED)
stores("no input", {"assistant_id": "counter"}, WATCHED)
stores("subgraphs", {"assistant_id": "counter", "input": {"n": 1}, "stream_subgraphs": True}, WATCHED)


@scenario("resumable: not so")
async def not_resumable(ask: Ask) -> None:
    for given in ({}, {"stream_resumable": False}):
        run, _ = await finished(ask, await made(ask), {**QUICK, **given})
        for name in ("-", "-1", "0-0", "1", "99999999999999-0"):
            await ask("GET", f"{run}/stream", headers=behind(name))
        await ask("GET", run)


@scenario("resumable: refused")
async def bad_resumable(ask: Ask) -> None:
    for bad in (None, "x", 1):
        for place in ("/runs", "/runs/stream", f"{await made(ask)}/runs/stream"):
            await ask("POST", place, {**QUICK, "stream_resumable": bad})


@scenario("resumable: stateless runs, deleted and kept")
async def stateless(ask: Ask) -> None:
    for completion in ("delete", "keep"):
        created = (await ask("POST", "/runs", {**QUICK, **KEPT, "on_completion": completion})).json()
        run = f"/threads/{created['thread_id']}/runs/{created['run_id']}"
        await ask("GET", f"{run}/join")
        if completion == "keep":
            await ask("GET", f"{run}/stream", headers=behind("-"))
        await ask("GET", f"{run}/stream")
        opened = await ask.begin("POST", "/runs/stream", {**QUICK, **KEPT, "on_completion": completion})
        await opened.end()
        await ask("GET", f"/runs/{opened.run}/stream", headers=behind("-"))


@scenario("resumable: waits and background runs")
async def unwatched(ask: Ask) -> None:
    path = await made(ask)
    waited = await ask.begin("POST", f"{path}/runs/wait", {**QUICK, **KEPT})
    await waited.end()
    await ask("GET", f"{path}/runs/{waited.run}/stream", headers=behind("-"))
    created = (await ask("POST", f"{path}/runs", {**QUICK, **KEPT})).json()["run_id"]
    await ask("GET", f"{path}/runs/{created}/join")
    await ask("GET", f"{path}/runs/{created}/stream", headers=behind("-"))
    await ask("GET", f"{path}/runs/{waited.run}/stream", headers=behind("-"))


@scenario("resumable: another thread's run, and unknown ones")
async def elsewhere(ask: Ask) -> None:
    run, _ = await finished(ask, await made(ask), {**QUICK, **KEPT})
    run_id = run.rpartition("/")[2]
    other = await made(ask)
    for place in (
        f"{other}/runs/{run_id}",
        f"/threads/{UNKNOWN}/runs/{run_id}",
        f"{other}/runs/{UNKNOWN}",
        f"{other}/runs/nope",
    ):
        for headers in ({}, behind("-"), behind("bogus")):
            await ask("GET", f"{place}/stream", headers=headers)


# --- runs that still run -----------------------------------------------------------------------------------


async def running(ask: Ask, path: str, run: dict[str, Any]) -> Open:
    opened = await ask.begin("POST", f"{path}/runs/stream", run)
    await opened.until(TICK)
    return opened


@scenario("resumable: taken up while it runs")
async def taken_up(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, {**WHILE, **KEPT})
    stream = f"{path}/runs/{first.run}/stream"
    tick = position(await first.until(TICK))
    asked = [(stream, behind(name)) for name in ("-", "$", tick, "", "bogus")]
    asked += [(stream, {}), (f"{stream}?stream_mode=custom", behind("-"))]
    joins = await asyncio.gather(*(ask.begin("GET", where, headers=headers) for where, headers in asked))
    await first.drop(after=TICK)
    for opened in joins:
        await opened.end()
    await look(ask, path)


@scenario("resumable: dropped and taken up again, twice")
async def dropped(ask: Ask) -> None:
    path = await made(ask)
    first = await ask.begin("POST", f"{path}/runs/stream", {**PACED, **KEPT})
    one = position(await first.until('data: "one"'))
    stream = f"{path}/runs/{first.run}/stream"
    await first.drop(after='data: "one"')
    second = await ask.begin("GET", stream, headers=behind(one))
    two = position(await second.until('data: "two"'))
    await second.drop(after='data: "two"')
    third = await ask.begin("GET", stream, headers=behind(two))
    last = await third.end()
    await ask("GET", stream, headers=behind(position(last.chunks[-1])))
    await look(ask, path)


@scenario("resumable: not yet begun")
async def not_begun(ask: Ask) -> None:
    path = await made(ask)
    created = (await ask("POST", f"{path}/runs", {**QUICK, **KEPT, "after_seconds": 1})).json()["run_id"]
    stream = f"{path}/runs/{created}/stream"
    joins = [await ask.begin("GET", stream)]
    joins += [await ask.begin("GET", stream, headers=behind(name)) for name in ("-", "0", "", "bogus")]
    for opened in joins:
        await opened.end()


def ends(action: str, given: dict[str, Any], name: str) -> None:
    @scenario(f"cancelled: {action}, a {name} run, its streams and what is left of them")
    async def cancelled(ask: Ask) -> None:
        path = await made(ask)
        first = await running(ask, path, {**FOR_LONG, **given})
        stream = f"{path}/runs/{first.run}/stream"
        joined = await ask.begin("GET", stream, headers=behind("-"))
        plain = await ask.begin("GET", stream)
        if given:
            await joined.until(TICK)
        await ask("POST", f"{path}/runs/{first.run}/cancel?action={action}")
        for opened in (first, joined, plain):
            await opened.end(but=GONE)
        await ask.poll("GET", f"{path}/runs/{first.run}", until=settled(action))
        await ask("GET", stream)
        await ask("GET", stream, headers=behind("-"))
        await ask("GET", stream, headers=behind("99999999999999-0"))


for _action in ("interrupt", "rollback"):
    ends(_action, {}, "plain")
ends("interrupt", KEPT, "resumable")


# --- joining live ------------------------------------------------------------------------------------------


@scenario("join live: two joiners, one of them late, another one leaves")
async def joiners(ask: Ask) -> None:
    path = await made(ask)
    created = (await ask("POST", f"{path}/runs", {**WHILE, "after_seconds": 1})).json()["run_id"]
    stream = f"{path}/runs/{created}/stream"
    first, leaver = await ask.begin("GET", stream), await ask.begin("GET", stream)
    join = await ask.begin("GET", f"{path}/runs/{created}/join")
    await leaver.drop(after=TICK)
    late = await ask.begin("GET", stream)
    for opened in (first, late, join):
        await opened.end()
    await ask("GET", stream)
    await ask("GET", f"{path}/runs/{created}/join")


FILTERS = {
    "one": "stream_mode=values",
    "two": "stream_mode=values&stream_mode=updates",
    "a JSON list": "stream_mode=%5B%22values%22%2C%22custom%22%5D",
    "an empty JSON list": "stream_mode=%5B%5D",
    "a JSON text": "stream_mode=%22values%22",
    "a broken JSON list": "stream_mode=%5B%22values%22",
    "a comma list": "stream_mode=values,updates",
    "metadata": "stream_mode=metadata",
    "a list with metadata": "stream_mode=%5B%22metadata%22%2C%22updates%22%5D",
    "messages": "stream_mode=messages",
    "messages-tuple": "stream_mode=messages-tuple",
    "messages/partial": "stream_mode=messages/partial",
    "checkpoints": "stream_mode=checkpoints",
    "tasks": "stream_mode=tasks",
    "debug": "stream_mode=debug",
    "events": "stream_mode=events",
    "custom": "stream_mode=custom",
    "error": "stream_mode=error",
    "a mode that the run has not": "stream_mode=updates",
    "bogus": "stream_mode=bogus",
    "empty": "stream_mode=",
    "stream_modes": "stream_modes=values",
}


def filters(name: str, query: str) -> None:
    @scenario(f"join live: filter {name}")
    async def filtered(ask: Ask) -> None:
        lists: dict[str, Any] = {
            "chat": (HELLO, EVERY_MODE if name != "events" else ["events"]),
            "failing": ({"x": "value"}, ["values", "custom"]),
        }
        for graph, (given, modes) in lists.items():
            path = await made(ask)
            run = {"assistant_id": graph, "input": given, "stream_mode": modes, "after_seconds": 1}
            created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
            await ask("GET", f"{path}/runs/{created}/stream?{query}")


for _name, _query in FILTERS.items():
    filters(_name, _query)


def filters_tuples(query: str) -> None:
    @scenario(f"join live: messages as tuples, filter {query}")
    async def filtered(ask: Ask) -> None:
        path = await made(ask)
        run = {**CHAT, "stream_mode": ["messages-tuple", "updates"], "after_seconds": 1}
        created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
        await ask("GET", f"{path}/runs/{created}/stream?stream_mode={query}")


for _query in ("messages", "messages-tuple", "%5B%22messages-tuple%22%2C%22updates%22%5D", "values"):
    filters_tuples(_query)


@scenario("join live: a failing run")
async def join_failing(ask: Ask) -> None:
    path = await made(ask)
    run = {"assistant_id": "late", "input": {"secs": 0.01}, "after_seconds": 1}
    created = (await ask("POST", f"{path}/runs", run)).json()["run_id"]
    stream = await ask.begin("GET", f"{path}/runs/{created}/stream")
    join = await ask.begin("GET", f"{path}/runs/{created}/join")
    await stream.end()
    await join.end()
    await ask("GET", f"{path}/runs/{created}/stream")
    await ask("GET", f"{path}/runs/{created}/join")


@scenario("join: an old run, after a newer one")
async def join_old(ask: Ask) -> None:
    path = await made(ask)
    failed, _ = await finished(ask, path, {"assistant_id": "late", "input": {"secs": 0.01}})
    await ask("GET", f"{failed}/join")
    done, _ = await finished(ask, path, QUICK)
    for run in (failed, done):
        await ask("GET", f"{run}/join")
        await ask("GET", f"{run}/stream")
    await ask("HEAD", f"{done}/stream")
    await ask("HEAD", f"{done}/join")
    await ask("POST", f"{done}/stream")
    await ask("POST", f"{done}/join")


# --- the streams of whole threads --------------------------------------------------------------------------


def thread_streams(name: str, query: str) -> None:
    @scenario(f"thread stream: {name}")
    async def streamed(ask: Ask) -> None:
        path = await made(ask)
        stream = await ask.begin("GET", f"{path}/stream{query}")
        await ask("POST", f"{path}/runs/wait", QUICK)
        if query != "?stream_modes=state_update":
            await stream.until("run_done")
        await ask("POST", f"{path}/state", {"values": {"x": 1}})
        await stream.drop(after="event: state_update" if "state_update" in query else "run_done")


for _name, _query in {
    "by default": "",
    "run_modes": "?stream_modes=run_modes",
    "lifecycle": "?stream_modes=lifecycle",
    "state_update": "?stream_modes=state_update",
    "lifecycle and state_update": "?stream_modes=lifecycle,state_update",
    "run_modes and state_update": "?stream_modes=run_modes,state_update",
    "all three": "?stream_modes=run_modes,lifecycle,state_update",
    "an empty list": "?stream_modes=",
    "a list with a space": "?stream_modes=run_modes,%20state_update",
    "repeated, the last wins": "?stream_modes=run_modes&stream_modes=lifecycle",
}.items():
    thread_streams(_name, _query)


@scenario("thread stream: refused")
async def bad_thread_streams(ask: Ask) -> None:
    path = await made(ask)
    modes = (
        "bogus",
        "run_modes,bogus",
        "bogus,run_modes",
        "run_modes,",
        "values",
        "%5B%22run_modes%22%5D",
        ",",
    )
    for query in modes:
        await ask("GET", f"{path}/stream?stream_modes={query}")
    for name in ("-1", "bogus", "$", "1-2-3", "*", "1-x", "1-", "+", "1.5", "-5"):
        await ask("GET", f"{path}/stream", headers=behind(name))
    await ask("GET", "/threads/nope/stream")
    await ask("POST", f"{path}/stream")


def thread_modes(name: str, modes: Any, graph: str = "chat", given: Any = HELLO) -> None:
    @scenario(f"thread stream: a {graph} run in {name}")
    async def streamed(ask: Ask) -> None:
        path = await made(ask)
        stream = await ask.begin("GET", f"{path}/stream")
        await ask(
            "POST", f"{path}/runs/stream", {"assistant_id": graph, "input": given, "stream_mode": modes}
        )
        await stream.drop(after="run_done")


for _mode in (*LISTS["all-tuple"], LISTS["none"]):
    thread_modes(_mode if isinstance(_mode, str) else "none", _mode)
thread_modes("no-events", EVERY_MODE)
thread_modes("values", ["values", "custom"], "failing", {"x": "value"})
thread_modes("values", ["values"], "counter", None)


@scenario("thread stream: several runs of every kind")
async def several(ask: Ask) -> None:
    path = await made(ask)
    first = await ask.begin("GET", f"{path}/stream")
    second = await ask.begin("GET", f"{path}/stream?stream_modes=lifecycle")
    await ask("POST", f"{path}/runs/wait", {**QUICK, "input": {"secs": 0.01, "x": "wait"}})
    created = (
        await ask("POST", f"{path}/runs", {**QUICK, "input": {"secs": 0.01, "x": "background"}})
    ).json()
    await ask("GET", f"{path}/runs/{created['run_id']}/join")
    await ask("POST", f"{path}/runs/wait", {**QUICK, **KEPT, "input": {"secs": 0.01, "x": "resumable"}})
    failing = {"assistant_id": "late", "input": {"secs": 0.01}, "stream_mode": ["updates"]}
    last = await ask.begin("POST", f"{path}/runs/wait", failing)
    await last.end()
    done = f'{{"status":"run_done","run_id":"{last.run}"}}'
    await first.drop(after=done)
    await second.drop(after=done)


@scenario("thread stream: opened while a run runs")
async def opened_late(ask: Ask) -> None:
    path = await made(ask)
    first = await running(ask, path, WHILE)
    stream = await ask.begin("GET", f"{path}/stream")
    lifecycle = await ask.begin("GET", f"{path}/stream?stream_modes=lifecycle")
    await first.end()
    await stream.drop(after="run_done")
    await lifecycle.drop(after="run_done")


def thread_cancelled(action: str) -> None:
    @scenario(f"thread stream: cancelled, {action}")
    async def cancelled(ask: Ask) -> None:
        path = await made(ask)
        stream = await ask.begin("GET", f"{path}/stream")
        first = await running(ask, path, FOR_LONG)
        await ask("POST", f"{path}/runs/{first.run}/cancel?action={action}")
        await first.end(but=GONE)
        await ask.poll("GET", f"{path}/runs/{first.run}", until=settled(action))
        last = await ask.begin("POST", f"{path}/runs/wait", QUICK)
        await last.end()
        await stream.drop(after=f'{{"status":"run_done","run_id":"{last.run}"}}')


for _action in ("interrupt", "rollback"):
    thread_cancelled(_action)


@scenario("thread stream: pending runs that are cancelled or superseded")
async def thread_pending(ask: Ask) -> None:
    path = await made(ask)
    stream = await ask.begin("GET", f"{path}/stream")
    for action in ("interrupt", "rollback"):
        created = (await ask("POST", f"{path}/runs", {**QUICK, "after_seconds": 600})).json()["run_id"]
        await ask("POST", f"{path}/runs/{created}/cancel?action={action}")
    await ask("POST", f"{path}/runs", {**QUICK, "after_seconds": 600})
    last = await ask.begin("POST", f"{path}/runs/wait", {**QUICK, "multitask_strategy": "interrupt"})
    await last.end()
    await stream.drop(after=f'{{"status":"run_done","run_id":"{last.run}"}}')


@scenario("thread stream: replayed from a position")
async def thread_positions(ask: Ask) -> None:
    path = await made(ask)
    plain = await ask.begin("POST", f"{path}/runs/wait", QUICK)
    await plain.end()
    kept = await ask.begin("POST", f"{path}/runs/stream", {**PACED, **KEPT})
    parts = (await kept.end()).chunks
    two = position(next(part for part in parts if 'data: "two"' in part))
    failed = await ask.begin(
        "POST", f"{path}/runs/wait", {"assistant_id": "late", "input": {"secs": 0.01}, **KEPT}
    )
    await failed.end()
    last = f'{{"status":"run_done","run_id":"{failed.run}"}}'
    for name in (
        "-",
        "0",
        "0-0",
        "1",
        "1-0",
        "1-*",
        two,
        two.partition("-")[0],
        f"{two.partition('-')[0]}-*",
    ):
        for query in ("", "?stream_modes=lifecycle"):
            stream = await ask.begin("GET", f"{path}/stream{query}", headers=behind(name))
            await stream.drop(after=last)


@scenario("thread stream: replayed, then live")
async def thread_replayed(ask: Ask) -> None:
    path = await made(ask)
    kept = await ask.begin("POST", f"{path}/runs/wait", {**QUICK, **KEPT})
    await kept.end()
    replayed = await ask.begin("GET", f"{path}/stream", headers=behind("-"))
    ahead = await ask.begin("GET", f"{path}/stream", headers=behind("99999999999999-0"))
    fresh = await ask.begin("GET", f"{path}/stream")
    last = await ask.begin("POST", f"{path}/runs/wait", QUICK)
    await last.end()
    done = f'{{"status":"run_done","run_id":"{last.run}"}}'
    for stream in (replayed, ahead, fresh):
        await stream.drop(after=done)


@scenario("thread stream: state written on a thread that ran, read in every mode")
async def written(ask: Ask) -> None:
    path = await made(ask)
    await ask("POST", f"{path}/runs/wait", QUICK)
    stream = await ask.begin("GET", f"{path}/stream?stream_modes=state_update")
    await ask("POST", f"{path}/state", {"values": {"x": 1}})
    await ask("POST", f"{path}/state", {"values": {"x": 2}, "as_node": "first"})
    await ask("POST", f"{path}/state", {"values": None, "as_node": "hold"})
    await stream.drop(after=3)
    await look(ask, path)


@scenario("thread stream: a thread that is not there")
async def unknown_thread(ask: Ask) -> None:
    stream = await ask.begin("GET", f"/threads/{UNKNOWN}/stream")
    await stream.drop(after=0)


@scenario("thread stream: stateless runs, deleted and kept")
async def stateless_threads(ask: Ask) -> None:
    for completion in ("delete", "keep"):
        run = {**QUICK, "on_completion": completion, "after_seconds": 1}
        created = (await ask("POST", "/runs", run)).json()
        stream = await ask.begin("GET", f"/threads/{created['thread_id']}/stream")
        await stream.drop(after="run_done")


@scenario("thread stream: an interrupt, and its answer")
async def interrupted(ask: Ask) -> None:
    path = await made(ask)
    stream = await ask.begin("GET", f"{path}/stream")
    run = {"assistant_id": "gate", "stream_mode": ["values", "updates"]}
    await ask("POST", f"{path}/runs/stream", {**run, "input": {"secs": 0.01}})
    last = await ask.begin("POST", f"{path}/runs/stream", {**run, "command": {"resume": "yes"}})
    await last.end()
    await stream.drop(after=f'{{"status":"run_done","run_id":"{last.run}"}}')


stores("an interrupt", {"assistant_id": "gate", "input": {"secs": 0.01}}, ["values", "updates", "tasks"])
