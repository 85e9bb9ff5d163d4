"""A capture sent again: its requests in their order, with our ids in place of those it was captured with.

Theory of operation. A step waits for the one before it. Where the capture has requests beside one another, the
earlier one stays open (`until` names the step before which it had ended), and the next is sent when the earlier
one has begun to answer or, where the capture took its time, when all that it tells has been told. Times are not
replayed: what has to wait for a run waits for what the run tells (`Seen`). The graph `slow` takes less time here
than it took upstream, and so do the heartbeats.

Both sides become texts step by step: status, headers in order, body, with ids and times replaced by names.
"""

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.contract.normal import Names

HERE = Path(__file__).parent
CAPTURES = sorted(path.stem for path in (HERE / "captures").glob("*.json"))


_UPSTREAM_RECEIVER = "http://127.0.0.1:2173"
_PATIENCE = 8.0  # seconds until what should have been told is given up
_LINGER = 0.3  # seconds for a server to see that a client has gone, or that one waits
_LATE = "did not tell what it should in time"
_FRESH = httpx.Limits(max_keepalive_connections=0)  # a 500 of the real server drops its connection
_HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
}
_BEAT = ": heartbeat\r\n\r\n"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b\d{13}-\d+\b")


# --- captures ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One exchange as captured, or the handshake of a WebSocket.

    `left`: the client closed the connection when it had read the body; it `lingers` before that, to see whether
    more comes. `elided`: the captured body has lost its schemas.
    """

    ask: str
    status: int
    answer: list[tuple[str, str]]
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    raw: str | None = None
    hex: str | None = None
    body: str = ""
    frames: list[Any] = field(default_factory=list)
    close: tuple[int | None, str | None] | None = None
    left: bool = False
    lingers: bool = False
    elided: bool = False
    until: int | None = None
    open: str = ""

    @property
    def parts(self) -> int:
        """How many SSE parts were captured."""
        return self.body.count("\r\n\r\n")


@dataclass(frozen=True)
class Capture:
    """A scenario: its steps, and what a receiver of webhooks got meanwhile: path, headers, body.

    `graphs` is the folder of the fixtures that script all graphs of its server, in their order there; without it
    those are taken that are asked for.
    """

    graphs: str
    steps: list[Step]
    webhooks: list[tuple[str, list[tuple[str, str]], str]]
    retried: tuple[str, int] | None

    @property
    def fixtures(self) -> list[Path]:
        """The fixtures that script the graphs of the server."""
        if self.graphs:
            return [HERE / "fixtures" / self.graphs]
        asked = [item for step in self.steps for item in _mappings(step.json)]
        named = dict.fromkeys(str(item.get("assistant_id")) for item in asked) | {"echo": None}
        return [path for name in named if (path := HERE / "fixtures" / f"{name}.yaml").exists()]


def load(name: str) -> Capture:
    """A capture by its name."""
    stored = json.loads((HERE / "captures" / f"{name}.json").read_text())
    steps = [
        Step(**{**step, "answer": [(key, value) for key, value in step["answer"]]})
        for step in stored["steps"]
    ]
    webhooks = [
        (path, [(key, value) for key, value in headers], body)
        for path, headers, body in stored.get("webhooks", [])
    ]
    retried = stored.get("retried")
    return Capture(stored.get("graphs", ""), steps, webhooks, (retried[0], retried[1]) if retried else None)


def _mappings(body: Any) -> list[dict[str, Any]]:
    return [item for item in (body if isinstance(body, list) else [body]) if isinstance(item, dict)]


# --- plans: what the order of the requests does not say ----------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """Wait until the run that a step made has told this text."""

    step: int
    text: str


@dataclass(frozen=True)
class Plan:
    """What the steps do not say of the order of things.

    `first`: what the server had been asked before; `before` a step: what to wait for; `sooner`: fields of a step's
    body that only take time, and take less.
    """

    first: tuple[str, ...] = ()

    before: Mapping[int, Seen] = field(default_factory=dict)
    sooner: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    heartbeat: float = 5.0


_AT_WORK = '"log":["first"]'
PLANS: dict[str, Plan] = {
    "heartbeats": Plan(heartbeat=1.0),
    "join_live": Plan(before={2: Seen(1, '"tick":2'), 5: Seen(4, '"tick":2')}),
    "multitask_enqueue_streams": Plan(
        before={2: Seen(1, _AT_WORK), 5: Seen(4, _AT_WORK)}, sooner={7: {"after_seconds": 0.3}}, heartbeat=1.0
    ),
    "system_metrics": Plan(first=("GET /",)),
    "v2_cancel": Plan(before={2: Seen(1, '"three "'), 8: Seen(7, '"four "')}),
    "v2_multitask": Plan(before={2: Seen(1, '"one "'), 6: Seen(5, '"one "'), 10: Seen(9, '"one "')}),
    "webhooks": Plan(before={9: Seen(8, _AT_WORK), 12: Seen(11, _AT_WORK)}),
}


# --- asking ------------------------------------------------------------------------------------------------


class Answer:
    """What comes back, as it comes."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.raw = b""
        self.trouble = ""
        self.begun = asyncio.Event()
        self.grown = asyncio.Event()

    @property
    def body(self) -> str:
        return self.raw.decode()

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")

    @property
    def parts(self) -> int:
        """How many SSE parts have come."""
        return self.raw.count(b"\r\n\r\n")

    def take(self, chunk: bytes) -> None:
        """More has come."""
        self.raw += chunk
        self.grown.set()

    async def told(self, parts: int) -> None:
        """Wait until so many SSE parts have come."""
        while self.parts < parts:
            self.grown.clear()
            await self.grown.wait()


class Ids:
    """Captured ids and ours, paired by where they stand in answers to the same request."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}

    def learn(self, captured: str, ours: str) -> None:
        theirs, mine = _ID.findall(captured), _ID.findall(ours)
        if len(theirs) == len(mine):
            for their, my in zip(theirs, mine, strict=True):
                self._ours.setdefault(their, my)

    def keep(self, text: str) -> None:
        """An id that no answer has told is the client's own."""
        for found in _ID.findall(text):
            self._ours.setdefault(found, found)

    def ours(self, text: str) -> str:
        return _ID.sub(lambda found: self._ours.get(found[0], found[0]), text)


class Replay:
    """One capture on its way to one server.

    `extra`: fields that a step's body gets in addition; `unasked` are steps that are left out.
    """

    def __init__(
        self,
        capture: Capture,
        url: str,
        *,
        plan: Plan,
        extra: Mapping[int, Mapping[str, Any]],
        unasked: Collection[int] = (),
    ) -> None:
        self.capture = capture
        self.url = url
        self.plan = plan
        self.extra = extra
        self.unasked = unasked
        self.ids = Ids()
        self.answers = [Answer() for _ in capture.steps]
        self.received: list[tuple[str, list[tuple[str, str]], str]] = []
        self._receiver = ""

    async def run(self) -> None:
        """Send everything, and wait for what webhooks should bring."""
        receiver = await asyncio.start_server(self._receive, "127.0.0.1", 0)
        self._receiver = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}"
        open_steps: dict[int, asyncio.Task[None]] = {}
        async with (
            receiver,
            httpx.AsyncClient(trust_env=False, timeout=2 * _PATIENCE, limits=_FRESH) as client,
        ):
            for ask in self.plan.first:
                method, _, path = ask.partition(" ")
                await client.request(method, self.url + path)
            for at, step in enumerate(self.capture.steps):
                for earlier in [
                    other for other in open_steps if (self.capture.steps[other].until or 0) <= at
                ]:
                    await open_steps.pop(earlier)
                    self._learn(earlier)
                if at in self.unasked:
                    continue
                await self._prepare(client, at)
                asking = asyncio.create_task(self._ask(client, at))
                if step.until is None:
                    await asking
                    self._learn(at)
                else:
                    open_steps[at] = asking
                    await self._opened(at)
            for last, asking in open_steps.items():
                await asking
                self._learn(last)
            await self._webhooks()

    async def _prepare(self, client: httpx.AsyncClient, at: int) -> None:
        if at and self.capture.steps[at - 1].left:
            await asyncio.sleep(_LINGER)
        seen = self.plan.before.get(at)
        if seen is None:
            return
        run, behind = self._run(seen.step), {"last-event-id": "-1"}
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                client.stream("GET", f"{self.url}{run}/stream", headers=behind) as response,
            ):
                text = ""
                async for chunk in response.aiter_text():
                    text += chunk
                    if seen.text in text:
                        return
        except (TimeoutError, httpx.HTTPError):
            return

    def _run(self, at: int) -> str:
        """Where the run is that a step made, as a classic answer says it, or that of a command."""
        place = self.answers[at].header("content-location")
        if place:
            return place
        path = self.ids.ours(self.capture.steps[at].ask.partition(" ")[2]).removesuffix("/commands")
        return f"{path}/runs/{json.loads(self.answers[at].body)['result']['run_id']}"

    async def _opened(self, at: int) -> None:
        """Wait until the next request may be sent beside this one."""
        step, answer = self.capture.steps[at], self.answers[at]
        try:
            async with asyncio.timeout(_PATIENCE):
                await answer.begun.wait()
                if step.open == "told" and step.parts:
                    await answer.told(step.parts)
                elif step.open == "told":
                    await asyncio.sleep(_LINGER)
        except TimeoutError:
            answer.trouble = _LATE
        self.ids.learn(_lines(step.answer), _lines(answer.headers))

    async def _ask(self, client: httpx.AsyncClient, at: int) -> None:
        step, answer = self.capture.steps[at], self.answers[at]
        method, _, path = step.ask.partition(" ")
        self.ids.keep(path)
        headers = {name: self.ids.ours(value) for name, value in step.headers.items()}
        if method == "WEBSOCKET":
            method, headers = "GET", {**headers, **_HANDSHAKE}
        try:
            async with client.stream(
                method, self.url + self.ids.ours(path), headers=headers, content=self._content(at)
            ) as response:
                answer.status = response.status_code
                answer.headers = [
                    (key.decode().lower(), value.decode()) for key, value in response.headers.raw
                ]
                answer.begun.set()
                if step.left and not step.body:
                    await asyncio.sleep(_LINGER)
                    return
                if step.left:
                    await self._read_until_left(response, at)
                    return
                async for chunk in response.aiter_raw():
                    answer.take(chunk)
        except httpx.HTTPError as error:
            answer.trouble = f"{type(error).__name__}: {error}"
        finally:
            answer.begun.set()

    async def _read_until_left(self, response: httpx.Response, at: int) -> None:
        """Read what was captured, and leave: at once, or having seen that no more comes."""
        step, answer = self.capture.steps[at], self.answers[at]
        try:
            async with asyncio.timeout(_PATIENCE) as patience:
                async for chunk in response.aiter_raw():
                    answer.take(chunk)
                    if answer.parts >= step.parts:
                        if not step.lingers:
                            return
                        patience.reschedule(asyncio.get_running_loop().time() + _LINGER)
        except TimeoutError:
            if answer.parts < step.parts:
                answer.trouble = _LATE

    def _content(self, at: int) -> bytes | None:
        step = self.capture.steps[at]
        if step.hex is not None:
            return bytes.fromhex(step.hex)
        if step.raw is not None:
            return step.raw.encode()
        if step.json is None:
            return None
        added = {**self.plan.sooner.get(at, {}), **self.extra.get(at, {})}
        body = {**step.json, **added} if added else step.json
        return self.ids.ours(json.dumps(body)).replace(_UPSTREAM_RECEIVER, self._receiver).encode()

    def _learn(self, at: int) -> None:
        step, answer = self.capture.steps[at], self.answers[at]
        self.ids.learn(_lines(step.answer), _lines(answer.headers))
        self.ids.learn(step.body, answer.body)

    # --- webhooks ---

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := (await reader.readline()).decode().strip():
                _, path, _ = line.split(" ")
                headers: list[tuple[str, str]] = []
                while field_line := (await reader.readline()).decode().strip():
                    name, _, value = field_line.partition(": ")
                    headers.append((name, value))
                length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
                body = (await reader.readexactly(length)).decode()
                self.received.append((path, headers, body))
                status = "500 Internal Server Error" if path.startswith("/status/500") else "200 OK"
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _webhooks(self) -> None:
        """Wait for as many webhooks as were captured, each path as often."""
        wanted = [path for path, _, _ in self.capture.webhooks]
        if self.capture.retried:
            path, times = self.capture.retried
            wanted += [path] * times
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            if sorted(wanted) == sorted(path for path, _, _ in self.received):
                return
            await asyncio.sleep(0.02)


def _lines(headers: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(headers) if "location" in name)


# --- texts -------------------------------------------------------------------------------------------------


Change = Callable[[int, str], str]  # of a step's body, before ids are named


_UNASKED = "(not asked)"


def _as_it_is(_step: int, body: str) -> str:
    return body


def captured_texts(
    capture: Capture, change: Change = _as_it_is, *, unasked: Collection[int] = ()
) -> list[str]:
    """What the capture says, a text for every step and for every webhook."""
    names = Names()
    texts = [
        _text(names, step.ask, step.status, _lengthened(step), step.body, change(at, step.body))
        if at not in unasked
        else _UNASKED
        for at, step in enumerate(capture.steps)
    ]
    texts += [_webhook(names, *webhook) for webhook in capture.webhooks]
    if capture.retried:
        texts.append("POST {} {} times".format(*capture.retried))
    return texts


def replayed_texts(replay: Replay, change: Change = _as_it_is) -> list[str]:
    """The same of a replay."""
    names = Names()
    texts = []
    for at, (step, answer) in enumerate(zip(replay.capture.steps, replay.answers, strict=True)):
        if at in replay.unasked:
            texts.append(_UNASKED)
            continue
        asked = replay.ids.ours(step.ask)
        body = answer.body
        told = change(at, _elided(body) if step.elided else body)
        text = _text(names, asked, answer.status, answer.headers, body, told)
        texts.append(f"{text}\n!! {answer.trouble}" if answer.trouble else text)
    left = list(replay.received)
    for path, _, _ in replay.capture.webhooks:
        found = next((webhook for webhook in left if webhook[0] == path), None)
        texts.append(_webhook(names, *found) if found else f"POST {path}\n!! did not come")
        if found:
            left.remove(found)
    if replay.capture.retried:
        path = replay.capture.retried[0]
        times = sum(other == path for other, _, _ in left)
        texts.append(f"POST {path} {times} times")
        left = [webhook for webhook in left if webhook[0] != path]
    texts += [f"POST {path}\n!! nobody expected it" for path, _, _ in left]
    return texts


def _lengthened(step: Step) -> list[tuple[str, str]]:
    """The headers of a step; where its body was elided, the length is that of what is left."""
    if not step.elided:
        return step.answer
    length = str(len(step.body.encode()))
    return [(name, length if name == "content-length" else value) for name, value in step.answer]


_SCHEMA = re.compile(r"_schema$")


def _elided(body: str) -> str:
    """A body with its schemas left out, as it was captured."""

    def without(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: "<schema elided>" if _SCHEMA.search(key) and inner else without(inner)
            for key, inner in value.items()
        }

    return json.dumps(without(json.loads(body)), separators=(",", ":"))


def _text(names: Names, ask: str, status: int, headers: list[tuple[str, str]], body: str, told: str) -> str:
    """An exchange as a text that tells `told` in place of the body that the headers are about."""
    shown = [
        f"{name}: {_SHOWN[name](value, body) if name in _SHOWN else value}"
        for name, value in headers
        if name not in ("date", "server", "sec-websocket-accept")
    ]
    text, beats = _without_beats(told)
    lines = [ask, str(status), *shown, *([f"{beats} heartbeats"] if beats else []), f"> {text}"]
    return names.normal("\n".join(lines))


# What differs with the receiver and with the version of httpx, which sends webhooks on both sides.
_OWN = {
    "host": "<server>",
    "content-length": "<length>",
    "accept-encoding": "<encodings>",
    "user-agent": "python-httpx/<version>",
}


def _webhook(names: Names, path: str, headers: list[tuple[str, str]], body: str) -> str:
    shown = [f"{name}: {_OWN.get(name.lower(), value)}" for name, value in headers]
    return names.normal("\n".join([f"POST {path}", *shown, f"> {body}"]))


def _length(value: str, body: str) -> str:
    """The length is that of the body, whatever ids and addresses make of it."""
    return "<length>" if value == str(len(body.encode())) else value


def _sorted(value: str, _body: str) -> str:
    """langgraph-api 0.16.7 takes the methods out of a set: their order differs from process to process."""
    return ", ".join(sorted(value.split(", ")))


_SHOWN: dict[str, Callable[[str, str], str]] = {"content-length": _length, "allow": _sorted}


def _without_beats(body: str) -> tuple[str, int]:
    """The heartbeats are counted; between which parts they come is a matter of time."""
    text = body.replace(_BEAT, "")
    rest = text.lstrip("\n")
    return rest, body.count(_BEAT) + len(text) - len(rest)
