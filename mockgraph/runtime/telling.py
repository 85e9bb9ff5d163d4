"""A run's facts and the stream parts that its modes show of them; and how a run ended, as its views have shown it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

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


def tell(run: Run, request: dict[str, Any]) -> tuple[Iterator[Fact], Callable[[Fact], Sequence[Part]]]:
    """The facts of a run that has started, and the parts that each becomes, to be asked for in order."""
    description = Description(run, request)
    modes, channels = frozenset(description.modes), run.graph.channels
    if description.native:
        from mockgraph.engine.protocol import Raw

        raw = Raw(View(description, channels.whole(), modes), emits=run.graph.transformers)
        return play(states.setting(description)), raw.parts
    # langgraph-api 0.16.7: with `events`, the output schema narrows nothing.
    view = View(description, channels.whole() if "events" in modes else channels, modes)
    return play(states.setting(description)), Projector(modes, view).parts


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


class Outcome:
    """How a run ended: what waits and joins answer with, and what its thread keeps.

    `shown` is the last payload of `values`, `asked` every payload with questions in it; `saved` is the root's last
    checkpoint, `due` whether it names nodes that have not run, `values` its own, once `close` has been called;
    `inside` are those of the innermost graph where the run stopped inside one, if its stream shows `subgraphs`.
    `native` runs are those of the newer thread protocol, of which the thread keeps the `last` values that they told.
    """

    __slots__ = (
        "_inside_values",
        "_saved_values",
        "asked",
        "broke",
        "due",
        "error",
        "feedback",
        "inside",
        "last",
        "native",
        "saved",
        "shown",
        "subgraphs",
        "values",
    )

    def __init__(self, *, subgraphs: bool = False, native: bool = False) -> None:
        self.shown: Any = None
        self.asked: list[dict[str, Any]] = []
        self.saved: facts.Checkpoint | None = None
        self.due = False
        self._saved_values: Values = {}
        self._inside_values: Values | None = None
        self.inside: bytes | None = None
        self.values: bytes | None = None
        self.error: dict[str, str] | None = None
        self.feedback: dict[str, str] | None = None
        self.subgraphs = subgraphs and not native
        self.native = native
        self.last: Values | None = None
        self.broke = False

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
        self.saved = fact.checkpoint
        self._saved_values = fact.values
        self._inside_values = None
        self.due = bool(fact.next)

    def _inside(self, fact: facts.Inside, _parts: Sequence[Part]) -> None:
        if isinstance(fact.fact, facts.CheckpointSaved | facts.CheckpointFound):
            self._inside_values = fact.fact.values

    def _found(self, fact: facts.CheckpointFound, _parts: Sequence[Part]) -> None:
        self.saved = fact.snapshot.checkpoint
        self._saved_values = fact.values
        self.due = bool(fact.next)

    def _failed(self, fact: facts.RunFailed, _parts: Sequence[Part]) -> None:
        self.error = told(fact.error, fact.message)

    def close(self) -> None:
        """Make what the thread is to keep; raises where the values cannot be encoded."""
        if self.saved is not None:
            self.values = kept(self._saved_values)
        if self.subgraphs and self._inside_values is not None:
            self.inside = kept(self._inside_values)

    def fail(self, error: GraphError) -> None:
        """The run broke: nothing of it is kept but the error."""
        self.broke = True
        self.saved = self.values = self.shown = None
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
        if self.values is not None and self.shown is self._saved_values and self.feedback is None:
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
