"""What a test expects of the runs that were asked for: how many that fit."""

from typing import Any

import msgspec

from mockgraph.script import words
from mockgraph.script.matching import Condition
from mockgraph.script.nodes import INVALID, Node, Reader, from_python
from mockgraph.script.places import Source
from mockgraph.script.read_when import read_conditions
from mockgraph.words.errors import FixtureError


class Expectation(msgspec.Struct, frozen=True, eq=False):
    """So many runs of a graph (None: of any) that fit a `when`."""

    source: Source
    graph: str | None = None
    when: tuple[Condition, ...] = ()
    at_least: int = 1
    at_most: int | None = None
    name: str = ""

    def holds(self, count: int) -> bool:
        """Whether so many are as many as were expected."""
        return count >= self.at_least and (self.at_most is None or count <= self.at_most)

    def __str__(self) -> str:
        """How many, in words."""
        low, high = self.at_least, self.at_most
        if high is None:
            return f"at least {_runs(low)}"
        if high == 0:
            return "no run"
        if low == high:
            return f"exactly {_runs(low)}"
        return f"at most {_runs(high)}" if low == 0 else f"{low} to {_runs(high)}"


def _runs(number: int) -> str:
    return f"{number} run" + ("" if number == 1 else "s")


def read_expectation(reader: Reader, node: Node, path: str, *, graph: str | None) -> Any:
    """One item of an `expect:`, or INVALID."""
    entries = reader.mapping(node, path, words.EXPECT, what="a mapping such as {when: {…}, times: 2}")
    if entries is None or len(entries) < len(node.pairs):
        return INVALID
    when = read_conditions(reader, entries["when"][1], f"{path}.when") if "when" in entries else ()
    name = reader.text(entries["name"][1], f"{path}.name") if "name" in entries else ""
    counts = {
        key: reader.integer(entries[key][1], f"{path}.{key}", least=0)
        for key in ("times", "at_least", "at_most")
        if key in entries
    }
    if INVALID in counts.values() or name is INVALID:
        return INVALID
    if "times" in counts and len(counts) > 1:
        return reader.complain(
            entries["times"][0], path, "'times' beside 'at_least' or 'at_most'", "keep one"
        )
    low = counts.get("times", counts.get("at_least", 0 if "at_most" in counts else 1))
    high = counts.get("times", counts.get("at_most"))
    if high is not None and low > high:
        return reader.complain(
            node, path, f"at least {low} and at most {high} is never", "write the smaller first"
        )
    return Expectation(Source(reader.file, node.line, node.column), graph, when, low, high, name)


def expectation_from_python(given: dict[str, Any], *, graph: str | None, file: str, line: int) -> Expectation:
    """What a Python caller expects, in the same words; raises FixtureError."""
    reader = Reader(file)
    read = read_expectation(reader, from_python(given, line), "verify", graph=graph)
    if reader.complaints:
        raise FixtureError(reader.complaints)
    expectation: Expectation = read
    return expectation
