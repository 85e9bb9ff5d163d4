"""`run.start` and `input.respond`: the commands that make runs."""

import asyncio
from collections.abc import Callable
from typing import Any

from mockgraph.backend import states
from mockgraph.backend.access import Access
from mockgraph.backend.json import kept, loads
from mockgraph.backend.runs import NATIVE
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Snapshot
from mockgraph.runtime.journal import Entry
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Begun, Runner
from mockgraph.web.protocol.envelopes import Command, Failed, refused
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical
from mockgraph.words.vocabulary import MULTITASK_STRATEGIES

# langgraph-api 0.16.7: what a run of this protocol streams, to itself.
MODES = ["values", "updates", "messages", "tools", "lifecycle", "custom", "tasks", "checkpoints"]
PATIENCE = 5.0  # seconds that a start waits for a busy thread
# A client that has started a run opens its streams then: so many paces are left for it to see the run live.
GRACE = 2

_TRACER = ("project_name", "example_id")


class Asking:
    """Where commands come from: the thread that they are about, and who sends them."""

    def __init__(
        self,
        runner: Runner,
        thread_id: str,
        *,
        headers: list[tuple[bytes, bytes]],
        access: Access | None,
        api_url: str,
        entry: Entry | None,
    ) -> None:
        self.runner = runner
        self.thread_id = thread_id
        self.headers = headers
        self.access = access
        self.api_url = api_url
        self.entry = entry

    @property
    def thread(self) -> Thread | None:
        """The thread, if it is there."""
        known = canonical(self.thread_id)
        return None if known is None else self.runner.namespace.threads.find(known)


async def start(asking: Asking, command: Command) -> tuple[dict[str, Any], Callable[[], None]]:
    """`run.start`: the answer's result, and what is to be done when it has been sent. Raises Failed."""
    params = command.params
    assistant_id = params.get("assistant_id")
    if not isinstance(assistant_id, str) or not assistant_id:
        raise Failed("invalid_argument", "run.start requires an assistant_id.")
    data = _request(asking, params, assistant_id)
    given = params.get("input")
    if given is not None:
        await _idle(asking)
    thread = asking.thread
    if given is not None and thread is not None and waiting(thread):
        data |= {"input": None, "command": {"resume": given}}
    else:
        data["input"] = given
    begun = _begin(asking, data)
    return {"run_id": begun.run.run_id}, lambda: release(asking, begun)


async def respond(
    asking: Asking, command: Command, *, places: bool
) -> tuple[dict[str, Any], Callable[[], None]]:
    """`input.respond`: as `start`. With `places` the namespace of an answer has to be that of its question."""
    params = command.params
    answers = _answers(params)
    thread = asking.thread
    if thread is None:
        raise Failed("no_such_run", "No interrupted run is bound to this thread.")
    asked = waiting(thread)
    for interrupt_id, (_, namespace) in answers.items():
        if interrupt_id not in asked:
            raise Failed("no_such_interrupt", f"Unknown or already-consumed interrupt: {interrupt_id}")
        if places and namespace is not None and tuple(namespace) != asked[interrupt_id]:
            message = "Interrupt namespace does not match the pending interrupt."
            raise Failed("no_such_interrupt", message)
    resume = {interrupt_id: answer for interrupt_id, (answer, _) in answers.items()}
    told = {"resume": resume, **{key: params[key] for key in ("update", "goto") if params.get(key)}}
    data = _request(asking, params, loads(thread.metadata)["assistant_id"])
    data["multitask_strategy"] = "enqueue"
    begun = _begin(asking, {**data, "input": None, "command": told})
    return {}, lambda: release(asking, begun)


def waiting(thread: Thread) -> dict[str, tuple[str, ...]]:
    """The questions that the thread waits with: their ids, and the namespaces that they were asked in."""
    standing = states.standing(thread)
    return {} if standing is None else dict(_questions(standing, ""))


def _questions(snapshot: Snapshot, within: str) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for outcome in snapshot.pending:
        inner = _questions(outcome.inner, outcome.task.namespace) if outcome.inner is not None else []
        known = {interrupt_id for interrupt_id, _ in inner}
        here = tuple(within.split("|")) if within else ()
        found += inner
        found += [(asked.id, here) for asked in outcome.interrupts if asked.id not in known]
    return found


def release(asking: Asking, begun: Begun) -> None:
    """Let a run begin whose start has been answered, if somebody reads its thread already."""
    tape = asking.runner.namespace.event_tape(begun.run.thread_id)
    if begun.live is not None and tape is not None and any(not reader.control for reader in tape.followers):
        begun.live.release.set()


async def _idle(asking: Asking) -> None:
    """Wait until the thread's runs are over, but not for ever."""
    known = canonical(asking.thread_id)
    active = asking.runner.namespace.active
    try:
        async with asyncio.timeout(PATIENCE):
            while known in active:
                asking.runner.look(known)
                await active[known][-1].ended.wait()
    except TimeoutError:
        return


def _begin(asking: Asking, data: dict[str, Any]) -> Begun:
    asked = f"POST /threads/{asking.thread_id}/commands"
    request = RunRequest(
        asked, kept(data), data, asking.headers, asking.thread_id, asking.access, entry=asking.entry
    )
    try:
        hold = GRACE * asking.runner.namespace.options.pace
        return asking.runner.begin(request, api_url=asking.api_url, background=True, hold=hold)
    except Refusal as refusal:
        raise refused(refusal) from None


def _request(asking: Asking, params: dict[str, Any], assistant_id: str) -> dict[str, Any]:
    """What the classic protocol would have asked for, but for input and command."""
    config = params.get("config")
    config = config if isinstance(config, dict) else {}
    configurable = _mapping(config.get("configurable"))
    metadata = _mapping(params.get("metadata"))
    data: dict[str, Any] = {
        "assistant_id": assistant_id,
        "config": {
            **config,
            "configurable": {
                **configurable,
                NATIVE: True,
                "thread_id": canonical(asking.thread_id) or asking.thread_id,
            },
        },
        "stream_mode": MODES,
        "stream_subgraphs": True,
        "stream_resumable": True,
        "if_not_exists": "create",
        "multitask_strategy": _strategy(params.get("multitaskStrategy")),
    }
    if metadata:
        data["metadata"] = metadata
    if configurable.get("checkpoint_id") is not None:
        data["checkpoint_id"] = _checkpoint_id(configurable["checkpoint_id"])
    if params.get("langsmith_tracer") is not None:
        data["langsmith_tracer"] = _tracer(params["langsmith_tracer"])
    return data


def _mapping(given: Any) -> dict[str, Any]:
    if given is None or isinstance(given, dict):
        return given or {}
    # langgraph-api 0.16.7: a TypeError of its own, told as it is.
    raise Failed("unknown_error", f"'{type(given).__name__}' object is not a mapping")


def _strategy(given: Any) -> str:
    return given if given in MULTITASK_STRATEGIES else "enqueue"


def _checkpoint_id(given: Any) -> str:
    if not isinstance(given, str) or not given:
        message = "config.configurable.checkpoint_id must be a non-empty string."
        raise Failed("invalid_argument", message)
    if canonical(given) is None:
        raise Failed("invalid_argument", f"Invalid config.configurable.checkpoint_id: {given!r}.")
    return given


def _tracer(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Failed("invalid_argument", "langsmith_tracer must be an object.")
    unknown = sorted(key for key in given if key not in _TRACER)
    if unknown:
        raise Failed("invalid_argument", f"langsmith_tracer has unsupported fields: {unknown}.")
    return given


def _answers(params: dict[str, Any]) -> dict[str, tuple[Any, list[str] | None]]:
    """Interrupt ids, each with its answer and the namespace that it names."""
    many = params.get("responses")
    if not isinstance(many, list):
        entries = [params]
        if not isinstance(params.get("interrupt_id"), str):
            raise Failed("invalid_argument", "input.respond requires an interrupt_id.")
    else:
        if not many:
            raise Failed("invalid_argument", "input.respond requires at least one response.")
        entries = many
    answers: dict[str, tuple[Any, list[str] | None]] = {}
    for item in entries:
        if not isinstance(item, dict):
            raise Failed("invalid_argument", "input.respond responses entries must be objects.")
        if not isinstance(item.get("interrupt_id"), str):
            raise Failed("invalid_argument", "input.respond responses entries require an interrupt_id.")
        answers[item["interrupt_id"]] = (item.get("response"), _namespace(item.get("namespace")))
    return answers


def _namespace(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(segment, str) for segment in given):
        raise Failed("invalid_argument", "input.respond requires namespace to be a list of strings.")
    return given
