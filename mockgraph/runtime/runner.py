"""Accepting runs: on which thread, played by which stub, at once or later.

Theory of operation. A run whose thread is idle starts at once: its stub is chosen before anything is made, so
that an unmatched run can be refused (422). If its play takes no time and its client waits for it, it is played
to the end inside the request: no task, no log, and for a stateless run no record. Any other run becomes a
LiveRun. A run that starts late (behind another on its thread, or delayed) chooses its stub when it starts, and
fails with the report where none matches.

A run's and its thread's final status are stored before the last part is handed on: newer clients look.
"""

from typing import Any

from mockgraph.backend.assistants import Assistant
from mockgraph.backend.json import kept, loads
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread
from mockgraph.runtime.journal import Entry
from mockgraph.runtime.live import LiveRun
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import RunRequest, refuse_planned, scope
from mockgraph.runtime.telling import Outcome, broken, encoded, tell
from mockgraph.script.choosing import choose, misses
from mockgraph.script.model import Graph, Stub
from mockgraph.script.near_miss import report
from mockgraph.words.errors import MatchingFailed, NotBuilt, Refusal
from mockgraph.words.ids import canonical


class Unmatched(Refusal):
    """No stub matched: 422, a status that no SDK retries, with the whole report."""

    def __init__(self, report: str) -> None:
        super().__init__(422, report)


class Begun:
    """A run that was accepted: live, or played already into `parts` (SSE bytes) and `outcome`."""

    __slots__ = ("live", "outcome", "parts", "run", "thread")

    def __init__(self, run: Run, thread: Thread | None) -> None:
        self.run = run
        self.thread = thread
        self.live: LiveRun | None = None
        self.parts: list[bytes] = []
        self.outcome = Outcome()


class Runner:
    """Starts the runs of one namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    # --- accepting ---

    def begin(
        self, request: RunRequest, *, api_url: str, background: bool = False, streamed: bool = False
    ) -> Begun:
        """Accept a run and play it if it can be played at once; raises Refusal."""
        data = request.data
        assistant = self.namespace.assistants.named(data["assistant_id"])
        thread = self._thread(request, assistant, background=background)
        if assistant is None:
            raise Refusal(404, "Thread or assistant not found.")
        if data.get("context") and data.get("config", {}).get("configurable"):
            raise Refusal(400, _TWO_CONTEXTS)
        refuse_planned(data)
        _refuse_odd(data)
        graph = self.namespace.graphs[assistant.graph_id]
        late = self._queued(thread, data) or bool(data.get("after_seconds"))
        stub = None if late else self._chosen_at_once(request, graph, thread)
        run = self._record(request, assistant, graph, thread, api_url=api_url)
        live = late or background or not (stub is None or stub.play.instant)
        if live or thread is not None or not run.temporary:
            thread = self._entered(run, request, thread)
        begun = Begun(run, thread)
        if live:
            begun.live = LiveRun(self, run, request, begun.thread, stub, late=late)
            begun.live.begin(held=background)
        else:
            self.start(run, request, thread, stub)
            self._play(begun, request, streamed=streamed)
            self.end(run, request, thread, begun.outcome)
        return begun

    def _play(self, begun: Begun, request: RunRequest, *, streamed: bool) -> None:
        """Play the run to its end, here and now."""
        outcome = begun.outcome
        try:
            for fact, parts in tell(begun.run, request.data):
                outcome.note(fact, parts)
                if streamed and parts:
                    begun.parts.extend([encoded(part)[1] for part in parts])
            if not (streamed and begun.run.temporary):
                outcome.close()
        except Exception as error:
            outcome.fail(broken(begun.run, error))
            begun.parts.append(encoded(("error", outcome.error))[1])

    def _thread(self, request: RunRequest, assistant: Assistant | None, *, background: bool) -> Thread | None:
        if request.thread_id is None:
            return None
        thread_id = canonical(request.thread_id)
        if thread_id is None:
            # langgraph-api 0.16.7: two spellings of one refusal
            if background:
                raise Refusal(422, "Invalid thread ID")
            raise Refusal(400, "badly formed hexadecimal UUID string")
        found = self.namespace.threads.find(thread_id)
        if found is None:
            if request.data.get("if_not_exists") != "create" or assistant is None:
                raise Refusal(404, "Thread or assistant not found.")
            found = self._made_by_run(thread_id)
        return found

    def _made_by_run(self, thread_id: str) -> Thread:
        now = self.namespace.options.clock.now()
        return Thread(thread_id, now, now, now, by_run=True)

    def _queued(self, thread: Thread | None, data: dict[str, Any]) -> bool:
        """Whether the run waits behind others on its thread."""
        active = self.namespace.active.get(thread.thread_id) if thread is not None else None
        if thread is None or not active:
            return False
        strategy = data.get("multitask_strategy", "enqueue")
        if strategy == "reject":
            raise Refusal(409, _BUSY)
        if strategy != "enqueue":
            raise NotBuilt(f"multitask_strategy {strategy!r} on a busy thread")
        self.look(thread.thread_id)
        return any(live.in_the_way for live in active)

    def _record(
        self,
        request: RunRequest,
        assistant: Assistant,
        graph: Graph,
        thread: Thread | None,
        *,
        api_url: str,
    ) -> Run:
        namespace, data = self.namespace, request.data
        run_id, thread_id = namespace.new_run_ids(thread, request.body)
        now = namespace.options.clock.now()
        inherited = assistant.inherited
        if thread is not None:
            now = max(now, thread.updated_at + 1)
            if not _fresh(thread):
                inherited = kept({**assistant.metadata, **loads(thread.metadata), **_marks(assistant)})
        delay = data.get("after_seconds") or 0
        return Run(
            run_id=run_id,
            thread_id=thread_id,
            assistant_id=assistant.assistant_id,
            graph=graph,
            body=request.body,
            inherited=inherited,
            request_id=_request_id(request),
            api_url=api_url,
            created_at=now + round(delay * 1_000_000),
            updated_at=now + 1,
            temporary=thread is None and data.get("on_completion", "delete") == "delete",
        )

    def _entered(self, run: Run, request: RunRequest, thread: Thread | None) -> Thread:
        """The run's thread (made here for a stateless run) with the run on it; busy from now on."""
        if thread is None:
            thread = self._made_by_run(run.thread_id)
        config = request.data.get("config") or {}
        marks = {"graph_id": run.graph.graph_id, "assistant_id": run.assistant_id}
        if _fresh(thread):
            marks |= config.get("metadata", {}) | request.data.get("metadata", {})
        thread.metadata = kept({**loads(thread.metadata), **marks})
        thread.config = kept({**config, "configurable": {}})
        thread.status = "busy"
        thread.updated_at = run.updated_at
        thread.runs.append(run)
        self.namespace.threads.add(thread)
        self.namespace.runs[run.run_id] = run
        return thread

    # --- choosing ---

    def _chosen_at_once(self, request: RunRequest, graph: Graph, thread: Thread | None) -> Stub | None:
        try:
            return self.choose(request, graph, thread)
        except Unmatched as error:
            self._journal(request, graph, None, "unmatched", error.detail)
            raise

    def choose(self, request: RunRequest, graph: Graph, thread: Thread | None) -> Stub | None:
        """The stub that plays the run. None where the graph itself would refuse or ignore the input."""
        given = request.data.get("input")
        if not isinstance(given, dict):
            if given is None and thread is not None and thread.stopped_at is not None:
                raise NotBuilt(f"going on with a thread that stopped at {thread.stopped_at}")
            return None
        last = thread.last_played if thread is not None else None
        counts = self.namespace.played
        graph = self.namespace.graphs.get(graph.graph_id, graph)
        try:
            stub = choose(
                graph, scope(request, thread, graph.roots), last_played=last, played=counts.__getitem__
            )
            if stub is None:
                everything = scope(request, thread)
                missed = misses(graph, everything, last_played=last, played=counts.__getitem__)
                graphs = list(self.namespace.graphs)
                raise Unmatched(report(request.asked, graph.graph_id, everything, missed, graphs=graphs))
        except MatchingFailed as error:
            asked = f"{request.asked}  graph '{graph.graph_id}'"
            raise Unmatched(f"A matcher could not be asked.\n  {asked}\n  {error}") from None
        counts[stub] += 1
        return stub

    # --- the beginning and the end of a run ---

    def start(self, run: Run, request: RunRequest, thread: Thread | None, stub: Stub | None) -> None:
        """The run begins: from here on its facts are fixed."""
        run.stub = stub
        run.started = True
        run.status = "running"
        run.start = self.namespace.options.clock.now()
        if thread is not None:
            run.start = max(run.start, thread.updated_at + 1)
            run.before = thread.values if thread.checkpoint is not None else None
            run.step, run.parent = thread.step, thread.checkpoint
        if stub is not None and stub.play.roots:
            run.scope = kept(scope(request, thread, stub.play.roots))

    def end(self, run: Run, request: RunRequest, thread: Thread | None, outcome: Outcome) -> None:
        """Store how the run ended, on itself and on its thread, and journal it."""
        run.told = None
        run.started = run.started and not outcome.broke
        run.status = "success" if outcome.error is None else "error"
        if run.temporary:
            self.namespace.threads.remove(run.thread_id)
            self.namespace.runs.pop(run.run_id, None)
        elif thread is not None:
            self._settle(run, thread, outcome)
        error = outcome.error
        ours = error["message"] if error and error["error"] in _OURS else None
        self._journal(request, run.graph, run.stub, run.status, ours)

    def _settle(self, run: Run, thread: Thread, outcome: Outcome) -> None:
        now = max(self.namespace.options.clock.now(), run.start + 1)
        saved = outcome.saved
        if saved is not None:
            now = max(now, saved.checkpoint.at + 1)
            thread.checkpoint, thread.step = saved.checkpoint, saved.checkpoint.step
            thread.values = outcome.values
            thread.stopped_at = ", ".join(task.node for task in saved.next) or None
        elif thread.values is None:
            thread.values = b"{}" if outcome.error is None else None
        run.updated_at = thread.updated_at = thread.state_updated_at = now
        thread.settled = True
        thread.error = kept(outcome.error) if outcome.error else b"null"
        thread.last_played = run.stub.name if run.stub else thread.last_played
        thread.status = "error" if outcome.error else "idle"
        if any(live.run is not run for live in self.namespace.active.get(thread.thread_id, ())):
            thread.status = "busy"

    def _journal(
        self, request: RunRequest, graph: Graph, stub: Stub | None, status: str, report: str | None
    ) -> None:
        self.namespace.journal.add(
            Entry(
                asked=request.asked,
                graph_id=graph.graph_id,
                stub=stub.name if stub else None,
                status=status,
                seconds=request.age(),
                report=report,
            )
        )

    def forget(self, thread: Thread) -> None:
        """Delete a thread: its runs stop and are gone with it."""
        for live in self.namespace.active.get(thread.thread_id, ()):
            live.drop()
        for run in thread.runs:
            self.namespace.runs.pop(run.run_id, None)
        self.namespace.threads.remove(thread.thread_id)

    def look(self, thread_id: str) -> None:
        """Somebody looks at a thread: its held runs start."""
        for live in self.namespace.active.get(thread_id, ()):
            live.release.set()


# Failures that are mockgraph's own: a test must not pass over them, whatever its client does with errors.
_OURS = ("UnmatchedRun", "UnresolvedTemplate", "PlayFailed", "NotBuilt")
_BUSY = "Thread is already running a task. Wait for it to finish or choose a different multitask strategy."
_TWO_CONTEXTS = (
    "Cannot specify both configurable and context. Prefer setting context alone. Context was introduced in "
    "LangGraph 0.6.0 and is the long term planned replacement for configurable."
)


def _refuse_odd(data: dict[str, Any]) -> None:
    """Refuse what the schema lets pass and the real server crashes on (500), before anything is made."""
    if not isinstance(data.get("config", {}).get("metadata", {}), dict):
        raise Refusal(422, "config.metadata must be an object")
    if abs(data.get("after_seconds", 0)) > _A_YEAR:
        raise Refusal(422, "after_seconds must not be more than a year")


_A_YEAR = 366 * 24 * 3600


def _fresh(thread: Thread) -> bool:
    """Whether a run is just making this thread."""
    return thread.by_run and not thread.runs


def _marks(assistant: Assistant) -> dict[str, str]:
    return {"graph_id": assistant.graph_id, "assistant_id": assistant.assistant_id}


def _request_id(request: RunRequest) -> str | None:
    for name, value in request.headers:
        if name == b"x-request-id":
            return value.decode("latin-1")
    return None
