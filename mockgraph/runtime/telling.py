"""A run's facts and the stream parts that its modes show of them; and how a run ended, as its views have shown it."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Protocol

import msgspec
import orjson

from mockgraph.backend import states
from mockgraph.backend.json import as_told, dumps, kept, loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.failures import told
from mockgraph.engine.play import play
from mockgraph.engine.projections import Projector
from mockgraph.engine.view import Part, View
from mockgraph.meaning.channels import Values
from mockgraph.words.errors import GraphError
from mockgraph.words.redaction import without_values


class Projecting(Protocol):
    """What the facts of a run become: `parts` of each, none of those of other `kinds`; to be asked in order."""

    kinds: frozenset[type]

    def parts(self, fact: Fact) -> Sequence[Part]: ...


def tell(run: Run, request: dict[str, Any]) -> tuple[Iterator[Fact], Projecting]:
    """The facts of a run that has started, and what they become."""
    description = Description(run, request)
    modes, channels = frozenset(description.modes), run.graph.channels
    played = play(states.setting(description))
    if description.native:
        from mockgraph.engine.protocol import Raw

        return played, Raw(View(description, channels.whole(), modes), emits=run.graph.transformers)
    # langgraph-api 0.16.7: with `events`, the output schema narrows nothing.
    view = View(description, channels.whole() if "events" in modes else channels, modes)
    return played, Projector(modes, view)


def encoded(part: Part) -> tuple[str, bytes]:
    """A part's event name and its SSE bytes. langgraph-api 0.16.7: CRLF, and exactly one data line."""
    event, payload = part
    return event, b"".join((b"event: ", event.encode(), b"\r\ndata: ", dumps(payload), b"\r\n\r\n"))


def broken(run: Run, error: Exception) -> GraphError:
    """A play that could not be played to its end, for a reason that no scripted graph has."""
    if isinstance(error, orjson.JSONEncodeError):
        # langgraph-api 0.16.7: values that JSON cannot carry fail the run with the encoder's own error.
        return GraphError("TypeError", str(error))
    stub = f"stub '{run.stub.name}' ({run.stub.source})" if run.stub else "this run"
    return GraphError(
        "PlayFailed", f"{stub} cannot be played: {type(error).__name__}: {without_values(str(error))}"
    )


class Outcome(msgspec.Struct):
    """How a run ended: what waits and joins answer with, and what its thread keeps.

    `shown` is the last payload of `values`, `asked` every payload with questions in it. `root` is the fact of the root's
    last checkpoint, `inner` that of the innermost graph's since then; `values` and, if the stream shows `subgraphs`,
    `inside` are their values as JSON, once `close` has been called. `native` runs are those of the newer thread protocol, of
    which the thread keeps the `last` values that they told. `broke`: it could not be played.
    """

    subgraphs: bool = False
    native: bool = False
    shown: Any = None
    asked: list[dict[str, Any]] = []
    root: facts.CheckpointSaved | facts.CheckpointFound | None = None
    inner: facts.CheckpointSaved | facts.CheckpointFound | None = None
    inside: bytes | None = None
    values: bytes | None = None
    error: dict[str, str] | None = None
    feedback: dict[str, str] | None = None
    last: Values | None = None
    broke: bool = False

    @property
    def saved(self) -> facts.Checkpoint | None:
        """The root's last checkpoint."""
        return None if self.root is None else self.root.checkpoint

    @property
    def due(self) -> bool:
        """Whether it names nodes that have not run."""
        return self.root is not None and bool(self.root.next)

    def note(self, fact: Fact, parts: Sequence[Part]) -> None:
        """Take in one fact and the parts that it became."""
        take = NOTED.get(type(fact))
        if take is not None:
            take(self, fact, parts)

    def _values(self, fact: facts.ValuesChanged, parts: Sequence[Part]) -> None:
        if self.native:
            self.last = fact.values
            return
        for event, payload in parts:
            if event == "values":
                self.shown = payload

    def _asked(self, _fact: facts.TaskInterrupted, parts: Sequence[Part]) -> None:
        if self.native:
            return
        for event, payload in parts:
            if event in ("values", "updates"):
                self.asked.append(payload)

    def _saved(self, fact: facts.CheckpointSaved, _parts: Sequence[Part]) -> None:
        self.root = fact
        self.inner = None

    def _inside(self, fact: facts.Inside, _parts: Sequence[Part]) -> None:
        if isinstance(fact.fact, facts.CheckpointSaved | facts.CheckpointFound):
            self.inner = fact.fact

    def _found(self, fact: facts.CheckpointFound, _parts: Sequence[Part]) -> None:
        self.root = fact

    def _failed(self, fact: facts.RunFailed, _parts: Sequence[Part]) -> None:
        self.error = told(fact.error, fact.message)

    def close(self) -> None:
        """Make what the thread is to keep; raises where the values cannot be encoded."""
        if self.root is not None:
            self.values = kept(self.root.values)
        if self.subgraphs and self.inner is not None:
            self.inside = kept(self.inner.values)

    def fail(self, error: GraphError) -> None:
        """The run broke: nothing of it is kept but the error."""
        self.broke = True
        self.root = self.values = self.shown = None
        self.error = told(error.error, error.message)

    def waited(self, thread: Thread | None) -> bytes:
        """The body of a wait. langgraph-api 0.16.7: an error, the questions, the last `values`, what the thread holds."""
        if self.error is not None and self.error["error"] not in STOPPED:
            return dumps({"__error__": self.error})
        if self.native and thread is not None:
            return joined(thread)
        if len(self.asked) == 1:
            return self._fed(self.asked[0])
        if self.asked:
            everything = [item for payload in self.asked for item in payload["__interrupt__"]]
            return self._fed({"__interrupt__": everything})
        if (
            self.values is not None
            and self.root is not None
            and self.shown is self.root.values
            and self.feedback is None
        ):
            return as_told(self.values)
        if self.shown is not None:
            return self._fed(self.shown)
        if thread is None:
            return self._fed({})
        return joined(thread) if self.feedback is None else self._fed(loads(joined(thread)))

    def _fed(self, body: dict[str, Any]) -> bytes:
        return dumps(body if self.feedback is None else {**body, "__feedback__": self.feedback})


# What a run that was stopped says of it: on its thread, not to those who wait for it.
STOPPED = ("UserInterrupt", "UserRollback")

# What an outcome takes in of each kind of fact.
NOTED: dict[type, Callable[[Outcome, Any, Sequence[Part]], None]] = {
    facts.ValuesChanged: Outcome._values,
    facts.TaskInterrupted: Outcome._asked,
    facts.CheckpointSaved: Outcome._saved,
    facts.CheckpointFound: Outcome._found,
    facts.Inside: Outcome._inside,
    facts.RunFailed: Outcome._failed,
}


@cache
def heard(kinds: frozenset[type], *, told: bool) -> frozenset[type]:
    """The kinds of facts that anybody listens to: an outcome, and where parts are `told`, those who are told."""
    return kinds.union(NOTED) if told else frozenset(NOTED)


def joined(thread: Thread) -> bytes:
    """What a join answers for a run that is over: how its thread stands now."""
    if thread.status == "error":
        return dumps({"__error__": loads(thread.error)})
    if thread.status == "interrupted" and thread.interrupts not in (None, b"{}"):
        assert thread.interrupts is not None
        waiting = loads(thread.interrupts)
        return dumps({"__interrupt__": [item for items in waiting.values() for item in items]})
    values = thread.values if thread.shown is None else thread.shown
    return as_told(values) if values is not None else b"{}"
