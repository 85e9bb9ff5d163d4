"""What the journal says of what a test expects: whether as many runs fit, which stubs nobody played, and which came near.

Texts say what was expected first, then what came, and where both stand.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mockgraph.backend.json import loads
from mockgraph.runtime.journal import INTERRUPT, Entry
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import SCOPE, RunRequest
from mockgraph.script.choosing import Miss, misses
from mockgraph.script.expecting import Expectation
from mockgraph.script.matching import Condition, Difference, differences, shown, wanted
from mockgraph.script.model import Stub
from mockgraph.script.near_miss import told_difference
from mockgraph.words.errors import MatchingFailed
from mockgraph.words.redaction import REDACTED, Discretion

_NEAREST = 3
_MOST = 6


# --- what a run knew, told from the journal --------------------------------------------------------------


def scope_of(entry: Entry, hide: Discretion) -> dict[str, Any]:
    """What stubs could see of the run, without credentials; of its thread, what the journal has kept."""
    data, run = entry.data, entry.run
    request = RunRequest(entry.asked, entry.body, data, list(entry.headers))
    scope = {root: read(request, None) for root, read in SCOPE.items()}
    scope["resume"] = None if _elsewhere(entry) else entry.resume
    if run is not None:
        if run.before is not None:
            scope["values"] = hide.value(loads(run.before))
        scope["thread"] = {
            "id": run.thread_id,
            "metadata": hide.value(loads(run.inherited)),
            "status": "idle",
            "runs": entry.runs,
        }
    return scope


def _elsewhere(entry: Entry) -> str | None:
    """The id of an interrupt that a run answers though its thread does not wait at it."""
    command = entry.data.get("command")
    answer = command.get("resume") if isinstance(command, dict) else None
    ground = None if entry.run is None else entry.run.ground
    if not isinstance(answer, dict) or ground is None:
        return None
    waiting = {interrupt.id for interrupt in ground.interrupts}
    return next((name for name in answer if INTERRUPT.fullmatch(name) and name not in waiting), None)


def different(when: Sequence[Condition], entry: Entry, hide: Discretion) -> list[Difference]:
    """What of a `when` does not hold of a run; a matcher that cannot be asked does not."""
    try:
        found = differences(when, scope_of(entry, hide))
    except MatchingFailed as error:
        return [Difference("a matcher", f"an answer; {error}", None)]
    # The journal has no credentials, and what a test expects of one may be one.
    return [
        Difference(one.path, REDACTED if hide.hides(one.path) else one.expected, one.got) for one in found
    ]


def missed(namespace: Namespace, entry: Entry) -> list[Miss]:
    """For every stub of the run's graph that did not play why it did not, the nearest first."""
    graph = namespace.graphs.get(entry.graph or "")
    if graph is None:
        return []
    last = entry.run.after if entry.run is not None else None
    scope = scope_of(entry, namespace.journal.hiding(()))
    try:
        found = misses(graph, scope, last_played=last, played=namespace.played.__getitem__)
    except MatchingFailed:
        return []
    played = None if entry.run is None else entry.run.stub
    return [miss for miss in found if miss.stub is not played]


def why(miss: Miss, hide: Discretion) -> str:
    """Why a stub did not take a run, on a line each."""
    lines = [f"{miss.stub.source}   {miss.stub.name}" + (f"   {miss.reason}" if miss.reason else "")]
    if not miss.differences and not miss.reason:
        lines[0] += "   fits, but another was tried first"
    return "\n".join([*lines, *(told_difference(one, hide) for one in miss.differences)])


# --- so many runs ----------------------------------------------------------------------------------------


def verified(namespace: Namespace, expected: Expectation) -> str | None:
    """Why the expectation does not hold; None where it does, and the runs that fit are then verified."""
    everything, hide = namespace.journal.runs(graph=expected.graph), namespace.journal.hiding(())
    fit = _fitting(everything, expected, hide)
    known = expected.graph is None or expected.graph in namespace.graphs
    if known and expected.holds(len(fit)):
        namespace.verified.update(entry.number for entry in fit)
        return None
    if not known:
        graphs = ", ".join(sorted(namespace.graphs)) or "none"
        return f"There is no graph '{expected.graph}'; there are: {graphs}.\n  {expected.source}   verify"
    return _unmet(expected, fit, everything, namespace.journal.runs(), hide, word="verify")


def _fitting(entries: Sequence[Entry], expected: Expectation, hide: Discretion) -> list[Entry]:
    return [entry for entry in entries if not different(expected.when, entry, hide)]


def _unmet(
    expected: Expectation,
    fit: list[Entry],
    everything: list[Entry],
    asked: list[Entry],
    hide: Discretion,
    *,
    word: str,
) -> str:
    """Why an expectation does not hold: how many runs fit, and of those that do not the nearest."""
    others = [entry for entry in everything if entry not in fit]
    lines = [f"Expected {expected}, got {len(fit)}."]
    what = f"  {expected.source}   {expected.name or word}"
    lines.append(what + (f"   graph '{expected.graph}'" if expected.graph else ""))
    lines += _conditions(expected.when, hide)
    if not everything:
        of = f" of graph '{expected.graph}'" if expected.graph and asked else ""
        lines.append(f"No run{of} was asked for.")
        if asked:
            graphs = sorted({entry.graph or "" for entry in asked})
            lines.append(f"Runs were asked for of: {', '.join(graphs)}.")
    if fit:
        lines.append(f"Runs that fit{_cut(fit)}:")
        lines += [_told(entry) for entry in fit[:_NEAREST]]
    if others and len(fit) < expected.at_least:
        near = sorted(others, key=lambda entry: len(different(expected.when, entry, hide)))[:_NEAREST]
        lines.append(f"Nearest runs that do not{_cut(others)}:")
        for entry in near:
            lines += [
                _told(entry),
                *(told_difference(one, hide) for one in different(expected.when, entry, hide)),
            ]
    return "\n".join(lines)


def _cut(entries: Sequence[Entry]) -> str:
    """How many of so many are told of, where that is not all."""
    return f" ({_NEAREST} of {len(entries)})" if len(entries) > _NEAREST else ""


def no_more(namespace: Namespace) -> str | None:
    """Which runs nobody has verified; None where all have been."""
    everything = namespace.journal.runs()
    left = [entry for entry in everything if entry.number not in namespace.verified]
    if not left:
        return None
    lines = [f"{len(left)} of {len(everything)} runs were not verified:"]
    for entry in left[:_MOST]:
        lines.append(_told(entry))
        lines += [f"    {path}   {shown(value)}" for path, value in _brought(entry)]
    if len(left) > _MOST:
        lines.append(f"  … and {len(left) - _MOST} more")
    lines.append("Expect them too, with verify(…), or let the client ask for fewer.")
    return "\n".join(lines)


def expected_of(namespace: Namespace) -> list[str]:
    """Why what fixtures expect does not hold of the runs of a namespace and of those within it."""
    spaces = [namespace, *namespace.children.values()]
    asked = [entry for space in spaces for entry in space.journal.runs()]
    failures, hide = [], namespace.journal.hiding(())
    for graph in namespace.graphs.values():
        for expected in graph.given.expects:
            everything = [entry for entry in asked if entry.graph == graph.graph_id]
            fit = _fitting(everything, expected, hide)
            if expected.holds(len(fit)):
                namespace.verified.update(entry.number for entry in fit)
                continue
            hint = "Bring it about, leave it out, or allow it: @pytest.mark.mockgraph(allow_unmet=True)"
            failures.append(f"{_unmet(expected, fit, everything, asked, hide, word='expect')}\n{hint}")
    return failures


# --- stubs that nobody played ----------------------------------------------------------------------------


def unplayed(namespace: Namespace) -> str | None:
    """Which of the stubs that a test added no run played, and what came near; None where all were played."""
    added = namespace.added
    counts = [namespace.played, namespace.played_within]
    counts += [child.played for child in namespace.children.values()]
    idle = [stub for stub in added if not any(played[stub] for played in counts)]
    if not idle:
        return None
    hide = namespace.journal.hiding(())
    lines = [f"Stubs that no run played ({len(idle)} of {len(added)}):"]
    for stub in idle:
        lines += [f"  {stub.source}   {stub.name}", *_conditions(stub.when, hide)]
        lines += [f"    after   '{stub.after}'"] if stub.after is not None else []
        lines += _came_near(namespace, stub)
    lines.append("Play them, leave them out, or allow it: @pytest.mark.mockgraph(allow_unplayed=True)")
    return "\n".join(lines)


def _came_near(namespace: Namespace, stub: Stub) -> Iterator[str]:
    entries, hide = namespace.journal.runs(graph=stub.graph_id), namespace.journal.hiding(())
    if not entries:
        yield f"    no run of graph '{stub.graph_id}' was asked for"
        return
    told = [(entry, different(stub.when, entry, hide)) for entry in entries]
    # Of those that are as near, one that tried to answer something that nobody asked says more.
    entry, found = min(told, key=lambda pair: (len(pair[1]), _elsewhere(pair[0]) is None))
    yield f"    nearest of {len(entries)} run{'' if len(entries) == 1 else 's'}: {_told(entry).strip()}"
    if (
        (elsewhere := _elsewhere(entry)) is not None
        and entry.run is not None
        and entry.run.ground is not None
    ):
        waiting = [
            f"'{outcome.task.node}', interrupt {asked.id}"
            for outcome in entry.run.ground.pending
            for asked in outcome.interrupts
        ]
        yield f"      it answers interrupt {elsewhere}, at which the thread does not wait"
        yield f"      it waits at {' and '.join(waiting) or 'none'}"
    elif found:
        yield from ("  " + told_difference(one, hide) for one in found)
    elif stub.after is not None and (entry.run is None or entry.run.after != stub.after):
        last = entry.run.after if entry.run is not None else None
        before = f"on its thread '{last}' was played before it" if last else "nothing was played before it"
        yield f"      it fits, but for 'after: {stub.after}': {before}"
    elif entry.stub is not None:
        yield f"      it fits, but '{entry.stub}' ({entry.source}) is tried first and took it"
    else:
        yield "      it fits now; when it was asked for, the stub was not there"


# --- lines -----------------------------------------------------------------------------------------------


def _told(entry: Entry) -> str:
    played = f"played '{entry.stub}' ({entry.source})" if entry.stub is not None else entry.run_status
    return f"  #{entry.number}  {entry.asked}   {played}"


def _conditions(when: Sequence[Condition], hide: Discretion) -> list[str]:
    return [
        f"    {condition.path.text}   expected {REDACTED if hide.hides(condition.path.text) else wanted(matcher)}"
        for condition in when
        for matcher in condition.matchers
    ]


def _brought(entry: Entry) -> list[tuple[str, Any]]:
    if entry.resume is not None:
        return [("resume", entry.resume)]
    given = entry.input
    if isinstance(given, dict):
        messages = given.get("messages")
        if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
            return [("input.messages[-1].content", messages[-1].get("content"))]
        return [(f"input.{key}", value) for key, value in list(given.items())[:3]]
    return [("input", given)]
