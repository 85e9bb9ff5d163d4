"""Which stub plays: code before files, `after` before none, then position; and how often."""

from collections import Counter
from typing import Any

from mockgraph.script.choosing import choose, misses
from mockgraph.script.loading import never_matching
from mockgraph.script.model import Stub
from tests.playing import graph_of

THREE = """
- {name: any, play: []}
- {name: narrow, when: {input.x: 1}, play: []}
- {name: second, after: any, play: []}
"""


def chosen(
    stubs: str, given: Any, last: str | None = None, played: Counter[Stub] | None = None
) -> str | None:
    counts: Counter[Stub] = Counter() if played is None else played
    stub = choose(graph_of(stubs), {"input": given}, last_played=last, played=counts.__getitem__)
    return stub.name if stub else None


def test_the_first_that_matches_plays() -> None:
    assert chosen(THREE, {"x": 1}) == "any"


def test_a_fitting_after_comes_before_none() -> None:
    assert chosen(THREE, {}, last="any") == "second"
    assert chosen(THREE, {}, last="narrow") == "any"


def test_times_run_out() -> None:
    graph = graph_of("- {name: once, times: 1, play: []}\n- {name: then, play: []}")
    counts: Counter[Stub] = Counter({graph.stubs[0]: 1})
    stub = choose(graph, {"input": {}}, last_played=None, played=counts.__getitem__)
    assert stub is graph.stubs[1]


def test_turns_follow_one_another() -> None:
    graph = graph_of(
        """
        - name: talk
          turns:
            - {when: {input.x: 1}, play: []}
            - {play: []}
            - {times: 2, play: []}
        """
    )
    assert [(stub.name, stub.after, stub.times) for stub in graph.stubs] == [
        ("talk", None, None),
        ("talk (turn 2)", "talk", None),
        ("talk (turn 3)", "talk (turn 2)", 2),
    ]


def test_misses_are_told_nearest_first() -> None:
    graph = graph_of(
        """
        - {name: far, when: {input.x: 1, input.y: 2}, play: []}
        - {name: late, after: near, play: []}
        - {name: near, when: {input.x: 1}, play: []}
        """
    )
    found = misses(graph, {"input": {"x": 3}}, last_played=None, played=Counter[Stub]().__getitem__)
    assert [(miss.stub.name, len(miss.differences), miss.reason) for miss in found] == [
        ("late", 0, "only after 'near' on the same thread; no run has played on it"),
        ("near", 1, ""),
        ("far", 2, ""),
    ]


def test_stubs_that_can_never_match_are_found() -> None:
    graph = graph_of(
        """
        - {name: some, when: {input.x: 1}, play: []}
        - {name: fewer, when: {input.x: 1, input.y: 2}, play: []}
        - {name: once, times: 1, play: []}
        - {name: all, play: []}
        - {name: none, when: {input.z: 1}, play: []}
        - {name: other, after: all, play: []}
        """
    )
    found = [(c.line, c.what, c.hint.partition(";")[0]) for c in never_matching(graph)]
    assert found == [
        (5, "stub 'fewer' can never match", "'some' (graph.yaml:4) takes every run that it would"),
        (8, "stub 'none' can never match", "'all' (graph.yaml:7) takes every run that it would"),
    ]
