"""A run that takes time: a task plays its facts into a log, and whoever wants follows the log.

A background run, like one in the real server's queue, is held until somebody looks at its thread or HOLD
seconds have passed: whoever joins right after creating it sees it from `metadata` on.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine import facts
from mockgraph.runtime.beginnings import Beginning, beginning
from mockgraph.runtime.faults import Strikes
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.stream_log import Numbers, Part, StreamLog
from mockgraph.runtime.telling import Outcome, broken, encoded, tell
from mockgraph.words.errors import Refusal

if TYPE_CHECKING:
    from mockgraph.runtime.runner import Runner
    from mockgraph.runtime.scribes import Scribe

# langgraph-api 0.16.7: following a run that is not there, or is no longer, is a 200 with this error inside.
NOT_FOUND = {"error": "HTTPException", "message": "404: Run not found"}

HOLD = 0.5  # langgraph-api 0.16.7: its in-memory queue is polled, so that a run waits up to a second


class LiveRun:
    """A run being played. `release` lets a held one start; `ended` is set when all is stored and told."""

    def __init__(
        self,
        runner: "Runner",
        run: Run,
        request: RunRequest,
        thread: Thread,
        begun: Beginning | None,
    ) -> None:
        self.runner = runner
        self.run = run
        self.request = request
        self.thread = thread
        self.begun = begun  # None: chosen when it starts
        self.log = StreamLog()
        self._native = Description(run, request.data).native
        subgraphs = bool(request.data.get("stream_subgraphs")) and not self._native
        self.outcome = Outcome(subgraphs=subgraphs, native=self._native)
        self.release = asyncio.Event()
        self.ended = asyncio.Event()
        self.due = not request.data.get("after_seconds")  # one that is not stands in nobody's way
        self._task: asyncio.Task[None] | None = None
        self._numbers = Numbers(0)
        self._scribe: Scribe | None = None
        self.behind: list[LiveRun] = []  # what ended while this one was written to the tape
        self._hold = HOLD

    def begin(self, *, held: bool, seconds: float = HOLD) -> None:
        """Take a place behind the thread's other runs and start playing as soon as may be.

        One that is `held` waits for somebody to look at its thread, but only so many `seconds`.
        """
        self._hold = seconds
        namespace = self.runner.namespace
        namespace.active.setdefault(self.thread.thread_id, []).append(self)
        namespace.live[self.run.run_id] = self
        if not held:
            self.release.set()
        self._task = asyncio.get_running_loop().create_task(self._drive())

    def drop(self, *, gone: bool = False) -> None:
        """Stop playing; what is to be stored is stored by the caller. Whoever follows is told if the run is `gone`.

        To be called in the loop's own thread.
        """
        if self._task is not None:
            self._task.cancel()
        if gone and not self.ended.is_set():
            if not self.run.started:
                self._numbers = Numbers(self.thread.told_from(self.run.created_at))
            self._show([self._part(encoded(("error", NOT_FOUND)))])
        self._leave()

    def reconsider(self) -> None:
        """What the run was to begin on is no more: it is matched again when it starts."""
        if not self.run.started and self.begun is not None:
            if self.begun.stub is not None:
                self.runner.namespace.played[self.begun.stub] -= 1
            self.begun = None

    async def _drive(self) -> None:
        try:
            await self._turn()
            if self.ended.is_set():
                return
            if self.begun is None:
                namespace = self.runner.namespace
                self.begun = beginning(namespace, self.request, self.run.graph, self.thread)
            self.runner.start(self.run, self.request, self.thread, self.begun)
            self._numbers = Numbers(self.run.told_from)
            self.write_events()
            await self._play()
        except Refusal as refusal:
            self._fail({"error": "UnmatchedRun", "message": refusal.detail})
        except Exception as error:
            self.outcome.fail(broken(self.run, error))
            assert self.outcome.error is not None
            self._fail(self.outcome.error)
        finally:
            if not self.ended.is_set():
                self._leave()
                self.end_events()

    def write_events(self) -> None:
        """Tell the run on its thread's tape of events, if it is one of that protocol or somebody follows."""
        if self._scribe is None and self.run.started and not self.ended.is_set():
            followed = self.runner.namespace.event_tape(self.thread.thread_id) is not None
            if followed or self._native:
                self._scribe = self._write()

    def end_events(self, *, gone: bool = False) -> None:
        """Tell there how the run ended, once that is stored; nothing more if it is `gone`."""
        if self._scribe is None and self._native and not gone:
            writing = self._beside()
            if writing is not None:
                # Each run has its own stretch of the tape.
                writing.behind.append(self)
                return
            self._scribe = self._write()
        if self._scribe is not None:
            if gone:
                self._scribe.tape.forget(self.run)
            else:
                self._scribe.end()
            self.thread.taped = self._scribe.tape.length
            self.runner.namespace.events.leave(self.thread.thread_id, self._scribe.tape)
            self._scribe = None
        for late in self.behind:
            late.end_events()

    def _beside(self) -> "LiveRun | None":
        """The run of the thread that is being written to its tape."""
        others = self.runner.namespace.active.get(self.thread.thread_id, ())
        return next((other for other in others if other._scribe is not None), None)

    def _write(self) -> "Scribe":
        from mockgraph.runtime.scribes import Scribe

        tape = self.runner.namespace.events.take(self.thread.thread_id)
        return Scribe(tape, self.run, self.request.data, told=self.run.told or 0)

    async def _turn(self) -> None:
        """Wait until the run may start: its own delay, the runs before it, and somebody who looks."""
        timeline = self.runner.namespace.timeline
        if seconds := self.request.data.get("after_seconds"):
            await timeline.sleep(seconds)
        else:
            await asyncio.sleep(0)
        self.due = True
        while ahead := self._ahead():
            await ahead.ended.wait()
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the release.
            async with asyncio.timeout(self._hold):
                await self.release.wait()
        except TimeoutError:
            self.release.set()

    def _ahead(self) -> "LiveRun | None":
        """A run of the thread that is being played, or that is due and older."""
        for other in self.runner.namespace.active.get(self.thread.thread_id, ()):
            if other is self or not other.due:
                continue
            if other.run.started or other.run.created_at < self.run.created_at:
                return other
        return None

    async def _play(self) -> None:
        """Play into the log, letting scripted time pass; the last parts follow the final status."""
        run, outcome, timeline = self.run, self.outcome, self.runner.namespace.timeline
        ready: list[Part] = []
        try:
            played, projector = tell(run, self.request.data)
            for count, fact in enumerate(played, start=1):
                parts = projector.parts(fact)
                if type(fact) is facts.Struck:
                    strikes = Strikes(fact.fault)
                    run.strikes += (strikes,)
                    ready.append(Part("", b"", "", strikes))
                if timeline.held and parts:
                    ready = await self._part_by_part(ready, parts)
                else:
                    ready.extend(map(self._part, map(encoded, parts)))
                run.told = count
                outcome.note(fact, parts)
                if self._scribe is not None:
                    self._scribe.take(fact)
                if type(fact) is facts.Wait:
                    self._show(ready)
                    ready = []
                    self._numbers.wait(fact.seconds)
                    await (timeline.sleep(fact.seconds) if fact.seconds else asyncio.sleep(0))
            outcome.close()
        except Exception as error:
            outcome.fail(broken(run, error))
            ready.append(self._part(encoded(("error", outcome.error))))
        if (part := self.runner.feedback(run, self.request, outcome)) is not None:
            ready.append(self._part(encoded(part)))
        self.runner.end(run, self.request, self.thread, outcome)
        self._show(ready)

    async def _part_by_part(self, ready: list[Part], parts: Sequence[tuple[str, Any]]) -> list[Part]:
        """On a held clock: show what is ready, and wait until each of a fact's parts may follow; the last is given back."""
        for part in parts:
            self._show(ready)
            await self.runner.namespace.timeline.part()
            ready = [self._part(encoded(part))]
        return ready

    def _part(self, pair: tuple[str, bytes]) -> Part:
        return Part(*pair, self._numbers.next())

    def _show(self, parts: list[Part]) -> None:
        self.log.extend(parts)
        tape = self.runner.namespace.tapes.get(self.thread.thread_id)
        if tape is not None:
            tape.extend([part for part in parts if part.fault is None])

    def _fail(self, error: dict[str, str]) -> None:
        """A run that could not start: its stream says why, as that of a run that failed would."""
        self.outcome.error = error
        self.outcome.values = self.thread.values
        self.runner.end(self.run, self.request, self.thread, self.outcome)
        self._numbers = Numbers(self.thread.told_from(self.run.ended))
        self.write_events()
        metadata = {"run_id": self.run.run_id, "attempt": 1}
        told = [("metadata", metadata), ("error", error)]
        self._show([self._part(encoded(part)) for part in told])

    def _leave(self) -> None:
        if self.ended.is_set():
            return
        namespace = self.runner.namespace
        queue = namespace.active.get(self.thread.thread_id, [])
        if self in queue:
            queue.remove(self)
        if not queue:
            namespace.active.pop(self.thread.thread_id, None)
        namespace.live.pop(self.run.run_id, None)
        self.thread.newest = max(self.thread.newest, self._numbers.milliseconds)
        tape = namespace.tapes.get(self.thread.thread_id)
        if tape is not None and len(self.log):
            done = {"status": "run_done", "run_id": self.run.run_id}
            tape.extend([self._part(encoded(("metadata", done)))])
        self.log.end()
        self.ended.set()
