"""`tasks/cancel`, `CancelTask`: a run that waits or plays stops; a question is taken back."""

from typing import Any

from mockgraph.backend.access import allowed
from mockgraph.backend.json import dumps
from mockgraph.runtime.editing import edit
from mockgraph.runtime.requests import RunRequest
from mockgraph.web.a2a import words
from mockgraph.web.a2a.calls import Call
from mockgraph.web.a2a.tasks import TERMINAL, Task, mark_of, status_message
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url
from mockgraph.web.rpc import INTERNAL_ERROR, RpcError
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.vocabulary import END

TASK_NOT_CANCELABLE = -32002

# langgraph-api 0.16.7: these braces are its own.
_AT = "/threads/{thread_id}/runs/{run_id}/cancel"
_NEVER = 3600  # seconds; langgraph-api 0.16.7


async def cancel(call: Call) -> dict[str, Any]:
    """Cancel the task that `id` names."""
    task = call.task(naming_context=False)
    if task.state in TERMINAL:
        raise _over()
    try:
        if task.state == words.INPUT_REQUIRED:
            _take_back(call, task)
        else:
            _stop(call, task)
    except Refusal as refusal:
        if refusal.status == 403:
            raise RpcError(INTERNAL_ERROR, f"Failed to cancel task: {refusal.detail}") from None
        raise _over() from None
    return {
        "kind": "task",
        "id": task.task_id,
        "contextId": task.context_id,
        "status": {
            "state": call.generation.state(words.CANCELED),
            "timestamp": iso(call.namespace.options.clock.now()),
            "message": status_message(task, "Task was canceled", call.namespace, call.generation),
        },
    }


def _stop(call: Call, task: Task) -> None:
    thread_id = task.thread.thread_id
    call.namespace.threads.get(thread_id, seen=allowed(call.access, "threads", "update"))
    call.runner.cancel(thread_id, [task.last.run_id], action="interrupt", at=_AT)


def _take_back(call: Call, task: Task) -> None:
    """langgraph-api 0.16.7: the graph is at its end, and a run that never starts is cancelled in the task's name."""
    thread_id = task.thread.thread_id
    call.namespace.threads.get(thread_id, seen=allowed(call.access, "threads", "create_run"))
    edit(call.namespace, task.thread, {"values": None, "as_node": END})
    data = {
        "assistant_id": call.assistant_id,
        "input": None,
        "metadata": {"a2a": {**mark_of(task.last), "task_id": task.own_id}},
        "after_seconds": _NEVER,
    }
    request = RunRequest(
        call.asked,
        dumps(data),
        data,
        call.scope["headers"],
        thread_id,
        call.access,
        entry=entry_of(call.scope),
    )
    begun = call.runner.begin(request, api_url=api_url(call.scope), background=True, late=True)
    assert begun.live is not None
    call.runner.stop(begun.live, "interrupt", f"interrupt requested via POST {_AT}")


def _over() -> RpcError:
    return RpcError(TASK_NOT_CANCELABLE, "Task is not cancelable in its current state")
