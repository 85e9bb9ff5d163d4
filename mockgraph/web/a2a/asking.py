"""What a client's message asks for: a new task, a word more for one, or the answer that one waits for."""

from typing import Any

import msgspec
import orjson

from mockgraph.backend import states
from mockgraph.backend.json import dumps, loads
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Begun
from mockgraph.web.a2a import parts, tasks, words
from mockgraph.web.a2a.calls import TASK_NOT_FOUND, Call
from mockgraph.web.a2a.cards import fields_of
from mockgraph.web.a2a.tasks import Task
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url
from mockgraph.web.rpc import INVALID_PARAMS, RpcError
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

UNSUPPORTED_OPERATION = -32004


class Asked(msgspec.Struct):
    """A run that a message has begun. `task_id` is the client's word for the task, `own_id` the server's.

    `wordless` says that it brought no messages and answered nothing: it is to be told apart by what it adds.
    """

    begun: Begun
    task_id: str
    own_id: str
    wordless: bool

    @property
    def context_id(self) -> str:
        return self.begun.run.thread_id

    @property
    def before(self) -> list[Any] | None:
        """The ids of the messages that were there before a wordless run, once it has started."""
        return tasks.ids_in(states.before(self.begun.run).get("messages")) if self.wordless else None


def begin(call: Call, *, streamed: bool) -> Asked:
    """Begin the run that the call's message asks for; raises RpcError."""
    message = call.params["message"]
    for field in ("messageId", "role"):
        if not message.get(field):
            raise RpcError(INVALID_PARAMS, f"Missing required '{field}' in message")
    given = message.get("parts")
    if not given:
        raise RpcError(INVALID_PARAMS, "Message must contain at least one part")
    if not isinstance(given, list | str | dict):
        raise RpcError(INVALID_PARAMS, "Invalid params: 'parts' must be an array")
    assistant = call.assistant()
    if any(map(parts.speaks, given)):
        _expect_conversation(call)
    context_id, task = _place(call, message)
    data: dict[str, Any] = {"assistant_id": assistant.assistant_id, "if_not_exists": "create"}
    if streamed:
        data["stream_mode"] = ["messages", "values"]
    if call.params.get("context") is not None:
        data["context"] = call.params["context"]
    return _begun(call, data, message, context_id, task, streamed=streamed)


def _expect_conversation(call: Call) -> None:
    graph_id = call.assistant().graph_id
    fields = fields_of(call.namespace.graphs[graph_id])
    if "messages" not in fields:
        raise RpcError(
            INVALID_PARAMS,
            f"Assistant '{call.assistant_id}' (graph '{graph_id}') does not support A2A conversational messages. "
            "Graph input schema must include a 'messages' field to accept text or file parts. Available input "
            f"fields: {fields}",
        )


def _place(call: Call, message: dict[str, Any]) -> tuple[str | None, Task | None]:
    """The context of a message, None for a new one, and the task that it goes on with."""
    context_id, task_id = message.get("contextId"), message.get("taskId")
    for name, given in (("contextId", context_id), ("taskId", task_id)):
        if not isinstance(given, str | None):
            raise RpcError(INVALID_PARAMS, f"{name} must be a string")
    if task_id is None:
        return context_id or None, None
    task = call.found(task_id, context_id)
    if task is None:
        raise RpcError(TASK_NOT_FOUND, f"Task not found: {task_id}")
    if task.state in tasks.TERMINAL:
        raise RpcError(UNSUPPORTED_OPERATION, "A terminal task cannot accept another message")
    return task.thread.thread_id, task


def _begun(
    call: Call,
    data: dict[str, Any],
    message: dict[str, Any],
    context_id: str | None,
    task: Task | None,
    *,
    streamed: bool,
) -> Asked:
    thread_id, made = _thread(call, context_id)
    try:
        if task is None:
            mark = {"task_start_id": call.namespace.ids.task_start(thread_id, made)}
        else:
            mark = {"task_id": task.own_id}
        data |= _asked(message, mark, task) | {"metadata": {"a2a": mark}}
        begun = _run(call, data, thread_id, streamed=streamed)
    except BaseException:
        if context_id is None:
            call.namespace.ids.unused(call.body)
        raise
    own_id = task.own_id if task is not None else tasks.id_of(begun.run)
    wordless = "command" not in data and "messages" not in data["input"]
    return Asked(begun, task.task_id if task is not None else own_id, own_id, wordless)


def _thread(call: Call, context_id: str | None) -> tuple[str, int]:
    """The id of the thread, and how many runs and edits it has had."""
    if context_id is None:
        return call.namespace.ids.context(call.body), 0
    thread_id = canonical(context_id)
    if thread_id is None:
        return context_id, 0
    thread = call.namespace.threads.find(thread_id)
    return thread_id, thread.made if thread is not None else 0


def _run(call: Call, data: dict[str, Any], thread_id: str, *, streamed: bool) -> Begun:
    try:
        if canonical(thread_id) is None:
            raise Refusal(422, "Invalid thread ID")
        if not isinstance(data.get("context", {}), dict):
            from mockgraph.web.bodies import valid

            valid(data, "RunCreateStateful")
        body = dumps(data)
        request = RunRequest(
            call.asked,
            body,
            loads(body),
            call.scope["headers"],
            thread_id,
            call.access,
            entry=entry_of(call.scope),
        )
        return call.runner.begin(request, api_url=api_url(call.scope), streamed=streamed)
    except Refusal as refusal:
        raise _not_created(refusal, thread_id) from None
    except orjson.JSONEncodeError as error:
        raise RpcError(INVALID_PARAMS, f"Failed to create run: {error}") from None


def _not_created(refusal: Refusal, thread_id: str) -> RpcError:
    if refusal.status == 403:
        return RpcError(INVALID_PARAMS, "Access denied to assistant or thread")
    if refusal.status == 404:
        return RpcError(
            INVALID_PARAMS,
            f"Thread '{thread_id}' not found. Please create the thread first before sending messages to it.",
            {"thread_id": thread_id, "error_type": "thread_not_found"},
        )
    return RpcError(INVALID_PARAMS, f"Failed to create run: {refusal.detail}")


# --- the input of the run --------------------------------------------------------------------------------


def _asked(message: dict[str, Any], mark: dict[str, Any], task: Task | None) -> dict[str, Any]:
    """The input of the run, and its command where the message answers a question."""
    metadata = message.get("metadata")
    if metadata and not isinstance(metadata, dict):
        raise RpcError(INVALID_PARAMS, "Invalid A2A message metadata")
    blocks, objects = parts.sorted_out(message["parts"])
    answers = [given["resume"] for given in objects if given.get("resume") is not None]
    if len(answers) > 1:
        raise RpcError(INVALID_PARAMS, "Only one resume value is allowed in data parts")
    if answers and task is None:
        raise RpcError(INVALID_PARAMS, "contextId and taskId are required when resuming a task")
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    given = {key: value for part in objects for key, value in part.items()}
    if answers:
        del given["resume"]
    elif task is not None and texts and task.state == words.INPUT_REQUIRED:
        return {"input": given, "command": {"resume": "\n".join(map(_plain, texts))}}
    if not blocks and not any(objects):
        raise parts.unsupported("Message must contain at least one valid text, data, or file part")
    spoken = _messages(message, blocks, {"a2a": {**mark, **({"metadata": metadata} if metadata else {})}})
    asked: dict[str, Any] = {"input": {**({"messages": spoken} if spoken else {}), **given}}
    return {**asked, "command": {"resume": answers[0]}} if answers else asked


def _plain(said: Any) -> str:
    return said if isinstance(said, str) else ""


def _messages(
    message: dict[str, Any], blocks: list[dict[str, Any]], marks: dict[str, Any]
) -> list[dict[str, Any]]:
    """What the message says as messages: one for each text, or one for all where there are files."""
    # langgraph-api 0.16.7: whoever is no user is an assistant.
    role = "human" if message["role"] in ("user", "ROLE_USER") else "assistant"
    contents = [block["text"] for block in blocks] if all("text" in block for block in blocks) else [blocks]
    return [
        {"role": role, "content": content, "id": message["messageId"], "additional_kwargs": marks}
        for content in contents
    ]
