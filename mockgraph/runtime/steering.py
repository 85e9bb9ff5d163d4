"""What a test does to a namespace, in the words of the fixture language: the same from Python and over HTTP."""

import re
from datetime import timedelta
from typing import Any

from mockgraph.runtime import verifying
from mockgraph.runtime.namespaces import Namespace
from mockgraph.script.expecting import expectation_from_python
from mockgraph.script.faults import Fault, read_fault
from mockgraph.script.latency import read_latency
from mockgraph.script.nodes import Reader, from_python
from mockgraph.words.errors import FixtureError, MockgraphError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhd])")


def seconds_of(time: object) -> float:
    """How many seconds a time is: a number of them, a text with a unit, a timedelta. Raises MockgraphError."""
    if isinstance(time, timedelta):
        return time.total_seconds()
    if isinstance(time, int | float) and not isinstance(time, bool):
        return time
    found = _TIME.fullmatch(time) if isinstance(time, str) else None
    if found is None:
        raise MockgraphError(
            f"expected a time, got {time!r}; give seconds as a number, a text such as '90s', '24h', or a timedelta"
        )
    return float(found[1]) * _UNITS[found[2]]


def lay_fault(namespace: Namespace, words: dict[str, Any], *, file: str, line: int) -> Fault:
    """Lay a fault over the next requests; raises FixtureError."""
    reader = Reader(file)
    fault = read_fault(reader, from_python(words, line), "fault", inside=False)
    if reader.complaints:
        raise FixtureError(reader.complaints)
    namespace.faults.next(fault)
    laid: Fault = fault
    return laid


def set_latency(
    namespace: Namespace, graph_id: str, words: dict[str, Any] | None, *, file: str, line: int
) -> None:
    """Have a graph's runs take their time, or none but that of their scripts (None); raises FixtureError."""
    latency = None
    if words is not None:
        reader = Reader(file)
        latency = read_latency(reader, from_python(words, line), "latency")
        if reader.complaints:
            raise FixtureError(reader.complaints)
    namespace.take_time(graph_id, latency)


def verify(
    namespace: Namespace, graph: str | None, words: dict[str, Any], *, file: str, line: int
) -> str | None:
    """Why what is expected does not hold, None where it does; raises FixtureError for words that are none."""
    if not isinstance(graph, str | None):
        raise TypeError(f"a graph is named by a text, got {graph!r}")
    expected = expectation_from_python(words, graph=graph, file=file, line=line)
    return verifying.verified(namespace, expected)


def unstruck(namespace: Namespace) -> str | None:
    """Which faults wait for a request that never came."""
    laid = namespace.faults.laid
    if not laid:
        return None
    lines = ["Faults that struck nothing, or less often than they were to:"]
    for strikes in laid:
        fault = strikes.fault
        wanted = " ".join(part for part in (fault.method, fault.route) if part) or "any request"
        of = f" of graph '{fault.graph}'" if fault.graph else ""
        at = f" at {fault.at}" if fault.at.given else ""
        left = f"{strikes.left} of {fault.times} left"
        lines.append(f"  {fault.source}   {fault.name}{at}   {left}   {wanted}{of}")
    lines.append(
        "Send such requests, leave them out, or allow it: @pytest.mark.mockgraph(allow_unstruck=True)"
    )
    return "\n".join(lines)


def left_behind(namespace: Namespace) -> dict[str, list[str]]:
    """Failure texts by the option that would allow each."""
    return {
        "allow_unmatched": list(namespace.journal.unmatched_reports),
        "allow_unplayed": [text for text in [verifying.unplayed(namespace)] if text],
        "allow_unmet": verifying.expected_of(namespace),
        "allow_unstruck": [text for text in [unstruck(namespace)] if text],
    }
