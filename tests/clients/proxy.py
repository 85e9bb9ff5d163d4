"""A connection that breaks: a proxy on the loopback interface that cuts the first one in the middle of its answer."""

import re
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PATIENCE = 10.0  # seconds until a side that says nothing is given up
_BLOCK_END = b"\r\n\r\n"  # of the head of an answer, and of each SSE part


class Proxy:
    """Hands requests on to the server at `url`.

    Of the first connection's answer it hands on the head and `parts` SSE parts, holds the rest back until `read` is
    set (by a client that has read so far), and closes the connection. Later connections are left alone. `asked` are
    the heads of the requests, by connection.
    """

    def __init__(self, url: str, *, parts: int) -> None:
        place = urlsplit(url)
        self._server = (place.hostname or "", place.port or 0)
        self._blocks = parts + 1
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.read = threading.Event()
        self.asked: list[bytes] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.read.set()
        for end in [self._listening, *self._open]:
            _close(end)
        for thread in self._threads:
            thread.join(_PATIENCE)

    @property
    def last_seen(self) -> list[str | None]:
        """The Last-Event-ID of each connection's first request."""
        found = [re.search(rb"(?im)^last-event-id: *(\S+)\r$", head) for head in self.asked]
        return [each[1].decode() if each else None for each in found]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._server, _PATIENCE)
            number = len(self.asked)
            self.asked.append(b"")
            self._open += [client, server]
            self._start(lambda number=number, client=client, server=server: self._up(number, client, server))  # type: ignore[misc]
            self._start(
                lambda number=number, client=client, server=server: self._down(number, client, server)
            )  # type: ignore[misc]

    def _up(self, number: int, client: socket.socket, server: socket.socket) -> None:
        """Hand on what the client asks."""
        while block := _received(client):
            self.asked[number] += block
            server.sendall(block)
        _close(server)

    def _down(self, number: int, client: socket.socket, server: socket.socket) -> None:
        """Hand on what the server answers; of the first answer a beginning."""
        answer, sent = b"", 0
        while block := _received(server):
            answer += block
            end = len(answer)
            if number == 0 and answer.count(_BLOCK_END) >= self._blocks:
                end = len(_BLOCK_END.join(answer.split(_BLOCK_END)[: self._blocks])) + len(_BLOCK_END)
            client.sendall(answer[sent:end])
            sent = end
            if number == 0 and answer.count(_BLOCK_END) >= self._blocks:
                self.read.wait(_PATIENCE)
                break
        _close(server)
        _close(client)

    def _start(self, work: object) -> None:
        thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _close(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
