"""uvicorn, as mockgraph runs it: on a socket of ours, quiet, and gone at once when told to stop."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.corked import Corked
from mockgraph.runtime.journal import LOG


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready and does not wait for open streams when it stops."""

    def __init__(self, app: ASGIApp, *, ready: Callable[[], None], access_log: bool = False) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=access_log,
            lifespan="off",
            proxy_headers=False,
            http=self._protocol(_http),  # type: ignore[arg-type]  # whatever makes a protocol will do
            ws=self._protocol(_websocket),  # type: ignore[arg-type]
            timeout_graceful_shutdown=0,
        )
        super().__init__(config)
        self._ready = ready
        self._refusing: asyncio.Task[None] | None = None
        self._refused_until = 0.0

    def _protocol(self, make: Callable[..., Any]) -> Callable[..., asyncio.Protocol]:
        """What makes a protocol whose requests know the connection that they came on."""

        def made(*args: Any, **named: Any) -> asyncio.Protocol:
            protocol = make(*args, **named)
            protocol.access_log = False  # uvicorn logs accesses wherever some handler listens
            protocol.app = _OnLine(protocol.app, Line(self, protocol))
            return cast(asyncio.Protocol, protocol)

        return made

    def refuse(self, seconds: float) -> None:
        """Listen no more for so long, in seconds of the machine's time, and then again where it did."""
        loop = asyncio.get_running_loop()
        self._refused_until = max(self._refused_until, loop.time() + seconds)
        if self._refusing is None or self._refusing.done():
            self._refusing = loop.create_task(self._refuse())

    async def _refuse(self) -> None:
        places = [there.getsockname()[:2] for server in self.servers for there in server.sockets]
        for server in self.servers:
            server.close()
        self.servers = []
        loop, config = asyncio.get_running_loop(), self.config
        while (left := self._refused_until - loop.time()) > 0:
            await asyncio.sleep(left)

        def protocol() -> asyncio.Protocol:
            make: Any = config.http_protocol_class
            made: asyncio.Protocol = make(
                config=config, server_state=self.server_state, app_state=self.lifespan.state, _loop=loop
            )
            return made

        while places and not self.should_exit:
            try:
                listening = bound(*places[0])
            except OSError as error:
                # Somebody else has the port for now: nothing but this server may be found there.
                LOG.warning("%s; trying again", refusal(error, *places[0]))
                await asyncio.sleep(0.1)
                continue
            self.servers.append(await loop.create_server(protocol, sock=listening))
            del places[0]

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._worth_telling)
        try:
            await super().serve(sockets)
            if self._refusing is not None:
                self._refusing.cancel()
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=1)
        finally:
            log.removeFilter(self._worth_telling)

    def _worth_telling(self, record: logging.LogRecord) -> bool:
        """Not streams that are cut because the server stops, nor the headers of handshakes, with credentials in them."""
        return not self.should_exit and record.levelno > logging.DEBUG

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class Line:
    """The connection that requests come on."""

    __slots__ = ("_protocol", "_server")

    def __init__(self, server: Server, protocol: Any) -> None:
        self._server = server
        self._protocol = protocol

    @property
    def transport(self) -> asyncio.Transport:
        """The transport of the connection."""
        transport: asyncio.Transport = self._protocol.transport
        return transport

    def refuse(self, seconds: float) -> None:
        """Have the server accept no other connection for so long, in seconds of the machine's time."""
        self._server.refuse(seconds)


class _OnLine:
    """An ASGI app whose scopes say on which connection they came."""

    __slots__ = ("_app", "_line")

    def __init__(self, app: ASGIApp, line: Line) -> None:
        self._app = app
        self._line = line

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope["mockgraph.connection"] = self._line
        return self._app(scope, receive, send)


def _http(*args: Any, **named: Any) -> asyncio.Protocol:
    """uvicorn's protocol for HTTP, which writes what belongs together at once."""
    made: asyncio.Protocol = _http_class()(*args, **named)
    return made


@cache
def _http_class() -> Any:
    """Its class, made for the first connection: httptools, or h11, are imported then."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    protocol: Any = AutoHTTPProtocol

    class Corking(protocol):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(Corked(transport))

        def eof_received(self) -> None:
            # The client will say no more, and the transport closes itself behind this: what it is owed goes first.
            self.transport.flush()
            super().eof_received()

    return Corking


def _websocket(*args: Any, **named: Any) -> asyncio.Protocol:
    """uvicorn's protocol for WebSockets, imported when the first client asks for one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(*args, **named)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError where the address is taken or not ours."""
    if not host:
        raise OSError(errno.EADDRNOTAVAIL, "an empty address would be every address")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio looks for the protocol before it sets TCP_NODELAY, without which a stream waits for its client's ACKs.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except BaseException:
        listening.close()
        raise
    return listening


def refusal(error: Exception, host: str, port: int) -> str:
    """Why a socket could not be had, in words."""
    if isinstance(error, socket.gaierror):
        return f"'{host}' is no address of this machine"
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return f"cannot listen on {host}:{port}: {reason}"


def address(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
