"""Crons that fire: when a date has come on the namespace's clock, a run begins as any run in the background does.

Theory of operation. `fire_due` starts what is due now, whoever asks and however the clock came to say so. Where the
clock goes on by itself an alarm asks at the next date; where it is held still nobody does, until it is moved. There is one alarm
in a namespace, set when a cron is made or changed, and gone with a reset. What a cron asks for is checked when it
fires, as a client's request would be: nothing else has looked at all of it. A run that cannot begin is told in
the journal, and neither the cron nor the server stops for it.
"""

from collections.abc import Callable
from typing import Any

from mockgraph.backend.access import access_as
from mockgraph.backend.crons import Cron
from mockgraph.backend.json import dumps, loads
from mockgraph.runtime.journal import LOG
from mockgraph.runtime.requests import RunRequest
from mockgraph.runtime.runner import Runner
from mockgraph.words.errors import Refusal

# Takes a body and the name of the component schema that it is to fit; raises Refusal.
Parsing = Callable[[bytes, str], Any]

_LONGEST = 3600.0  # seconds; a machine's clock may be set, and loops count on their own


class Firing:
    """Starts the runs of a namespace's crons; all that it remembers stands in the namespace."""

    def __init__(self, runner: Runner, *, parsed: Parsing) -> None:
        self.runner = runner
        self.namespace = runner.namespace
        self._parsed = parsed

    def fire_due(self) -> None:
        """Start a run of every cron whose date has come, and be there for the next date."""
        now = self.namespace.options.clock.now()
        try:
            for cron in self.namespace.crons.due(now):
                cron.advance(now)
                self._fire(cron)
        finally:
            self.set_alarm()

    def set_alarm(self) -> None:
        """Fire at the next date, if time passes by itself; to be called in the loop whenever dates have changed."""
        namespace = self.namespace
        namespace.silence()
        namespace.rearm = self.set_alarm
        due = namespace.crons.next_due()
        clock, timeline = namespace.options.clock, namespace.timeline
        if due is None or (timeline.mode == "real" and not clock.ticks):
            return
        seconds = max(0, due - clock.now()) / 1_000_000
        if timeline.mode == "real":
            seconds = min(seconds, _LONGEST)
        namespace.alarm = timeline.call_at(timeline.time() + seconds, self.fire_due)

    def _fire(self, cron: Cron) -> None:
        if cron.thread_id is not None and self.namespace.threads.find(cron.thread_id) is None:
            self.namespace.crons.forget_thread(cron.thread_id)
            return
        if self.namespace.assistants.named(cron.assistant_id) is None:
            self.namespace.crons.forget_assistant(cron.assistant_id)
            return
        stateful = cron.thread_id is not None
        once_done = {} if stateful else {"on_completion": cron.on_run_completed}
        body = dumps({**once_done, **loads(cron.payload), "metadata": loads(cron.metadata)})
        asked = f"cron '{cron.schedule}' {cron.cron_id}"
        try:
            data = self._parsed(body, "RunCreateStateful" if stateful else "RunCreateStateless")
            access = access_as(self.namespace.auth, cron.user_id)
            request = RunRequest(
                asked, body, data, [], cron.thread_id, access=access, by_cron=True, told=cron.told
            )
            self.runner.begin(request, api_url=cron.api_url, background=True, late=True)
        except Refusal as refusal:
            self._tell(cron, asked, refusal)

    def _tell(self, cron: Cron, asked: str, refusal: Refusal) -> None:
        """A busy thread is what `reject` is there for; anything else is loud."""
        # What the request was is told in the journal, without credentials.
        said = refusal.detail.partition("\n\nOn instance")[0]
        report = f"A cron could not start a run.\n  {asked}\n  {said}"
        if refusal.status == 409:
            LOG.info(report)
            return
        assistant = self.namespace.assistants.named(cron.assistant_id)
        graph_id = assistant.graph_id if assistant is not None else "-"
        journal = self.namespace.journal
        entry = journal.ran(
            None,
            graph_id,
            asked=asked,
            body=cron.told or cron.payload,
            headers=[],
            clock=self.namespace.options.clock,
            unmade="refused",
        )
        journal.went_wrong(entry, report)
