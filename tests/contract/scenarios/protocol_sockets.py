"""The newer thread protocol over WebSocket: commands and events on one connection."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, scenario
from tests.contract.scenarios.lives import held_in
from tests.contract.scenarios.taping import (
    ASKED,
    CHANNELS,
    COMPLETED,
    INTERRUPTED,
    RUNNING,
    asked,
    at_rest,
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
    await socket(5, SUBSCRIBE, channels=["lifecycle"], since=1)
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


@scenario("socket: a tree while its run runs")
async def growing(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["lifecycle", "values"])
    reply = await socket(2, "run.start", assistant_id="waiting", input=X)
    await socket.until('"log":["begin"]')
    await socket(3, TREE)
    await ask.poll("GET", f"{path}/state", until=held_in("outer"), shown=lambda found: found["next"])
    await ask("POST", f"{path}/runs/{reply['result']['run_id']}/cancel?wait=true")
    await socket.until(INTERRUPTED)
    await socket(4, TREE)
    await socket.close()


@scenario("socket: unsubscribed while the run runs")
async def unsubscribed(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    values = (await socket(1, SUBSCRIBE, channels=["values"]))["result"]["subscription_id"]
    await socket(2, SUBSCRIBE, channels=["lifecycle"])
    await socket(3, "run.start", assistant_id="slow", input={"secs": 2})
    await socket.until('"log":["first"]')
    await socket(4, UNSUBSCRIBE, subscription_id=values)
    await socket.until(COMPLETED)
    await socket.close()


@scenario("socket: asked and answered")
async def answered(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=CHANNELS)
    await socket(2, "run.start", assistant_id="approval", input=HELLO)
    question = (await socket.until(ASKED))["params"]["data"]["interrupt_id"]
    await socket.until('"method":"values"')
    await at_rest(ask, path)
    await socket(3, TREE)
    await socket(4, "input.respond", interrupt_id="0" * 32, response="yes")
    await socket(5, "input.respond", interrupt_id=question, response="yes", namespace=["no"])
    await socket(6, "input.respond", interrupt_id=question, response="yes", namespace=[])
    await socket.until(COMPLETED)
    await at_rest(ask, path)
    await socket(7, "input.respond", interrupt_id=question, response="yes", namespace=[])
    await socket(8, TREE)
    await socket.close()


@scenario("socket: asked in a subgraph, answered")
async def answered_within(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["lifecycle", "input"])
    await socket(2, "run.start", assistant_id="innermost", input=X)
    params = (await socket.until(ASKED))["params"]
    question, namespace = params["data"]["interrupt_id"], params["namespace"]
    await socket.until('"interrupted","graph_name":"outer"')
    await at_rest(ask, path)
    await socket(3, TREE)
    await socket(4, "input.respond", interrupt_id=question, response="yes", namespace=namespace[:1])
    await socket(5, "input.respond", interrupt_id=question, response="yes", namespace=namespace)
    await socket.until(COMPLETED)
    await socket(6, TREE)
    await socket.close()


@scenario("socket: several answers at once")
async def answers(ask: Ask) -> None:
    path = fresh()
    await finished(ask, path, "pair", X)
    watch = await tape(ask, path, "input")
    left, right = await asked(watch, 2)
    await watch.close()
    socket = await ask.socket(place(path))
    await socket.caught_up('"interrupted"')
    both = [{"interrupt_id": one, "response": "yes", "namespace": []} for one in (left, right)]
    await socket(1, "input.respond", responses=both)
    await socket.caught_up('"completed"')
    await socket(2, SUBSCRIBE, channels=["lifecycle", "input"])
    await socket.close()


@scenario("socket: errors behind a run")
async def errors(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["lifecycle"])
    await socket(2, "run.start", assistant_id="failing", input={"x": "value"})
    await socket.until('"failed"')
    await socket(3, TREE)
    await socket(4, "nope")
    await socket(5, "run.start")
    await socket(6, "run.start", assistant_id="nope")
    await socket(7, "input.respond", interrupt_id="x", response=1)
    await socket(8, SUBSCRIBE)
    await socket(9, UNSUBSCRIBE)
    await socket(10, RECONNECT)
    await socket.send("{bad")
    await socket.reply(None)
    await socket.close()


@scenario("socket: a classic run")
async def classic(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=CHANNELS)
    run = {"assistant_id": "counter", "input": {"n": 1}, "if_not_exists": "create"}
    await ask("POST", f"{path}/runs/stream", {**run, "stream_mode": ["values", "updates"]})
    await socket.until(COMPLETED)
    await socket(2, TREE)
    await socket.close()


@scenario("socket: taken up again on another one")
async def again(ask: Ask) -> None:
    path = fresh()
    socket = await ask.socket(place(path))
    await socket(1, SUBSCRIBE, channels=["lifecycle", "values"])
    await socket(2, "run.start", assistant_id="slow", input={"secs": 2})
    await socket.until(RUNNING)
    await socket.until('"log":["first"]')
    await socket.close()
    other = await ask.socket(place(path))
    await other.caught_up('"running"')
    await other(1, RECONNECT, channels=["lifecycle"], since=2)
    await other.until(COMPLETED)
    await other(2, RECONNECT, channels=["lifecycle", "values"], since=4)
    await other.close()
