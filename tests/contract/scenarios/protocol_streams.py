"""The newer thread protocol: the event stream's filters, replays, and who joins late."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, scenario, several
from tests.contract.scenarios.taping import (
    CHANNELS,
    COMPLETED,
    STARTED,
    finished,
    fresh,
    start,
    tape,
)


@scenario("protocol: event streams that are refused")
async def refused(ask: Ask) -> None:
    path = f"{fresh()}/stream/events"
    for raw in (b"", b"{bad", b"[]", b"{}", b"5", b"null", b'"text"'):
        await ask("POST", path, raw)
    for channels in several(None, [], "values", {}, 5, [5], [None], ["bogus"], ["values", "bogus"], [""]):
        await ask("POST", path, {"channels": channels})
    await ask("POST", path, {"channels": ["a", "b", "c", "d", "e", "f", "g"]})
    for name in ("custom:", "custom", "debug", "events", "input.requested", "Values", "messages-tuple"):
        await ask("POST", path, {"channels": [name, "bogus"]})


@scenario("protocol: an event stream of no thread's id")
async def no_thread(ask: Ask) -> None:
    await ask("POST", "/threads/x/stream/events", {"channels": ["values"]})


@scenario("protocol: a stream that was there before the thread")
async def before(ask: Ask) -> None:
    path = fresh()
    stream = await tape(ask, path)
    narrow = await tape(ask, path, "lifecycle", "input")
    await start(ask, path, "counter", {"n": 1})
    await stream.rest(after=COMPLETED)
    await narrow.drop(after=COMPLETED)
    late = await tape(ask, path)
    await late.rest(after=COMPLETED)


@scenario("protocol: two runs on one tape, a stream from before, between and after")
async def two_runs(ask: Ask) -> None:
    path = fresh()
    first = await tape(ask, path)
    await finished(ask, path, "counter", {"n": 1})
    second = await tape(ask, path, "values")
    await finished(ask, path, "steps", {"x": 1})
    third = await tape(ask, path, "lifecycle")
    await first.drop(after=COMPLETED, times=2)
    await second.drop(after='"two","three"')
    await third.drop(after=COMPLETED, times=2)


def only(channel: str) -> None:
    @scenario(f"protocol: the channel {channel}")
    async def one_channel(ask: Ask) -> None:
        path = fresh()
        await finished(ask, path, "wide_nested", HELLO)
        channels = [channel] if channel == "lifecycle" else [channel, "lifecycle"]
        await (await tape(ask, path, *channels)).drop(after=COMPLETED)


for _channel in CHANNELS:
    only(_channel)


FILTERS: dict[str, dict[str, Any]] = {
    "the root and all below": {"namespaces": [[]]},
    "no namespaces": {"namespaces": []},
    "a node": {"namespaces": [["team"]]},
    "a node within": {"namespaces": [["team", "agent"]]},
    "a node that is elsewhere": {"namespaces": [["agent"]]},
    "a part of a name": {"namespaces": [["tea"]]},
    "the root, no deeper": {"namespaces": [[]], "depth": 0},
    "the root, one deeper": {"namespaces": [[]], "depth": 1},
    "a node, no deeper": {"namespaces": [["team"]], "depth": 0},
    "a node, one deeper": {"namespaces": [["team"]], "depth": 1},
    "depth without namespaces": {"depth": 0},
    "depth of another type": {"namespaces": [[]], "depth": "0"},
    "depth as a truth": {"namespaces": [[]], "depth": True},
    "a negative depth": {"namespaces": [[]], "depth": -1},
    "two namespaces": {"namespaces": [["nowhere"], ["team", "agent"]]},
    "namespaces of another type": {"namespaces": "team"},
    "namespaces with others in them": {"namespaces": [["team"], 5, "x", [5]]},
    "a namespace and a position": {"namespaces": [["team"]], "since": 8},
}


def filtered(name: str, filters: dict[str, Any]) -> None:
    @scenario(f"protocol: filtered, {name}")
    async def narrow(ask: Ask) -> None:
        path = fresh()
        await finished(ask, path, "nested_twice", HELLO)
        await (await tape(ask, path, "lifecycle", "values", **filters)).rest()


for _name, _filters in FILTERS.items():
    filtered(_name, _filters)


@scenario("protocol: a namespace with a task's id")
async def exact(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "nested_twice", HELLO)
    whole = await tape(ask, path, "lifecycle")
    found = (await whole.until(STARTED)).partition('"namespace":["')[2].partition('"')[0]
    await whole.drop(after=COMPLETED)
    stream = await tape(ask, path, "lifecycle", namespaces=[[found]])
    await stream.drop(after=f"lc|{found}|completed")


SINCE: dict[str, Any] = {
    "0": 0,
    "3": 3,
    "the last": 4,
    "a text": "3",
    "a fraction": 3.5,
    "a truth": True,
    "negative": -1,
    "null": None,
}


@scenario("protocol: since")
async def since(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    for position in SINCE.values():
        await (await tape(ask, path, since=position)).drop(after=COMPLETED)


@scenario("protocol: since the end, and beyond")
async def beyond(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    end = await tape(ask, path, since=5)
    beyond_it = await tape(ask, path, since=7)
    await finished(ask, path, "counter", {"n": 1})
    await end.drop(after=COMPLETED)
    await beyond_it.drop(after=COMPLETED)


@scenario("protocol: a stream that breaks off and is taken up again")
async def reconnecting(ask: Ask) -> None:
    path = fresh()
    stream = await tape(ask, path)
    await start(ask, path, "paced", {"x": 1})
    first = await stream.drop(after=2)
    assert "id: 2" in first.body
    await (await tape(ask, path, since=2)).drop(after=COMPLETED)


@scenario("protocol: a stream that joins while the run runs")
async def joining(ask: Ask) -> None:
    path = fresh()
    watching = await tape(ask, path)
    await start(ask, path, "paced", {"x": 1})
    await watching.until("values")
    joined = await tape(ask, path)
    await watching.drop(after=COMPLETED)
    await joined.drop(after=COMPLETED)


@scenario("protocol: unknown fields of a stream, and a Last-Event-ID")
async def unknown_fields(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    body = {"channels": ["values", "lifecycle"], "bogus": 1, "stream_mode": "values"}
    await (await ask.begin("POST", f"{path}/stream/events", body)).drop(after=COMPLETED)
    behind = {"last-event-id": "3"}
    stream = await ask.begin("POST", f"{path}/stream/events", body, headers=behind)
    await stream.drop(after=COMPLETED)
