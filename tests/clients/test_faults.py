"""Every kind of fault, at each of its places: what is on the socket, and what the Python and the JavaScript SDK make of it.

A run says three parts: `metadata`, and what nodes `a` and `b` returned. What a client told is a line of words: each part
by its node, `again` where it took the stream up again with a GET, `anew` where it posted once more, the HTTP status or
the error that it gave up with, `waits` where it would wait for ever.
"""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import httpx
import orjson
import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk._async import http as asynchronous_http
from langgraph_sdk._async import stream as protocol_stream
from langgraph_sdk._sync import http as synchronous_http
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.stream import controller
from pytest_httpserver import HTTPServer
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from mockgraph import MockGraph
from mockgraph.runtime.journal import Entry
from mockgraph.script.faults import KINDS
from mockgraph.words.errors import FixtureError
from tests.clients.blocking import Blocking
from tests.clients.javascript import told

# A stub that no run comes to, because of the fault, is none that a test forgot.
pytestmark = [pytest.mark.timeout(60), pytest.mark.mockgraph(clock="instant", allow_unplayed=True)]

PAGE = Path(__file__).parents[2] / "docs/faults.md"
PATIENCE = 5.0  # seconds
SILENCE = 0.3  # seconds after which a client of ours says that nothing comes
A_LONG_TIME = 3600.0  # seconds of a held clock
PAUSING = (asynchronous_http, synchronous_http, protocol_stream, controller)  # modules of the SDK
BEAT = b": heartbeat\r\n\r\n"
STREAM = "/threads/{thread_id}/runs/stream"
THREAD = "/threads/0f5d7a3e-6b1c-4c43-9d1a-5a3f0c0e8b11"
EVENTS = "/threads/{thread_id}/stream/events"
PLAY = [{"node": "a", "update": {"said": "Grüße"}}, {"node": "b", "update": {"said": "Ende"}}]
WAIT = {"assistant_id": "greeter", "input": {}}
RUN = {**WAIT, "stream_mode": "updates"}
BUSY = {"status": 503, "headers": {"Retry-After": "1"}, "body": {"detail": "busy"}}

Ended = Literal["complete", "FIN", "RST", "silent"]
Sent = Callable[[bytes, bytes, bytes], list[bytes]]


# --- what is expected ---


def half(part: bytes) -> bytes:
    """A part that is broken off in the middle."""
    return part[: len(part) // 2]


def torn(part: bytes) -> bytes:
    """A part that is broken off in the middle of the ü."""
    return part[: part.index("ü".encode()) + 1]


def unreadable(part: bytes) -> bytes:
    """A part whose data is no JSON."""
    return part.replace(b"}\r\n\r\n", b",\r\n\r\n")


def lf(part: bytes) -> bytes:
    """A part with the ends of lines that SSE allows too."""
    return part.replace(b"\r\n", b"\n")


def bytewise(part: bytes) -> list[bytes]:
    """Each byte of a part."""
    return [bytes([byte]) for byte in part]


class Row(NamedTuple):
    """A fault: what is `sent` of the three parts, how the answer `ended`, and what clients told.

    `older` is what JavaScript 2.0.0 told, where that is not what 1.15.0 did.
    """

    words: dict[str, Any]
    sent: Sent
    ended: Ended
    python: str
    javascript: str
    older: str = ""
    status: int = 200

    @property
    def kind(self) -> str:
        return next(iter(self.words))

    @property
    def place(self) -> str:
        """Where in the part, if the kind has places."""
        return str(self.words[self.kind]) if KINDS[self.kind].places else ""

    @property
    def name(self) -> str:
        """What the test is called."""
        first = self.kind if self.kind == "status" else f"{self.kind} {self.words[self.kind]}"
        return f"{first} {'at a part' if 'at' in self.words else 'at once'}"


GONE_ON = "metadata a b"
TAKEN_UP = "metadata again a b"
BEHIND = "metadata a again b"

# At the second part of the answer: `a`.
IN_THE_ANSWER = [
    Row({"reset": "before", "at": 2}, lambda m, a, b: [m], "RST", TAKEN_UP, TAKEN_UP),
    Row({"reset": "inside", "at": 2}, lambda m, a, b: [m, half(a)], "RST", TAKEN_UP, TAKEN_UP),
    Row({"reset": "in_character", "at": 2}, lambda m, a, b: [m, torn(a)], "RST", TAKEN_UP, TAKEN_UP),
    Row({"reset": "after", "at": 2}, lambda m, a, b: [m, a], "RST", BEHIND, BEHIND),
    Row({"cut": "before", "at": 2}, lambda m, a, b: [m], "FIN", TAKEN_UP, TAKEN_UP),
    Row({"cut": "inside", "at": 2}, lambda m, a, b: [m, half(a)], "FIN", TAKEN_UP, TAKEN_UP),
    Row({"cut": "in_character", "at": 2}, lambda m, a, b: [m, torn(a)], "FIN", TAKEN_UP, TAKEN_UP),
    Row({"cut": "after", "at": 2}, lambda m, a, b: [m, a], "FIN", BEHIND, BEHIND),
    Row(
        {"refuse": "100ms", "at": 2},
        lambda m, a, b: [m],
        "RST",
        TAKEN_UP,
        TAKEN_UP,
    ),
    Row({"stall": "28s", "at": 2}, lambda m, a, b: [m, a, b], "complete", GONE_ON, GONE_ON),
    Row({"stall": "forever", "at": 2}, lambda m, a, b: [m], "silent", TAKEN_UP, "metadata waits"),
    Row(
        {"truncate": "inside", "at": 2},
        lambda m, a, b: [m, half(a)],
        "complete",
        "metadata JSONDecodeError",
        TAKEN_UP,
    ),
    Row(
        {"truncate": "in_character", "at": 2},
        lambda m, a, b: [m, torn(a)],
        "complete",
        "metadata JSONDecodeError",
        TAKEN_UP,
    ),
    Row({"truncate": "after", "at": 2}, lambda m, a, b: [m, a], "complete", "metadata a", "metadata a"),
    Row(
        {"malformed": True, "at": 2},
        lambda m, a, b: [m, unreadable(a), b],
        "complete",
        "metadata JSONDecodeError",
        TAKEN_UP,
    ),
    Row(
        {"duplicate": True, "at": 2},
        lambda m, a, b: [m, a, a, b],
        "complete",
        "metadata a a b",
        "metadata a a b",
    ),
    Row({"reorder": True, "at": 2}, lambda m, a, b: [m, b, a], "complete", "metadata b a", "metadata b a"),
    Row({"drop": True, "at": 2}, lambda m, a, b: [m, b], "complete", "metadata b", "metadata b"),
    Row({"lf": True, "at": 2}, lambda m, a, b: [m, lf(a), lf(b)], "complete", GONE_ON, GONE_ON),
    Row(
        {"bytewise": True, "at": 2},
        lambda m, a, b: [m, *bytewise(a + b)],
        "complete",
        GONE_ON,
        GONE_ON,
    ),
]
# In place of the answer, or before it.
AT_ONCE = [
    Row(
        BUSY,
        lambda m, a, b: [b'{"detail":"busy"}'],
        "complete",
        "503",
        "503",
        older=f"anew {GONE_ON}",
        status=503,
    ),
    Row({"reset": "before"}, lambda m, a, b: [], "RST", "TransportError", "ConnectionError", status=0),
    Row({"cut": "before"}, lambda m, a, b: [], "FIN", "TransportError", "ConnectionError", status=0),
    Row({"refuse": "100ms"}, lambda m, a, b: [], "RST", "TransportError", "ConnectionError", status=0),
    Row({"stall": "28s"}, lambda m, a, b: [m, a, b], "complete", GONE_ON, GONE_ON),
    Row({"stall": "forever"}, lambda m, a, b: [], "silent", "ReadTimeout", "waits", status=0),
]
ROWS = [*IN_THE_ANSWER, *AT_ONCE]
# Behind the answer: how often the webhook is called.
WEBHOOKS = {"lost": 0, "twice": 2}


def named(row: Row) -> str:
    return row.name


def test_every_kind_has_a_row_for_each_of_its_places() -> None:
    rows = {(row.kind, row.place) for row in ROWS} | {("webhook", place) for place in WEBHOOKS}
    assert rows == {(name, place) for name, kind in KINDS.items() for place in kind.places or ("",)}


# --- on the socket ---


class Seen(NamedTuple):
    """An answer as it came: its status (0: none), its chunks (of a body with a length, that) and how it ended."""

    status: int
    chunks: list[bytes]
    ended: Ended


def until(holds: Callable[[], bool]) -> None:
    """Wait for what is on its way in another thread."""
    due = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < due, "it never came"
        time.sleep(0.002)


def asked(url: str, route: str, body: object = None, *, meanwhile: Callable[[], None] | None = None) -> Seen:
    """Ask on a connection of its own; `meanwhile`, once it is asked, and then leave without having read the end."""
    place = httpx.URL(url)
    method, _, path = route.partition(" ")
    content = b"" if body is None else orjson.dumps(body)
    head = f"{method} {place.path.rstrip('/')}{path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n"
    with socket.create_connection((place.host, place.port or 0), PATIENCE) as line:
        line.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        if meanwhile is not None:
            meanwhile()
            line.shutdown(socket.SHUT_WR)
        got, reset = b"", False
        try:
            while given := line.recv(65536):
                got += given
        except ConnectionResetError:
            reset = True
    return seen(got, "RST" if reset else "silent" if meanwhile else "FIN")


def seen(got: bytes, ended: Ended) -> Seen:
    """What came, taken apart."""
    head, _, rest = got.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head else 0
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if length is not None:
        return Seen(status, [rest], "complete" if len(rest) == int(length[1]) else ended)
    chunks: list[bytes] = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if size == b"0":
            return Seen(status, chunks, "complete")
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return Seen(status, chunks, ended)


def newest(mock: MockGraph) -> Entry:
    """The last request."""
    return mock.journal.requests()[-1]


def struck(mock: MockGraph) -> bool:
    """Whether a fault has struck the last request."""
    requests = mock.journal.requests()
    return bool(requests) and requests[-1].fault is not None


def start_over(mock: MockGraph) -> None:
    """What is asked next is asked as if it were the first."""
    mock.reset()
    mock.clock.set("instant")


@pytest.fixture
def parts(mockgraph: MockGraph) -> tuple[bytes, bytes, bytes]:
    """The three parts, undisturbed."""
    mockgraph.stub("greeter", play=PLAY)
    answer = asked(mockgraph.url, "POST /runs/stream", RUN)
    assert answer.ended == "complete"
    first, second, third = answer.chunks
    start_over(mockgraph)
    return first, second, third


@pytest.fixture(autouse=True)
def answers_afterwards(mockgraph: MockGraph) -> Iterator[None]:
    """Whatever went wrong, the server is there: on a new connection, once it takes any."""
    yield

    def ready() -> bool:
        try:
            return asked(mockgraph.url, "GET /ok").status == 200
        except ConnectionRefusedError:
            return False

    until(ready)


def disturbed(mock: MockGraph, row: Row, play: list[Any]) -> Seen:
    """The stream of a run; what is silent for ever is so however much time passes."""
    mock.stub("greeter", play=play)
    if row.ended != "silent":
        return asked(mock.url, "POST /runs/stream", RUN)
    mock.clock.hold()

    def pass_time() -> None:
        until(lambda: mock.clock.waiting > 0 or struck(mock))
        mock.clock.advance(A_LONG_TIME)
        until(lambda: struck(mock))
        mock.clock.advance(A_LONG_TIME)

    return asked(mock.url, "POST /runs/stream", RUN, meanwhile=pass_time)


def noted(mock: MockGraph, row: Row) -> None:
    """The journal tells which fault it was, and how the answer ended."""
    entry = newest(mock)
    assert entry.fault is not None
    assert entry.fault.startswith(f"{row.kind} {row.place}".rstrip())
    broken = f"fault: {entry.fault}"
    ends = {"complete": "complete", "silent": "disconnected", "FIN": broken, "RST": broken}
    ended = broken if row.kind == "truncate" else ends[row.ended]
    until(lambda: entry.ended == ended)
    assert entry.status == row.status
    assert mock.faults.pending == []


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_socket_sees(mockgraph: MockGraph, parts: tuple[bytes, bytes, bytes], row: Row) -> None:
    mockgraph.faults.next(**row.words)
    assert disturbed(mockgraph, row, PLAY) == Seen(row.status, row.sent(*parts), row.ended)
    noted(mockgraph, row)


@pytest.mark.parametrize("row", IN_THE_ANSWER, ids=named)
def test_the_same_inside_a_play(mockgraph: MockGraph, parts: tuple[bytes, bytes, bytes], row: Row) -> None:
    words = {row.kind: row.words[row.kind]}
    answer = disturbed(mockgraph, row, [{"fault": words}, *PLAY])
    assert answer == Seen(row.status, row.sent(*parts), row.ended)
    noted(mockgraph, row)


@pytest.mark.parametrize("heartbeats", [True, False])
@pytest.mark.parametrize("route", ["/runs/stream", "/runs/wait"])
def test_a_stall_is_silent_or_has_heartbeats(mockgraph: MockGraph, route: str, heartbeats: bool) -> None:
    mockgraph.stub("greeter", play=PLAY)
    mockgraph.clock.hold()
    mockgraph.faults.next(stall="28s", at="updates" if route == "/runs/stream" else 1, heartbeats=heartbeats)
    answers: list[Seen] = []
    body = RUN if route == "/runs/stream" else WAIT
    asking = threading.Thread(target=lambda: answers.append(asked(mockgraph.url, f"POST {route}", body)))
    asking.start()
    until(lambda: mockgraph.clock.waiting > 0)
    while not answers:
        mockgraph.clock.advance(1)
    asking.join(PATIENCE)
    (answer,) = answers
    beats = [chunk for chunk in answer.chunks if chunk in (BEAT, b"\n")]
    assert answer.ended == "complete"
    assert len(beats) == (5 if heartbeats else 0)


def test_a_refused_client_is_accepted_later(mockgraph: MockGraph) -> None:
    mockgraph.faults.next(refuse="100ms")
    assert asked(mockgraph.url, "GET /info") == Seen(0, [], "RST")
    with pytest.raises(ConnectionRefusedError):
        asked(mockgraph.url, "GET /info")


# Which request is struck, of these in their order.
REQUESTS = {
    "thread": "GET /threads/0f5d7a3e-6b1c-4c43-9d1a-5a3f0c0e8b11",
    "new thread": "POST /threads",
    "search": "POST /threads/search",
    "other": "POST /runs/stream other",
    "run": "POST /runs/stream greeter",
}
CHOSEN: list[tuple[dict[str, Any], str]] = [
    ({}, "thread"),
    ({"route": "POST /threads"}, "new thread"),
    ({"route": "post /threads"}, "new thread"),
    ({"route": "/threads"}, "new thread"),
    ({"route": "/threads/{thread_id}"}, "thread"),
    ({"route": "POST /threads/{any}"}, "search"),
    ({"route": "/threads/*"}, "thread"),
    ({"route": "POST /threads/*"}, "search"),
    ({"route": "/runs/*"}, "other"),
    ({"graph": "greeter"}, "run"),
    ({"graph": "other", "route": "/runs/stream"}, "other"),
]


@pytest.mark.parametrize(("words", "chosen"), CHOSEN, ids=[f"{words} {of}" for words, of in CHOSEN])
def test_route_and_graph_say_which_request(mockgraph: MockGraph, words: dict[str, Any], chosen: str) -> None:
    for graph in ("greeter", "other"):
        mockgraph.stub(graph, play=PLAY)
    mockgraph.faults.next(**BUSY, **words)
    answered: list[str] = []
    for name, request in REQUESTS.items():
        method, path, graph = [*request.split(" "), ""][:3]
        body = {"assistant_id": graph} if graph else {}
        if asked(mockgraph.url, f"{method} {path}", body).status == 503:
            answered.append(name)
    assert answered == [chosen]


# Of the parts of a stream of `values` and `updates`: metadata, values, updates, values, updates, values.
PLACED: list[tuple[int | str, int]] = [
    (1, 0),
    (4, 3),
    ("metadata", 0),
    ("values", 1),
    ("updates", 2),
    ("last", 5),
    ("last values", 5),
    ("last updates", 4),
    ("last metadata", 0),
]


@pytest.mark.parametrize(("at", "place"), PLACED, ids=[str(at) for at, _ in PLACED])
def test_at_says_which_part(mockgraph: MockGraph, at: int | str, place: int) -> None:
    body = {**RUN, "stream_mode": ["values", "updates"], "input": {"said": "?"}}
    mockgraph.stub("greeter", play=PLAY)
    whole = asked(mockgraph.url, "POST /runs/stream", body).chunks
    assert len(whole) == 6
    start_over(mockgraph)
    mockgraph.stub("greeter", play=PLAY)
    mockgraph.faults.next(drop=True, at=at)
    dropped = asked(mockgraph.url, "POST /runs/stream", body)
    assert dropped == Seen(200, whole[:place] + whole[place + 1 :], "complete")


def test_a_fault_strikes_as_often_as_it_says(mockgraph: MockGraph) -> None:
    mockgraph.faults.next(**BUSY, times=2)
    answers = [asked(mockgraph.url, "GET /info").status for _ in range(3)]
    assert answers == [503, 503, 200]


@pytest.mark.mockgraph(allow_unstruck=True)
def test_a_fault_that_struck_nothing_is_pending(mockgraph: MockGraph) -> None:
    mockgraph.faults.next(cut="inside", route="POST /runs/wait")
    mockgraph.faults.next(**BUSY, times=2)
    assert asked(mockgraph.url, "GET /info").status == 503
    assert mockgraph.faults.pending == ["cut inside", "status 503"]
    (first, second) = httpx.get(f"{mockgraph.url}/_mockgraph/faults").json()
    assert (first["fault"], first["left"]) == ("cut inside", 1)
    assert (second["fault"], second["left"]) == ("status 503", 1)
    mockgraph.faults.clear()
    assert mockgraph.faults.pending == []


@pytest.mark.mockgraph(allow_unstruck=True)
@pytest.mark.parametrize("at", [7, "values", "last values"])
def test_a_fault_waits_for_a_request_that_has_its_part(mockgraph: MockGraph, at: int | str) -> None:
    mockgraph.stub("greeter", play=PLAY)
    mockgraph.faults.next(drop=True, at=at)
    assert len(asked(mockgraph.url, "POST /runs/stream", RUN).chunks) == 3
    assert (newest(mockgraph).fault, mockgraph.faults.pending) == (None, ["drop"])
    shown = {**RUN, "input": {"said": "?"}, "stream_mode": ["values", "updates", "debug"]}
    whole = len(asked(mockgraph.namespace("whole").url, "POST /runs/stream", shown).chunks)
    assert len(asked(mockgraph.url, "POST /runs/stream", shown).chunks) == whole - 1
    assert (newest(mockgraph).fault, mockgraph.faults.pending) == ("drop", [])


def test_a_namespace_has_faults_of_its_own(mockgraph: MockGraph) -> None:
    within = mockgraph.namespace("t1")
    within.faults.next(reset="before")
    assert asked(mockgraph.url, "GET /info").status == 200
    assert asked(mockgraph.namespace("t2").url, "GET /info").status == 200
    assert within.faults.pending == ["reset before"]
    assert asked(within.url, "GET /info").ended == "RST"
    (entry,) = within.journal.requests()
    assert (entry.fault, entry.ended) == ("reset before", "fault: reset before")


def test_a_fault_is_laid_over_http(mockgraph: MockGraph) -> None:
    laid = httpx.post(f"{mockgraph.url}/_mockgraph/faults", json={**BUSY, "route": "GET /info"})
    assert (laid.status_code, laid.json()["fault"], laid.json()["left"]) == (201, "status 503", 1)
    answer = httpx.get(f"{mockgraph.url}/info")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (
        503,
        "1",
        {"detail": "busy"},
    )
    assert httpx.post(f"{mockgraph.url}/_mockgraph/faults", json={"cut": "nowhere"}).status_code == 422


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two kinds": ({"cut": "after", "drop": True}, "of one kind"),
    "no kind": ({"times": 2}, "of one kind"),
    "no such place": ({"truncate": "before"}, "expected one of inside, in_character, after"),
    "no unit": ({"stall": "5"}, "with a unit"),
    "headers without a status": ({"drop": True, "headers": {}}, "it belongs to 'status'"),
    "never": ({"drop": True, "times": 0}, "at least"),
    "no route": ({"drop": True, "route": "runs"}, "is no route"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_fault_is_refused(mockgraph: MockGraph, wrong: str) -> None:
    words, complaint = WRONG[wrong]
    with pytest.raises(FixtureError, match=re.escape(complaint)):
        mockgraph.faults.next(**words)


def test_a_fault_in_a_play_strikes_as_often_as_it_says(mockgraph: MockGraph) -> None:
    mockgraph.stub("greeter", play=[PLAY[0], {"fault": {"cut": "before", "times": 2}}, PLAY[1]])
    with httpx.Client(base_url=mockgraph.url, timeout=PATIENCE) as client:
        thread = client.post("/threads", json={}).json()["thread_id"]
        first = f"/threads/{thread}/runs/stream"
        seen_ = asked(mockgraph.url, f"POST {first}", {**RUN, "stream_resumable": True})
        assert seen_.ended == "FIN"
        (run,) = client.get(f"/threads/{thread}/runs").json()
        again = f"/threads/{thread}/runs/{run['run_id']}/stream"
        told_: list[str] = []
        for _ in range(2):
            with client.stream("GET", again, headers={"last-event-id": "-"}) as answer:
                try:
                    told_.append(answer.read().decode())
                except httpx.RemoteProtocolError:
                    told_.append("cut")
        assert told_[0] == "cut"
        assert told_[1].count("event: updates") == 2


@pytest.mark.parametrize(("fault", "ended"), [({"cut": "before"}, "FIN"), ({"reset": "after"}, "RST")])
def test_the_end_of_a_stream_is_struck(
    mockgraph: MockGraph, parts: tuple[bytes, bytes, bytes], fault: dict[str, Any], ended: str
) -> None:
    mockgraph.stub("greeter", play=[*PLAY, {"fault": fault}])
    found = asked(mockgraph.url, "POST /runs/stream", RUN)
    assert found.ended == ended


def spoken_to(url: str) -> None:
    """A command on a WebSocket, and whatever is said then, until it is closed."""
    with connect(url) as line:
        line.send(json.dumps({"id": 1, "method": "agent.getTree", "params": {}}))
        while True:
            line.recv(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("words", "raised"),
    [({"status": 503}, "HTTP 503"), ({"truncate": "inside", "at": 1}, "received 1000")],
)
def test_a_websocket_that_is_struck_is_told_of(
    mockgraph: MockGraph, words: dict[str, Any], raised: str
) -> None:
    thread = httpx.post(f"{mockgraph.url}/threads", json={}).json()["thread_id"]
    mockgraph.faults.next(**words, route=f"WEBSOCKET {EVENTS}")
    url = f"{mockgraph.url.replace('http', 'ws', 1)}/threads/{thread}/stream/events"
    with pytest.raises((InvalidStatus, ConnectionClosed), match=raised):
        spoken_to(url)
    until(lambda: struck(mockgraph))


@pytest.mark.parametrize("words", [{"status": 503}, {"webhook": "lost"}, {"drop": True, "at": 2}])
def test_what_has_no_place_in_a_play_is_refused(mockgraph: MockGraph, words: dict[str, Any]) -> None:
    with pytest.raises(FixtureError, match="inside a play"):
        mockgraph.stub("greeter", play=[{"fault": words}, *PLAY])


# --- answers that are no streams ---

# What comes of a JSON answer.
WHOLE: list[tuple[dict[str, Any], Sent, Ended]] = [
    ({"reset": "inside"}, lambda body, _, __: [half(body)], "RST"),
    ({"cut": "inside"}, lambda body, _, __: [half(body)], "FIN"),
    ({"cut": "in_character"}, lambda body, _, __: [torn(body)], "FIN"),
    ({"cut": "after"}, lambda body, _, __: [body], "FIN"),
    ({"truncate": "inside"}, lambda body, _, __: [half(body)], "complete"),
    ({"truncate": "in_character"}, lambda body, _, __: [torn(body)], "complete"),
    ({"malformed": True}, lambda body, _, __: [body[:-1] + b","], "complete"),
    ({"duplicate": True}, lambda body, _, __: [body, body], "complete"),
    ({"drop": True}, lambda body, _, __: [], "complete"),
    ({"bytewise": True}, lambda body, _, __: bytewise(body), "complete"),
    ({"stall": "20s", "at": 1}, lambda body, _, __: [body], "complete"),
]
ANSWERS: dict[str, Any] = {
    "POST /runs/wait": WAIT,
    "POST /threads": {"metadata": {"said": "Grüße"}},
}
WAITED = [{"node": "b", "update": {"said": "Ende"}}, {"node": "a", "update": {"said": "Grüße"}}]


@pytest.mark.parametrize("route", ANSWERS)
@pytest.mark.parametrize(("words", "sent", "ended"), WHOLE, ids=[str(words) for words, _, _ in WHOLE])
def test_an_answer_in_json_is_one_part(
    mockgraph: MockGraph, route: str, words: dict[str, Any], sent: Sent, ended: Ended
) -> None:
    mockgraph.stub("greeter", play=WAITED)
    body = b"".join(asked(mockgraph.url, route, ANSWERS[route]).chunks)
    start_over(mockgraph)
    mockgraph.stub("greeter", play=WAITED)
    mockgraph.faults.next(**words)
    assert asked(mockgraph.url, route, ANSWERS[route]) == Seen(200, sent(body, b"", b""), ended)
    assert struck(mockgraph)


@pytest.mark.parametrize(
    ("words", "sent", "ended"), WHOLE[:-1], ids=[str(words) for words, _, _ in WHOLE[:-1]]
)
def test_a_fault_in_a_play_strikes_its_wait(
    mockgraph: MockGraph, words: dict[str, Any], sent: Sent, ended: Ended
) -> None:
    mockgraph.stub("greeter", play=[WAITED[0], {"fault": words}, WAITED[1]])
    answer = asked(mockgraph.url, "POST /runs/wait", WAIT)
    assert answer == Seen(200, sent('{"said":"Grüße"}'.encode(), b"", b""), ended)
    assert struck(mockgraph)


# --- the Python SDK ---


@contextmanager
def opened(url: str, kind: str, *, patience: float = PATIENCE) -> Iterator[SyncLangGraphClient]:
    """Either of the two Python clients, with so many seconds for each read."""
    timeout = (PATIENCE, patience, PATIENCE, PATIENCE)
    if kind == "sync":
        with get_sync_client(url=url, timeout=timeout) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        asynchronous = get_client(url=url, timeout=timeout)
        try:
            yield cast(SyncLangGraphClient, Blocking(asynchronous, runner.get_loop()))
        finally:
            runner.get_loop().run_until_complete(asynchronous.aclose())


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each time that the SDK tries again, which it does without its pause of a second and more."""
    happened: list[str] = []

    def at_once(*_: Any, **__: Any) -> float:
        happened.append("again")
        return 0.0

    for module in PAUSING:
        monkeypatch.setattr(module, "_reconnect_delay", at_once)
    return happened


def gave_up(error: Exception) -> str:
    """The word for an error: a status, or what kind of error it is. How a reset is told depends on who reads when."""
    if isinstance(error, httpx.HTTPStatusError):
        return str(error.response.status_code)
    if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException):
        return "TransportError"
    return type(error).__name__


def by_python(client: SyncLangGraphClient, happened: list[str], *, resumable: bool = True) -> str:
    """What the client tells of a run on a new thread."""
    thread_id = client.threads.create()["thread_id"]
    stream = client.runs.stream(
        thread_id, "greeter", input={}, stream_mode="updates", stream_resumable=resumable
    )
    try:
        happened.extend(next(iter(part.data)) if part.event == "updates" else part.event for part in stream)
    except (httpx.HTTPError, ValueError) as error:
        happened.append(gave_up(error))
    return " ".join(happened)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_python_client_tells(mockgraph: MockGraph, row: Row, kind: str, attempts: list[str]) -> None:
    mockgraph.stub("greeter", play=PLAY)
    mockgraph.faults.next(**row.words, route=STREAM)
    with opened(mockgraph.url, kind, patience=SILENCE if row.ended == "silent" else PATIENCE) as client:
        assert by_python(client, attempts) == row.python
    (entry,) = [entry for entry in mockgraph.journal.requests() if entry.fault is not None]
    assert (entry.path.endswith("/runs/stream"), entry.status) == (True, row.status)


def test_what_cannot_be_resumed_is_lost(mockgraph: MockGraph, kind: str, attempts: list[str]) -> None:
    mockgraph.stub("greeter", play=PLAY)
    mockgraph.faults.next(cut="after", at="updates", route=STREAM)
    with (
        opened(mockgraph.url, kind) as client,
        pytest.warns(UserWarning, match="Reconnecting without a Last-Event-ID"),
    ):
        assert by_python(client, attempts, resumable=False) == "metadata a again"


# What is cut short while the run goes on: `b` takes its time.
GOING_ON = [PLAY[0], {**PLAY[1], "delay": "200ms"}]


def test_a_stream_that_ended_too_early_is_taken_up_again(
    mockgraph: MockGraph, kind: str, attempts: list[str]
) -> None:
    """Nothing on the socket says so: the client asks how the run stands."""
    mockgraph.clock.set("real")
    mockgraph.stub("greeter", play=GOING_ON)
    mockgraph.faults.next(truncate="after", at="updates", route=STREAM)
    with opened(mockgraph.url, kind) as client:
        assert by_python(client, attempts) == BEHIND


SPEAKING = [
    {
        "node": "greeter",
        "do": [
            {"say": {"ai": "Guten Tag"}},
            {"fault": {"cut": "in_character"}},
            {"say": {"ai": "Grüße an alle"}},
            {"update": {"said": "Ende"}},
        ],
    }
]


def test_between_the_chunks_of_messages(mockgraph: MockGraph, kind: str, attempts: list[str]) -> None:
    """The fault strikes once: who comes again hears the rest."""
    mockgraph.stub("greeter", play=SPEAKING)
    with opened(mockgraph.url, kind) as client:
        thread_id = client.threads.create()["thread_id"]
        parts = client.runs.stream(
            thread_id, "greeter", input={}, stream_mode="messages-tuple", stream_resumable=True
        )
        chunks = [cast(Any, part.data)[0] for part in parts if part.event == "messages"]
    assert "".join(chunk["content"] for chunk in chunks) == "Guten TagGrüße an alle"
    assert attempts == ["again"]
    (entry,) = [entry for entry in mockgraph.journal.requests() if entry.fault is not None]
    assert entry.ended == "fault: cut in_character"


def test_the_rest_is_joined(mockgraph: MockGraph, kind: str) -> None:
    mockgraph.stub(
        "greeter", play=[PLAY[0], {"fault": {"cut": "after"}}, PLAY[1], {"node": "c", "update": None}]
    )
    with opened(mockgraph.url, kind) as client:
        thread_id = client.threads.create()["thread_id"]
        answer = asked(
            mockgraph.url, f"POST /threads/{thread_id}/runs/stream", {**RUN, "stream_resumable": True}
        )
        assert (len(answer.chunks), answer.ended) == (3, "FIN")
        (run,) = cast(list[Any], client.runs.list(thread_id))
        *_, last = answer.chunks
        last_id = last.rpartition(b"id: ")[2].strip().decode()
        rest = list(client.runs.join_stream(thread_id, run["run_id"], last_event_id=last_id))
    assert [part.data for part in rest] == [{"c": None}]
    assert (run["status"], newest(mockgraph).fault) == ("success", None)


# What the client makes of a JSON answer: of a wait that is cut it asks again, at its Location.
JSON: list[tuple[dict[str, Any], str, str]] = [
    ({"reset": "inside"}, "again Grüße", "TransportError"),
    ({"cut": "after"}, "again Grüße", "TransportError"),
    ({"truncate": "inside"}, "JSONDecodeError", "JSONDecodeError"),
    ({"malformed": True}, "JSONDecodeError", "JSONDecodeError"),
    ({"duplicate": True}, "JSONDecodeError", "JSONDecodeError"),
    ({"bytewise": True}, "Grüße", "Grüße"),
    (BUSY, "503", "503"),
]


@pytest.mark.filterwarnings("ignore:Request failed, attempting reconnect")
@pytest.mark.parametrize(("words", "waited", "got"), JSON, ids=[str(words) for words, _, _ in JSON])
def test_the_python_client_tells_of_json(
    mockgraph: MockGraph, kind: str, attempts: list[str], words: dict[str, Any], waited: str, got: str
) -> None:
    mockgraph.stub("greeter", play=WAITED)
    with opened(mockgraph.url, kind) as client:
        thread_id = client.threads.create()["thread_id"]
        calls: list[Callable[[], Any]] = [
            lambda: cast(Any, client.runs.wait(thread_id, "greeter", input={}))["said"],
            lambda: cast(Any, client.threads.get_state(thread_id)["values"])["said"],
        ]
        for call, expected in zip(calls, (waited, got), strict=True):
            attempts.clear()
            mockgraph.faults.next(**words)
            try:
                attempts.append(call())
            except (httpx.HTTPError, ValueError) as error:
                attempts.append(gave_up(error))
            assert " ".join(attempts) == expected
            assert mockgraph.faults.pending == []


@pytest.mark.parametrize("place", WEBHOOKS)
def test_a_webhook_is(mockgraph: MockGraph, httpserver: HTTPServer, kind: str, place: str) -> None:
    """The run knows nothing of it; that none came is certain once that of the next run has."""
    mockgraph.stub("greeter", play=PLAY)
    hook = httpserver.url_for("/hook")
    for _ in range(WEBHOOKS[place] + 1):
        httpserver.expect_ordered_request("/hook", method="POST").respond_with_data("")
    mockgraph.faults.next(webhook=place, graph="greeter")
    with httpserver.wait(timeout=PATIENCE), opened(mockgraph.url, kind) as client:
        for number in (1, 2):
            thread_id = client.threads.create(metadata={"number": number})["thread_id"]
            assert client.runs.wait(thread_id, "greeter", input={}, webhook=hook) == {"said": "Ende"}
            assert mockgraph.faults.pending == []
            until(lambda sent=WEBHOOKS[place] + number - 1: len(httpserver.log) == sent)  # type: ignore[misc]
    runs = [request.json["run_id"] for request, _ in httpserver.log]
    first_run, second_run = [entry.run_id for entry in mockgraph.journal.runs()]
    assert runs == [*[first_run] * WEBHOOKS[place], second_run]


# --- the newer thread protocol ---


def started(mock: MockGraph) -> None:
    """A run on THREAD, in that protocol: it tells four events, of which `values` are the second and third."""
    mock.stub("greeter", play=PLAY)
    command = {"id": 1, "method": "run.start", "params": {"assistant_id": "greeter", "input": {}}}
    assert httpx.post(f"{mock.url}{THREAD}/commands", json=command).json()["type"] == "success"


# What is told of events 1 to 4, and how it ends; None: it goes on.
TOLD: list[tuple[dict[str, Any], list[int], str | None]] = [
    ({"reset": "inside", "at": "values"}, [1], "RST"),
    ({"cut": "after", "at": "values"}, [1, 2], "FIN"),
    ({"drop": True, "at": "values"}, [1, 3, 4], None),
    ({"duplicate": True, "at": "values"}, [1, 2, 2, 3, 4], None),
    ({"reorder": True, "at": "values"}, [1, 3, 2, 4], None),
    ({"malformed": True, "at": "values"}, [1, 3, 4], None),
]
TOLD_IDS = [next(iter(words)) for words, _, _ in TOLD]


def read(texts: Iterable[str | bytes]) -> list[int]:
    """The numbers of the events that can be read, up to the last."""
    numbers: list[int] = []
    for text in texts:
        try:
            told = json.loads(text)
        except ValueError:
            continue
        if told["type"] == "event":
            numbers.append(told["seq"])
            if told["seq"] == 4:
                break
    return numbers


@pytest.mark.parametrize(("words", "told", "ended"), TOLD, ids=TOLD_IDS)
def test_events_are_parts(
    mockgraph: MockGraph, words: dict[str, Any], told: list[int], ended: str | None
) -> None:
    started(mockgraph)
    mockgraph.faults.next(**words, route=f"POST {EVENTS}")
    body = {"channels": ["values", "lifecycle"]}
    if ended is not None:
        answer = asked(mockgraph.url, f"POST {THREAD}/stream/events", body)
        assert answer.ended == ended
        assert read(re.findall(rb"data: (.*)\r\n", b"".join(answer.chunks))) == told
    else:
        with httpx.stream("POST", f"{mockgraph.url}{THREAD}/stream/events", json=body) as stream:
            assert read(line[6:] for line in stream.iter_lines() if line.startswith("data: ")) == told
    (entry,) = mockgraph.journal.requests(path=f"{THREAD}/stream/events")
    assert entry.fault is not None


@pytest.mark.parametrize(("words", "told", "ended"), TOLD, ids=TOLD_IDS)
def test_the_messages_of_a_websocket_are_parts(
    mockgraph: MockGraph, words: dict[str, Any], told: list[int], ended: str | None
) -> None:
    started(mockgraph)
    mockgraph.faults.next(**words, route=EVENTS)
    subscribe = {"channels": ["values", "lifecycle"]}
    causes = {"RST": ConnectionResetError, "FIN": EOFError}
    cause: BaseException | None = None
    heard: list[str | bytes] = []
    with connect(f"ws{mockgraph.url.removeprefix('http')}{THREAD}/stream/events") as line:
        line.send(json.dumps({"id": 1, "method": "subscription.subscribe", "params": subscribe}))
        try:
            while read(heard)[-1:] != [4]:
                heard.append(line.recv(timeout=PATIENCE))
        except ConnectionClosedError as error:
            cause = error.__cause__
    assert read(heard) == told
    assert type(cause) is (type(None) if ended is None else causes[ended])
    (entry,) = mockgraph.journal.requests(path=f"{THREAD}/stream/events")
    assert (entry.method, entry.fault is not None) == ("WEBSOCKET", True)


# What the Python client hears of events 1 to 4: what breaks off it takes up again, what it cannot read too, but not on a
# WebSocket.
HEARD = {"reset": [1, 2, 3, 4], "cut": [1, 2, 3, 4], "drop": [1, 3, 4], "duplicate": [1, 2, 3, 4]}
HEARD |= {"reorder": [1, 3, 2, 4], "malformed": [1, 2, 3, 4], "malformed websocket": [1, 3, 4]}
TAKEN_UP_AGAIN = ("reset", "cut", "malformed")


@pytest.mark.parametrize("transport", ["sse", "websocket"])
@pytest.mark.parametrize("words", [words for words, _, _ in TOLD], ids=TOLD_IDS)
@pytest.mark.mockgraph(allow_unstruck=True)
@pytest.mark.usefixtures("attempts")
def test_the_python_client_hears(
    mockgraph: MockGraph, words: dict[str, Any], transport: Literal["sse", "websocket"]
) -> None:
    """It has two streams; the fault is for each, and strikes that which has `values`."""
    mockgraph.stub("greeter", play=PLAY)

    async def talk() -> tuple[list[int], Any]:
        async with get_client(url=mockgraph.url) as client:
            thread_id = (await client.threads.create())["thread_id"]
            mockgraph.faults.next(**words, times=2, route=EVENTS)
            async with client.threads.stream(
                thread_id, assistant_id="greeter", transport=transport
            ) as thread:
                events = thread.subscribe(["values", "lifecycle"])
                await thread.run.start(input={})
                return [event["seq"] async for event in events], await thread.output

    numbers, output = asyncio.run(asyncio.wait_for(talk(), PATIENCE))
    kind = next(iter(words))
    expected = HEARD.get(f"{kind} {transport}", HEARD[kind])
    assert (numbers, output) == (expected, {"said": "Ende"})
    streams = [entry for entry in mockgraph.journal.requests() if entry.path.endswith("/stream/events")]
    assert any(entry.fault for entry in streams)
    assert (len(streams) > 2) == (kind in TAKEN_UP_AGAIN and f"{kind} {transport}" not in HEARD)


# --- the JavaScript SDK ---


@pytest.fixture(scope="module")
def by_javascript(folder: Path) -> dict[str, str]:
    """What a version tells, by the names of rows, and of a stream that ended too early."""
    rows = {row.name: (row.words, PLAY, row.ended == "silent") for row in ROWS}
    rows["too early"] = ({"truncate": "after", "at": "updates"}, GOING_ON, False)
    with MockGraph(clock="instant") as mock:
        lines: list[tuple[str, float]] = []
        for number, (words, play, silent) in enumerate(rows.values()):
            within = mock.namespace(f"row-{number}")
            if play is GOING_ON:
                within.clock.set("real")
            within.stub("greeter", play=play)
            within.faults.next(**words, route=STREAM)
            lines.append((within.url, SILENCE * 1000 if silent else 0))
        answers = told(folder, "faults.mjs", json.dumps(lines))
    return {name: " ".join(answer) for name, answer in zip(rows, answers, strict=True)}


def older(folder: Path) -> bool:
    return folder.name == "v2.0.0"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_javascript_client_tells(by_javascript: dict[str, str], folder: Path, row: Row) -> None:
    assert by_javascript[row.name] == ((older(folder) and row.older) or row.javascript)


def test_javascript_takes_up_a_stream_that_ended_too_early(
    by_javascript: dict[str, str], folder: Path
) -> None:
    assert by_javascript["too early"] == ("metadata a" if older(folder) else BEHIND)


# --- the page ---


def test_the_play_of_the_page_plays(mockgraph: MockGraph, tmp_path: Path) -> None:
    (fixture,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "greeter.yaml"
    path.write_text(fixture.replace("graph: agent", "graph: greeter"), "utf-8")
    mockgraph.load(path)
    answer = asked(mockgraph.url, "POST /runs/stream", RUN)
    nodes = [chunk for chunk in answer.chunks if b"updates" in chunk]
    assert (len(nodes), answer.chunks.count(BEAT), answer.ended) == (2, 5, "FIN")


def test_the_python_of_the_page_runs(mockgraph: MockGraph) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(compile(code, "faults.md", "exec"), scope)
    scope["test_a_busy_server"](mockgraph)


def test_the_lines_of_the_page_lay_faults(mockgraph: MockGraph) -> None:
    (words,) = re.findall(r"_mockgraph/faults -d '(.*)'", PAGE.read_text("utf-8"))
    answer = httpx.post(f"{mockgraph.url}/_mockgraph/faults", content=words)
    assert (answer.status_code, mockgraph.faults.pending) == (201, ["cut after"])
    assert httpx.delete(f"{mockgraph.url}/_mockgraph/faults").status_code == 204
    assert mockgraph.faults.pending == []


def test_the_page_has_every_kind_and_each_of_its_places() -> None:
    rows = [
        line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| `\w+: ", line)
    ]
    told = [re.findall(r"`(\w+): ?(\w*)", cells[0]) for cells in rows]
    found = {(kind, place if KINDS[kind].places else "") for named in told for kind, place in named}
    assert found == {(name, place) for name, kind in KINDS.items() for place in kind.places or ("",)}
    for cells, named in zip(rows, told, strict=True):
        assert {KINDS[kind].survives for kind, _ in named} == {cells[2]}
