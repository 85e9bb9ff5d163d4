"""The newer thread protocol over WebSocket: commands and events on one connection."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, scenario
from tests.contract.scenarios.taping import (
    CHANNELS,
    COMPLETED,
    finished,
    fresh,
    start,
    tape,
)

X: dict[str, Any] = {"x": 1}
SUBSCRIBE, UNSUBSCRIBE = "subscription.subscribe", "subscription.unsubscribe"
RECONNECT, TREE = "subscription.reconnect", "agent.getTree"


def place(path: str) -> str:
    return f"{path}/stream/events"


@scenario("socket: frames that are no commands")
async def no_commands(ask: Ask) -> None:
    socket = await ask.socket(place(fresh()))
    for raw in (
        "",
        "{bad",
        "[]",
        "{}",
        "5",
        "null",
        '{"id":"1","method":"x"}',
        '{"id":1.5,"method":"x"}',
        '"x"',
    ):
        await socket.send(raw)
        await socket.reply(...)
    for raw in ('{"id":1}', '{"id":2,"method":5}', '{"id":3,"method":"nope"}', '{"id":true,"method":"nope"}'):
        await socket.send(raw)
        await socket.reply(...)
    await socket.close()


# The real server drops the connection without a word.
@scenario("socket: binary frames", accident=True)
async def binary(ask: Ask) -> None:
    socket = await ask.socket(place(fresh()))
    await socket.send(b'{"id":1,"method":"nope"}')
    await socket.end()


@scenario("socket: no thread's id")
async def no_thread(ask: Ask) -> None:
    await (await ask.socket("/threads/x/stream/events")).end()


@scenario("socket: the path of commands, and an unknown one")
async def no_socket(ask: Ask) -> None:
    for path in (f"{fresh()}/commands", f"{fresh()}/stream", "/nowhere"):
        await (await ask.socket(path)).end()


@scenario("socket: before any run")
async def before_any_run(ask: Ask) -> None:
    socket = await ask.socket(place(fresh()))
    await socket(1, TREE)
    await socket(2, RECONNECT, channels=["values"], since=0)
    await socket(3, RECONNECT)
    await socket(4, UNSUBSCRIBE, subscription_id="x")
    await socket(5, UNSUBSCRIBE)
    await socket(6, SUBSCRIBE)
    await socket(7, SUBSCRIBE, channels=["bogus"])
    await socket(8, SUBSCRIBE, channels="values")
    await socket(9, "input.respond", interrupt_id="x", response=1)
    await socket(10, "run.start")
    await socket(11, "run.start", assistant_id="nope")
    await socket(12, SUBSCRIBE, channels=["values"])
    await socket(13, UNSUBSCRIBE, subscription_id=5)
    await socket.close()


@scenario("socket: a run that it starts")
async def starts(ask: Ask) -> None:
    socket = await ask.socket(place(fresh()))
    await socket(1, SUBSCRIBE, channels=CHANNELS)
    await socket(2, "run.start", assistant_id="counter", input={"n": 1})
    await socket.until(COMPLETED)
    await socket(3, TREE)
    await socket(4, "run.start", assistant_id="chat", input=HELLO)
    await socket.until(COMPLETED)
    await socket(5, TREE)
    await socket.close()


@scenario("socket: a run that somebody else starts")
async def elsewhere(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["lifecycle", "values"])
    await start(ask, path, "counter", {"n": 1})
    await socket.until(COMPLETED)
    await socket(2, TREE)
    await socket.close()


@scenario("socket: what others see of its run")
async def seen(ask: Ask) -> None:
    path = fresh()
    stream = await tape(ask, path)
    mine, theirs = await ask.socket(place(path)), await ask.socket(place(path))
    await theirs(1, SUBSCRIBE, channels=["lifecycle"])
    await mine(1, "run.start", assistant_id="counter", input={"n": 1})
    await theirs.until(COMPLETED)
    await stream.drop(after=COMPLETED)
    await mine.caught_up('"completed"')
    await mine(2, SUBSCRIBE, channels=["lifecycle"])
    await mine.close()
    await theirs.close()


@scenario("socket: subscribed before and after, in several ways")
async def several_subscriptions(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["values"])
    await socket(2, SUBSCRIBE, channels=["values", "lifecycle"])
    await socket(3, "run.start", assistant_id="counter", input={"n": 1})
    await socket.until(COMPLETED)
    await socket(4, SUBSCRIBE, channels=["values"])
    await socket(5, SUBSCRIBE, channels=["lifecycle"])
    await socket(6, SUBSCRIBE, channels=["lifecycle"], since="x")
    await socket(7, SUBSCRIBE, channels=["custom:score"])
    await socket(8, RECONNECT, channels=["values"], since=3, subscription_id="mine")
    await socket(9, RECONNECT, channels=["values"], since=0)
    await socket(10, RECONNECT, channels=["values"], since=99)
    await socket(11, RECONNECT, channels=["values"])
    await socket(12, RECONNECT, channels=["values"], since=-1)
    await socket(13, RECONNECT, channels=["values"], since=True)
    await socket(14, RECONNECT, channels=["bogus"], since=0)
    await socket(15, RECONNECT, since=0)
    await socket(16, UNSUBSCRIBE, subscription_id="mine")
    await socket(17, UNSUBSCRIBE, subscription_id="mine")
    await socket(18, UNSUBSCRIBE)
    await socket.close()


@scenario("socket: subscriptions narrowed to namespaces")
async def narrowed(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "nested_twice", HELLO)
    socket = await ask.socket(place(path))
    await socket.caught_up('"completed"')
    await socket(1, SUBSCRIBE, channels=["lifecycle"], namespaces=[["team"]])
    await socket(2, SUBSCRIBE, channels=["lifecycle"], namespaces=[["team"]], depth=0)
    await socket(3, SUBSCRIBE, channels=["lifecycle"], namespaces=[[]], depth=0)
    await socket(4, SUBSCRIBE, channels=["lifecycle"], namespaces=[["agent"]])
    await socket(5, SUBSCRIBE, channels=["lifecycle"], namespaces="team")
    await socket(6, SUBSCRIBE, channels=["lifecycle"], namespaces=[[5]])
    await socket(7, SUBSCRIBE, channels=["lifecycle"], depth="x")
    await socket(8, TREE)
    await socket.close()


@scenario("socket: the tape of two runs")
async def two_runs(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "counter", {"n": 1})
    await finished(ask, path, "steps", X)
    socket = await ask.socket(place(path))
    await socket.caught_up('"completed","graph_name":"steps"')
    await socket(1, SUBSCRIBE, channels=["lifecycle"])
    await socket(2, RECONNECT, channels=["lifecycle", "values"], since=3)
    await socket(3, "run.start", assistant_id="counter")
    await socket.until(COMPLETED)
    await socket(4, SUBSCRIBE, channels=["lifecycle"])
    await socket(5, TREE)
    await socket.close()
