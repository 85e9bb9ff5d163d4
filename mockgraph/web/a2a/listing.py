"""`ListTasks`: an assistant's tasks, those that changed last first, a page at a time."""

from datetime import datetime
from typing import Any

from mockgraph.backend.access import sees
from mockgraph.web.a2a import words
from mockgraph.web.a2a.calls import Call
from mockgraph.web.a2a.tasks import Task, remembered, tasks_of, told
from mockgraph.web.rpc import INVALID_PARAMS, RpcError
from mockgraph.words.ids import canonical

_PAGE = 50
_LARGEST = 100

# Both generations' words for the states.
_STATES = {spelled: state for state in words.STATES for spelled in (state, words.NEW.state(state))}
del _STATES["unknown"]  # langgraph-api 0.16.7: known by its newer word alone


async def list_tasks(call: Call) -> dict[str, Any]:
    """`ListTasks`."""
    params = call.params
    size = _size(params.get("pageSize"))
    view = call.view(params.get("historyLength"), params.get("historyScope"))
    state = _state(params.get("status"))
    since = _since(params.get("statusTimestampAfter"))
    start = _start(params.get("pageToken"))
    found = [
        task
        for task in _tasks(call, params.get("contextId"))
        if (state is None or task.state == state) and task.changed >= since
    ]
    found.sort(key=lambda task: task.changed, reverse=True)
    page = found[start : start + size]
    shown = [
        {
            **told(task, call.generation),
            # langgraph-api 0.16.7: empty where they are not wanted, absent where they are.
            **({} if params.get("includeArtifacts") else {"artifacts": []}),
            **remembered(task, call.assistant_id, view, call.generation),
        }
        for task in page
    ]
    more = str(start + size) if start + size < len(found) else ""
    return {"tasks": shown, "totalSize": len(found), "pageSize": len(shown), "nextPageToken": more}


def _tasks(call: Call, context_id: Any) -> list[Task]:
    """Those of a context, or of all; of those that changed at the same time, the newest first."""
    threads = call.namespace.threads
    if context_id is None:
        seen = call.seen_threads("search")
        shown = [thread for thread in threads if sees(seen, thread.metadata)]
        return [task for thread in shown for task in tasks_of(thread, call.assistant_id)][::-1]
    if not isinstance(context_id, str):
        raise RpcError(INVALID_PARAMS, "contextId must be a string.")
    known = canonical(context_id)
    seen = call.seen_threads("read")
    thread = threads.find(known, seen=seen) if known is not None else None
    return [] if thread is None else tasks_of(thread, call.assistant_id)[::-1]


def _size(given: Any) -> int:
    if given is None:
        return _PAGE
    if not isinstance(given, int) or not 1 <= given <= _LARGEST:
        raise RpcError(INVALID_PARAMS, f"pageSize must be an integer between 1 and {_LARGEST}.")
    return int(given)


def _state(given: Any) -> str | None:
    if given is None:
        return None
    state = _STATES.get(given) if isinstance(given, str) else None
    if state is None:
        raise RpcError(INVALID_PARAMS, f"Invalid status value: '{given}'.")
    return state


def _since(given: Any) -> str:
    """langgraph-api 0.16.7: times are compared as texts."""
    if given is None:
        return ""
    try:
        datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise RpcError(INVALID_PARAMS, "statusTimestampAfter must be a valid ISO 8601 timestamp.") from None
    return str(given)


def _start(given: Any) -> int:
    if not isinstance(given, str | None):
        raise RpcError(INVALID_PARAMS, "pageToken must be a string.")
    try:
        start = int(given or 0)
    except ValueError:
        start = -1
    if start < 0:
        raise RpcError(INVALID_PARAMS, "Invalid pageToken.")
    return start
