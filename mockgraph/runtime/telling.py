"""A run's facts and the stream parts that its modes show of them; and how a run ended, as its views have shown it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from mockgraph.backend import states
from mockgraph.backend.json import dumps, kept, loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.failures import told
from mockgraph.engine.play import play
from mockgraph.engine.projections import Projector
from mockgraph.engine.view import Part, View
from mockgraph.words.errors import GraphError


def tell(run: Run, request: dict[str, Any]) -> Iterator[tuple[Fact, Sequence[Part]]]:
    """Every fact of a run that has started, with the parts that it becomes."""
    description = Description(run, request)
    modes, channels = frozenset(description.modes), run.graph.channels
    # langgraph-api 0.16.7: with `events`, the output schema narrows nothing.
    view = View(description, channels.whole() if "events" in modes else channels, modes)
    projector = Projector(modes, view)
    parts = projector.parts
    for fact in play(states.setting(description)):
        yield fact, parts(fact)


def encoded(part: Part) -> tuple[str, bytes]:
    """A part's event name and its SSE bytes. langgraph-api 0.16.7: CRLF, and exactly one data line."""
    event, payload = part
    return event, b"event: %b\r\ndata: %b\r\n\r\n" % (event.encode(), dumps(payload))


def broken(run: Run, error: Exception) -> GraphError:
    """A play that could not be played to its end, for a reason that no scripted graph has."""
    if isinstance(error, orjson.JSONEncodeError):
        # langgraph-api 0.16.7: values that JSON cannot carry fail the run with the encoder's own error.
        return GraphError("TypeError", str(error))
    stub = f"stub '{run.stub.name}' ({run.stub.source})" if run.stub else "this run"
    return GraphError("PlayFailed", f"{stub} cannot be played: {type(error).__name__}: {error}")


class Outcome:
    """How a run ended: what waits and joins answer with, and what its thread keeps."""

    __slots__ = ("broke", "error", "saved", "shown", "values")

    def __init__(self) -> None:
        self.shown: Any = None  # the last payload of `values`, if the run has that mode
        self.saved: facts.CheckpointSaved | None = None
        self.values: bytes | None = None  # those of the last checkpoint, once `close` has been called
        self.error: dict[str, str] | None = None
        self.broke = False

    def note(self, fact: Fact, parts: Sequence[Part]) -> None:
        """Take in one fact and the parts that it became."""
        take = _NOTED.get(type(fact))
        if take is not None:
            take(self, fact, parts)

    def _values(self, _fact: facts.ValuesChanged, parts: Sequence[Part]) -> None:
        for _, payload in parts:
            self.shown = payload

    def _saved(self, fact: facts.CheckpointSaved, _parts: Sequence[Part]) -> None:
        self.saved = fact

    def _failed(self, fact: facts.RunFailed, _parts: Sequence[Part]) -> None:
        self.error = told(fact.error, fact.message)

    def close(self) -> None:
        """Make what the thread is to keep; raises where the values cannot be encoded."""
        if self.saved is not None:
            self.values = kept(self.saved.values)

    def fail(self, error: GraphError) -> None:
        """The run broke: nothing of it is kept but the error."""
        self.broke = True
        self.saved = self.values = self.shown = None
        self.error = told(error.error, error.message)

    def waited(self, thread: Thread | None) -> bytes:
        """The body of a wait. langgraph-api 0.16.7: the last `values`, else what the thread holds."""
        if self.error is not None:
            return dumps({"__error__": self.error})
        if self.shown is not None:
            return dumps(self.shown)
        return b"{}" if thread is None else joined(thread)


_NOTED: dict[type, Callable[[Outcome, Any, Sequence[Part]], None]] = {
    facts.ValuesChanged: Outcome._values,
    facts.CheckpointSaved: Outcome._saved,
    facts.RunFailed: Outcome._failed,
}


def joined(thread: Thread) -> bytes:
    """What a join answers for a run that is over: how its thread stands now."""
    if thread.status == "error":
        return dumps({"__error__": loads(thread.error)})
    return thread.values if thread.values is not None else b"{}"
