"""What is odd about what clients ask for, though the real server takes it: told from the journal, never refused."""

from collections.abc import Callable, Collection, Iterator

from mockgraph.runtime.journal import Entry, Journal
from mockgraph.script.matching import shown

# A request's entry, the keys that its schema knows, and the paths of the streams that were joined, to what is odd.
Lint = Callable[[Entry, Collection[str], Collection[str]], Iterator[str]]


def _unknown(entry: Entry, known: Collection[str], _joined: Collection[str]) -> Iterator[str]:
    for key in entry.data:
        if key not in known:
            yield f"unknown field '{key}': the server passes over it"


def _both(entry: Entry, _known: Collection[str], _joined: Collection[str]) -> Iterator[str]:
    if entry.input is not None and entry.data.get("command"):
        yield "'input' together with 'command': the input is passed over"


def _unread(entry: Entry, _known: Collection[str], joined: Collection[str]) -> Iterator[str]:
    asked = entry.data.get("stream_mode")
    if not asked or asked in ("values", ["values"]) or entry.path.endswith(("/stream", "/commands")):
        return
    thread = f"/threads/{entry.thread}"
    places = (f"{thread}/runs/{entry.run_id}/stream", f"/runs/{entry.run_id}/stream", f"{thread}/stream")
    if entry.graph is not None and not any(place in joined for place in places):
        yield f"stream_mode {asked!r}, and nobody reads the stream"


def _unasked(entry: Entry, _known: Collection[str], _joined: Collection[str]) -> Iterator[str]:
    run = entry.run
    if entry.resume is None or run is None or run.stub is None or not run.anew:
        return
    if run.stub.after is None and not run.stub.goes_on:
        yield (
            f"the answer {shown(entry.resume)} was taken by stub '{run.stub.name}' ({run.stub.source}), which takes any: "
            "write a stub with 'when: {resume: …}', or 'after' the one that asks"
        )


# By name, as `mock.journal.lints` and the documentation have them.
LINTS: dict[str, Lint] = {
    "unknown_field": _unknown,
    "input_and_command": _both,
    "unread_stream": _unread,
    "unasked_resume": _unasked,
}


def lints(journal: Journal, known: Callable[[Entry], Collection[str]]) -> list[tuple[str, Entry, str]]:
    """What is odd: the name of the lint, the entry, and a sentence. `known` has the keys that a request may bring: none
    of one that is no request of the runs' own, in which a client says other things."""
    joined = {journal.inside(entry.path) for entry in journal.requests(method="GET")}
    return [
        (name, entry, said)
        for entry in journal
        if entry.method and entry.body and entry.status < 400 and (keys := known(entry))
        for name, lint in LINTS.items()
        for said in lint(entry, keys, joined)
    ]
