"""The requests, as bytes that are built once: every side of a pair gets the same body."""

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


def _post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
