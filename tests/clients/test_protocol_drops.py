"""Connections that drop, at every single position of what a thread tells in the newer protocol.

What a client has seen after it reconnected is what it sees undisturbed: each event once and in order, the texts of the
messages, values, custom payloads, the question, and what came of the run. It compares itself with another thread, so
that ids are told by the order in which they come; but its events are, ids and times and all, those that its own thread
tells to one who asks only afterwards.
"""

import asyncio
import contextlib
import json
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk._async.stream import AsyncThreadStream

from mockgraph import MockGraph
from tests.clients.cutting import READING, WATCHING, Line, Network
from tests.clients.javascript import REACT, ready, told

pytestmark = pytest.mark.timeout(120)

FIXTURE = """\
mockgraph: 1
graph: travel
channels: {messages: add_messages, notes: append, decision: last_value}
transformers: [tools, updates, custom]
stubs:
  - name: booked
    after: asked
    when: {resume: {exists: true}}
    play:
      - {node: ask, custom: [{name: progress, step: answered}], update: {decision: "${resume}"}}
      - node: agent
        stream: ["All ", {content: booked., delay: 2ms}]
        update: {messages: [{ai: All booked.}]}
  - name: asked
    when: {"input.messages[-1].content": To Rome.}
    play:
      - node: agent
        custom: [{name: progress, step: looking}]
        stream:
          - "Let "
          - {content: "me ", delay: 2ms}
          - {content: look., delay: 2ms}
          - tool_call_chunks: [{name: weather, args: '{"city": ', id: call_1, index: 1}]
          - tool_call_chunks: [{args: '"Rome"}', index: 1}]
        update: {messages: [{ai: Let me look., tool_calls: [{name: weather, args: {city: Rome}, id: call_1}]}]}
      - node: tools
        tools: [{call: call_1, deltas: [clouds]}]
        update: {messages: [{tool: Sunny., name: weather, tool_call_id: call_1, id: answer-1}]}
      - node: plan
        subgraph:
          play:
            - {node: hotels, custom: [{name: progress, step: hotels}], update: {notes: [a hotel]}}
            - {node: trains, delay: 2ms, update: {notes: [a train]}}
        update: {notes: [planned]}
      - {node: ask, interrupt: {question: "Book it?"}}
  - name: broken
    when: {"input.messages[-1].content": To the moon.}
    play:
      - node: agent
        stream: ["Let ", {content: "me ", delay: 2ms}, look.]
        update: {messages: [{ai: Let me look.}]}
      - {node: rocket, delay: 2ms, custom: [{name: progress, step: starting}], error: {type: ValueError, message: kaboom}}
"""
ROME, MOON = "To Rome.", "To the moon."
# What is told in a talk: how many events there are, how many of how the run stands, and how many that a page asks for.
LENGTHS = {ROME: 54, MOON: 13}
STANDS = {ROME: 7, MOON: 2}
SHOWN = {ROME: 43, MOON: 11}
SPOKEN = {ROME: ["Let me look.", "All booked."], MOON: ["Let me look."]}
GROWING = ["Let ", "Let me ", "Let me look."]
STEPS = {ROME: ["looking", "hotels", "answered"], MOON: ["starting"]}
ERRORS = {ROME: None, MOON: "Run errored: kaboom"}
CHANNELS = ["values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom"]
AT_A_TIME = 8  # clients
PATIENCE = 20.0  # seconds for a talk

View = dict[str, Any]
Transport = Literal["sse", "websocket"]


class Cut(NamedTuple):
    """Which stream is cut, behind how many events; `torn`: in the middle of the next."""

    of: re.Pattern[bytes]
    after: int
    torn: bool = False


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server plays the fixture."""
    path = tmp_path_factory.mktemp("travel") / "travel.yaml"
    path.write_text(FIXTURE, "utf-8")
    # The clients share a processor or two: what they are told is to be read before they are told that a run waits.
    # A client that takes a stream up again has that long, on a busy machine too, before its other stream tells of the end.
    with MockGraph(path, pace=1.0) as mock:
        yield mock.url
        assert mock.unmatched == []


@pytest.fixture
def network(url: str) -> Iterator[Network]:
    with Network(url) as network:
        yield network


@pytest.fixture(params=[ROME, MOON])
def text(request: pytest.FixtureRequest) -> str:
    """What a talk begins with."""
    found: str = request.param
    return found


@pytest.fixture(params=["sse", "websocket"])
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.param
    return found


# --- cuts, and views ---


def between(length: int, of: re.Pattern[bytes]) -> list[Cut]:
    """Every cut of a stream of so many events before, between and behind them."""
    return [Cut(of, after) for after in range(length + 1)]


def within(length: int, of: re.Pattern[bytes]) -> list[Cut]:
    """Every cut in the middle of an event."""
    return [Cut(of, after, torn=True) for after in range(length)]


def lines(network: Network) -> list[Line]:
    """As many lines as there are clients at a time."""
    return [network.line() for _ in range(AT_A_TIME)]


async def disturbed(
    lines: list[Line], cuts: list[Cut], talk: Callable[[Line], Awaitable[View]]
) -> list[View]:
    """What is seen in a talk per cut; some go on at a time, each on a line of its own."""
    views: dict[Cut, View] = {}
    todo = iter(cuts)

    async def talk_on(line: Line) -> None:
        for cut in todo:
            line.cut(cut.of, after=cut.after, torn=cut.torn)
            try:
                views[cut] = await asyncio.wait_for(talk(line), PATIENCE)
            except Exception as error:
                error.add_note(f"{cut}, cut {line.cuts} times")
                raise
            assert line.cuts == 1, cut

    async with asyncio.TaskGroup() as group:
        for line in lines:
            group.create_task(talk_on(line))
    return [views[cut] for cut in cuts]


def plain(view: View) -> View:
    """A view with its ids told by the order in which they come."""
    known: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"id {len(known)}")

    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", named, json.dumps(view))
    return dict(json.loads(text))


def same(views: list[View], undisturbed: View, cuts: list[Cut]) -> None:
    """Every view is the undisturbed one."""
    expected = plain(undisturbed)
    for cut, view in zip(cuts, views, strict=True):
        assert plain(view) == expected, cut


def stands(event: View) -> str:
    """How the run stands, if the event says so."""
    params = event["params"]
    told: str = params["data"]["event"] if event["method"] == "lifecycle" and not params["namespace"] else ""
    return told


def said(text: str) -> View:
    """An input."""
    return {"messages": [{"role": "user", "content": text, "id": "asked-1"}]}


# --- the protocol itself ---


async def command(client: httpx.AsyncClient, thread: str, method: str, **params: Any) -> None:
    """A command that has to succeed."""
    answer = await client.post(f"{thread}/commands", json={"id": 1, "method": method, "params": params})
    assert answer.json()["type"] == "success", answer.text


async def told_over(client: httpx.AsyncClient, thread: str, **params: Any) -> AsyncGenerator[View, None]:
    """What a thread tells over SSE, as long as the connection stands; half an event is none."""
    rest = b""
    body = {"channels": CHANNELS, **params}
    with contextlib.suppress(httpx.RemoteProtocolError):
        async with client.stream("POST", f"{thread}/stream/events", json=body) as answer:
            async for given in answer.aiter_bytes():
                *parts, rest = (rest + given).split(b"\r\n\r\n")
                for part in parts:
                    fields = dict(field.split(b": ", 1) for field in part.split(b"\r\n"))
                    if b"data" in fields:
                        event: View = json.loads(fields[b"data"])
                        assert fields[b"event"].decode() == event["method"]
                        assert int(fields[b"id"]) == event["seq"]
                        yield event


async def listed(client: httpx.AsyncClient, thread: str, length: int) -> list[View]:
    """So many events, as they are told to one who asks only afterwards."""
    found: list[View] = []
    async with contextlib.aclosing(told_over(client, thread)) as events:
        async for event in events:
            found.append(event)
            if len(found) == length:
                break
    return found


async def listened(client: httpx.AsyncClient, url: str, line: str, text: str, *, since: bool) -> View:
    """A talk whose events are heard over a line; after a cut they are asked for again, `since` the last or all."""
    place = f"/threads/{uuid.uuid4()}"
    heard: list[View] = []
    again: list[View] = []
    await command(client, url + place, "run.start", assistant_id="travel", input=said(text))
    while not heard or stands(heard[-1]) not in ("completed", "failed"):
        params = {"since": heard[-1]["seq"]} if since and heard else {}
        before = len(heard)
        seen = 0
        async with contextlib.aclosing(told_over(client, line + place, **params)) as events:
            async for event in events:
                seen += 1
                if not since and seen <= before:
                    again.append(event)
                    continue
                heard.append(event)
                if stands(event) in ("completed", "failed"):
                    break
                if stands(heard[-2]) == "interrupted" if len(heard) > 1 else False:
                    asked = next(each for each in heard if each["method"] == "input.requested")
                    answer = {"interrupt_id": asked["params"]["data"]["interrupt_id"], "response": "yes"}
                    await command(client, url + place, "input.respond", **answer)
    assert again == heard[: len(again)]
    assert heard == await listed(client, url + place, len(heard))
    return {"events": heard}


@pytest.mark.parametrize("since", [True, False], ids=["since", "from the beginning"])
def test_events_are_asked_for_again(network: Network, url: str, text: str, since: bool) -> None:
    cuts = between(LENGTHS[text], READING) + within(LENGTHS[text], READING)

    async def main() -> None:
        async with httpx.AsyncClient() as client:
            undisturbed = await listened(client, url, url, text, since=since)
            assert len(undisturbed["events"]) == LENGTHS[text]
            talk = partial(listened, client, url, text=text, since=since)
            same(await disturbed(lines(network), cuts, lambda line: talk(line.url)), undisturbed, cuts)

    asyncio.run(main())


# --- the Python SDK ---


class Desk:
    """A client of the Python SDK for each way to the server, and one that asks it itself.

    Clients are opened before the first talk: that takes long, and what a run tells meanwhile would be told too early.
    """

    def __init__(self, url: str, lines: list[Line]) -> None:
        self.direct = httpx.AsyncClient(base_url=url)
        self._clients = {each: get_client(url=each) for each in [url, *(line.url for line in lines)]}

    async def close(self) -> None:
        """Close every client."""
        await self.direct.aclose()
        for client in self._clients.values():
            await client.aclose()

    async def talk(self, url: str, text: str, transport: Transport) -> View:
        """A talk over `client.threads.stream`, with all that it has for what a thread tells."""
        client = self._clients[url]
        thread_id = (await client.threads.create())["thread_id"]
        view: View = {"events": [], "messages": [], "values": [], "progress": [], "interrupts": []}
        async with client.threads.stream(thread_id, assistant_id="travel", transport=transport) as thread:
            # The widest first: what is wanted besides is told on the same stream.
            listening = self._listening(thread, view)
            await thread.run.start(input=said(text))
            await listening
            if thread.interrupted:
                view["interrupts"] = list(thread.interrupts)
                listening = self._listening(thread, view)
                await thread.run.respond("yes")
                await listening
            try:
                view["output"] = await thread.output
            except RuntimeError as error:
                view["error"] = str(error)
            view["waits"] = thread.interrupted
        told = await listed(self.direct, f"/threads/{thread_id}", len(view["events"]))
        assert view["events"] == told
        return view

    def _listening(self, thread: AsyncThreadStream, view: View) -> "asyncio.Future[Any]":
        """Everything that the thread tells until its run waits or has ended, into the view."""

        async def events() -> None:
            async for event in thread.subscribe(CHANNELS):
                view["events"].append(event)

        async def values() -> None:
            snapshots = [snapshot async for snapshot in thread.values]
            view["values"] += snapshots[1:]  # the first is how the thread stood when it was asked

        async def messages() -> None:
            found = [message async for message in thread.messages]
            view["messages"] += [await message.text for message in found]

        async def progress() -> None:
            view["progress"] += [payload async for payload in thread.extensions["progress"]]

        return asyncio.gather(events(), values(), messages(), progress())


@pytest.mark.parametrize("stream", ["reading", "watching"])
def test_the_python_client_sees_what_it_would_have_seen(
    network: Network, url: str, text: str, transport: Transport, stream: str
) -> None:
    """The client takes up both of its streams by itself, over SSE and over WebSocket: behind the last that it heard."""
    cuts = between(LENGTHS[text], READING) if stream == "reading" else between(STANDS[text], WATCHING)

    async def main() -> None:
        ways = lines(network)
        desk = Desk(url, ways)
        try:
            undisturbed = await desk.talk(url, text, transport)
            assert len(undisturbed["events"]) == LENGTHS[text]
            assert undisturbed["messages"] == SPOKEN[text]
            assert [each["step"] for each in undisturbed["progress"]] == STEPS[text]
            assert undisturbed.get("error") == ERRORS[text]
            views = await disturbed(ways, cuts, lambda line: desk.talk(line.url, text, transport))
            same(views, undisturbed, cuts)
        finally:
            await desk.close()

    asyncio.run(main())


# --- the JavaScript SDK ---


def played(network: Network, kind: str, transport: Transport, text: str, cuts: list[Cut]) -> list[View]:
    """What drops.mjs prints for a talk that nothing disturbs, and for one per cut."""
    ways = [network.line() for _ in range(len(cuts) + 1)]
    for line, cut in zip(ways[1:], cuts, strict=True):
        line.cut(cut.of, after=cut.after, torn=cut.torn)
    urls = json.dumps([line.url for line in ways])
    views: list[View] = told(ready(REACT), "drops.mjs", kind, transport, text, urls)
    assert [view for view in views if "failed" in view] == []
    assert [line.cuts for line in ways] == [0, *([1] * len(cuts))]
    return views


def test_the_javascript_client_sees_what_it_would_have_seen(
    network: Network, url: str, text: str, transport: Transport
) -> None:
    """`client.threads.stream` takes up its stream by itself, from the beginning, over SSE and over WebSocket.

    Commands go over the WebSocket too: one that is asked while that breaks is refused by the client and asked again.
    """
    cuts = between(LENGTHS[text], READING)
    undisturbed, *views = played(network, "thread", transport, text, cuts)
    assert len(undisturbed["events"]) == LENGTHS[text]

    async def direct(view: View) -> list[View]:
        async with httpx.AsyncClient(base_url=url) as client:
            return await listed(client, f"/threads/{view['threadId']}", len(view["events"]))

    for view in views:
        assert view["events"] == asyncio.run(direct(view))
    same(views, undisturbed, cuts)


def test_a_page_shows_what_it_would_have_shown(network: Network, text: str) -> None:
    """useStream over SSE, which asks for a part of the events.

    Over WebSocket the hook cannot be held to it: both of its subscriptions are told again one after the other, and the
    end of the run, on the first, makes it stop reading the second, if that does not come at once.
    """
    cuts = between(SHOWN[text], READING)
    undisturbed, *views = played(network, "page", "sse", text, cuts)
    for view in [undisturbed, *views]:
        shown = view.pop("shown")
        assert shown == [each for each in GROWING if each in shown]
    same(views, undisturbed, cuts)
