"""How long things take where no `delay` says so: before a run, before each node, before each chunk of a model's text."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from mockgraph.script import words
from mockgraph.script.durations import read_seconds
from mockgraph.script.nodes import INVALID, Node, Reader, noun
from mockgraph.words.ids import digest


class Spread(msgspec.Struct, frozen=True):
    """A time, in seconds: `fixed` at `low`, `uniform` from `low` to `high`, or `lognormal` about the median `low` with the sigma `high`."""

    kind: str
    low: float
    high: float = 0.0

    def seconds(self, chance: float) -> float:
        """The time, for a chance from 0 to 1."""
        if self.kind == "uniform":
            return self.low + (self.high - self.low) * chance
        if self.kind == "lognormal":
            from statistics import NormalDist

            return self.low * math.exp(self.high * NormalDist().inv_cdf(min(max(chance, 1e-9), 1 - 1e-9)))
        return self.low


class Latency(msgspec.Struct, frozen=True):
    """What a graph's runs take: before they show anything, before each node, before each chunk; and what nodes do of their own."""

    run: Spread | None = None
    node: Spread | None = None
    chunk: Spread | None = None
    nodes: Mapping[str, Spread] = {}

    def of(self, node: str) -> Spread | None:
        """What is before a node."""
        return self.nodes.get(node, self.node)


def drawn(spread: Spread, key: bytes, purpose: str) -> float:
    """The time that this purpose takes in the run of a key: the same whenever the run is played again."""
    chance = int.from_bytes(digest(key, f"latency {purpose}")[:7]) / 2**56
    return spread.seconds(chance)


def read_latency(reader: Reader, node: Node, path: str) -> Any:
    """A `latency:`, or INVALID."""
    entries = reader.mapping(node, path, words.LATENCY, what="a mapping such as {node: 200ms}")
    if entries is None or len(entries) < len(node.pairs):
        return INVALID
    given: dict[str, Any] = {}
    for key, (_, value) in entries.items():
        if key == "nodes":
            own = reader.mapping(value, f"{path}.nodes") or {}
            given[key] = {
                name: _spread(reader, one, f"{path}.nodes.{name}") for name, (_, one) in own.items()
            }
            if INVALID in given[key].values():
                return INVALID
        else:
            given[key] = _spread(reader, value, f"{path}.{key}")
    return INVALID if INVALID in given.values() else Latency(**given)


def _spread(reader: Reader, node: Node, path: str) -> Any:
    if node.kind != "mapping":
        seconds = read_seconds(reader, node, path)
        return INVALID if seconds is INVALID else Spread("fixed", seconds)
    entries = reader.mapping(node, path, words.SPREAD, what="a time, {uniform: …} or {lognormal: …}")
    if entries is None or len(entries) != 1 or len(node.pairs) != 1:
        if entries is not None and len(entries) == len(node.pairs):
            reader.complain(
                node, path, "a time is spread in one way", "uniform: [10ms, 30ms], or lognormal: {…}"
            )
        return INVALID
    ((kind, (_, value)),) = entries.items()
    return (
        _uniform(reader, value, f"{path}.{kind}")
        if kind == "uniform"
        else _lognormal(reader, value, f"{path}.{kind}")
    )


def _uniform(reader: Reader, node: Node, path: str) -> Any:
    items = reader.sequence(node, path, what="two times, such as [10ms, 30ms]")
    ends = [read_seconds(reader, item, f"{path}[{at}]") for at, item in enumerate(items)]
    if INVALID in ends or node.kind != "list":
        return INVALID
    if len(ends) != 2 or ends[0] > ends[1]:
        return reader.complain(node, path, "expected two times, the shorter first", "such as [10ms, 30ms]")
    return Spread("uniform", ends[0], ends[1])


def _lognormal(reader: Reader, node: Node, path: str) -> Any:
    entries = reader.mapping(
        node, path, words.LOGNORMAL, what="a mapping such as {median: 400ms, sigma: 0.5}"
    )
    if entries is None or len(entries) < len(node.pairs):
        return INVALID
    if "median" not in entries:
        return reader.complain(node, path, "no 'median'", "such as {median: 400ms, sigma: 0.5}")
    median = read_seconds(reader, entries["median"][1], f"{path}.median")
    sigma: Any = entries["sigma"][1].value if "sigma" in entries else 0.5
    if isinstance(sigma, bool) or not isinstance(sigma, int | float) or not 0 <= sigma <= 5:
        given = entries["sigma"][1]
        return reader.complain(given, f"{path}.sigma", f"expected a number from 0 to 5, got {noun(given)}")
    return INVALID if median is INVALID else Spread("lognormal", median, float(sigma))
