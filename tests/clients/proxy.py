"""A connection that breaks: a proxy on the loopback interface that cuts the first one in the middle of its answer."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PATIENCE = 10.0  # seconds until a side that says nothing is given up
_BLOCK_END = b"\r\n\r\n"  # of the head of an answer, and of each SSE part


class Proxy:
    """Hands requests on to the server at `url`.

    Of the first connection's answer it hands on the head and `parts` SSE parts, holds the rest back until `read` is
    set (by a client that has read so far), and closes the connection. Later connections are left alone. `asked` is
    what clients sent, by connection.
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
        heads = [said.partition(_BLOCK_END)[0] + b"\r\n" for said in self.asked]
        found = [re.search(rb"(?im)^last-event-id: *(\S+)\r$", head) for head in heads]
        return [each[1].decode() if each else None for each in found]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server, _PATIENCE)
                self._open += [client, server]
                number = len(self.asked)
                self.asked.append(b"")
                self._start(partial(self._up, number, client, server))
                self._start(partial(self._down, self._blocks if number == 0 else None, server, client))

    def _up(self, number: int, client: socket.socket, server: socket.socket) -> None:
        """Hand on what a client asks."""
        with suppress(OSError):
            while said := client.recv(65536):
                self.asked[number] += said
                server.sendall(said)
        _close(server)

    def _down(self, blocks: int | None, server: socket.socket, client: socket.socket) -> None:
        """Hand on what the server answers, or so many blocks of it."""
        answer, sent = b"", 0
        with suppress(OSError):
            while said := server.recv(65536):
                answer += said
                end = len(answer)
                held = blocks is not None and answer.count(_BLOCK_END) >= blocks
                if held:
                    end = sum(len(block + _BLOCK_END) for block in answer.split(_BLOCK_END)[:blocks])
                client.sendall(answer[sent:end])
                sent = end
                if held:
                    self.read.wait(_PATIENCE)
                    break
        _close(server)
        _close(client)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
