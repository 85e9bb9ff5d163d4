"""A request for a run, as the runtime takes it, and the scope that stubs look at it through."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mockgraph.backend.access import Access, Seen
from mockgraph.backend.assistants import Assistant
from mockgraph.backend.json import kept, loads
from mockgraph.backend.reserved import own_configurable
from mockgraph.backend.runs import modes
from mockgraph.backend.threads import Thread
from mockgraph.runtime.journal import Entry


class RunRequest(msgspec.Struct, gc=False):
    """What a client sent: `asked` is the request line, `body` the bytes and `data` the JSON value in them.

    Where `by_cron`, a cron asks, in the words that its creator sent. `entry` is where the journal has it, and
    `told` what that is to have of it, where it is not the body.
    """

    asked: str
    body: bytes
    data: dict[str, Any]
    headers: list[tuple[bytes, bytes]]
    thread_id: str | None = None
    access: Access | None = None
    by_cron: bool = False
    entry: Entry | None = None
    told: bytes | None = None
    began: float = msgspec.field(default_factory=time.perf_counter)

    def age(self) -> float:
        """Seconds since the request came in."""
        return time.perf_counter() - self.began


def owned(request: RunRequest, access: Access, seen: Seen) -> RunRequest:
    """The request of somebody who is known: what makes it theirs in its metadata, and the user in its config."""
    config, user = request.data.get("config") or {}, access.user()
    configurable = {
        **config.get("configurable", {}),
        "langgraph_auth_user": user,
        "langgraph_auth_user_id": user["identity"],
        "langgraph_auth_permissions": user["permissions"],
    }
    data = {**request.data, "config": {**config, "configurable": configurable}}
    if seen:
        data["metadata"] = {**request.data.get("metadata", {}), **seen}
    return msgspec.structs.replace(request, data=data, body=kept(data))


def inheriting(request: RunRequest, assistant: Assistant) -> RunRequest:
    """The request with what it leaves to its assistant: config and context, each over the assistant's."""
    config, context = loads(assistant.now.config), loads(assistant.now.context)
    given = request.data.get("config") or {}
    merged = {**config, **given}
    if "metadata" in config:
        # langgraph-api 0.16.7: that of the assistant's config is not its runs'.
        merged["metadata"] = given.get("metadata", {})
    if "configurable" in config or "configurable" in given:
        merged["configurable"] = {**config.get("configurable", {}), **given.get("configurable", {})}
    data = {**request.data, "config": merged}
    if request.data.get("context"):
        data["context"] = {**context, **request.data["context"]}
    return msgspec.structs.replace(request, data=data, body=kept(data))


def _thread(_request: RunRequest, thread: Thread | None) -> dict[str, Any]:
    if thread is None:
        return {"id": None, "metadata": {}, "status": "idle", "runs": 0}
    return {
        "id": thread.thread_id,
        "metadata": loads(thread.metadata),
        "status": thread.status,
        "runs": len(thread.runs),
    }


def _command(key: str | None) -> Callable[[RunRequest, Thread | None], Any]:
    def read(request: RunRequest, _thread: Thread | None) -> Any:
        command = request.data.get("command")
        if key is None:
            return command
        return command.get(key) if isinstance(command, dict) else None

    return read


def _context(request: RunRequest, _thread: Thread | None) -> Any:
    """langgraph-api 0.16.7: a graph's context is also what `configurable` says, and the context over it."""
    configurable = (request.data.get("config") or {}).get("configurable")
    given = request.data.get("context")
    if not configurable:
        return given
    return {**own_configurable(configurable), **(given or {})}


def _headers(request: RunRequest, _thread: Thread | None) -> dict[str, str]:
    return {
        name.decode("latin-1").replace("-", "_"): value.decode("latin-1") for name, value in request.headers
    }


# Every top-level name of the scope, and how it is gathered from a request and its thread.
SCOPE: dict[str, Callable[[RunRequest, Thread | None], Any]] = {
    "input": lambda request, _: request.data.get("input"),
    "resume": _command("resume"),
    "command": _command(None),
    "config": lambda request, _: request.data.get("config"),
    "context": _context,
    "metadata": lambda request, _: request.data.get("metadata"),
    "values": lambda _, thread: loads(thread.values) if thread and thread.values else {},
    "thread": _thread,
    "stream_mode": lambda request, _: modes(request.data),
    "headers": _headers,
}


def scope(request: RunRequest, thread: Thread | None, roots: Iterable[str] = tuple(SCOPE)) -> dict[str, Any]:
    """What the run knows, as far as anybody looks."""
    return {root: SCOPE[root](request, thread) for root in roots if root in SCOPE}
