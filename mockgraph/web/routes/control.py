"""The routes of the control API. What answers them is imported when somebody asks for the first time."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.runtime.namespaces import Namespace

# Methods and paths, and the names of what answers them in `web.control`.
TABLE = {
    "GET /stubs": "stubs",
    "POST /stubs": "add_stubs",
    "DELETE /stubs/{graph}/{name:path}": "remove_stub",
    "PUT /latency/{graph}": "latency",
    "GET /journal": "journal",
    "DELETE /journal": "clear_journal",
    "GET /journal/{number}": "entry",
    "GET /journal/{number}/parts": "parts",
    "POST /verify": "verify",
    "POST /verify/no_more": "no_more",
    "GET /left_behind": "left_behind",
    "GET /faults": "faults",
    "POST /faults": "add_fault",
    "DELETE /faults": "clear_faults",
    "GET /clock": "clock",
    "PUT /clock": "set_clock",
    "POST /clock/advance": "advance",
    "POST /clock/next_part": "next_part",
    "POST /reset": "reset",
    "GET /ns": "namespaces",
    "DELETE /ns/{name}": "drop",
}


def routes(namespace: Namespace, root: Namespace) -> list[BaseRoute]:
    """The routes that control a namespace; `root` is that of the server."""

    def answering(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            from mockgraph.web.control import answered

            return await answered(namespace, root, name, request)

        return answer

    return [
        Route(f"/_mockgraph{path}", answering(name), methods=[method])
        for (method, path), name in ((place.split(" ", 1), name) for place, name in TABLE.items())
    ]
