"""`tasks/cancel`, `CancelTask`: a run that waits or plays stops; a question is taken back."""

from typing import Any

from mockgraph.backend.json import dumps
from mockgraph.runtime.editing import edit
from mockgraph.runtime.requests import RunRequest
from mockgraph.web.a2a import words
from mockgraph.web.a2a.calls import Call
from mockgraph.web.a2a.tasks import TERMINAL, Task, mark_of, status_message
from mockgraph.web.paths import api_url
from mockgraph.web.rpc import RpcError
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
    call.seen("threads", "update")
    if task.state in TERMINAL:
        raise _over()
    try:
        if task.state == words.INPUT_REQUIRED:
            _take_back(call, task)
        else:
            call.runner.cancel(task.thread.thread_id, [task.last.run_id], action="interrupt", at=_AT)
    except Refusal:
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


def _take_back(call: Call, task: Task) -> None:
    """langgraph-api 0.16.7: the graph is at its end, and a run that never starts is cancelled in the task's name."""
    edit(call.namespace, task.thread, {"values": None, "as_node": END}, access=call.access)
    data = {
        "assistant_id": call.assistant_id,
        "input": None,
        "metadata": {"a2a": {**mark_of(task.last), "task_id": task.own_id}},
        "after_seconds": _NEVER,
    }
    request = RunRequest(
        call.asked, dumps(data), data, call.scope["headers"], task.thread.thread_id, call.access
    )
    begun = call.runner.begin(request, api_url=api_url(call.scope), background=True, late=True)
    assert begun.live is not None
    call.runner.stop(begun.live, "interrupt", f"interrupt requested via POST {_AT}")


def _over() -> RpcError:
    return RpcError(TASK_NOT_CANCELABLE, "Task is not cancelable in its current state")
