"""The state of threads: read as it stands and at its checkpoints, written by hand; and its history."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend import states
from mockgraph.backend.json import loads
from mockgraph.backend.threads import Thread
from mockgraph.runtime.owning import graph_of
from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read_request
from mockgraph.web.paths import TRUE, seen_threads, uuid_of
from mockgraph.words.errors import Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of the states of a namespace's threads."""
    found = States(runner)
    return [
        Route("/threads/{thread_id}/state", found.newest, methods=["GET"]),
        Route("/threads/{thread_id}/state", found.update, methods=["POST"]),
        Route("/threads/{thread_id}/state/{checkpoint_id}", found.at, methods=["GET"]),
        Route("/threads/{thread_id}/state/checkpoint", found.named, methods=["POST"]),
        Route("/threads/{thread_id}/history", found.history, methods=["GET"]),
        Route("/threads/{thread_id}/history", found.search, methods=["POST"]),
    ]


_MOST = 1_000_000  # states; more than any thread has, and less than islice refuses


class States:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.namespace = runner.namespace

    async def newest(self, request: Request) -> Response:
        """`GET …/state`."""
        thread = self._thread(request, respelled=True)
        return self._answer(thread, states.newest(thread, subgraphs=_subgraphs(request)))

    async def at(self, request: Request) -> Response:
        """`GET …/state/{checkpoint_id}`."""
        place = {"checkpoint_id": request.path_params["checkpoint_id"]}
        thread = self._thread(request, respelled=True)
        return self._answer(thread, self._at(thread, place, subgraphs=_subgraphs(request)))

    async def named(self, request: Request) -> Response:
        """`POST …/state/checkpoint`."""
        uuid_of(request.path_params["thread_id"], "thread")
        data = parsed(await read_request(request), "ThreadStateCheckpointRequest")
        place, subgraphs = data["checkpoint"], bool(data.get("subgraphs"))
        thread = self._thread(request, respelled=True)
        if place.get("checkpoint_id") or place.get("checkpoint_ns"):
            return json(self._at(thread, place, subgraphs=subgraphs))
        return json(states.newest(thread, subgraphs=subgraphs))

    def _at(self, thread: Thread, place: Mapping[str, Any], *, subgraphs: bool) -> dict[str, Any]:
        """The state at a checkpoint. langgraph-api 0.16.7: where it has been asked for, that is where it says it is."""
        snapshot = _standing(thread, place)
        state = states.EMPTY
        if snapshot is not None:
            state = states.wire(snapshot, thread.thread_id, subgraphs=subgraphs)
        if not place.get("checkpoint_id") or "graph_id" not in loads(thread.metadata):
            return state
        found = state["checkpoint"] or {}
        checkpoint_id = found.get("checkpoint_id", place["checkpoint_id"])
        told = {"checkpoint_id": checkpoint_id, "thread_id": thread.thread_id}
        if "checkpoint_ns" in place:
            told["checkpoint_ns"] = place["checkpoint_ns"]
        if "checkpoint_map" in place or "checkpoint_map" in found:
            told["checkpoint_map"] = found.get("checkpoint_map", place.get("checkpoint_map"))
        return {**state, "checkpoint": told, "checkpoint_id": checkpoint_id}

    async def update(self, request: Request) -> Response:
        """`POST …/state`: the state as if one of the graph's nodes had just written to it."""
        from mockgraph.runtime.editing import edit

        uuid_of(request.path_params["thread_id"], "thread")
        data = parsed(await read_request(request), "ThreadStateUpdate")
        seen = seen_threads(request.scope, "update")
        thread = self.namespace.threads.get(request.path_params["thread_id"], seen=seen, respelled=True)
        return json(edit(self.namespace, thread, data, access=access_of(request.scope)))

    async def history(self, request: Request) -> Response:
        """`GET …/history`."""
        asked = request.query_params.get("limit", "1")
        try:
            limit = int(asked)
        except ValueError:
            raise Refusal(422, f"Invalid limit {asked}") from None
        thread = self._thread(request)
        found = _before(states.history(thread), request.query_params.get("before"))
        return self._answer(thread, _some(found, limit))

    async def search(self, request: Request) -> Response:
        """`POST …/history`."""
        uuid_of(request.path_params["thread_id"], "thread")
        query = parsed(await read_request(request), "ThreadStateSearch")
        place, before = query.get("checkpoint", {}), query.get("before", {})
        before = before.get("configurable", before)
        if not isinstance(before, dict):
            raise Refusal(422, "before.configurable must be an object")
        thread = self._thread(request)
        found: Iterator[dict[str, Any]]
        if place.get("checkpoint_id"):
            snapshot = _standing(thread, place)
            found = iter([] if snapshot is None else [states.wire(snapshot, thread.thread_id)])
        else:
            found = states.history(thread, within=place.get("checkpoint_ns") or "")
        metadata = query.get("metadata", {})
        fitting = (
            state
            for state in _before(found, before.get("checkpoint_id"))
            if all(state["metadata"].get(key) == value for key, value in metadata.items())
        )
        return self._answer(thread, _some(fitting, int(query.get("limit", 1))))

    def _answer(self, thread: Thread, found: Any) -> Response:
        answer = json(found)
        self.runner.look(thread.thread_id)
        return answer

    def _thread(self, request: Request, *, respelled: bool = False) -> Thread:
        """The thread of the path; refuses one that is not there, and one of a graph that is not."""
        thread = self.namespace.threads.get(
            request.path_params["thread_id"], seen=seen_threads(request.scope, "read"), respelled=respelled
        )
        graph_of(self.namespace, thread)
        return thread


def _standing(thread: Thread, place: Mapping[str, Any]) -> Any:
    """The checkpoint of this id and namespace, or None."""
    named = place.get("checkpoint_id") or None
    return states.standing(thread, named, within=place.get("checkpoint_ns") or "")


def _before(found: Iterator[dict[str, Any]], checkpoint_id: Any) -> Iterator[dict[str, Any]]:
    """Those before a checkpoint. langgraph-api 0.16.7: ids are compared as texts, whether there is such a one or not."""
    if not checkpoint_id or not isinstance(checkpoint_id, str):
        return found
    return (state for state in found if state["checkpoint_id"] < checkpoint_id)


def _some(found: Iterator[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    return list(islice(found, min(max(int(limit), 0), _MOST)))


def _subgraphs(request: Request) -> bool:
    return request.query_params.get("subgraphs") in TRUE
