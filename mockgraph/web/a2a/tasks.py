"""Tasks, as their threads and runs tell them: which runs belong to one, how it stands, who said what in it.

Theory of operation. The run that a message begins is marked with a new `task_start_id`, and so is each message
that it brings; a run that goes on with a task carries the task's id. In a thread's messages a mark begins what
belongs to its task, up to the next mark. A task whose input brought no messages has no mark: what its last run
added belongs to it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from mockgraph.backend import states
from mockgraph.backend.access import Seen
from mockgraph.backend.json import loads
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread
from mockgraph.runtime.namespaces import Namespace
from mockgraph.web.a2a import parts, words
from mockgraph.web.a2a.words import Generation
from mockgraph.words.clock import iso
from mockgraph.words.ids import canonical

# How a task stands whose last run has this status, and what is said of it.
_STATES = {
    "pending": words.SUBMITTED,
    "running": words.WORKING,
    "success": words.COMPLETED,
    "error": words.FAILED,
    "timeout": words.FAILED,
    "interrupted": words.CANCELED,
}
_SAID = {words.COMPLETED: "Task completed successfully", words.FAILED: "Task failed with status: {status}"}

TERMINAL = (words.COMPLETED, words.FAILED, words.CANCELED)


class Task(msgspec.Struct):
    """A task. `task_id` and `context_id` are as the client spells them; `runs` are its own, oldest first."""

    task_id: str
    context_id: str
    thread: Thread
    runs: list[Run]

    @property
    def own_id(self) -> str:
        """Its id as the server spells it."""
        return id_of(self.runs[0])

    @property
    def last(self) -> Run:
        """The run that says how it stands."""
        return self.runs[-1]

    @property
    def state(self) -> str:
        """How it stands."""
        if self.last.status == "success" and self._waits():
            return words.INPUT_REQUIRED
        return _STATES[self.last.status]

    def _waits(self) -> bool:
        """Whether the thread waits where this task left it."""
        if self.thread.status != "interrupted":
            return False
        newest = [run for run in self.thread.runs if run.started][-1:]
        return newest == [self.last]

    @property
    def changed(self) -> str:
        """When its last run was last changed."""
        return iso(self.last.updated_at)


def id_of(run: Run) -> str:
    """The id of the task that a run begins."""
    return f"{run.thread_id}:{run.run_id}"


def mark_of(run: Run) -> Mapping[str, Any]:
    """What a run's own metadata says of tasks; nothing for a run that no message began."""
    return _mark(loads(run.body).get("metadata"))


def _mark(holder: Any) -> Mapping[str, Any]:
    mark = holder.get("a2a") if isinstance(holder, dict) else None
    return mark if isinstance(mark, dict) else {}


# --- finding ---------------------------------------------------------------------------------------------


def found(
    namespace: Namespace, assistant_id: str, task_id: str, context_id: str | None, *, seen: Seen
) -> Task | None:
    """An assistant's task by its id, which names the context too unless that is given beside it."""
    context, colon, run_id = task_id.partition(":")
    if not colon:
        context, run_id = context_id or "", task_id
    elif context_id and canonical(context_id) != canonical(context):
        return None
    known = canonical(context)
    thread = namespace.threads.find(known, seen=seen) if known is not None else None
    first = canonical(run_id)
    if thread is None or first is None:
        return None
    for task in tasks_of(thread, assistant_id):
        if task.runs[0].run_id == first:
            task.task_id, task.context_id = task_id, context
            return task
    return None


def tasks_of(thread: Thread, assistant_id: str) -> list[Task]:
    """An assistant's tasks on a thread, oldest first: classic runs are tasks too."""
    found: dict[str, Task] = {}
    for run in thread.runs:
        if run.assistant_id != assistant_id:
            continue
        own = mark_of(run).get("task_id")
        if not isinstance(own, str):
            found[id_of(run)] = Task(id_of(run), thread.thread_id, thread, [run])
        elif own in found:
            found[own].runs.append(run)
    return list(found.values())


# --- who said what ---------------------------------------------------------------------------------------


def starts_of(thread: Thread, assistant_id: str) -> dict[str, str]:
    """The tasks that an assistant has on a thread, by the marks of their messages."""
    firsts = [task.runs[0] for task in tasks_of(thread, assistant_id)]
    marks = [(mark_of(run).get("task_start_id"), id_of(run)) for run in firsts]
    return {start: task_id for start, task_id in marks if isinstance(start, str)}


def attributed(
    messages: Any, own: str, starts: Mapping[str, str], before: Iterable[Any] | None = None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Messages with the tasks that they belong to; those of tasks of other assistants are left out.

    `own` is whose they are where nothing marks them, and whose all are that are not among the ids `before`.
    """
    current: Any = own
    known = None if before is None else set(before)
    for message in messages_in(messages):
        mark = _mark(message.get("additional_kwargs"))
        if "task_start_id" in mark:
            current = starts.get(str(mark["task_start_id"]))
        elif "task_id" in mark:
            current = mark["task_id"]
        whose = own if known is not None and message.get("id") not in known else current
        if isinstance(whose, str):
            yield message, whose


def messages_in(messages: Any) -> list[dict[str, Any]]:
    """What of a state's `messages` are messages."""
    return (
        [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    )


def ids_in(messages: Any) -> list[Any]:
    """The ids of a state's messages, as far as they are ids."""
    return [found for message in messages_in(messages) if isinstance(found := message.get("id"), str)]


def history(
    spoken: Iterable[tuple[dict[str, Any], str]], context_id: str, generation: Generation
) -> list[dict[str, Any]]:
    """Messages as the protocol tells them."""
    told = []
    for message, task_id in spoken:
        shown = parts.told(message)
        if shown is not None:
            role, content = shown
            told.append(
                {
                    "kind": "message",
                    "role": generation.role(role),
                    "parts": content,
                    "messageId": str(message.get("id") or ""),
                    "taskId": task_id,
                    "contextId": context_id,
                }
            )
    return told


def spoken(task: Task, assistant_id: str) -> list[tuple[dict[str, Any], str]]:
    """The context's messages as of the task's last run, with the tasks that they belong to."""
    saved = states.saved_by(task.last)
    if saved is None:
        return []
    before = states.before(task.last)
    starts = starts_of(task.thread, assistant_id)
    messages = saved.values.get("messages")
    return list(attributed(messages, task.own_id, starts, ids_in(before.get("messages"))))


# --- telling ---------------------------------------------------------------------------------------------


class View(msgspec.Struct, frozen=True):
    """How much of a history somebody wants: its last `length` messages, of the whole context or of the `task`."""

    length: int | None = None
    only_task: bool = False

    def cut(self, spoken: Iterable[tuple[dict[str, Any], str]], own: str) -> list[tuple[dict[str, Any], str]]:
        """The messages that are wanted, where all of them are shown."""
        return [pair for pair in spoken if not self.only_task or pair[1] == own]

    def last(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """The history as a field of a task; none where nothing of it is wanted."""
        if self.length is None:
            return {"history": messages}
        return {"history": messages[-self.length :]} if self.length else {}


def told(task: Task, generation: Generation) -> dict[str, Any]:
    """A task and how it stands, without its history."""
    return {
        "kind": "task",
        "id": task.task_id,
        "contextId": task.context_id,
        "status": {"state": generation.state(task.state), "timestamp": task.changed},
    }


def remembered(task: Task, assistant_id: str, view: View, generation: Generation) -> dict[str, Any]:
    """The history of a task, as a field of it."""
    if view.length == 0:
        return {}
    wanted = view.cut(spoken(task, assistant_id), task.own_id)
    return view.last(history(wanted, task.context_id, generation))


def status_message(task: Task, said: str, namespace: Namespace, generation: Generation) -> dict[str, Any]:
    """A message that says how a task stands."""
    return {
        "kind": "message",
        "role": generation.role("agent"),
        "parts": [parts.text(said)],
        "messageId": namespace.ids.status(task.own_id),
        "taskId": task.task_id,
    }


def explained(task: Task, namespace: Namespace, generation: Generation) -> dict[str, Any]:
    """A task and how it stands, with a word on its end."""
    shown = told(task, generation)
    said = _SAID.get(task.state)
    if said is not None:
        said = said.format(status=task.last.status)
        shown["status"]["message"] = status_message(task, said, namespace, generation)
    return shown
