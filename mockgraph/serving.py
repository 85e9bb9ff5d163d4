"""uvicorn, as mockgraph runs it: on a socket of ours, quiet, and gone at once when told to stop."""

import logging
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

_GRACE_NOTE = "timeout graceful shutdown exceeded"


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready and does not wait for open streams when it stops."""

    def __init__(self, app: ASGIApp, *, ready: Callable[[], None], access_log: bool = False) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=access_log,
            lifespan="off",
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=0,
        )
        super().__init__(config)
        self._ready = ready
        logging.getLogger("uvicorn.error").addFilter(_no_grace_note)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _no_grace_note(record: logging.LogRecord) -> bool:
    """Streams that were open when the server stopped are no error of anybody's."""
    return _GRACE_NOTE not in record.getMessage()


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError where the address is taken or not ours."""
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


def address(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
