"""What paths and queries say: ids, flags, and where a run is found."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mockgraph.backend.access import Seen, allowed
from mockgraph.backend.runs import Run
from mockgraph.runtime.runner import Runner
from mockgraph.web import sse
from mockgraph.web.auth import access_of
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical


class Endpoint:
    """A method as an ASGI endpoint: Starlette takes bare functions for request handlers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def uuid_of(text: str | None, what: str) -> str:
    """An id in its usual spelling; refuses what is none."""
    known = canonical(text or "")
    if known is None:
        raise Refusal(422, f"Invalid {what} ID: must be a UUID")
    return known


def ids_of(params: dict[str, str]) -> tuple[str, str]:
    """The thread and the run of a path."""
    return uuid_of(params["thread_id"], "thread"), uuid_of(params["run_id"], "run")


def run_of(runner: Runner, scope: Scope) -> Run:
    """The run of a path; refuses one that is not there, as reading does."""
    thread_id, _ = ids_of(scope["path_params"])
    runner.namespace.threads.get(thread_id, seen=seen_threads(scope, "read"))
    run = run_if_there(runner, scope["path_params"])
    if run is None:
        raise Refusal(404, "Not Found")
    return run


def seen_threads(scope: Scope, action: str) -> Seen:
    """What the caller sees of threads in an action; raises Refusal."""
    return allowed(access_of(scope), "threads", action)


def hidden(runner: Runner, scope: Scope, action: str) -> bool:
    """Whether the thread of a path is not there for a caller who does not see all; raises Refusal."""
    seen = seen_threads(scope, action)
    known = canonical(scope["path_params"]["thread_id"])
    return bool(seen) and (known is None or runner.namespace.threads.find(known, seen=seen) is None)


def run_if_there(runner: Runner, params: dict[str, str]) -> Run | None:
    """The run of a path, or None: following one that is not there is answered inside a 200."""
    thread_id, run_id = ids_of(params)
    run = runner.namespace.runs.get(run_id)
    return run if run is not None and run.thread_id == thread_id else None


# langgraph-api 0.16.7: what a flag in the query of something that is read may say for yes.
TRUE = ("true", "True")


def flag(scope: Scope, name: str) -> bool:
    """A flag in the query of something that is done to runs. langgraph-api 0.16.7: these take other words too."""
    return Request(scope).query_params.get(name, "").lower() in ("true", "1", "yes")


def api_url(scope: Scope) -> str:
    """The server's own address, with where it is mounted, as run metadata names it."""
    host, port = scope.get("server") or ("127.0.0.1", None)
    mounted = scope.get("root_path", "")
    return f"http://{host}:{port}{mounted}" if port else f"http://{host}{mounted}"


def place_of(run: Run, *, stateful: bool) -> str:
    """The path of a run, as its creator is told it."""
    return f"/threads/{run.thread_id}/runs/{run.run_id}" if stateful else f"/runs/{run.run_id}"


def named(params: dict[str, str], name: str) -> sse.RawHeaders:
    """Location headers for following the run of a path."""
    run = f"/threads/{params['thread_id']}/runs/{params['run_id']}"
    return sse.places(f"{run}/{name}", run)
