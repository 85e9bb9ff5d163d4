"""A message that is answered when its run is over: one task, with its history and its artifact."""

from typing import Any

from mockgraph.backend.json import loads
from mockgraph.runtime.telling import STOPPED
from mockgraph.web.a2a import parts, results, words
from mockgraph.web.a2a.asking import Asked, begin
from mockgraph.web.a2a.calls import Call
from mockgraph.web.a2a.tasks import View, attributed, history, starts_of
from mockgraph.web.rpc import INVALID_PARAMS, RpcError
from mockgraph.words.clock import iso


async def send(call: Call) -> dict[str, Any]:
    """`message/send`, `SendMessage`."""
    configuration = call.params.get("configuration")
    if not isinstance(configuration, dict | None):
        raise RpcError(INVALID_PARAMS, "Invalid params: 'configuration' must be an object")
    if not isinstance(call.params["message"].get("parts", []), list):
        raise RpcError(INVALID_PARAMS, "Invalid params: 'parts' must be an array")
    wanted = configuration or {}
    view = call.view(wanted.get("historyLength"), wanted.get("historyScope"))
    asked = begin(call, streamed=False)
    outcome = await asked.begun.over()
    error = outcome.error
    if error is not None and error["error"] not in STOPPED:
        return call.generation.task(_failed(call, asked, error, view))
    values = loads(outcome.waited(asked.begun.thread))
    return call.generation.task(_ended(call, asked, values, view))


def _ended(call: Call, asked: Asked, values: Any, view: View) -> dict[str, Any]:
    values = results.with_messages(asked, values)
    generation, thread = call.generation, asked.begun.thread
    assert thread is not None
    starts = starts_of(thread, call.assistant_id)
    spoken = view.cut(attributed(values.get("messages"), asked.own_id, starts, asked.before), asked.own_id)
    now = iso(call.namespace.options.clock.now())
    return {
        **_task(asked),
        **view.last(history(spoken, asked.context_id, generation)),
        "status": {"state": generation.state(results.state(values)), "timestamp": now},
        "artifacts": [results.artifact(asked, values, call.assistant_id)],
    }


def _failed(call: Call, asked: Asked, error: dict[str, str], view: View) -> dict[str, Any]:
    message = {
        "kind": "message",
        "role": call.generation.role("agent"),
        "parts": [parts.text(results.failed(error))],
        "messageId": results.made_id(asked, "failure"),
        "taskId": asked.task_id,
        "contextId": asked.context_id,
    }
    status = {"state": call.generation.state(words.FAILED), "message": message}
    return {**_task(asked), **view.last([]), "status": status}


def _task(asked: Asked) -> dict[str, Any]:
    return {"kind": "task", "id": asked.task_id, "contextId": asked.context_id}
