"""What goes wrong between client and server: the table of faults, and how one is read.

The same words stand in a play (`fault:`, between two parts), in `mock.faults.next(…)` and in `POST /_mockgraph/faults`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mockgraph.script.durations import read_seconds
from mockgraph.script.fields import read_fields
from mockgraph.script.nodes import INVALID, Node, Reader, noun
from mockgraph.script.places import Source
from mockgraph.script.words import FAULT

FOREVER = "forever"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER = re.compile("[\\t -~\\x80-\\xff]*")
WHERE = ("before", "inside", "in_character", "after")


class Kind(msgspec.Struct, frozen=True):
    """One kind of fault: what is seen on the socket, and what a client should make of it.

    `places` are the words that it takes, None where it is simply `true`.
    """

    doc: str
    survives: str
    places: tuple[str, ...] | None = None


# What may strike where no part follows: the end of a stream.
AT_THE_END = ("reset", "cut", "refuse", "stall")

KINDS: dict[str, Kind] = {
    "status": Kind(
        "Another HTTP status in place of the answer, with `headers` and a `body`; the request is not seen by any route.",
        "an error with that status; 429 and 5xx may be tried again, after Retry-After",
    ),
    "reset": Kind(
        "The connection is reset (RST) at that place of a part.",
        "a connection error, and for a stream another attempt at its Location",
        WHERE,
    ),
    "cut": Kind(
        "The connection is closed (FIN) at that place of a part, without the end of the chunked body.",
        "a body that ended early, told from one that is complete",
        WHERE,
    ),
    "refuse": Kind(
        "The connection is reset, and for so long the server accepts no other.",
        "a refused connection at the next attempt, and a later one",
    ),
    "stall": Kind(
        "Nothing more is sent for so long, or `forever`; heartbeats go on only with `heartbeats: true`.",
        "a read timeout of its own, or patience",
    ),
    "truncate": Kind(
        "The body ends there as if it were complete.",
        "an unfinished event, which is not to be handed on",
        ("inside", "in_character", "after"),
    ),
    "malformed": Kind(
        "The data of the part is no JSON.", "an error that says so, or a part that is passed over"
    ),
    "duplicate": Kind("The part is sent twice.", "no harm: parts of `values` may be repeated"),
    "reorder": Kind(
        "The part is sent behind the one that follows it.", "the order that the ids tell, if any"
    ),
    "drop": Kind("The part is not sent.", "the state as the thread has it, read again"),
    "lf": Kind("From this part on lines end in LF alone.", "the same events: SSE allows it"),
    "bytewise": Kind("From this part on each byte is a chunk of its own.", "the same events, text included"),
    "webhook": Kind(
        "The run's webhook is not posted (`lost`), or is posted `twice`.",
        "a run that is looked at though nobody said that it had ended; an event that came before",
        ("lost", "twice"),
    ),
}


class At(msgspec.Struct, frozen=True):
    """Which part: the `number`th (1 is the first), the first or the `last` one of an `event`, or the last of all."""

    number: int = 1
    event: str = ""
    last: bool = False
    given: bool = False

    def __str__(self) -> str:
        """As it is written."""
        if self.last:
            return f"last {self.event}".strip()
        return self.event or f"part {self.number}"


class Fault(msgspec.Struct, frozen=True):
    """One fault. `where` is the place in the part; `seconds` how long (None: forever); `times` how often it strikes.

    Laid over requests, `method`, `route` and `graph` say which; None is any.
    """

    kind: str
    source: Source
    where: str = ""
    status: int = 0
    headers: Mapping[str, str] = {}
    body: Any = None
    seconds: float | None = None
    heartbeats: bool = False
    times: int = 1
    at: At = At()
    method: str | None = None
    route: str | None = None
    graph: str | None = None

    @property
    def name(self) -> str:
        """What the journal calls it."""
        return f"{self.kind} {self.where or self.status or ''}".strip()

    @property
    def at_once(self) -> bool:
        """Whether it strikes before any route has seen the request."""
        if self.kind == "status" or (self.kind in ("refuse", "stall") and not self.at.given):
            return True
        return self.kind in ("reset", "cut") and self.where == "before" and not self.at.given


_BESIDE = {"headers": "status", "body": "status", "heartbeats": "stall"}
_NEEDLESS = {"status": ("at",), "webhook": ("at", "route")}
_OVER_REQUESTS = ("at", "route", "graph")


def read_fault(reader: Reader, node: Node, path: str, *, inside: bool) -> Any:
    """A fault of a play (`inside`), or one that is laid over requests; INVALID where it is none."""
    entries = reader.mapping(node, path, FAULT, what="a fault (a mapping)")
    if entries is None or len(entries) < len(node.pairs):
        return INVALID
    kinds = [key for key in entries if key in KINDS]
    if len(kinds) != 1:
        got = " and ".join(f"'{kind}'" for kind in kinds) or "none"
        return reader.complain(
            node, path, f"a fault is of one kind, got {got}", f"one of: {', '.join(KINDS)}"
        )
    (kind,) = kinds
    for key, needs in _BESIDE.items():
        if key in entries and kind != needs:
            return reader.complain(
                entries[key][0], path, f"'{key}' beside '{kind}'", f"it belongs to '{needs}'"
            )
    for key in _NEEDLESS.get(kind, ()):
        if key in entries:
            hint = "it strikes before the answer" if kind == "status" else "it is about runs: name a 'graph'"
            return reader.complain(entries[key][0], path, f"'{key}' beside '{kind}'", hint)
    for key in _OVER_REQUESTS:
        if inside and key in entries:
            hint = "it strikes where it stands"
            return reader.complain(entries[key][0], path, f"'{key}' inside a play", hint)
    if inside and kind in ("status", "webhook"):
        what = (
            f"'{kind}' inside a play: the answer has begun" if kind == "status" else "'webhook' inside a play"
        )
        return reader.complain(entries[kind][0], path, what, f"lay it over a request: faults.next({kind}=…)")
    known = {
        key: word for key, word in FAULT.items() if key not in KINDS and key not in ("at", "route", "times")
    }
    rest = Node(
        node.kind, node.line, node.column, pairs=[pair for pair in node.pairs if pair[0].value in known]
    )
    fields = read_fields(reader, rest, path, known)
    given = _READ.get(kind, _place)(reader, entries[kind][1], f"{path}.{kind}", kind)
    at = _at(reader, entries["at"][1], f"{path}.at") if "at" in entries else At()
    over = _route(reader, entries["route"][1], f"{path}.route") if "route" in entries else {}
    if fields is None or INVALID in (given, at, over):
        return INVALID
    times = 1
    if "times" in entries:
        times = reader.integer(entries["times"][1], f"{path}.times", least=1)
    if times is INVALID:
        return INVALID
    headers = fields.get("headers", {})
    for name, value in headers.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return reader.complain(entries["headers"][1], f"{path}.headers", "a header is a text", "quote it")
        if not _TOKEN.fullmatch(name) or not _HEADER.fullmatch(str(value)):
            what, hint = (
                f"'{name}: {value}' is no header",
                "its name has no blanks; both are Latin-1, on one line",
            )
            return reader.complain(entries["headers"][1], f"{path}.headers", what, hint)
    if kind == "stall" and fields.get("heartbeats") and not at.given and not inside:
        hint = "say at which part: 'at: 1'"
        return reader.complain(
            entries["heartbeats"][0], path, "'heartbeats' before the answer has begun", hint
        )
    fields |= {"headers": {name: str(value) for name, value in headers.items()}} if headers else {}
    source = Source(reader.file, node.line, node.column)
    return Fault(kind, source, at=at, times=times, **fields, **over, **given)


def _place(reader: Reader, node: Node, path: str, kind: str) -> Any:
    """The place in a part, or `true` where there is none to name."""
    places = KINDS[kind].places
    if places is None:
        if node.value is True:
            return {}
        return reader.complain(node, path, f"expected true, got {noun(node)}", f"write '{kind}: true'")
    place = reader.one_of(node, path, places)
    return INVALID if place is INVALID else {"where": place}


def _status(reader: Reader, node: Node, path: str, _kind: str) -> Any:
    status = node.value
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        return reader.complain(node, path, f"expected an HTTP status from 200 to 599, got {noun(node)}")
    return {"status": status}


def _stall(reader: Reader, node: Node, path: str, _kind: str) -> Any:
    if node.value == FOREVER:
        return {"seconds": None}
    seconds = read_seconds(reader, node, path, or_else=FOREVER)
    return INVALID if seconds is INVALID else {"seconds": seconds}


def _refuse(reader: Reader, node: Node, path: str, _kind: str) -> Any:
    seconds = read_seconds(reader, node, path)
    return INVALID if seconds is INVALID else {"seconds": seconds}


_READ: dict[str, Callable[[Reader, Node, str, str], Any]] = {
    "status": _status,
    "stall": _stall,
    "refuse": _refuse,
}


def _at(reader: Reader, node: Node, path: str) -> Any:
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        number = reader.integer(node, path, least=1)
        return INVALID if number is INVALID else At(number, given=True)
    text = reader.text(node, path, what="the number of a part, an event name, 'last', or 'last <event>'")
    if text is INVALID:
        return INVALID
    if not text.strip():
        return reader.complain(node, path, "an empty 'at'", "the number of a part, an event, or 'last'")
    first, _, event = text.partition(" ")
    if first == "last":
        return At(event=event, last=True, given=True)
    return At(event=text, given=True)


def _route(reader: Reader, node: Node, path: str) -> Any:
    """`METHOD /path/{with}/parameters`, or the path alone."""
    text = reader.text(node, path)
    if text is INVALID:
        return INVALID
    method, _, route = " ".join(text.split()).rpartition(" ")
    if not route.startswith("/"):
        return reader.complain(
            node, path, f"'{text}' is no route", "write 'POST /runs/stream', or '/runs/stream'"
        )
    return {"method": method.upper() or None, "route": route}
