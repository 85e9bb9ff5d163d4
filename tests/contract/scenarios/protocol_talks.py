"""The newer thread protocol over WebSocket: what is seen of runs while they run, ask, fail and are taken up again."""

from tests.contract.scenarios.asking import HELLO, Ask, scenario
from tests.contract.scenarios.lives import held_in
from tests.contract.scenarios.protocol_sockets import RECONNECT, SUBSCRIBE, TREE, UNSUBSCRIBE, X, place
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
    tape,
)


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
