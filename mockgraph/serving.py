"""uvicorn, as mockgraph runs it: on a socket of ours, quiet, and gone at once when told to stop."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready and does not wait for open streams when it stops."""

    def __init__(self, app: ASGIApp, *, ready: Callable[[], None], access_log: bool = False) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=access_log,
            lifespan="off",
            proxy_headers=False,
            ws=_websocket,  # type: ignore[arg-type]  # whatever makes a protocol will do
            timeout_graceful_shutdown=0,
        )
        super().__init__(config)
        self._ready = ready

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._worth_telling)
        try:
            await super().serve(sockets)
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=1)
        finally:
            log.removeFilter(self._worth_telling)

    def _worth_telling(self, _record: logging.LogRecord) -> bool:
        """Streams that are cut because the server stops are no errors of anybody's."""
        return not self.should_exit

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _websocket(*args: Any, **named: Any) -> asyncio.Protocol:
    """uvicorn's protocol for WebSockets, imported when the first client asks for one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(*args, **named)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError where the address is taken or not ours."""
    if not host:
        raise OSError(errno.EADDRNOTAVAIL, "an empty address would be every address")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
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
