"""Facts to events of the newer thread protocol: one more projection, beside those of the stream modes.

Theory of operation. A run that was started in the protocol tells the channels that its graph emits: lifecycle,
values, messages and input always, and what its fixture names under `transformers`. A classic run on the same
thread is told from what its own stream modes show. Both are tables from a kind of fact to a function, as the stream
modes are; but an event may depend on those before it: a graph starts once, a question is asked once, an answer is
a sum of chunks. What has been is kept in the Telling, which is made anew for each playing.

A child graph is told to have started when its first task starts, behind the values that it was called with, and
to have ended with the task that it runs in. How the run itself ended is for its runtime to say (`end`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.projections import asked, task_result, task_start
from mockgraph.engine.view import Part, Stage, View
from mockgraph.meaning.blocks import Answer, mirror, shaped
from mockgraph.meaning.channels import Channels
from mockgraph.meaning.messages import WireMessage
from mockgraph.script.model import Subgraph
from mockgraph.words.vocabulary import NOSTREAM

Namespace = tuple[str, ...]


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event, before it gets its place on a tape. `mark` is the id of one that no part of a stream stands for."""

    method: str
    namespace: Namespace
    data: Any
    mark: str = ""
    node: str | None = None

    @property
    def channel(self) -> str:
        """The channel that a client asks for to get it."""
        return "input" if self.method == "input.requested" else self.method


class Telling:
    """The events of one run, fact by fact.

    `emits` are the channels that its graph adds to the four that are always there; None for a classic run, which
    is told from its stream `modes`.
    """

    def __init__(
        self, view: View, *, emits: frozenset[str] | None, modes: frozenset[str], shaped: bool = True
    ) -> None:
        self.view = view
        self.shaped = shaped
        self.stage = Stage(view)
        self.inner: Stage | None = None
        self.native = emits is not None
        self.emits = modes if emits is None else emits | {"values", "messages"}
        self.named = frozenset(name.partition(":")[2] for name in emits or () if name.startswith("custom:"))
        self.started: dict[str, str] = {}  # graphs that run inside tasks, by namespace: what they are called
        self.asked: set[str] = set()
        self.interrupted = False
        self.answers: dict[int, Answer] = {}
        self.agents: dict[str, tuple[str, str | None]] = {}  # by namespace: name, and the tool call behind it
        self.running: dict[str, list[str]] = {}  # tool calls, by the task that runs them

    def events(self, fact: Fact) -> Sequence[Event]:
        """What the fact adds to the tape, in order."""
        within = ""
        while type(fact) is facts.Inside:
            within, fact = fact.within, fact.fact
        if within and not self.native and not self.view.run.subgraphs:
            return ()
        show = _TABLE.get(type(fact))
        return () if show is None else list(show(self, fact, within))

    def end(self, status: str, error: str | None = None) -> Sequence[Event]:
        """What is told of the run's end: its status, and the message of what it failed with."""
        if status not in _ENDS:
            return ()
        # langgraph-api 0.16.7: graphs that a cancellation stopped have completed.
        open_graphs = list(reversed(self.started.items()))
        self.started = {}
        ended = [self.life(_split(within), "completed", name) for within, name in open_graphs]
        return ended if self.interrupted else [*ended, self.root(_ENDS[status], error)]

    def root(self, event: str, error: str | None = None) -> Event:
        """A lifecycle event of the run itself."""
        return self.life((), event, self.view.run.graph_id, error)

    def life(self, namespace: Namespace, event: str, name: str, error: str | None = None) -> Event:
        """A lifecycle event of a graph."""
        data = {"event": event, "graph_name": name}
        if error is not None:
            data["error"] = error
        where = "\0".join(namespace)
        return Event("lifecycle", namespace, data, f"synth:{self.view.run.run_id}:lc|{where}|{event}")

    def channels(self, within: str) -> Channels:
        """The schema that values are shown through."""
        return self.view.channels if not within else self.view.channels.whole()

    def at(self, within: str) -> Stage:
        """What a fact of a namespace is shown on."""
        if not within:
            return self.stage
        if self.inner is None:
            self.inner = Stage(self.view.inside())
        return self.inner


# How a run ended, as its status says it: `pending` and `running` have not, and what was rolled back is gone.
_ENDS = {"success": "completed", "error": "failed", "timeout": "failed", "interrupted": "interrupted"}

Show = Callable[[Telling, Any, str], Iterator[Event]]


def _split(within: str) -> Namespace:
    return tuple(within.split("|")) if within else ()


def _begun(telling: Telling, _fact: facts.RunStarted, _within: str) -> Iterator[Event]:
    yield telling.root("running")


def _values(telling: Telling, fact: facts.ValuesChanged, within: str) -> Iterator[Event]:
    channels = telling.channels(within)
    if "values" not in telling.emits:
        return
    if channels.shows_any(fact.writes):
        yield Event("values", _split(within), _shown(telling, channels, fact.values))


def _shown(telling: Telling, channels: Channels, values: dict[str, Any]) -> dict[str, Any]:
    """Values as events have them: message objects in the protocol's shape."""
    if not telling.shaped:
        return channels.output(values)
    shown = dict(channels.output(values))
    for key, reducer in channels.declared.items():
        if reducer == "add_messages" and isinstance(shown.get(key), list):
            shown[key] = [shaped(message) for message in shown[key]]
    return shown


def _task_started(telling: Telling, fact: facts.TaskStarted, within: str) -> Iterator[Event]:
    if within and within not in telling.started:
        event = _started(telling, within)
        if telling.native:
            yield event
    if not telling.native and "tasks" in telling.emits:
        yield Event("tasks", _split(within), task_start(fact, telling.at(within)))


def _started(telling: Telling, within: str) -> Event:
    """A graph inside a task has started; one with a name of its own says what called it."""
    namespace = _split(within)
    node, _, task_id = namespace[-1].partition(":")
    name, call = telling.agents.get(within, (node, None))
    telling.started[within] = name
    data: dict[str, Any] = {
        "event": "started",
        "namespace": list(namespace),
        "graph_name": name,
        "trigger_call_id": task_id,
    }
    if call is not None:
        data["cause"] = {"type": "toolCall", "tool_call_id": call}
    return Event("lifecycle", namespace, data)


def _finished(telling: Telling, fact: facts.TaskFinished, within: str) -> Iterator[Event]:
    yield from _updated(telling, fact.task.node, fact.update, within)
    yield from _result(telling, fact, within)
    yield from _left(telling, fact.task, "completed")


def _recalled(telling: Telling, fact: facts.TaskRecalled, within: str) -> Iterator[Event]:
    for event in _updated(telling, fact.task.node, fact.update, within):
        data = {**event.data, "__metadata__": {"cached": True}} if telling.native else event.data
        yield msgspec.structs.replace(event, data=data)


def _updated(telling: Telling, node: str, update: Any, within: str) -> Iterator[Event]:
    if "updates" not in telling.emits:
        return
    channels = telling.channels(within)
    shown = _update(telling, channels, update)
    if telling.native:
        yield Event("updates", _split(within), {node: shown})
    else:
        yield Event("updates", _split(within), shown, node=node)


def _update(telling: Telling, channels: Channels, update: Any) -> Any:
    if isinstance(update, list):
        return [_update(telling, channels, item) for item in update]
    if not update:
        return None
    shown = {key: value for key, value in update.items() if channels.shows(key)}
    if not telling.shaped:
        return shown or None
    for key, value in shown.items():
        if isinstance(value, list):
            shown[key] = [shaped(item) if isinstance(item, WireMessage) else item for item in value]
        elif isinstance(value, WireMessage):
            shown[key] = shaped(value)
    return shown or None


def _result(telling: Telling, fact: Any, within: str) -> Iterator[Event]:
    if not telling.native and "tasks" in telling.emits:
        yield Event("tasks", _split(within), task_result(fact))


def _left(telling: Telling, task: facts.Task, event: str, error: str | None = None) -> Iterator[Event]:
    """The graph inside a task has ended with it, if one had started."""
    if not task.nests or (not telling.native and telling.emits.isdisjoint(("values", "updates"))):
        return
    name = telling.started.pop(task.namespace, None)
    if name is not None:
        yield telling.life(_split(task.namespace), event, name, error)


def _asked(telling: Telling, fact: facts.TaskInterrupted, within: str) -> Iterator[Event]:
    namespace = _split(within)
    if "updates" in telling.emits and telling.native:
        yield Event("updates", namespace, {})
    if "values" in telling.emits or (not telling.native and "updates" in telling.emits):
        yield from _questions(telling, fact, namespace)
    if "values" in telling.emits:
        channels = telling.channels(within)
        yield Event("values", namespace, _shown(telling, channels, fact.values))
    telling.running.pop(fact.task.id, None)
    yield from _result(telling, fact, within)
    yield from _left(telling, fact.task, "interrupted")


def _questions(telling: Telling, fact: facts.TaskInterrupted, namespace: Namespace) -> Iterator[Event]:
    """What a node asks, once; with the first question the run is interrupted."""
    where = "\0".join(namespace)
    for interrupt in fact.interrupts:
        if interrupt.id in telling.asked:
            continue
        telling.asked.add(interrupt.id)
        data = {"interrupt_id": interrupt.id, "payload": interrupt.value}
        mark = f"synth:{telling.view.run.run_id}:input|{where}|{interrupt.id}"
        yield Event("input.requested", namespace, data, mark)
    if not telling.interrupted:
        telling.interrupted = True
        yield telling.root("interrupted")


def _graph_entered(telling: Telling, fact: facts.GraphEntered, _within: str) -> Iterator[Event]:
    """A graph that is called by a tool bears the name of its agent, if it has one, and says what called it."""
    script = fact.task.script
    for step in script.steps if script is not None else ():
        if isinstance(step, Subgraph) and step.name is not None:
            calls = telling.running.get(fact.task.id, [])
            # langgraph 1.2.22: what called it is known where the node was sent its one call.
            cause = calls[0] if len(calls) == 1 and fact.task.push is not None else None
            telling.agents[fact.task.namespace] = (step.name, cause)
    yield from ()


def _tool_started(telling: Telling, fact: facts.ToolStarted, within: str) -> Iterator[Event]:
    telling.running.setdefault(fact.task.id, []).append(fact.call)
    named = {"tool_call_id": fact.call, "tool_name": fact.name, "input": fact.input}
    yield Event("tools", _split(within), {"event": "tool-started", **named})


def _tool_told(_telling: Telling, fact: facts.ToolTold, within: str) -> Iterator[Event]:
    data = {"event": "tool-output-delta", "tool_call_id": fact.call, "delta": fact.delta}
    yield Event("tools", _split(within), data)


def _tool_finished(telling: Telling, fact: facts.ToolFinished, within: str) -> Iterator[Event]:
    namespace = _split(within)
    data = {"event": "tool-finished", "tool_call_id": fact.call, "output": fact.output}
    yield Event("tools", namespace, data)
    if telling.shaped:
        for mirrored in mirror(fact.call, fact.output):
            yield Event("messages", (*namespace, f"tools:{fact.call}"), mirrored)


def _tool_failed(_telling: Telling, fact: facts.ToolFailed, within: str) -> Iterator[Event]:
    data = {"event": "tool-error", "tool_call_id": fact.call, "message": fact.message}
    yield Event("tools", _split(within), data)


def _failed(telling: Telling, fact: facts.TaskFailed, within: str) -> Iterator[Event]:
    yield from _result(telling, fact, within)
    yield from _left(telling, fact.task, "failed", fact.message)


def _custom(telling: Telling, fact: facts.CustomWritten, within: str) -> Iterator[Event]:
    payload = fact.payload
    if not telling.native:
        if "custom" in telling.emits:
            yield Event("custom", _split(within), {"payload": payload})
    elif "custom" in telling.emits or (isinstance(payload, dict) and payload.get("name") in telling.named):
        yield Event("custom", _split(within), payload)


def _chunk(telling: Telling, fact: facts.ChunkStreamed, within: str) -> Iterator[Event]:
    call = fact.call
    if not telling.native or NOSTREAM in call.model.tags:
        return
    answer = telling.answers.get(call.number)
    if answer is None:
        answer = telling.answers[call.number] = Answer(f"lc_run--{call.run_id}")
    for event in answer.take(fact.chunk):
        yield Event("messages", _split(within), event)


def _answered(telling: Telling, fact: facts.ModelAnswered, within: str) -> Iterator[Event]:
    answer = telling.answers.pop(fact.call.number, None)
    for event in answer.finish() if answer is not None else ():
        yield Event("messages", _split(within), event)


_TABLE: dict[type, Show] = {
    facts.RunStarted: _begun,
    facts.ValuesChanged: _values,
    facts.TaskStarted: _task_started,
    facts.TaskFinished: _finished,
    facts.TaskRecalled: _recalled,
    facts.TaskInterrupted: _asked,
    facts.TaskFailed: _failed,
    facts.CustomWritten: _custom,
    facts.GraphEntered: _graph_entered,
    facts.ToolStarted: _tool_started,
    facts.ToolTold: _tool_told,
    facts.ToolFinished: _tool_finished,
    facts.ToolFailed: _tool_failed,
    facts.ChunkStreamed: _chunk,
    facts.ModelAnswered: _answered,
}


class Raw:
    """The stream parts of a run of the newer protocol, as the classic endpoints show them: its events, not yet shaped.

    langgraph-api 0.16.7: numbered for themselves, without what is told of the run itself.
    """

    def __init__(self, view: View, *, emits: frozenset[str]) -> None:
        self._view = view
        self._telling = Telling(view, emits=emits, modes=frozenset(), shaped=False)
        self._count = 0
        self._at = view.run.start
        self.kinds = facts.KINDS

    def parts(self, fact: Fact) -> Sequence[Part]:
        """What the fact adds to the stream, in order."""
        if type(fact) is facts.Wait:
            self._at += round(fact.seconds * 1_000_000)
            return ()
        if type(fact) is facts.RunStarted:
            return [("metadata", {"run_id": self._view.run.run_id, "attempt": 1})]
        told = fact.fact if type(fact) is facts.Inside else fact
        questions = asked(told.interrupts) if type(told) is facts.TaskInterrupted else []
        shown = (self._part(event, questions) for event in self._telling.events(fact))
        return [part for part in shown if part is not None]

    def _part(self, event: Event, questions: list[dict[str, Any]]) -> Part | None:
        if event.method == "input.requested" or (event.method == "lifecycle" and not event.namespace):
            return None
        name, namespace, data = event.method, event.namespace, event.data
        if event.method == "lifecycle":
            if data["event"] != "started":
                data = {"event": data["event"], "namespace": list(namespace)}
            namespace = ()
        elif namespace:
            name = f"{name}|{'|'.join(namespace)}"
        if event.method == "updates" and questions:
            data = {"__interrupt__": questions}
        params = {"namespace": namespace, "timestamp": self._at // 1000, "data": data}
        if event.method == "values":
            params["interrupts"] = questions
        self._count += 1
        return name, {"type": "event", "method": event.method, "params": params, "seq": self._count}
