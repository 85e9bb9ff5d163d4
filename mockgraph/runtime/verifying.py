"""What the journal says of what a test expects: whether as many runs fit, which stubs nobody played, and which came near.

Texts say what was expected first, then what came, and where both stand.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mockgraph.backend.json import loads
from mockgraph.runtime.journal import Entry
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.requests import SCOPE, RunRequest
from mockgraph.script.choosing import Miss, misses
from mockgraph.script.expecting import Expectation
from mockgraph.script.matching import Condition, Difference, differences, shown
from mockgraph.script.model import Stub
from mockgraph.words.redaction import redacted

_NEAREST = 3


# --- what a run knew, told from the journal --------------------------------------------------------------


def scope_of(entry: Entry) -> dict[str, Any]:
    """What stubs could see of the run, without credentials; of its thread, what the journal has kept."""
    data, run = entry.data, entry.run
    request = RunRequest(entry.asked, entry.body, data, list(entry.headers))
    scope = {root: read(request, None) for root, read in SCOPE.items()}
    if run is not None:
        if run.before is not None:
            scope["values"] = loads(run.before)
        scope["thread"] = {
            "id": run.thread_id,
            "metadata": loads(run.inherited),
            "status": "idle",
            "runs": entry.runs,
        }
    return scope


def missed(namespace: Namespace, entry: Entry) -> list[Miss]:
    """For every stub of the run's graph that did not play why it did not, the nearest first."""
    graph = namespace.graphs.get(entry.graph or "")
    if graph is None:
        return []
    last = entry.run.after if entry.run is not None else None
    found = misses(graph, scope_of(entry), last_played=last, played=namespace.played.__getitem__)
    played = None if entry.run is None else entry.run.stub
    return [miss for miss in found if miss.stub is not played]


def why(miss: Miss) -> str:
    """Why a stub did not take a run, on a line each."""
    lines = [f"{miss.stub.source}   {miss.stub.name}" + (f"   {miss.reason}" if miss.reason else "")]
    if not miss.differences and not miss.reason:
        lines[0] += "   fits, but another was tried first"
    return "\n".join([*lines, *_differences(miss.differences)])


# --- so many runs ----------------------------------------------------------------------------------------


def fitting(namespace: Namespace, expected: Expectation) -> list[Entry]:
    """The runs that fit, oldest first."""
    entries = namespace.journal.runs(graph=expected.graph)
    return [entry for entry in entries if not differences(expected.when, scope_of(entry))]


def verified(namespace: Namespace, expected: Expectation) -> str | None:
    """Why the expectation does not hold; None where it does, and the runs that fit are then verified."""
    fit = fitting(namespace, expected)
    if expected.holds(len(fit)):
        namespace.verified.update(entry.number for entry in fit)
        return None
    everything = namespace.journal.runs(graph=expected.graph)
    others = [entry for entry in everything if entry not in fit]
    lines = [f"Expected {expected}, got {len(fit)}."]
    what = f"  {expected.source}   {expected.name or 'verify'}"
    lines.append(what + (f"   graph '{expected.graph}'" if expected.graph else ""))
    lines += _conditions(expected.when)
    if not everything:
        asked = namespace.journal.runs()
        of = f" of graph '{expected.graph}'" if expected.graph and asked else ""
        lines.append(f"No run{of} was asked for.")
        if asked:
            graphs = sorted({entry.graph or "" for entry in asked})
            lines.append(f"Runs were asked for of: {', '.join(graphs)}.")
    if fit:
        lines.append(f"Runs that fit ({len(fit)} of {len(everything)}):")
        lines += [_told(entry) for entry in fit[:_NEAREST]]
    if others:
        near = sorted(others, key=lambda entry: len(differences(expected.when, scope_of(entry))))[:_NEAREST]
        lines.append(f"Nearest runs that do not ({len(near)} of {len(others)}):")
        for entry in near:
            lines += [_told(entry), *_differences(differences(expected.when, scope_of(entry)))]
    return "\n".join(lines)


def no_more(namespace: Namespace) -> str | None:
    """Which runs nobody has verified; None where all have been."""
    everything = namespace.journal.runs()
    left = [entry for entry in everything if entry.number not in namespace.verified]
    if not left:
        return None
    lines = [f"Runs that were not verified ({len(left)} of {len(everything)}):"]
    for entry in left[: 2 * _NEAREST]:
        lines.append(_told(entry))
        lines += [f"    {path}   {shown(value)}" for path, value in _brought(entry)]
    lines.append("Expect them too: verify(…), or expect fewer.")
    return "\n".join(lines)


def expected_of(namespace: Namespace) -> list[str]:
    """Why what fixtures expect does not hold."""
    failures = []
    for graph in namespace.graphs.values():
        for expected in graph.given.expects:
            failure = verified(namespace, expected)
            if failure is not None:
                failures.append(failure)
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
    lines = [f"Stubs that no run played ({len(idle)} of {len(added)}):"]
    for stub in idle:
        lines += [f"  {stub.source}   {stub.name}", *_conditions(stub.when), *_came_near(namespace, stub)]
    lines.append("Play them, leave them out, or allow it: @pytest.mark.mockgraph(allow_unplayed=True)")
    return "\n".join(lines)


def _came_near(namespace: Namespace, stub: Stub) -> Iterator[str]:
    entries = namespace.journal.runs(graph=stub.graph_id)
    if not entries:
        yield f"    no run of graph '{stub.graph_id}' was asked for"
        return
    told = [(entry, differences(stub.when, scope_of(entry))) for entry in entries]
    entry, different = min(told, key=lambda pair: len(pair[1]))
    yield f"    nearest of {len(entries)} run{'' if len(entries) == 1 else 's'}: {_told(entry).strip()}"
    if different:
        yield from ("  " + line for line in _differences(different))
    elif stub.after is not None and (entry.run is None or entry.run.after != stub.after):
        last = entry.run.after if entry.run is not None else None
        before = f"'{last}' was played before it" if last else "nothing was played before it"
        yield f"      it fits, but for 'after: {stub.after}': {before}"
    elif entry.stub is not None:
        yield f"      it fits, but '{entry.stub}' ({entry.source}) is tried first and took it"
    else:
        yield "      it fits now; when it was asked for, the stub was not there"


# --- lines -----------------------------------------------------------------------------------------------


def _told(entry: Entry) -> str:
    played = f"played '{entry.stub}' ({entry.source})" if entry.stub is not None else entry.run_status
    return f"  #{entry.number}  {entry.asked}   {played}"


def _conditions(when: Sequence[Condition]) -> list[str]:
    return [
        f"    {condition.path.text}   expected {matcher}"
        for condition in when
        for matcher in map(_in_words, condition.matchers)
    ]


def _in_words(matcher: Any) -> str:
    """What a matcher expects, as its difference says it of nothing; operators that nothing fits, by their names."""
    said = matcher.difference(None)
    return said if said is not None else f"{matcher.operator} {shown(matcher.operand)}"


def _differences(found: Sequence[Difference]) -> list[str]:
    return [f"    {one.path}   expected {one.expected}, got {shown(redacted(one.got))}" for one in found]


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
