"""Threads: made, read, changed, copied, forgotten, searched."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend.access import Seen, sees
from mockgraph.backend.json import loads
from mockgraph.backend.threads import Thread
from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read_request
from mockgraph.web.paths import seen_threads, uuid_of
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's threads."""
    threads = Threads(runner)
    return [
        Route("/threads", threads.create, methods=["POST"]),
        Route("/threads/search", threads.search, methods=["POST"]),
        Route("/threads/count", threads.count, methods=["POST"]),
        Route("/threads/prune", threads.prune, methods=["POST"]),
        Route("/threads/{thread_id}", threads.get, methods=["GET"]),
        Route("/threads/{thread_id}", threads.patch, methods=["PATCH"]),
        Route("/threads/{thread_id}", threads.delete, methods=["DELETE"]),
        Route("/threads/{thread_id}/copy", threads.copy, methods=["POST"]),
        Route("/threads/{thread_id}/storage", threads.storage, methods=["GET"]),
    ]


class Threads:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.namespace = runner.namespace

    async def create(self, request: Request) -> Response:
        """`POST /threads`."""
        body = await read_request(request)
        data = parsed(body, "ThreadCreate")
        given = data.get("thread_id")
        new_id = uuid_of(given, "thread") if given else self.namespace.ids.thread(body)
        now, seen = self.namespace.options.clock.now(), _seen(request, "create")
        thread = self.namespace.threads.create(data, new_id=new_id, now=now, seen=seen)
        # langgraph-api 0.16.7: on a thread that is there, too.
        if data.get("supersteps"):
            from mockgraph.runtime.editing import build

            try:
                build(self.namespace, thread, data["supersteps"], access=access_of(request.scope))
            except Refusal as refusal:
                if loads(thread.metadata).get("graph_id") in self.namespace.graphs:
                    raise
                # langgraph-api 0.16.7: 201, with the thread made and nothing on it.
                said = f"Thread {thread.thread_id} was created, but there were problems updating the state: "
                return json({"detail": said + refusal.detail}, status=201)
        return json(thread.wire())

    async def search(self, request: Request) -> Response:
        """`POST /threads/search`."""
        query = parsed(await read_request(request), "ThreadSearchRequest")
        found, headers = self.namespace.threads.search(query, seen=_seen(request, "search"))
        return json(found, headers=headers)

    async def count(self, request: Request) -> Response:
        """`POST /threads/count`."""
        query = parsed(await read_request(request), "ThreadCountRequest")
        return json(self.namespace.threads.count(query, seen=_seen(request, "search")))

    async def prune(self, request: Request) -> Response:
        """`POST /threads/prune`: those that are there are deleted."""
        query = parsed(await read_request(request), "ThreadPruneRequest")
        named = dict.fromkeys(uuid_of(thread_id, "thread") for thread_id in query["thread_ids"])
        if named and query.get("strategy") == "keep_latest":
            raise Refusal(422, "keep_latest strategy is not supported in in-memory runtime")
        if not named:
            return json({"pruned_count": 0})
        seen, threads = _seen(request, "delete"), self.namespace.threads
        found = [thread for known in named if (thread := threads.find(known, seen=seen)) is not None]
        if seen and len(found) < len(named):
            raise Refusal(404, "At least one thread not found or not authorized")
        for thread in found:
            self.runner.forget(thread)
        return json({"pruned_count": len(found)})

    async def patch(self, request: Request) -> Response:
        """`PATCH /threads/{thread_id}`; the thread is not told where the client prefers a minimal answer."""
        known = uuid_of(request.path_params["thread_id"], "thread")
        data = parsed(await read_request(request), "ThreadPatch")
        thread = self.namespace.threads.find(known)
        if thread is None or not sees(seen := _seen(request, "update"), thread.metadata):
            raise Refusal(404, "Not Found")
        self.namespace.threads.patch(thread, data, now=self.namespace.options.clock.now(), seen=seen)
        if request.headers.get("prefer") == "return=minimal":
            return Response(status_code=204)
        return json(thread.wire())

    async def copy(self, request: Request) -> Response:
        """`POST /threads/{thread_id}/copy`."""
        from mockgraph.backend.copying import copied

        known = canonical(request.path_params["thread_id"])
        if known is None:
            raise Refusal(400, "badly formed hexadecimal UUID string")
        thread = self.namespace.threads.find(known, seen=_seen(request, "read"))
        seen = _seen(request, "create")
        if thread is None:
            raise Refusal(409, "Conflict")
        new_id, now = self.namespace.ids.copy(thread), self.namespace.options.clock.now()
        return json(self.namespace.threads.add(copied(thread, new_id=new_id, now=now, seen=seen)).wire())

    async def storage(self, request: Request) -> Response:
        """`GET /threads/{thread_id}/storage`."""
        from mockgraph.backend.storage import stored

        return json(stored(self._thread(request)))

    async def get(self, request: Request) -> Response:
        """`GET /threads/{thread_id}`."""
        thread = self._thread(request)
        answer = json(thread.wire())
        self.runner.look(thread.thread_id)
        return answer

    async def delete(self, request: Request) -> Response:
        """`DELETE /threads/{thread_id}`: its runs go with it."""
        self.runner.forget(self._thread(request, action="delete", respelled=True))
        return Response(status_code=204)

    def _thread(self, request: Request, *, action: str = "read", respelled: bool = False) -> Thread:
        """The thread of the path; refuses one that is not there, and what may not be done with it."""
        uuid_of(request.path_params["thread_id"], "thread")
        return self.namespace.threads.get(
            request.path_params["thread_id"], seen=_seen(request, action), respelled=respelled
        )


def _seen(request: Request, action: str) -> Seen:
    return seen_threads(request.scope, action)
