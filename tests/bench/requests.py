"""The requests, as bytes that are built once: every side of a pair gets the same body."""

import json
import uuid
from collections.abc import Sequence

_STREAM = b'{"assistant_id":"counter","input":{"n":1},"stream_mode":"updates"}'
_RUN = b'{"assistant_id":"counter","input":{"n":1}}'


def stream(path: str) -> bytes:
    """An `updates` stream."""
    return _post(path, _STREAM)


def wait(path: str) -> bytes:
    """A wait for the values."""
    return _post(path, _RUN)


def thread() -> bytes:
    """A new thread."""
    return _post("/threads", b"{}")


def idle(path: str) -> bytes:
    """A `custom` stream of the graph `idle`."""
    return _post(path, b'{"assistant_id":"idle","input":{},"stream_mode":"custom"}')


def thread_id() -> str:
    """The id of a thread that is not there yet."""
    return str(uuid.uuid4())


def classic(thread_id: str, graph: str, mode: str) -> bytes:
    """A stream of a run on a thread, which is made where it is not there."""
    body = {"assistant_id": graph, "input": {"n": 1}, "stream_mode": mode, "if_not_exists": "create"}
    return _post(f"/threads/{thread_id}/runs/stream", json.dumps(body).encode())


def start(graph: str) -> bytes:
    """The command of the newer thread protocol that starts a run, as JSON."""
    params = {"assistant_id": graph, "input": {"n": 1}}
    return json.dumps({"id": 1, "method": "run.start", "params": params}).encode()


def subscribe(channels: Sequence[str]) -> bytes:
    """The command that asks for events on a WebSocket, as JSON."""
    told = {"id": 2, "method": "subscription.subscribe", "params": {"channels": channels}}
    return json.dumps(told).encode()


def command(thread_id: str, body: bytes) -> bytes:
    """A command over HTTP."""
    return _post(f"/threads/{thread_id}/commands", body)


def events(thread_id: str, channels: Sequence[str], since: int = 0) -> bytes:
    """A thread's events behind a number, without end."""
    return _post(events_path(thread_id), json.dumps({"channels": channels, "since": since}).encode())


def events_path(thread_id: str) -> str:
    """Where the events of a thread are, over SSE and on a WebSocket."""
    return f"/threads/{thread_id}/stream/events"


def _post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
