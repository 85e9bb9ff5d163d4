"""Runs that are to end before they are over: cancelled one by one or many at once, or deleted."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mockgraph.backend.access import sees
from mockgraph.runtime.runner import Runner
from mockgraph.web import sse
from mockgraph.web.bodies import parsed, read_request
from mockgraph.web.paths import Endpoint, flag, hidden, ids_of, named, run_if_there, seen_threads, uuid_of
from mockgraph.words.errors import Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes, of which the first is more specific than that of a run."""
    stopping = Stopping(runner)
    return [
        Route("/runs/cancel", stopping.many, methods=["POST"]),
        Route("/threads/{thread_id}/runs/{run_id}", stopping.delete, methods=["DELETE"]),
        Route("/threads/{thread_id}/runs/{run_id}/cancel", Endpoint(stopping.one), methods=["POST"]),
    ]


class Stopping:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def one(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`POST …/cancel`."""
        params = scope["path_params"]
        thread_id, run_id = ids_of(params)
        action = Request(scope).query_params.get("action") or "interrupt"
        if hidden(self.runner, scope, "update"):
            raise Refusal(404, _NONE)
        # langgraph-api 0.16.7: these braces are its own.
        at = "/threads/{thread_id}/runs/{run_id}/cancel"
        self.runner.cancel(thread_id, [run_id], action=action, at=at)
        if not flag(scope, "wait"):
            await Response(status_code=202)(scope, receive, send)
            return
        # langgraph-api 0.16.7: the answer is that of a wait, and says nothing of what the run came to.
        await sse.begin_wait(send, named(params, "join"))
        await sse.write(send, [b"{}"])

    async def many(self, request: Request) -> Response:
        """`POST /runs/cancel`."""
        data = parsed(await read_request(request), "RunsCancel")
        action = request.query_params.get("action") or "interrupt"
        status, thread_id, run_ids = data.get("status"), data.get("thread_id"), data.get("run_ids")
        if status is not None:
            if thread_id is not None or run_ids is not None:
                raise Refusal(422, _STATUS_ALONE)
            wanted = ("pending", "running") if status == "all" else (status,)
            seen = seen_threads(request.scope, "update")
            live = self.runner.namespace.live.values()
            run_ids = [
                one.run.run_id for one in live if one.run.status in wanted and sees(seen, one.thread.metadata)
            ]
        else:
            thread_id = uuid_of(thread_id, "thread")
            run_ids = [uuid_of(run_id, "run") for run_id in run_ids or ()]
            seen = seen_threads(request.scope, "update")
            if seen and self.runner.namespace.threads.find(thread_id, seen=seen) is None:
                raise Refusal(404, _NONE)
        self.runner.cancel(thread_id, run_ids, action=action, at="/runs/cancel")
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """`DELETE …/runs/{run_id}`."""
        run = run_if_there(self.runner, request.path_params)
        if hidden(self.runner, request.scope, "delete"):
            raise Refusal(404, "Not Found")
        if run is None:
            raise Refusal(404, "Run not found")
        self.runner.delete(run)
        return Response(status_code=204)


_NONE = "No runs found to cancel."
_STATUS_ALONE = (
    "When providing a 'status', 'thread_id' and 'run_ids' must be omitted. The 'status' parameter cancels all runs "
    "with the given status, regardless of thread or run ID."
)
