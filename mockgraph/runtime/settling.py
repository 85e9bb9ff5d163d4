"""How a run's end is stored: on itself, on its thread, in the journal; and how one is undone.

Final statuses are stored before the last part of a stream is handed on: newer clients look.
"""

import logging
from typing import Any

from mockgraph.backend import states
from mockgraph.backend.json import kept
from mockgraph.backend.runs import Run
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Outcome as TaskOutcome
from mockgraph.engine.facts import Snapshot
from mockgraph.runtime.journal import LOG
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.telling import Outcome

# Failures that are mockgraph's own: a test must not pass over them, whatever its client does with errors.
OURS = ("UnmatchedRun", "UnresolvedTemplate", "PlayFailed")


def end(
    namespace: Namespace,
    run: Run,
    request: RunRequest,
    thread: Thread | None,
    outcome: Outcome,
    *,
    status: str = "",
) -> None:
    """The run is over: `status` is `success` or `error` unless something else is said."""
    if not status:
        run.told = None
        status = "success" if outcome.error is None else "error"
    run.started = run.started and not outcome.broke
    run.status = status
    if outcome.error is not None:
        run.error = kept(outcome.error["message"])
    saved = outcome.saved
    last = run.start if saved is None else saved.at
    run.ended = max(namespace.options.clock.now(), run.start + 1, last + 1)
    if thread is not None:
        _leave(namespace, run, request, thread, outcome)
    error = outcome.error
    ours = error["message"] if error and error["error"] in OURS else None
    note(namespace, request, run, ours)


def _leave(namespace: Namespace, run: Run, request: RunRequest, thread: Thread, outcome: Outcome) -> None:
    if run.temporary:
        namespace.threads.remove(run.thread_id)
        namespace.runs.pop(run.run_id, None)
        return
    _settle(namespace, run, thread, outcome)
    named = request.data.get("checkpoint_id")
    if outcome.native and named and outcome.error is None:
        _look_back(thread, named)


def _settle(namespace: Namespace, run: Run, thread: Thread, outcome: Outcome) -> None:
    before = thread.interrupts or b"{}"
    # langgraph-api 0.16.7: the record of the thread knows nothing of a run of the newer protocol that failed.
    unheard = outcome.native and outcome.error is not None
    told = thread.values if thread.shown is None else thread.shown
    saved = outcome.saved
    if saved is not None:
        thread.checkpoint, thread.step = saved, saved.step
        thread.values = outcome.values
    elif thread.values is None:
        thread.values = b"{}" if outcome.error is None else None
    thread.shown = outcome.inside
    run.updated_at = run.ended
    thread.changed(run.ended)
    thread.state_updated_at = thread.updated_at
    thread.settled = True
    thread.error = kept(outcome.error) if outcome.error else b"null"
    standing = None
    if outcome.due or before != b"{}":
        standing = states.standing(thread)
    if unheard:
        thread.shown = told or b"null"
    elif outcome.last is not None and outcome.due:
        thread.shown = kept(outcome.last)
    if thread.checkpoint is not None and not unheard:
        thread.interrupts = kept(waiting(standing, inner=bool(outcome.subgraphs)))
    if run.stub is not None and not _still_asked(run, standing):
        thread.last_played = run.stub.name
    run.stands = thread.last_played
    thread.status = "error" if outcome.error else "interrupted" if outcome.due else "idle"
    if run.status == "interrupted":
        thread.status = "interrupted" if outcome.due and not outcome.native else "idle"
    if busy(namespace, thread, but=run):
        thread.status = "busy"


def _look_back(thread: Thread, checkpoint_id: str) -> None:
    """langgraph-api 0.16.7: after such a run the thread's record shows where the run set out, not where it came to."""
    snapshot = states.standing(thread, checkpoint_id)
    thread.shown = kept({} if snapshot is None else snapshot.values)
    if snapshot is not None and snapshot.tasks:
        thread.status = "interrupted"


def _still_asked(run: Run, standing: Snapshot | None) -> bool:
    """Whether the run left a question open that had been asked before it: the thread then stands where it stood."""
    if run.ground is None or not run.anew or standing is None:
        return False
    asked = {interrupt.id for interrupt in run.ground.interrupts}
    return any(interrupt.id in asked for interrupt in standing.interrupts)


def waiting(standing: Snapshot | None, *, inner: bool = False) -> dict[str, list[dict[str, Any]]]:
    """A thread's `interrupts`, by task. langgraph-api 0.16.7: by the task inside, if the run streamed its subgraphs."""
    found: dict[str, list[dict[str, Any]]] = {}
    for outcome in standing.pending if standing is not None else ():
        for asking in _asking(outcome) if inner else [outcome]:
            if asking.interrupts:
                found[asking.task.id] = [states.interrupt(item) for item in asking.interrupts]
    return found


def _asking(outcome: TaskOutcome) -> list[TaskOutcome]:
    if outcome.inner is None:
        return [outcome]
    return [asking for inside in outcome.inner.pending for asking in _asking(inside)]


def busy(namespace: Namespace, thread: Thread, *, but: Run | None = None) -> bool:
    """Whether runs wait or play on the thread."""
    return any(live.run is not but for live in namespace.active.get(thread.thread_id, ()))


def rest(
    namespace: Namespace, thread: Thread, *, error: dict[str, str] | None = None, status: str = ""
) -> None:
    """Bring a thread's record to where its remaining checkpoints say that it stands, or to a status."""
    standing = states.standing(thread)
    thread.checkpoint = standing.checkpoint if standing else None
    thread.step = standing.checkpoint.step if standing else -2
    thread.values = kept(standing.values) if standing else None
    if thread.interrupts is not None or standing is not None:
        thread.interrupts = kept(waiting(standing))
    thread.shown = None
    writer = standing.writer if standing else None
    thread.last_played = writer.stands if writer is not None else None
    now = max(namespace.options.clock.now(), thread.updated_at + 1)
    thread.updated_at = thread.state_updated_at = now
    if error is not None:
        thread.settled = True
        thread.error = kept(error)
    due = standing is not None and bool(standing.pending)
    status = status or ("interrupted" if due else "idle")
    thread.status = "busy" if busy(namespace, thread) else status


def forget(namespace: Namespace, run: Run, thread: Thread | None) -> None:
    """The run and its checkpoints are gone."""
    namespace.runs.pop(run.run_id, None)
    if thread is not None:
        thread.trail = [writer for writer in thread.trail if writer is not run]


def note(namespace: Namespace, request: RunRequest, run: Run, report: str | None) -> None:
    """Journal and log a run that ended; `report` is what of mockgraph's broke in it."""
    if report is not None and request.entry is not None:
        namespace.journal.went_wrong(request.entry, namespace.journal.discreet(report, request.headers))
    elif LOG.isEnabledFor(logging.INFO):
        stub = run.stub.name if run.stub is not None else "-"
        milliseconds = request.age() * 1000
        LOG.info("%s  %s  %s  %.1f ms  %s", run.graph.graph_id, stub, run.status, milliseconds, request.asked)
