"""Threads: made, read, forgotten, searched; their state and its history."""

from itertools import dropwhile, islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend import states
from mockgraph.backend.threads import Thread
from mockgraph.runtime.editing import edit
from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.bodies import parsed, read_request
from mockgraph.web.paths import truthy
from mockgraph.words.errors import NotBuilt, Refusal
from mockgraph.words.ids import canonical


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's threads."""
    threads = Threads(runner)
    return [
        Route("/threads", threads.create, methods=["POST"]),
        Route("/threads/search", threads.search, methods=["POST"]),
        Route("/threads/{thread_id}", threads.get, methods=["GET"]),
        Route("/threads/{thread_id}", threads.delete, methods=["DELETE"]),
        Route("/threads/{thread_id}/state", threads.state, methods=["GET"]),
        Route("/threads/{thread_id}/state", threads.update, methods=["POST"]),
        Route("/threads/{thread_id}/state/checkpoint", threads.state_at, methods=["POST"]),
        Route("/threads/{thread_id}/state/{checkpoint_id}", threads.state_of, methods=["GET"]),
        Route("/threads/{thread_id}/history", threads.history, methods=["GET"]),
        Route("/threads/{thread_id}/history", threads.search_history, methods=["POST"]),
    ]


_MOST = 1_000_000  # states; more than any thread has, and less than islice refuses


class Threads:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.namespace = runner.namespace

    async def create(self, request: Request) -> Response:
        """`POST /threads`."""
        body = await read_request(request)
        data = parsed(body, "ThreadCreate")
        if data.get("supersteps"):
            raise NotBuilt("threads made with supersteps")
        new_id = data.get("thread_id") or self.namespace.new_thread_id(body)
        thread = self.namespace.threads.create(data, new_id=new_id, now=self.namespace.options.clock.now())
        return json(thread.wire())

    async def search(self, request: Request) -> Response:
        """`POST /threads/search`."""
        query = parsed(await read_request(request), "ThreadSearchRequest")
        found, headers = self.namespace.threads.search(query)
        return json(found, headers=headers)

    async def get(self, request: Request) -> Response:
        """`GET /threads/{thread_id}`."""
        thread = self._thread(request)
        answer = json(thread.wire())
        self.runner.look(thread.thread_id)
        return answer

    async def delete(self, request: Request) -> Response:
        """`DELETE /threads/{thread_id}`: its runs go with it."""
        self.runner.forget(self._thread(request))
        return Response(status_code=204)

    async def state(self, request: Request) -> Response:
        """`GET …/state`."""
        thread = self._thread(request)
        answer = json(states.newest(thread, subgraphs=_subgraphs(request)))
        self.runner.look(thread.thread_id)
        return answer

    async def state_of(self, request: Request) -> Response:
        """`GET …/state/{checkpoint_id}`."""
        thread = self._thread(request)
        state = self._at(thread, request.path_params["checkpoint_id"], subgraphs=_subgraphs(request))
        if state["checkpoint"] is not None:
            # langgraph-api 0.16.7: here, and here alone, without its namespace.
            place = {key: state["checkpoint"][key] for key in ("checkpoint_id", "thread_id")}
            state = {**state, "checkpoint": place}
        self.runner.look(thread.thread_id)
        return json(state)

    async def state_at(self, request: Request) -> Response:
        """`POST …/state/checkpoint`."""
        data = parsed(await read_request(request), "ThreadStateCheckpointRequest")
        named = data["checkpoint"]
        thread = self._thread(request)
        subgraphs, within = bool(data.get("subgraphs")), named.get("checkpoint_ns") or ""
        if not named.get("checkpoint_id") and not within:
            return json(states.newest(thread, subgraphs=subgraphs))
        return json(self._at(thread, named.get("checkpoint_id"), subgraphs=subgraphs, within=within))

    def _at(
        self, thread: Thread, checkpoint_id: str | None, *, subgraphs: bool, within: str = ""
    ) -> dict[str, Any]:
        known = None if not checkpoint_id else canonical(checkpoint_id) or checkpoint_id
        snapshot = states.standing(thread, known, within=within)
        if snapshot is None:
            return states.EMPTY
        return states.wire(snapshot, thread.thread_id, subgraphs=subgraphs)

    async def update(self, request: Request) -> Response:
        """`POST …/state`: the state as if one of the graph's nodes had just written to it."""
        data = parsed(await read_request(request), "ThreadStateUpdate")
        thread = self._thread(request)
        if (data.get("checkpoint") or {}).get("checkpoint_ns"):
            raise NotBuilt("editing the state inside a node")
        return json(edit(self.namespace, thread, data))

    async def history(self, request: Request) -> Response:
        """`GET …/history`."""
        asked = request.query_params.get("limit", "1")
        try:
            limit = int(asked)
        except ValueError:
            raise Refusal(422, f"Invalid limit {asked}") from None
        return self._history(request, limit, request.query_params.get("before"), {})

    async def search_history(self, request: Request) -> Response:
        """`POST …/history`."""
        query = parsed(await read_request(request), "ThreadStateSearch")
        named = query.get("checkpoint", {})
        if named.get("checkpoint_id"):
            state = self._at(
                self._thread(request),
                named["checkpoint_id"],
                subgraphs=False,
                within=named.get("checkpoint_ns") or "",
            )
            return json([state] if state["checkpoint"] is not None else [])
        before = query.get("before", {})
        place = before.get("configurable", before)
        if not isinstance(place, dict):
            raise Refusal(422, "before.configurable must be an object")
        checkpoint_id = place.get("checkpoint_id")
        return self._history(
            request,
            int(query.get("limit", 1)),
            checkpoint_id,
            query.get("metadata", {}),
            within=named.get("checkpoint_ns") or "",
        )

    def _history(
        self,
        request: Request,
        limit: int,
        before: str | None,
        metadata: dict[str, Any],
        *,
        within: str = "",
    ) -> Response:
        thread = self._thread(request)
        found = states.history(thread, within=within)
        if before is not None:
            found = dropwhile(lambda state: state["checkpoint_id"] != before, found)
            next(found, None)
        fitting = (
            state
            for state in found
            if all(state["metadata"].get(key) == value for key, value in metadata.items())
        )
        answer = json(list(islice(fitting, min(max(limit, 0), _MOST))))
        self.runner.look(thread.thread_id)
        return answer

    def _thread(self, request: Request) -> Thread:
        """The thread of the path; refuses one that is not there."""
        return self.namespace.threads.get(request.path_params["thread_id"])


def _subgraphs(request: Request) -> bool:
    return truthy(request.query_params.get("subgraphs"))
