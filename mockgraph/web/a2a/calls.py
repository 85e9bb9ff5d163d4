"""A call of the protocol: a method with what it was asked with, and what several methods ask for alike."""

from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.types import Scope

from mockgraph.backend.access import Access, Seen, allowed
from mockgraph.backend.assistants import Assistant
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.runner import Runner
from mockgraph.web.a2a.tasks import Task, View, found
from mockgraph.web.a2a.words import Generation
from mockgraph.web.auth import access_of
from mockgraph.web.rpc import INVALID_PARAMS, RpcError
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical

TASK_NOT_FOUND = -32001

_MOST = 10  # langgraph-api 0.16.7: messages that a client may ask for; who asks for no number gets all


class Call(msgspec.Struct):
    """A method that was called. `named` is the assistant's id as the path spells it."""

    runner: Runner
    scope: Scope
    body: bytes
    named: str
    generation: Generation
    method: str
    params: dict[str, Any]

    @property
    def namespace(self) -> Namespace:
        return self.runner.namespace

    @property
    def assistant_id(self) -> str:
        """The assistant's id in its usual spelling."""
        return canonical(self.named) or ""

    @property
    def asked(self) -> str:
        """What was called, for people."""
        return f"{self.scope['method']} {self.scope['path']}  {self.method}"

    @property
    def access(self) -> Access | None:
        """What the caller may do; None where nobody asks."""
        return access_of(self.scope)

    def seen_threads(self, action: str) -> Seen:
        """What the caller sees of threads in an action; raises RpcError where it may not be done."""
        try:
            return allowed(self.access, "threads", action)
        except Refusal as refusal:
            raise RpcError(INVALID_PARAMS, refusal.detail) from None

    def assistant(self) -> Assistant:
        """The assistant; refuses one that is not there, or not for the caller."""
        return assistant_of(self.namespace, self.named, self.assistant_id, self.access)

    def view(self, length: Any, scope: Any) -> View:
        """How much history is wanted, by these parameters or by a header."""
        if length is not None:
            if isinstance(length, bool) or not isinstance(length, int) or length < 0:
                raise RpcError(INVALID_PARAMS, "historyLength must be a non-negative integer")
            if length > _MOST:
                raise RpcError(INVALID_PARAMS, f"historyLength cannot exceed {_MOST}")
        if scope is None:
            scope = Headers(scope=self.scope).get("langgraph-a2a-history-scope", "context")
        if scope not in ("context", "task"):
            raise RpcError(INVALID_PARAMS, "historyScope must be 'context' or 'task'")
        return View(length=length, only_task=scope == "task")

    def found(self, task_id: str, context_id: str | None) -> Task | None:
        """The assistant's task of an id, where there is one that the caller sees."""
        seen = self.seen_threads("read")
        return found(self.namespace, self.assistant_id, task_id, context_id, seen=seen)

    def task(self, *, naming_context: bool) -> Task:
        """The task that `id` names; refuses one that is not there."""
        task_id, context_id = self.params.get("id"), self.params.get("contextId")
        if not task_id:
            raise RpcError(INVALID_PARAMS, "Missing required parameter: id (task_id)")
        if not isinstance(task_id, str) or not isinstance(context_id, str | None):
            raise RpcError(INVALID_PARAMS, "Task id and contextId must be strings")
        task = self.found(task_id, context_id)
        if task is None:
            where = f" in context '{context_id}'" if naming_context and context_id else ""
            raise RpcError(TASK_NOT_FOUND, f"Task not found: {task_id}{where}")
        return task


def assistant_of(namespace: Namespace, named: str, told: str, access: Access | None) -> Assistant:
    """An assistant by its id, which errors tell as `told`; raises RpcError."""
    try:
        return namespace.assistants.get(named, seen=allowed(access, "assistants", "read"))
    except Refusal as refusal:
        if refusal.status == 404:
            raise RpcError(INVALID_PARAMS, f"Assistant '{told}' not found") from None
        raise RpcError(INVALID_PARAMS, f"Failed to get assistant '{told}': {refusal.detail}") from None
