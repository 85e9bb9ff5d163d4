"""Much at once: runs that are stopped a thousand times, streams by the thousand, a client that does not read on."""

import asyncio
import gc
import json
import logging
import random
import resource
import socket
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, TypeVar

import pytest

from mockgraph import MockGraph
from mockgraph.runtime import live
from mockgraph.runtime.namespaces import Namespace
from tests.playing import Answer, parts

PATIENCE = 60.0  # seconds
_STATM = Path("/proc/self/statm")
T = TypeVar("T")

FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - name: answered
    when: {resume: {exists: true}}
    play: [{node: ask, delay: 2ms, update: {answer: "${resume}"}}, {node: end, delay: 1ms, update: {done: true}}]
  - name: ask
    when: {input.kind: ask}
    play: [{node: a, delay: 2ms, update: {x: 1}}, {node: ask, delay: 1ms, interrupt: {question: "?"}}]
  - name: work
    when: {input.kind: work}
    play:
      - {node: a, custom: [begun], delay: 2ms, update: {x: 1}}
      - parallel:
          - {node: b, delay: 3ms, update: {y: 1}}
          - {node: c, delay: 1ms, say: [{ai: Hm. Well.}], update: {z: 1}}
      - node: team
        subgraph: [{node: inner, delay: 2ms, update: {x: 2}}, {node: last, delay: 1ms, update: {y: 2}}]
      - {node: end, delay: 1ms, update: {done: true}}
  - name: instant
    when: {input.kind: instant}
    play: [{node: a, update: {x: 1}}, {node: b, update: {y: 1}}]
  - name: patient
    when: {input.kind: patient}
    play:
      - {node: a, custom: [0, 1, 2], update: {x: 1}}
      - {node: b, delay: 1s, custom: [3, 4, 5], update: {y: 1}}
"""
KILOBYTES, PARTS = 32, 512
BIG = [
    {"node": "a", "delay": "300ms", "update": {"x": 1}},
    {"node": "b", "custom": [f"{number} {'x' * 1024 * KILOBYTES}" for number in range(PARTS)]},
]


class Line:
    """A connection over which one request goes after the other; HTTP/1.1 by hand, so that it can be cut anywhere."""

    def __init__(self, mock: MockGraph) -> None:
        host, port = mock.url.removeprefix("http://").split(":")
        self._at = (host, int(port))

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._at)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        self._writer.transport.abort()

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """A request and the whole of its answer."""
        answer = await self.begin(method, path, body)
        if "content-length" in answer.headers:
            whole = await self._reader.readexactly(int(answer.headers["content-length"]))
        elif "transfer-encoding" in answer.headers:
            whole = b"".join([chunk async for chunk in self.chunks()])
        else:
            whole = b""
        return answer._replace(body=whole)

    async def begin(self, method: str, path: str, body: Any = None) -> Answer:
        """A request and the head of its answer."""
        await self.send(method, path, body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        status = int(head[0].split()[1])
        assert status < 500, (method, path, body, head)
        return Answer(status, headers, b"")

    async def send(self, method: str, path: str, body: Any = None) -> None:
        """A request alone."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {len(sent)}\r\n\r\n"
        self._writer.write(head.encode() + sent)
        await self._writer.drain()

    async def chunks(self) -> Any:
        """The chunks of the answer, until it ends."""
        while size := int(await self._reader.readline(), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[MockGraph]:
    fixture = tmp_path / "agent.yaml"
    fixture.write_text(FIXTURE)
    with MockGraph(fixture) as mock:
        yield mock


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * STREAMS + 100:
        pytest.skip(f"this machine lets a process open {hard} files")
    wanted = max(soft, 2 * STREAMS + 1000) if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# --- runs that are stopped ---------------------------------------------------------------------------------

LIVES = 1000
AT_ONCE = 20
LONGEST = 0.016  # seconds: a little more than the play's delays are together


class Stopper:
    """One client that starts runs and stops them, at points of which a seed decides."""

    def __init__(self, mock: MockGraph, seed: int) -> None:
        self.mock = mock
        self.random = random.Random(seed)
        self.statuses: list[int] = []
        self.interrupted: list[str] = []  # paths of runs that were interrupted in time: they stay so

    async def live(self) -> None:
        """One run's life."""
        ways = (
            self.cancelled,
            self.cancelled_stream,
            self.superseded,
            self.left,
            self.left_at_a_part,
            self.left_join,
            self.deleted,
            self.deleted_thread,
            self.stateless,
            self.stateless_cancelled,
            self.followed_thread,
            self.answered,
        )
        async with Line(self.mock) as line:
            await self.random.choice(ways)(line)

    async def sometime(self) -> None:
        """Let a while pass: nothing at all, something shorter than a run, or about as much as it takes."""
        point = self.random.choice((0.0, self.random.uniform(0, LONGEST), LONGEST))
        if point:
            await asyncio.sleep(point)

    def body(self, **more: Any) -> dict[str, Any]:
        kind = self.random.choice(("work", "work", "work", "ask", "instant"))
        modes = self.random.choice((["values"], ["updates", "messages"], ["custom", "debug", "events"]))
        subgraphs = self.random.random() < 0.5
        resumable = self.random.random() < 0.3
        asked = {"stream_mode": modes, "stream_subgraphs": subgraphs, "stream_resumable": resumable}
        return {"assistant_id": "agent", "input": {"kind": kind}, **asked, **more}

    async def thread(self, line: Line) -> str:
        return f"/threads/{(await line.ask('POST', '/threads', {})).json()['thread_id']}"

    async def stopped(self, line: Line, method: str, path: str, body: Any = None) -> int:
        """The status of a request that comes in time or too late, but is answered as such."""
        answer = await line.ask(method, path, body)
        assert answer.status in (200, 202, 204, 404), answer
        self.statuses.append(answer.status)
        return answer.status

    @property
    def action(self) -> str:
        return self.random.choice(("interrupt", "rollback"))

    async def cancelled(self, line: Line) -> None:
        path = await self.thread(line)
        after = self.random.choice(({}, {}, {"after_seconds": 0.005}))
        run = (await line.ask("POST", f"{path}/runs", self.body(**after))).json()
        if self.random.random() < 0.7:
            await line.ask("GET", path)  # whoever looks lets it begin
        await self.sometime()
        place, action, wait = f"{path}/runs/{run['run_id']}", self.action, self.random.choice("01")
        status = await self.stopped(line, "POST", f"{place}/cancel?action={action}&wait={wait}")
        if action == "interrupt" and status != 404:
            self.interrupted.append(place)

    async def cancelled_stream(self, line: Line) -> None:
        path = await self.thread(line)
        answer = await line.begin("POST", f"{path}/runs/stream", self.body())
        enough = self.random.choice((1, 2, 3, 5, 8, 13, 1000))
        async with Line(self.mock) as other:
            seen = 0
            async for _ in line.chunks():
                seen += 1
                if seen == enough:
                    place = answer.headers["content-location"]
                    await self.stopped(other, "POST", f"{place}/cancel?action={self.action}")

    async def superseded(self, line: Line) -> None:
        path = await self.thread(line)
        for _ in range(self.random.randint(1, 3)):
            await line.ask("POST", f"{path}/runs", self.body())
        await self.sometime()
        strategy = self.random.choice(("interrupt", "rollback"))
        how = self.random.choice(("/wait", "/stream", ""))
        answer = await line.ask("POST", f"{path}/runs{how}", self.body(multitask_strategy=strategy))
        assert answer.status == 200

    async def left(self, line: Line) -> None:
        path = self.random.choice(("", await self.thread(line)))
        how = self.random.choice(("wait", "stream"))
        ends = self.random.choice(("cancel", "cancel", "continue"))
        await line.send("POST", f"{path}/runs/{how}", self.body(on_disconnect=ends))
        await self.sometime()
        line.cut()

    async def left_at_a_part(self, line: Line) -> None:
        path = self.random.choice(("", await self.thread(line)))
        await line.begin("POST", f"{path}/runs/stream", self.body(on_disconnect="cancel"))
        enough = self.random.choice((1, 2, 3, 5, 8, 13, 1000))
        async for _ in line.chunks():
            enough -= 1
            if not enough:
                break
        line.cut()

    async def left_join(self, line: Line) -> None:
        path = await self.thread(line)
        run = (await line.ask("POST", f"{path}/runs", self.body())).json()
        how = self.random.choice(("join", "stream"))
        ends = self.random.choice("01")
        await line.send("GET", f"{path}/runs/{run['run_id']}/{how}?cancel_on_disconnect={ends}")
        await self.sometime()
        line.cut()

    async def deleted(self, line: Line) -> None:
        path = await self.thread(line)
        answer = await line.begin("POST", f"{path}/runs/stream", self.body())
        await self.sometime()
        async with Line(self.mock) as other:
            await self.stopped(other, "DELETE", answer.headers["content-location"])
            async for _ in line.chunks():
                pass
            assert (await other.ask("GET", f"{path}/runs")).json() == []

    async def deleted_thread(self, line: Line) -> None:
        path = await self.thread(line)
        for _ in range(self.random.randint(1, 3)):
            await line.ask("POST", f"{path}/runs", self.body())
        await self.sometime()
        await self.stopped(line, "DELETE", path)
        assert (await line.ask("GET", path)).status == 404

    async def stateless(self, line: Line) -> None:
        how = self.random.choice(("wait", "stream"))
        body = self.body(on_disconnect="cancel", on_completion=self.random.choice(("delete", "keep")))
        await line.send("POST", f"/runs/{how}", body)
        await self.sometime()
        line.cut()

    async def stateless_cancelled(self, line: Line) -> None:
        answer = await line.ask("POST", "/runs", self.body())
        await self.sometime()
        body = {"thread_id": answer.json()["thread_id"], "run_ids": [answer.json()["run_id"]]}
        await self.stopped(line, "POST", f"/runs/cancel?action={self.action}", body)

    async def followed_thread(self, line: Line) -> None:
        path = await self.thread(line)
        async with Line(self.mock) as other:
            await other.begin("GET", f"{path}/stream?stream_modes=run_modes,lifecycle")
            run = (await line.ask("POST", f"{path}/runs", self.body())).json()
            await self.sometime()
            await self.stopped(line, "POST", f"{path}/runs/{run['run_id']}/cancel?action={self.action}")
            await self.sometime()

    async def answered(self, line: Line) -> None:
        path = await self.thread(line)
        await line.ask("POST", f"{path}/runs/wait", self.body(input={"kind": "ask"}))
        answering = {"assistant_id": "agent", "command": {"resume": "yes"}}
        run = (await line.ask("POST", f"{path}/runs", answering)).json()
        await line.ask("GET", path)
        await self.sometime()
        await self.stopped(line, "POST", f"{path}/runs/{run['run_id']}/cancel?action={self.action}")


def test_runs_that_are_stopped_leave_nothing_behind(
    mock: MockGraph, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "HOLD", 0.01)
    caplog.set_level(logging.WARNING)
    before = tasks(mock)
    stoppers = [Stopper(mock, seed) for seed in range(AT_ONCE)]

    async def lives(stopper: Stopper) -> None:
        for _ in range(LIVES // AT_ONCE):
            await stopper.live()

    each(lives, stoppers)
    rest(mock, before)
    said = {status for stopper in stoppers for status in stopper.statuses}
    assert {200, 202, 204, 404} <= said  # some came in time, some too late
    namespace = mock._namespace
    assert {run.status for run in namespace.runs.values()} <= {"success", "error", "interrupted"}
    assert not [record.getMessage() for record in caplog.records]

    interrupted = [place for stopper in stoppers for place in stopper.interrupted]

    async def still_there(line: Line) -> None:
        assert (await line.ask("POST", "/threads/search", {"status": "busy"})).json() == []
        for place in interrupted:
            assert (await line.ask("GET", place)).json()["status"] == "interrupted"
        asked = {"assistant_id": "agent", "input": {"kind": "work"}}
        told = (await line.ask("POST", "/runs/wait", asked)).json()
        assert told["done"] is True

    alone(mock, still_there)


# --- many streams ------------------------------------------------------------------------------------------

STREAMS = 2000


@pytest.mark.usefixtures("many_files")
def test_two_thousand_open_streams_end_complete_and_in_order(
    mock: MockGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tasks(mock)
    all_open = in_loop(mock, asyncio.Event)

    async def sleep(seconds: float) -> None:
        """A delay that is not over before every stream is open, however slow the machine."""
        await asyncio.sleep(seconds)
        if seconds:
            await all_open.wait()

    monkeypatch.setattr(live, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
    asked = {"assistant_id": "agent", "input": {"kind": "patient"}, "stream_mode": ["custom", "updates"]}
    wanted: list[tuple[str, Any]] = [
        *(("custom", number) for number in (0, 1, 2)),
        ("updates", {"a": {"x": 1}}),
        *(("custom", number) for number in (3, 4, 5)),
        ("updates", {"b": {"y": 1}}),
    ]
    waiting = 0

    async def follow(_: int) -> None:
        nonlocal waiting
        async with Line(mock) as line:
            await line.begin("POST", "/runs/stream", asked)
            told = b""
            async for chunk in line.chunks():
                told += chunk
                if chunk.startswith(b"event: updates") and b'"a"' in chunk:
                    waiting += 1
                    if waiting == STREAMS:
                        assert mock._loop is not None
                        mock._loop.call_soon_threadsafe(all_open.set)
            text = "\r\n\r\n".join(
                part for part in told.decode().split("\r\n\r\n") if not part.startswith(":")
            )
            assert parts(text)[1:] == wanted

    each(follow, list(range(STREAMS)))
    rest(mock, before)
    assert len(mock._namespace.threads) == 0


# --- a client that does not read on ------------------------------------------------------------------------


def test_clients_that_stop_reading_hold_nobody_up_and_share_one_copy(mock: MockGraph) -> None:
    stuck_clients = 30
    before = tasks(mock)
    size = KILOBYTES * 1024 * PARTS
    mock.stub("agent", when={"input.kind": "big"}, play=BIG)
    host, port = mock.url.removeprefix("http://").split(":")
    asked = {"assistant_id": "agent", "input": {"kind": "big"}, "stream_mode": "custom"}
    quick = {"assistant_id": "agent", "input": {"kind": "work"}, "stream_mode": "updates"}

    async def begun(line: Line) -> str:
        path = f"/threads/{(await line.ask('POST', '/threads', {})).json()['thread_id']}"
        return f"{path}/runs/{(await line.ask('POST', f'{path}/runs', asked)).json()['run_id']}"

    async def others(line: Line) -> None:
        for _ in range(20):
            answer = await line.ask("POST", "/runs/stream", quick)
            assert [event for event, _ in parts(answer.body.decode())][-1] == "updates"

    async def reading(line: Line) -> None:
        told = (await line.ask("GET", f"{place}/stream")).body
        assert told.count(b"event: custom") == PARTS

    place = alone(mock, begun)
    run_id = place.rpartition("/")[2]
    log = weakref.ref(in_loop(mock, lambda: mock._namespace.live[run_id].log))
    resident = memory()
    stuck = [small(host, int(port)) for _ in range(stuck_clients)]
    try:
        for one in stuck:
            one.sendall(f"GET {place}/stream HTTP/1.1\r\nhost: test\r\n\r\n".encode())
            assert one.recv(20).startswith(b"HTTP/1.1 200")
        alone(mock, reading)  # one that follows the same run, and reads
        alone(mock, others)
        assert run_id not in mock._namespace.live  # the run does not wait for them either
        server = mock._server
        assert server is not None
        assert len(server.server_state.tasks) >= stuck_clients  # they are stuck indeed
        assert log() is not None
        held = in_loop(
            mock,
            lambda: [one.transport.get_write_buffer_size() for one in server.server_state.connections],
        )
        assert max(held) < 8 * 1024 * KILOBYTES
        assert memory() - resident < stuck_clients * size / 4
    finally:
        for one in stuck:
            one.close()
    rest(mock, before)

    def gone() -> bool:
        gc.collect()
        return log() is None

    until(lambda: in_loop(mock, gone))


def test_a_run_that_nobody_reads_on_can_be_stopped(mock: MockGraph) -> None:
    before = tasks(mock)
    mock.stub("agent", when={"input.kind": "big"}, play=BIG)
    host, port = mock.url.removeprefix("http://").split(":")
    asked = json.dumps({"assistant_id": "agent", "input": {"kind": "big"}, "stream_mode": "custom"})
    with small(host, int(port)) as stuck:
        head = f"POST /runs/stream HTTP/1.1\r\nhost: test\r\ncontent-length: {len(asked)}\r\n\r\n"
        stuck.sendall((head + asked).encode())
        assert stuck.recv(20).startswith(b"HTTP/1.1 200")
        mock.reset()
        assert not mock._namespace.live
    rest(mock, before)


# --- how ---------------------------------------------------------------------------------------------------


def small(host: str, port: int) -> socket.socket:
    """A connection that takes little without being read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(PATIENCE)
    made.connect((host, port))
    return made


def memory() -> float:
    """Resident memory of this process, clients and server, in bytes; 0 where the system does not say."""
    if not _STATM.exists():
        return 0.0
    pages = int(_STATM.read_text().split()[1])
    return pages * resource.getpagesize()


def each(play: Callable[[T], Awaitable[None]], things: list[T]) -> None:
    """Do this with each of the things, all at once."""

    async def main() -> None:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for thing in things:
                group.create_task(_do(play(thing)))

    asyncio.run(main())


async def _do(work: Awaitable[None]) -> None:
    await work


def alone(mock: MockGraph, play: Callable[[Line], Coroutine[Any, Any, T]]) -> T:
    """Let one client do this."""

    async def main() -> T:
        async with asyncio.timeout(PATIENCE), Line(mock) as line:
            return await play(line)

    return asyncio.run(main())


def in_loop(mock: MockGraph, look: Callable[[], T]) -> T:
    """What a function finds in the server's own thread."""

    async def main() -> T:
        return look()

    assert mock._loop is not None
    return asyncio.run_coroutine_threadsafe(main(), mock._loop).result(PATIENCE)


def tasks(mock: MockGraph) -> set[str]:
    """The tasks in the server's loop, but for the one that looks."""

    def look() -> set[str]:
        asking = asyncio.current_task()
        return {task.get_name() for task in asyncio.all_tasks() if task is not asking}

    return in_loop(mock, look)


def until(true: Callable[[], bool]) -> None:
    """Wait for something that must come about."""

    async def main() -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.01)

    asyncio.run(main())


def rest(mock: MockGraph, before: set[str]) -> None:
    """Wait until the server has nothing left to do; fail with what it still does."""
    server = mock._server
    assert server is not None

    def left() -> dict[str, Any]:
        asking = asyncio.current_task()
        namespace: Namespace = mock._namespace
        doing = [task for task in asyncio.all_tasks() if task is not asking and task.get_name() not in before]
        return {
            "tasks": [repr(task) for task in doing],
            "live": list(namespace.live),
            "active": list(namespace.active),
            "tapes": list(namespace.tapes),
            "errands": list(namespace.errands),
            "connections": list(server.server_state.connections),
        }

    found: dict[str, Any] = {}

    def nothing() -> bool:
        nonlocal found
        found = in_loop(mock, left)
        return not any(found.values())

    try:
        until(nothing)
    except TimeoutError:
        pytest.fail(
            f"left behind: {json.dumps({key: found[key] for key in found if found[key]}, default=repr)}"
        )
