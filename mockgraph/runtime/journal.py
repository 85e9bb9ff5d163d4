"""What was asked of the server and what became of it: requests, and the runs that they made, in a bounded list.

Credentials are taken out as an entry is made. An entry holds no parts of a stream: they are told again from the run's
script when somebody asks. How a run stands is read off the run itself, so that an entry is never out of date.
"""

import logging
import re
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import orjson

from mockgraph.backend.runs import Run, modes
from mockgraph.words.clock import Clock
from mockgraph.words.redaction import (
    Discretion,
    RawHeaders,
    clean_headers,
    clean_query,
    credentials,
    plain,
    scrubbed,
    secret,
    suspect,
)

LOG = logging.getLogger("mockgraph")

ENTRIES = 10_000
SIZE = 8 * 2**20  # bytes
_OWN = 1000  # bytes of an entry and its run, beside body and headers
_HEADER = 150  # bytes of a header
_REPORTS = 1000
INTERRUPT = re.compile("[0-9a-f]{32}")  # the id of one


class Entry(msgspec.Struct, gc=False, eq=False):
    """One request and the run that it asked for, if it did; or a run that a cron began (without a `method`).

    `at` is when it came, in microseconds of the namespace's date. `status` is that of the answer, 0 until there is one;
    `ended` says how the answer ended: `open`, `complete`, `disconnected`, or the fault that ended it, which `fault` names.
    `graph` is what was to run (None: nothing was), `run` what was made, None where `unmade` says why not; `runs` is how
    many its thread had had. `report` is why no stub matched, or what broke. `size` is what it takes, in bytes, about.
    """

    number: int
    method: str
    path: str
    query: str
    headers: RawHeaders
    at: int
    body: bytes = b""
    status: int = 0
    ended: str = "open"
    fault: str | None = None
    graph: str | None = None
    run: Run | None = None
    runs: int = 0
    unmade: str = ""
    report: str | None = None
    size: int = 0

    @property
    def asked(self) -> str:
        """The request line."""
        return f"{self.method} {self.path}" if self.method else self.path

    @property
    def json(self) -> Any:
        """The body as a JSON value, without credentials; None where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def data(self) -> dict[str, Any]:
        """The same, as the mapping that a run is asked for with."""
        value = self.json
        return value if isinstance(value, dict) else {}

    @property
    def run_status(self) -> str:
        """The run's own status, or why there is no run: `unmatched`, `refused`."""
        return self.unmade if self.run is None else self.run.status

    @property
    def run_id(self) -> str | None:
        """The run's id."""
        return None if self.run is None else self.run.run_id

    @property
    def thread(self) -> str | None:
        """The id of the run's thread."""
        return None if self.run is None else self.run.thread_id

    @property
    def stub(self) -> str | None:
        """The name of the stub that played."""
        return None if self.run is None or self.run.stub is None else self.run.stub.name

    @property
    def source(self) -> str | None:
        """Where that stub stands: file and line."""
        return None if self.run is None or self.run.stub is None else str(self.run.stub.source)

    @property
    def input(self) -> Any:
        """The run's input."""
        return self.data.get("input")

    @property
    def resume(self) -> Any:
        """What the run answered a question with, also where it named the question."""
        command = self.data.get("command")
        answer = command.get("resume") if isinstance(command, dict) else None
        if isinstance(answer, dict) and len(answer) == 1 and all(map(INTERRUPT.fullmatch, answer)):
            (answer,) = answer.values()
        return answer

    @property
    def stream_modes(self) -> list[str]:
        """The stream modes that were asked for."""
        return modes(self.data)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        if self.graph is None:
            return f"{self.asked}  {self.status or '-'}  {self.ended}"
        return f"{self.graph}  {self.stub or '-'}  {self.run_status}  {self.asked}"


class Journal:
    """The newest entries, at most so many and so large, and the reports of every run that went wrong since the last clearing.

    `redact` names further headers, query parameters and keys that are credentials; `mounted` is what stands in front of
    its namespace's paths.
    """

    def __init__(
        self, *, entries: int = ENTRIES, size: int = SIZE, redact: Collection[str] = (), mounted: str = ""
    ) -> None:
        self._mounted = mounted
        self._entries = entries
        self._size = size
        self._redact = frozenset(map(plain, redact))
        self._kept: deque[Entry] = deque()
        self._taken = 0  # bytes
        self._made = 0
        self._secrets: dict[bytes, bool] = {}  # header names that were met
        self._headers: RawHeaders | None = (
            None  # those that were met last, whether they hold credentials, and without
        )
        self._secret = False
        self._clean_headers: RawHeaders = ()
        self.unmatched_reports: deque[str] = deque(maxlen=_REPORTS)

    # --- writing ---

    def asked(self, method: str, path: str, query: bytes, headers: RawHeaders, *, at: int) -> Entry:
        """Note a request as it comes in."""
        self._made += 1
        size = _OWN
        if headers != self._headers:
            self._headers, self._secret = headers, self._has_secrets(headers)
            doubtful = self._secret or any(b"=" in value or b"@" in value for _, value in headers)
            self._clean_headers = clean_headers(headers, self._redact) if doubtful else headers
            size += _HEADER * len(headers)
        told = ""
        if query:
            told = clean_query(query, self._redact, self._values(headers))
        if self._secret:
            path = scrubbed(path, self._values(headers))
        # Clients send the same headers again and again: entries share them.
        entry = Entry(self._made, method, path, told, self._clean_headers, at, size=size)
        self._kept.append(entry)
        self._taken += size
        if len(self._kept) > self._entries or self._taken > self._size:
            self._make_room()
        return entry

    def brought(self, entry: Entry, headers: RawHeaders, body: bytes) -> None:
        """Note the body of a request."""
        entry.body = self._clean(body, headers)
        entry.size += len(entry.body)
        self._taken += len(entry.body)
        if self._taken > self._size:
            self._make_room()

    def ran(
        self,
        entry: Entry | None,
        graph: str,
        *,
        asked: str,
        body: bytes,
        headers: RawHeaders,
        clock: Clock,
        run: Run | None = None,
        runs: int = 0,
        unmade: str = "unmatched",
    ) -> Entry:
        """Note a run that `entry` asked for, with the body that it was asked for with; another entry where that has one."""
        if entry is None or entry.graph is not None:
            method, _, path = asked.rpartition(" ") if entry is not None else ("", "", asked)
            entry = self.asked(method, path, b"", headers, at=clock.now())
            entry.status, entry.ended = 200, "complete"
        if entry.body is not body and (clean := self._clean(body, headers)) != entry.body:
            self._taken += len(clean) - len(entry.body)
            entry.size += len(clean) - len(entry.body)
            entry.body = clean
        entry.graph, entry.run, entry.runs = graph, run, runs
        if run is None:
            entry.unmade = unmade
        return entry

    def went_wrong(self, entry: Entry, report: str) -> None:
        """Note why no stub matched a run, or what of mockgraph's broke in it: a test must not pass over it."""
        entry.report = report
        self.unmatched_reports.append(report)
        LOG.warning("%s\n%s", entry, report)

    def hiding(self, headers: RawHeaders) -> Discretion:
        """What takes credentials out of what is shown, those of these headers too."""
        return Discretion(self._redact, self._values(headers))

    def discreet(self, text: str, headers: RawHeaders) -> str:
        """A text without the credentials of these headers."""
        return scrubbed(text, self._values(headers))

    def _values(self, headers: RawHeaders) -> list[str]:
        """The credentials in headers."""
        known = self._secret if headers == self._headers else self._has_secrets(headers)
        return credentials(headers, self._redact) if known else []

    def _has_secrets(self, headers: RawHeaders) -> bool:
        known, found = self._secrets, False
        for name, _ in headers:
            own = known.get(name)
            if own is None:
                if len(known) > 1000:
                    known.clear()
                own = known[name] = secret(name.decode("latin-1"), self._redact)
            found = found or own
        return found

    def cleaned(self, body: bytes, headers: RawHeaders) -> bytes:
        """A body as an entry has it."""
        return self._clean(body, headers)

    def _clean(self, body: bytes, headers: RawHeaders) -> bytes:
        if not self._redact and not suspect(body) and not self._values(headers):
            return body
        try:
            return orjson.dumps(self.hiding(headers).value(orjson.loads(body)))
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
            return b""

    def _make_room(self) -> None:
        while self._kept and (len(self._kept) > self._entries or self._taken > self._size):
            self._taken -= self._kept.popleft().size

    # --- reading ---

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._kept))

    def inside(self, path: str) -> str:
        """A path as its namespace has it."""
        return path.removeprefix(self._mounted)

    def requests(
        self, *, method: str | None = None, path: str | None = None, status: int | None = None
    ) -> list[Entry]:
        """The requests, oldest first; a `path` may end in `*`, for all that begin so."""
        return [
            entry
            for entry in self
            if entry.method
            and (method is None or entry.method == method.upper())
            and (path is None or _fits(path, entry.path) or _fits(self._mounted + path, entry.path))
            and (status is None or entry.status == status)
        ]

    def runs(
        self,
        *,
        graph: str | None = None,
        thread: str | None = None,
        stub: str | None = None,
        status: str | None = None,
    ) -> list[Entry]:
        """The runs that were asked for, oldest first, with those that no stub matched."""
        return [
            entry
            for entry in self
            if entry.graph is not None
            and (graph is None or entry.graph == graph)
            and (thread is None or entry.thread == thread)
            and (stub is None or entry.stub == stub)
            and (status is None or entry.run_status == status)
        ]

    @property
    def unmatched(self) -> list[Entry]:
        """The runs that no stub matched, and those in which something of mockgraph's broke."""
        return [entry for entry in self.runs() if entry.report is not None]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._taken = 0
        self.unmatched_reports.clear()


def _fits(wanted: str, path: str) -> bool:
    return path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
