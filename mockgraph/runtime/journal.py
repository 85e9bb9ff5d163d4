"""What was asked of the server and what became of it, in a bounded list; and one log line for each run."""

import logging
from collections import deque

import msgspec

LOG = logging.getLogger("mockgraph")

# langgraph-api knows no journal; this bound keeps a long-running stub's memory flat.
LIMIT = 1000


class Entry(msgspec.Struct, gc=False):
    """One run: the request line, what played, and how it ended. `report` is why no stub matched."""

    asked: str
    graph_id: str
    stub: str | None
    status: str
    seconds: float
    report: str | None = None

    def __str__(self) -> str:
        played = self.stub if self.stub is not None else "-"
        return f"{self.graph_id}  {played}  {self.status}  {self.seconds * 1000:.1f} ms  {self.asked}"


class Journal:
    """The newest entries, and the reports of every unmatched run since the last clearing (bounded too)."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.entries: deque[Entry] = deque(maxlen=limit)
        self.unmatched: deque[str] = deque(maxlen=limit)

    def add(self, entry: Entry) -> None:
        """Note a run that ended, and log it."""
        self.entries.append(entry)
        if entry.report is not None:
            self.unmatched.append(entry.report)
            LOG.warning("%s\n%s", entry, entry.report)
        elif LOG.isEnabledFor(logging.INFO):
            LOG.info("%s", entry)

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self.unmatched.clear()
