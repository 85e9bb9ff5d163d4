"""What a view needs to know of the run it shows, beyond the facts: its names, its metadata, its schema."""

from functools import cached_property
from typing import Any, Protocol

from mockgraph.engine.facts import Call, Task
from mockgraph.meaning.channels import Channels
from mockgraph.meaning.messages import Message
from mockgraph.words.ids import digest, key_of, uuid7
from mockgraph.words.vocabulary import NOSTREAM, UPSTREAM


class Run(Protocol):
    """A run as views see it. `metadata` is the merged one of an executed run, `configurable` its config's."""

    @property
    def run_id(self) -> str: ...
    @property
    def thread_id(self) -> str: ...
    @property
    def graph_id(self) -> str: ...
    @property
    def checkpointed(self) -> bool: ...
    @property
    def subgraphs(self) -> bool: ...
    @property
    def exits(self) -> bool: ...
    @property
    def command(self) -> dict[str, Any] | None: ...
    @property
    def start(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> list[str]: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def configurable(self) -> dict[str, Any]: ...


class View:
    """One run seen through the modes of one request; what several parts share is made once."""

    def __init__(self, run: Run, channels: Channels, modes: frozenset[str]) -> None:
        self.run = run
        self.channels = channels
        self._modes = modes

    def inside(self) -> "View":
        """The same run as seen inside its subgraphs, whose own output nothing narrows."""
        return View(self.run, self.channels.whole(), self._modes)

    @cached_property
    def task_metadata(self) -> dict[str, Any]:
        """`metadata` of a task's start. langgraph-api 0.16.7: without the thread."""
        merged = {**self.run.metadata, "run_id": self.run.run_id}
        merged.setdefault("graph_id", self.run.graph_id)
        return {**merged, **self._run_tags}

    @property
    def _run_tags(self) -> dict[str, Any]:
        return {"tags": self.run.tags} if self.run.tags else {}

    @cached_property
    def root_metadata(self) -> dict[str, Any]:
        """`metadata` of whatever LangChain reports: the run's, its ids, and who integrates."""
        ids = {"run_id": self.run.run_id, "thread_id": self.run.thread_id}
        if checkpoint_id := self.run.configurable.get("checkpoint_id"):
            ids["checkpoint_id"] = checkpoint_id
        merged = {**self.run.metadata, **ids}
        merged.setdefault("graph_id", self.run.graph_id)
        merged["ls_integration"] = "langgraph"
        return merged

    def node_metadata(self, task: Task) -> dict[str, Any]:
        """The root's, and where in the graph."""
        return {
            **self.root_metadata,
            "langgraph_step": task.step,
            "langgraph_node": task.node,
            "langgraph_triggers": list(task.triggers),
            "langgraph_path": task.path,
            "langgraph_checkpoint_ns": task.namespace,
            # langchain-core 1.7.2: metadata that is there is not overwritten, so that the outermost level stays.
            **({"checkpoint_ns": task.namespace.partition("|")[0]} if task.within else {}),
        }

    def call_metadata(self, call: Call) -> dict[str, Any]:
        """The node's, and which model."""
        node = self.node_metadata(call.task)
        tags = [*self.run.tags, *call.model.tags]
        # langgraph 1.2.22: its messages handler writes a model's tags into metadata that events share.
        tagged = tags and NOSTREAM not in tags and not self._modes.isdisjoint(("messages", "messages-tuple"))
        return {
            **node,
            "ls_integration": "langchain_chat_model",
            **call.model.metadata,
            "checkpoint_ns": call.task.namespace.partition("|")[0],
            "ls_provider": call.model.provider,
            "ls_model_type": "chat",
            "lc_versions": {"langchain-core": UPSTREAM.langchain_core_version},
            **({"tags": tags} if tagged else {}),
        }

    def node_run_id(self, task_id: str) -> str:
        """The id of a node's own LangChain run."""
        return uuid7(self.run.start, digest(key_of(self.run.run_id), f"node {task_id}"))

    def graph_run_id(self, task_id: str) -> str:
        """The id of the run of the graph inside a task."""
        return uuid7(self.run.start, digest(key_of(self.run.run_id), f"graph {task_id}"))

    def parents(self, task: Task) -> list[str]:
        """The runs around a node's: the root's, and for each task that it is inside of its own and its graph's."""
        found = [self.run.run_id]
        for segment in task.within.split("|") if task.within else ():
            task_id = segment.rpartition(":")[2]
            found += [self.node_run_id(task_id), self.graph_run_id(task_id)]
        return found


Part = tuple[str, Any]  # an event name and its payload


class Stage:
    """A view, what the legacy messages mode has summed up so far, and which messages have been shown."""

    __slots__ = ("shown", "totals", "view")

    def __init__(
        self, view: View, *, shown: set[str] | None = None, totals: dict[str, Message] | None = None
    ) -> None:
        self.view = view
        self.totals = {} if totals is None else totals
        self.shown: set[str] = set() if shown is None else shown

    def first(self, message_id: str) -> bool:
        """Whether a message is shown for the first time; from now on it has been."""
        if message_id in self.shown:
            return False
        self.shown.add(message_id)
        return True
