"""The server as clients meet it on the socket."""

import socket
from collections.abc import Iterator

import pytest

from mockgraph import MockGraph
from mockgraph.serving import bound

RUN = b'{"assistant_id":"agent","input":{}}'
REQUESTS = {
    "GET": b"GET /ok HTTP/1.1\r\nhost: h\r\n\r\n",
    "POST": b"POST /runs/wait HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%b" % (len(RUN), RUN),
    "stream": b"POST /runs/stream HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%b" % (len(RUN), RUN),
    "two at once": b"GET /ok HTTP/1.1\r\nhost: h\r\n\r\n" * 2,
}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockGraph]:
    with MockGraph() as mock:
        mock.stub("agent", play=[{"node": "agent", "update": {"x": 1}}])
        yield mock


def everything(client: socket.socket) -> bytes:
    heard = b""
    while piece := client.recv(65_536):
        heard += piece
    return heard


@pytest.mark.parametrize("name", REQUESTS)
def test_who_has_said_everything_is_answered_all_the_same(mock: MockGraph, name: str) -> None:
    host, port = mock.url.removeprefix("http://").split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(REQUESTS[name])
            client.shutdown(socket.SHUT_WR)
            assert everything(client).startswith(b"HTTP/1.1 200 OK\r\n")


def test_streams_do_not_wait_for_acknowledgements() -> None:
    with bound("127.0.0.1", 0) as listening:
        # What asyncio looks for before it turns Nagle's algorithm off.
        assert listening.proto == socket.IPPROTO_TCP
