"""Accepting runs: on which thread, played by which stub, at once or later; and stopping them.

Theory of operation. A run whose thread is idle starts at once: its stub is chosen before anything is made, so
that an unmatched run can be refused (422). If its play takes no time and its client waits for it, it is played
to the end inside the request: no task, no log, and for a stateless run no record. Any other run becomes a
LiveRun. A run that starts late (behind another on its thread, delayed, in a batch, or in the place of one that it
stops) chooses its stub when it starts, and fails with the report where none matches.

A run's and its thread's final status are stored before the last part is handed on: newer clients look. Stopping a
run stores them at once, whatever the run is waiting for.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from mockgraph.backend.access import EVERYTHING, Seen, sees
from mockgraph.backend.assistants import Assistant
from mockgraph.backend.json import kept, loads
from mockgraph.backend.reserved import own_metadata
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.runtime import settling, webhooks
from mockgraph.runtime.beginnings import Beginning, Unmatched, beginning
from mockgraph.runtime.journal import Entry
from mockgraph.runtime.live import HOLD, LiveRun
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.refusals import refuse
from mockgraph.runtime.requests import RunRequest, inheriting, owned, scope
from mockgraph.runtime.stream_log import Numbers, Part
from mockgraph.runtime.telling import NOTED, Outcome, broken, encoded, heard, tell
from mockgraph.script.model import Graph
from mockgraph.words.errors import Refusal
from mockgraph.words.ids import canonical, digest, key_of, uuid4


class Begun(msgspec.Struct):
    """A run that was accepted: live, or played already into `parts` (SSE bytes) and `outcome`."""

    run: Run
    thread: Thread | None
    outcome: Outcome
    live: LiveRun | None = None
    parts: list[bytes] = []

    async def over(self) -> Outcome:
        """How the run ended, once it has."""
        if self.live is None:
            return self.outcome
        await self.live.ended.wait()
        return self.live.outcome


class Runner:
    """Starts and stops the runs of one namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    # --- accepting ---

    def begin(
        self,
        request: RunRequest,
        *,
        api_url: str,
        request_id: str | None = None,
        background: bool = False,
        streamed: bool = False,
        late: bool = False,
        at_once: bool = False,
        hold: float = HOLD,
    ) -> Begun:
        """Accept a run and play it if it can be played at once, or is to be; raises Refusal."""
        namespace, data, sent = self.namespace, request.data, request.body
        assistant = namespace.assistants.named(data["assistant_id"])
        thread_id = (
            None if request.thread_id is None else _thread_id(request.thread_id, background=background)
        )
        refuse(data, stateless=thread_id is None, by_cron=request.by_cron)
        webhooks.check(data.get("webhook"), namespace.options.webhook_hosts)
        if assistant is None:
            raise Refusal(404, _NOT_THERE)
        seen = self._may_run(request, assistant)
        thread = None if thread_id is None else self._thread(request, thread_id, seen)
        if request.access is not None:
            request = owned(request, request.access, seen)
        if not assistant.bare:
            request = inheriting(request, assistant)
        data = request.data
        graph = namespace.graphs[assistant.graph_id]
        in_the_way = [] if thread is None else self._in_the_way(thread, data)
        late = late or bool(in_the_way) or bool(data.get("after_seconds"))
        chosen = None if late else self._chosen_at_once(request, graph, thread, sent)
        run = self._record(request, assistant, graph, thread, api_url=api_url)
        self._note(request, graph, sent, run, thread)
        run.request_id = run.request_id or request_id
        live = not at_once and (
            late
            or background
            or not _instant(chosen)
            or graph.given.latency is not None
            or self._followed(thread)
            or namespace.timeline.held
        )
        if in_the_way and (strategy := data.get("multitask_strategy")) in _STOPS:
            for other in in_the_way:
                self.stop(other, strategy, f"superseded by run {run.run_id} (multitask_strategy={strategy})")
        if live or thread is not None or not run.temporary:
            thread = self._entered(run, request, thread, assistant)
        begun = Begun(run, thread, Outcome(subgraphs=bool(data.get("stream_subgraphs"))))
        if live:
            assert thread is not None
            begun.live = LiveRun(self, run, request, thread, chosen)
            begun.live.begin(held=background, seconds=hold)
        else:
            assert chosen is not None
            self.start(run, request, thread, chosen)
            self._play(begun, request, streamed=streamed)
            self.end(run, request, thread, begun.outcome)
        return begun

    def _followed(self, thread: Thread | None) -> bool:
        """Whether the events of the thread's runs are followed, or were a moment ago."""
        return thread is not None and self.namespace.event_tape(thread.thread_id) is not None

    def _play(self, begun: Begun, request: RunRequest, *, streamed: bool) -> None:
        """Play the run to its end, here and now."""
        outcome, run = begun.outcome, begun.run
        tape = self.namespace.tapes.get(run.thread_id)
        numbered = streamed and bool(request.data.get("stream_resumable"))
        noted = numbered or tape is not None
        pairs: list[tuple[str, bytes]] = []
        try:
            played, projector = tell(run, request.data)
            kinds, parts_of, take_of = projector.kinds, projector.parts, NOTED.get
            listening = heard(kinds, told=streamed or noted)
            for fact in played:
                kind = type(fact)
                if kind not in listening:
                    continue
                parts: Sequence[tuple[str, Any]] = parts_of(fact) if kind in kinds else ()
                if (take := take_of(kind)) is not None:
                    take(outcome, fact, parts)
                if noted:
                    pairs.extend(map(encoded, parts))
                elif streamed:
                    for shown in parts:
                        begun.parts.append(encoded(shown)[1])
            if not (streamed and run.temporary):
                outcome.close()
        except Exception as error:
            outcome.fail(broken(run, error))
            pairs.append(encoded(("error", outcome.error)))
        if (part := self.feedback(run, request, outcome)) is not None:
            pairs.append(encoded(part))
        if not pairs:
            return
        numbers = Numbers(run.told_from)
        told = [Part(*pair, numbers.next()) for pair in pairs]
        if begun.thread is not None:
            begun.thread.newest = numbers.milliseconds
        begun.parts.extend(part.numbered if numbered else part.body for part in told)
        if tape is not None:
            done = encoded(("metadata", {"status": "run_done", "run_id": run.run_id}))
            tape.extend([*told, Part(*done, numbers.next())])

    def feedback(self, run: Run, request: RunRequest, outcome: Outcome) -> tuple[str, Any] | None:
        """The last part of a run with `feedback_keys`: a URL for each. Nothing here ever posts to it."""
        keys = request.data.get("feedback_keys")
        if not keys or outcome.error is not None:
            return None
        bits = key_of(run.run_id)
        outcome.feedback = {
            key: f"https://api.smith.langchain.com/feedback/tokens/{uuid4(digest(bits, f'feedback {key}'))}"
            for key in keys
        }
        return "feedback", outcome.feedback

    def _may_run(self, request: RunRequest, assistant: Assistant) -> Seen:
        """Which threads somebody may run an assistant on; raises Refusal where it may not be run."""
        access = request.access
        if access is None:
            return EVERYTHING
        seen = access.allow("threads", "create_run")
        # langgraph-api 0.16.7: a graph's own assistant is everybody's to run.
        if not assistant.own and not sees(access.allow("assistants", "read"), assistant.inherited):
            raise Refusal(404, _NOT_THERE)
        return seen

    def _thread(self, request: RunRequest, thread_id: str, seen: Seen) -> Thread:
        found = self.namespace.threads.find(thread_id)
        if found is not None and sees(seen, found.metadata):
            return found
        if found is not None or request.data.get("if_not_exists") != "create":
            raise Refusal(404, _NOT_THERE)
        return self._made_by_run(thread_id)

    def _made_by_run(self, thread_id: str) -> Thread:
        now = self.namespace.options.clock.now()
        return Thread(thread_id, now, now, now, origin="run")

    def _in_the_way(self, thread: Thread, data: dict[str, Any]) -> list[LiveRun]:
        """The runs on the thread that the new one waits for, or stops; one that is not due yet waits itself."""
        active = self.namespace.active.get(thread.thread_id)
        if not active:
            return []
        strategy = data.get("multitask_strategy", "enqueue")
        if strategy == "reject":
            raise Refusal(409, _BUSY)
        self.look(thread.thread_id)
        return [live for live in active if strategy != "enqueue" or live.due]

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
        now = namespace.options.clock.now()
        run_id, thread_id = namespace.ids.run(thread, request.body, now)
        inherited = assistant.inherited
        if thread is not None:
            now = max(now, thread.updated_at + 1)
            if not _fresh(thread):
                inherited = kept(
                    {**loads(assistant.inherited), **loads(thread.metadata), **_marks(assistant)}
                )
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
            user=None if request.access is None else kept(request.access.user()),
            by_cron=request.by_cron,
        )

    def _entered(self, run: Run, request: RunRequest, thread: Thread | None, assistant: Assistant) -> Thread:
        """The run's thread (made here for a stateless run) with the run on it; busy from now on."""
        if thread is None:
            thread = self._made_by_run(run.thread_id)
        config = request.data.get("config") or {}
        marks = {"graph_id": run.graph.graph_id, "assistant_id": run.assistant_id}
        if _fresh(thread):
            marks |= config.get("metadata", {}) | request.data.get("metadata", {})
        thread.metadata = kept({**loads(thread.metadata), **marks})
        thread.config = kept({**loads(thread.config), **_persistent(config, loads(assistant.now.config))})
        thread.status = "busy"
        thread.changed(run.updated_at)
        thread.trail.append(run)
        thread.made += 1
        self.namespace.threads.add(thread)
        self.namespace.runs[run.run_id] = run
        return thread

    def _chosen_at_once(
        self, request: RunRequest, graph: Graph, thread: Thread | None, sent: bytes
    ) -> Beginning:
        try:
            return beginning(self.namespace, request, graph, thread)
        except Unmatched as error:
            entry = self._note(request, graph, sent, None, thread)
            self.namespace.journal.went_wrong(entry, error.detail)
            raise

    def _note(
        self, request: RunRequest, graph: Graph, sent: bytes, run: Run | None, thread: Thread | None
    ) -> Entry:
        """Have the run in the journal, as it was asked for."""
        request.entry = self.namespace.journal.ran(
            request.entry,
            graph.graph_id,
            asked=request.asked,
            body=sent if request.told is None else request.told,
            headers=request.headers,
            clock=self.namespace.options.clock,
            run=run,
            runs=thread.made if thread is not None else 0,
        )
        return request.entry

    # --- the beginning and the end of a run ---

    def start(self, run: Run, request: RunRequest, thread: Thread | None, begun: Beginning) -> None:
        """The run begins: from here on its facts are fixed."""
        run.stub = begun.stub
        run.started = True
        run.status = "running"
        run.start = run.told_from = self.namespace.options.clock.now()
        run.before, run.step, run.parent, run.after = begun.before, begun.step, begun.parent, begun.after
        if begun.ground is not None:
            run.parent = begun.ground.checkpoint
            run.ground, run.anew, run.fork = begun.ground, begun.anew, begun.fork
        if thread is not None:
            run.start = max(run.start, thread.updated_at + 1)
            run.told_from = thread.told_from(run.start)
            if thread.trail and thread.trail[-1] is not run:
                # One that was delayed comes behind those that went before it.
                thread.trail = [*(writer for writer in thread.trail if writer is not run), run]
        if begun.kept is not None:
            carried = loads(begun.kept)
            now = {key: value for key, value in scope(request, thread, carried).items() if value is not None}
            run.scope = kept({**carried, **now})
        elif run.stub is not None and run.stub.play.roots:
            run.scope = kept(scope(request, thread, run.stub.play.roots))

    def end(self, run: Run, request: RunRequest, thread: Thread | None, outcome: Outcome) -> None:
        """Store how the run ended, and tell whoever asked to be told."""
        settling.end(self.namespace, run, request, thread, outcome)
        self._call(run, request, outcome)

    def _call(self, run: Run, request: RunRequest, outcome: Outcome, *, status: str | None = None) -> None:
        if request.data.get("webhook"):
            body = Description(run, request.data).wire()
            if status is not None:
                body["status"] = status
            values = None if run.temporary or status is not None else outcome.values
            webhooks.post(self.namespace, request.data["webhook"], body, run, values, outcome.error)

    # --- stopping ---

    def stop(self, live: LiveRun, action: str, said: str) -> None:
        """Stop a run that waits or plays: `interrupt` keeps what it did so far, `rollback` undoes it."""
        run, thread, outcome = live.run, live.thread, live.outcome
        played = run.started
        live.reconsider()
        live.drop()
        error = {"error": _STOPS[action], "message": said}
        if action == "rollback":
            outcome.error = error
            settling.forget(self.namespace, run, thread)
            run.ended = max(self.namespace.options.clock.now(), run.start + 1)
            if run.temporary:
                self.namespace.threads.remove(thread.thread_id)
            else:
                # langgraph-api 0.16.7: idle, though the nodes of an earlier run may be due.
                settling.rest(self.namespace, thread, error=error if played else None, status="idle")
            run.status = "interrupted"
            settling.note(self.namespace, live.request, run, None)
            if played:
                self._call(run, live.request, outcome, status="rollback")
            live.end_events(gone=True)
            return
        if played:
            outcome.error = error
            try:
                outcome.close()
            except Exception as broke:
                outcome.fail(broken(run, broke))
            settling.end(self.namespace, run, live.request, thread, outcome, status="interrupted")
            self._call(run, live.request, outcome)
        else:
            run.status = "interrupted"
            run.updated_at = max(self.namespace.options.clock.now(), run.updated_at + 1)
            if run.temporary:
                settling.forget(self.namespace, run, thread)
                self.namespace.threads.remove(thread.thread_id)
            elif not settling.busy(self.namespace, thread):
                thread.status = "idle"
                thread.changed(run.updated_at)
            settling.note(self.namespace, live.request, run, None)
        live.end_events()

    def cancel(self, thread_id: str | None, run_ids: list[str], *, action: str, at: str) -> None:
        """Stop runs that a client names; raises Refusal where none of them can be stopped."""
        found = [run for run in map(self.namespace.runs.get, dict.fromkeys(run_ids)) if run is not None]
        found = [run for run in found if thread_id is None or run.thread_id == thread_id]
        if not found:
            raise Refusal(404, "No runs found to cancel.")
        stopped = [live for run in found if (live := self.namespace.live.get(run.run_id)) is not None]
        if not stopped:
            raise Refusal(404, _OVER)
        action = action if action in _STOPS else "interrupt"
        for live in stopped:
            self.stop(live, action, f"{action} requested via POST {at}")

    def left(self, live: LiveRun) -> None:
        """The client that watched a run is gone, and wanted it to end with it."""
        if not live.ended.is_set():
            self.stop(live, "interrupt", "client disconnected from the run stream (on_disconnect=cancel)")

    def delete(self, run: Run) -> None:
        """Delete a run and its checkpoints; one that plays stops."""
        thread = self.namespace.threads.find(run.thread_id)
        live = self.namespace.live.get(run.run_id)
        if live is not None:
            live.reconsider()
            live.drop(gone=True)
            live.end_events(gone=True)
            settling.note(self.namespace, live.request, run, None)
        settling.forget(self.namespace, run, thread)
        tape = self.namespace.event_tape(run.thread_id)
        if live is None and tape is not None and run.tape_end is not None:
            tape.forget(run)
        if run.temporary:
            self.namespace.threads.remove(run.thread_id)
        elif thread is not None:
            for waiting in self.namespace.active.get(thread.thread_id, ()):
                waiting.reconsider()
            # langgraph-api 0.16.7: the thread says what it said before.
            told = thread.values if thread.shown is None else thread.shown
            status, interrupts = thread.status, thread.interrupts
            settling.rest(self.namespace, thread)
            if live is None:
                thread.shown, thread.status, thread.interrupts = told, status, interrupts

    def forget(self, thread: Thread) -> None:
        """Delete a thread: its runs stop and are gone with it, and so are its crons."""
        self.namespace.forget_crons(thread_id=thread.thread_id)
        # Whoever follows the thread does not see one that is made under its id later.
        self.namespace.tapes.pop(thread.thread_id, None)
        self.namespace.forget_events(thread.thread_id)
        for live in list(self.namespace.active.get(thread.thread_id, ())):
            live.drop(gone=True)
        for run in thread.runs:
            self.namespace.runs.pop(run.run_id, None)
        self.namespace.threads.remove(thread.thread_id)

    def followed(self, thread_id: str, *, reading: bool) -> None:
        """Somebody follows a thread's events: those of its runs are told, and whoever is `reading` lets them begin.

        Not at once: what was before is to be read first, for clients take the end of an earlier run for that of theirs.
        """
        for live in self.namespace.active.get(thread_id, ()):
            live.write_events()
            if reading:
                asyncio.get_running_loop().call_later(self.namespace.options.pace / 4, live.release.set)

    def look(self, thread_id: str) -> None:
        """Somebody looks at a thread: its held runs start."""
        for live in self.namespace.active.get(thread_id, ()):
            live.release.set()


# What becomes of a run that is stopped, and the error that its thread shows for it.
_STOPS = {"interrupt": "UserInterrupt", "rollback": "UserRollback"}
_OVER = (
    "No matching runs to cancel. Please verify the thread ID and run IDs are correct, and the runs haven't been "
    "deleted or completed."
)
_BUSY = "Thread is already running a task. Wait for it to finish or choose a different multitask strategy."


_NOT_THERE = "Thread or assistant not found."


def _thread_id(named: str, *, background: bool) -> str:
    """A thread's id in its usual spelling. langgraph-api 0.16.7: what is none is refused in one of two ways."""
    known = canonical(named)
    if known is None and background:
        raise Refusal(422, "Invalid thread ID")
    if known is None:
        raise Refusal(400, "badly formed hexadecimal UUID string")
    return known


def _instant(begun: Beginning | None) -> bool:
    """Whether the run's play takes no time."""
    return begun is not None and (begun.stub is None or begun.stub.play.instant)


def _persistent(config: dict[str, Any], inherited: dict[str, Any]) -> dict[str, Any]:
    """What a thread keeps of a run's config: metadata without what is the server's to say, the assistant's configurable.

    `inherited` is the config of the run's assistant.
    """
    kept_config = {**config, "configurable": inherited.get("configurable") or {}}
    metadata = config.get("metadata") or inherited.get("metadata")
    if metadata is not None:
        kept_config["metadata"] = own_metadata(metadata)
    return kept_config


def _fresh(thread: Thread) -> bool:
    """Whether a run is just making this thread."""
    return thread.origin == "run" and not thread.made


def _marks(assistant: Assistant) -> dict[str, str]:
    return {"graph_id": assistant.graph_id, "assistant_id": assistant.assistant_id}


def _request_id(request: RunRequest) -> str | None:
    for name, value in request.headers:
        if name == b"x-request-id":
            return value.decode("latin-1")
    return None
