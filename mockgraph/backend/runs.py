"""Runs: what is remembered of each, and what the wire says of one, made when somebody asks."""

from typing import Any

import msgspec

from mockgraph.backend.json import loads
from mockgraph.backend.reserved import own_configurable, own_metadata
from mockgraph.engine.facts import Checkpoint, Snapshot
from mockgraph.script.model import Graph, Stub
from mockgraph.words.clock import iso
from mockgraph.words.ids import digest, key_of, uuid4
from mockgraph.words.vocabulary import UPSTREAM

# langgraph-api 0.16.7: who starts the runs of crons.
_CRON_USER = {"identity": "", "is_authenticated": True, "display_name": ""}
_CONFIG_KEYS = (
    "tags",
    "metadata",
    "callbacks",
    "run_name",
    "max_concurrency",
    "recursion_limit",
    "configurable",
    "run_id",
)

# langgraph-api 0.16.7: the mark that a run of the newer thread protocol has in its configurable.
NATIVE = "__event_streaming_v2"

_NOBODY: dict[str, Any] = {
    "langgraph_auth_user": None,
    "langgraph_auth_user_id": "",
    "langgraph_auth_permissions": [],
}

# The columns that `select` may name.
COLUMNS = (
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
    "langsmith_session_name",
)


class Run(msgspec.Struct, gc=False):
    """A run as it was asked for and as far as it has come.

    `body` is the request as it was sent. `inherited` is the metadata of assistant and thread at its creation.
    From `stub`, `before`, `step`, `parent`, `start` and `scope` its facts can be played again at any time, and
    those of a run that goes on from a checkpoint from `ground`, `anew` and `fork` (see `engine.setting`); `after`
    is the stub that the thread stood at before. `told` counts those that clients have seen, None when all have.
    `started` is False for a run that never played; `ended` is when it was over. `told_from` is when the ids of its
    stream's parts begin; `stands` is the stub that its thread stood at when it had ended. A `copied` run wrote
    checkpoints of a thread that its own was copied from. `by_cron` says
    who asked. `error` is the message of what it failed with, as JSON. On its thread's tape of events its own are those
    behind `tape_from`, up to `tape_end`, which is None as long as they are not counted. `strikes` are the faults in its
    play, each with how often it is still to strike.
    """

    run_id: str
    thread_id: str
    assistant_id: str
    graph: Graph
    body: bytes
    inherited: bytes
    request_id: str | None
    api_url: str
    created_at: int
    updated_at: int
    temporary: bool
    status: str = "pending"
    stub: Stub | None = None
    before: bytes | None = None
    step: int = -2
    parent: Checkpoint | None = None
    start: int = 0
    told_from: int = 0
    scope: bytes = b"{}"
    after: str | None = None
    ground: Snapshot | None = None
    anew: bool = False
    fork: bool = False
    told: int | None = 0
    started: bool = False
    ended: int = 0
    stands: str | None = None
    copied: bool = False
    user: bytes | None = None
    by_cron: bool = False
    error: bytes | None = None
    tape_from: int = 0
    tape_end: int | None = None
    strikes: tuple[Any, ...] = ()


class Description:
    """What a run's request comes to: its modes, metadata and config, merged as the real server merges them.

    `native` is whether the run was asked for in the newer thread protocol.
    """

    __slots__ = ("_config", "modes", "native", "request", "run")

    def __init__(self, run: Run, request: dict[str, Any] | None = None) -> None:
        self.run = run
        self.request: dict[str, Any] = loads(run.body) if request is None else request
        self.modes = modes(self.request)
        self._config: dict[str, Any] = self.request.get("config") or {}
        self.native: bool = self._config.get("configurable", {}).get(NATIVE) is True

    # What the views of the engine ask for.

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def thread_id(self) -> str:
        return self.run.thread_id

    @property
    def graph_id(self) -> str:
        return self.run.graph.graph_id

    @property
    def checkpointed(self) -> bool:
        return not self.run.temporary

    @property
    def subgraphs(self) -> bool:
        """Whether streams show what happens inside subgraphs."""
        return bool(self.request.get("stream_subgraphs"))

    @property
    def watched(self) -> bool:
        """Whether streams show what nodes do before they end. langgraph 1.2.22: it then runs a lone task otherwise."""
        return self.subgraphs or not {"custom", "messages", "messages-tuple"}.isdisjoint(self.modes)

    @property
    def exits(self) -> bool:
        """Whether checkpoints are saved once, when the run ends."""
        durability = self.request.get("durability")
        if durability is None:
            return self.request.get("checkpoint_during") is False
        return bool(durability == "exit")

    @property
    def command(self) -> dict[str, Any] | None:
        """The request's command as LangChain's events show it."""
        given = self.request.get("command")
        if not given:
            return None
        return {"graph": None, **{key: given.get(key) for key in ("update", "resume", "goto")}}

    @property
    def start(self) -> int:
        return self.run.start

    @property
    def name(self) -> str:
        """What LangChain calls the root of the run."""
        name: str = self._config.get("run_name") or self.graph_id
        return name

    @property
    def tags(self) -> list[str]:
        tags: list[str] = self._config.get("tags", [])
        return tags

    @property
    def metadata(self) -> dict[str, Any]:
        return {**self.asked_metadata, **versions(self.run.api_url)}

    @property
    def configurable(self) -> dict[str, Any]:
        """The config's, as the graph sees it."""
        return {**self._configurable, **self._loose}

    @property
    def _configurable(self) -> dict[str, Any]:
        run = self.run
        given = {**self._given, **self._checkpoint}
        return {
            **given,
            **self._user,
            "langgraph_request_id": self.request_id,
            **self._tracer,
            **self._asked_at,
            "__after_seconds__": self.request.get("after_seconds", 0),
            "run_id": run.run_id,
            "thread_id": run.thread_id,
            "graph_id": run.graph.graph_id,
            "assistant_id": run.assistant_id,
            "user_id": self.user_id or given.get("user_id", ""),
        }

    @property
    def user_id(self) -> str:
        """Who asked for the run; empty where nobody asks who it is."""
        identity: str = self._user["langgraph_auth_user_id"]
        return identity

    @property
    def _user(self) -> dict[str, Any]:
        if self.run.user is None:
            return {**_NOBODY, "langgraph_auth_user": _CRON_USER} if self.run.by_cron else _NOBODY
        user = loads(self.run.user)
        return {
            "langgraph_auth_user": user,
            "langgraph_auth_user_id": user["identity"],
            "langgraph_auth_permissions": user["permissions"],
        }

    @property
    def _given(self) -> dict[str, Any]:
        """What the request's configurable and context say, but for what is the server's to say."""
        configurable = dict(self._config.get("configurable", {}))
        # langgraph-api 0.16.7: the id of a cron comes last.
        last = (
            {"cron_id": configurable.pop("cron_id")} if self.run.by_cron and "cron_id" in configurable else {}
        )
        return own_configurable({**configurable, **self.request.get("context", {}), **last})

    @property
    def _asked_at(self) -> dict[str, int]:
        """When the request came in; a cron's runs have none, nor have those of the newer thread protocol."""
        run = self.run
        return (
            {}
            if run.by_cron or self.native
            else {"__request_start_time_ms__": (run.start or run.updated_at) // 1000}
        )

    @property
    def _tracer(self) -> dict[str, Any]:
        tracer = self.request.get("langsmith_tracer")
        if not isinstance(tracer, dict):
            return {}
        return {
            "__langsmith_project__": tracer.get("project_name"),
            "__langsmith_example_id__": tracer.get("example_id"),
        }

    @property
    def _loose(self) -> dict[str, Any]:
        """langchain-core 1.7.2: keys of a config that it does not know are taken as configurable when a run starts."""
        return {key: value for key, value in self._config.items() if key not in _CONFIG_KEYS}

    # The rest.

    @property
    def request_id(self) -> str | None:
        """The request's own id, or one made of the run's; a cron sends no request."""
        if self.run.by_cron:
            return None
        return self.run.request_id or uuid4(digest(key_of(self.run.run_id), "request"))

    @property
    def _checkpoint(self) -> dict[str, Any]:
        """What `checkpoint` and `checkpoint_id` of the request add to the config."""
        named = dict(self.request.get("checkpoint") or {})
        if self.request.get("checkpoint_id"):
            named["checkpoint_id"] = self.request["checkpoint_id"]
        return named

    @property
    def asked_metadata(self) -> dict[str, Any]:
        """langgraph-api 0.16.7: assistant, thread, config, request, each over the one before."""
        given = {**self._config.get("metadata", {}), **self.request.get("metadata", {})}
        merged = {
            **loads(self.run.inherited),
            **own_metadata(given),
        }
        merged["assistant_id"] = self.run.assistant_id
        return merged

    def wire(self) -> dict[str, Any]:
        """The run object, in the real server's key order."""
        run = self.run
        return {
            "run_id": run.run_id,
            "thread_id": run.thread_id,
            "assistant_id": run.assistant_id,
            "metadata": self.asked_metadata,
            "status": run.status,
            "kwargs": self._kwargs(),
            "multitask_strategy": self.request.get("multitask_strategy", "enqueue"),
            "created_at": iso(run.created_at),
            "updated_at": iso(run.updated_at),
            "langsmith_session_name": None,
        }

    @property
    def _context(self) -> dict[str, Any]:
        """langgraph-api 0.16.7: context and configurable mirror each other, a cron's with its user in it."""
        if not self.run.by_cron:
            return self._given
        if self.request.get("context"):
            return own_configurable(self.request["context"])
        return {**self._given, "langgraph_auth_user": _CRON_USER}

    def _kwargs(self) -> dict[str, Any]:
        run, request = self.run, self.request
        executed = run.start != 0
        configurable = self._configurable
        metadata = self.asked_metadata
        context = self._context
        if request.get("context") and not executed:
            given = len(context)
            items = list(configurable.items())
            configurable = dict([*items[:given], ("__context_provided__", True), *items[given:]])
        if executed:
            configurable["__pregel_node_finished"] = None
            metadata = self.metadata
        during = request.get("checkpoint_during", True)
        return {
            "input": request.get("input"),
            "command": request.get("command"),
            "config": {**self._config, "configurable": configurable, "metadata": metadata},
            "context": context,
            "stream_mode": self.modes,
            "interrupt_before": request.get("interrupt_before"),
            "interrupt_after": request.get("interrupt_after"),
            "webhook": request.get("webhook"),
            "feedback_keys": request.get("feedback_keys"),
            "temporary": run.temporary,
            "subgraphs": request.get("stream_subgraphs", False),
            "resumable": request.get("stream_resumable", False),
            "checkpoint_during": during,
            "durability": request.get("durability") or ("async" if during else "exit"),
        }


def modes(request: dict[str, Any]) -> list[str]:
    """The stream modes that a request asks for: always a list, `values` where it says nothing."""
    asked = request.get("stream_mode")
    if isinstance(asked, str):
        return [asked]
    return asked or ["values"]


def versions(api_url: str) -> dict[str, Any]:
    """What an executed run's metadata says of the server."""
    return {
        "run_attempt": 1,
        "langgraph_version": UPSTREAM.langgraph_version,
        "langgraph_api_version": UPSTREAM.api_version,
        "langgraph_plan": UPSTREAM.plan,
        "langgraph_host": UPSTREAM.host,
        "langgraph_api_url": api_url,
    }
