"""A message whose answer is told while it is made: a stream of SSE parts, each an answer of its own to the call.

What the run's own stream says in the modes `messages` and `values` becomes what the protocol says: a text that
grows is told anew with every piece.
"""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.types import Receive, Send

from mockgraph.backend import json
from mockgraph.web import rpc, sse
from mockgraph.web.a2a import parts, results, words
from mockgraph.web.a2a.asking import Asked, begin
from mockgraph.web.a2a.calls import Call
from mockgraph.web.rpc import RpcError
from mockgraph.words.clock import iso

_HEADERS: sse.RawHeaders = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"connection", b"keep-alive"),
    (b"x-accel-buffering", b"no"),
]

# langgraph-api 0.16.7: what some readers of lines take for the end of one, written as escapes.
_LINE_ENDS = {"\u0085": b"\\u0085", "\u2028": b"\\u2028", "\u2029": b"\\u2029"}


async def stream(call: Call, call_id: Any, receive: Receive, send: Send) -> None:
    """`message/stream`, `SendStreamingMessage`."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    try:
        asked = begin(call, streamed=True)
    except RpcError as error:
        await sse.write(send, [_part(rpc.failure(call_id, error))])
        return
    telling = Telling(call, call_id, asked)
    live = asked.begun.live
    if live is None:
        told = [part for body in asked.begun.parts for part in telling.take(body)]
        await sse.write(send, [telling.submitted(), *told, *telling.end()])
        return

    async def bodies() -> AsyncIterator[bytes]:
        yield telling.submitted()
        async for part in live.log.follow():
            if part.fault is not None:
                continue
            for told in telling.take(part.body):
                yield told
        for told in telling.end():
            yield told

    namespace = call.namespace
    await sse.follow(
        send, receive, bodies(), heartbeat=namespace.options.heartbeat, timeline=namespace.timeline
    )


class Telling:
    """One run's stream in the words of the protocol. It is over once something in it cannot be told."""

    def __init__(self, call: Call, call_id: Any, asked: Asked) -> None:
        self._call = call
        self._call_id = call_id
        self._asked = asked
        self._statuses = 0
        self._values: Any = None
        self._over = False

    def submitted(self) -> bytes:
        """The task as it begins, with the client's message as it was sent."""
        asked, generation = self._asked, self._call.generation
        placed = {"taskId": asked.task_id, "contextId": asked.context_id}
        task = {
            "kind": "task",
            "id": asked.task_id,
            "contextId": asked.context_id,
            "history": [{"kind": "message", **self._call.params["message"], **placed}],
            "status": {"state": generation.state(words.SUBMITTED), "timestamp": self._now()},
        }
        return self._told(generation.task(task))

    def take(self, body: bytes) -> list[bytes]:
        """What one part of the run's stream becomes."""
        event, _, payload = body.partition(b"\r\ndata: ")
        if self._over:
            return []
        try:
            return self._taken(event.removeprefix(b"event: ").decode(), json.loads(payload))
        except RpcError as error:
            return [self._broken(error)]

    def _taken(self, event: str, payload: Any) -> list[bytes]:
        if event == "values":
            self._values = payload
        elif event in ("messages/partial", "messages/complete"):
            return [told for message in payload if (told := self._spoken(message)) is not None]
        elif event == "error":
            self._over = True
            return [self._status(words.FAILED, [parts.text(payload["message"])], final=True)]
        return []

    def end(self) -> list[bytes]:
        """What follows the run's last part: what it answered, or asks, and how the task stands."""
        if self._over:
            return []
        values = {"messages": [{"role": "human"}]} if self._values is None else self._values
        update: dict[str, Any] = {"kind": "artifact-update"}
        try:
            update["artifact"] = results.artifact(self._asked, values, self._call.assistant_id)
        except RpcError as error:
            return [self._broken(error)]
        state = results.state(values)
        if state == words.COMPLETED:
            update |= {"append": False, "lastChunk": True}
        return [self._update(update), self._status(state, None, final=True)]

    def _spoken(self, message: dict[str, Any]) -> bytes | None:
        content = parts.growing(message)
        return self._status(words.WORKING, content, final=False) if content else None

    def _status(self, state: str, content: list[parts.Part] | None, *, final: bool) -> bytes:
        asked, generation = self._asked, self._call.generation
        status: dict[str, Any] = {"state": generation.state(state)}
        if content is not None:
            self._statuses += 1
            status["message"] = {
                "kind": "message",
                "role": generation.role("agent"),
                "parts": content,
                "messageId": results.made_id(asked, f"status {self._statuses}"),
                "taskId": asked.task_id,
                "contextId": asked.context_id,
            }
        status["timestamp"] = self._now()
        return self._update({"kind": "status-update", "status": status, "final": final})

    def _update(self, update: dict[str, Any]) -> bytes:
        return self._told({"taskId": self._asked.task_id, "contextId": self._asked.context_id, **update})

    def _told(self, value: Any) -> bytes:
        return _part(rpc.result(self._call_id, value))

    def _broken(self, error: RpcError) -> bytes:
        self._over = True
        return _part(rpc.failure(self._call_id, error))

    def _now(self) -> str:
        return iso(self._call.namespace.options.clock.now())


def _part(value: Any) -> bytes:
    try:
        data = json.dumps(value)
    except orjson.JSONEncodeError:
        data = rpc.dumps(value)  # nested a little deeper than orjson goes: a state inside an answer
    for character, escape in _LINE_ENDS.items():
        data = data.replace(character.encode(), escape)
    return b"event: message\r\ndata: %b\r\n\r\n" % data
