"""Matchers: what fits, what does not, and what is said of the difference."""

from typing import Any

import pytest

from mockgraph.script.matching import OPERATORS, Difference, differences, matches
from mockgraph.words.errors import MatchingFailed
from tests.playing import graph_of

CASES: list[tuple[str, Any, Any, str]] = [
    # operator, operand, a value that fits, what is said of None
    ("equals", "{a: 1}", {"a": 1}, "to equal {'a': 1}"),
    ("includes", "{a: 1}", {"a": 1, "b": 2}, "to include {'a': 1}"),
    ("contains", "x", "axb", "to contain 'x'"),
    ("matches", "'^a+$'", "aaa", "to match '^a+$'"),
    ("starts_with", "ab", "abc", "to start with 'ab'"),
    ("ends_with", "bc", "abc", "to end with 'bc'"),
    ("any_of", "[1, {gt: 5}]", 6, "1 or > 5"),
    ("exists", "true", 0, "to exist"),
    ("not", "{exists: false}", 0, "not exists False"),
    ("length", "{gte: 2}", [1, 2], "to have a length"),
    ("gt", "1", 1.5, "> 1"),
    ("gte", "1", 1, ">= 1"),
    ("lt", "b", "a", "< 'b'"),
    ("lte", "1", -1, "<= 1"),
]


def condition(right: str) -> Any:
    return graph_of(f"- {{name: one, when: {{input.x: {right}}}, play: []}}").stubs[0].when


@pytest.mark.parametrize(("name", "operand", "fitting", "said"), CASES, ids=[case[0] for case in CASES])
def test_operators(name: str, operand: str, fitting: Any, said: str) -> None:
    when = condition(f"{{{name}: {operand}}}")
    assert matches(when, {"input": {"x": fitting}})
    assert differences(when, {"input": {}}) == [Difference("input.x", said, None)]


def test_every_operator_has_its_case() -> None:
    assert [case[0] for case in CASES] == list(OPERATORS)


@pytest.mark.parametrize(
    ("right", "value", "fits"),
    [
        ("1", 1, True),
        ("1", 1.0, True),
        ("1", True, False),
        ("true", 1, False),
        ("true", True, True),
        ("text", "text", True),
        ("'1'", 1, False),
        ("null", None, True),
        ("null", 0, False),
        ("{a: 1}", {"a": 1, "b": 2}, True),
        ("{a: {b: 1}}", {"a": {"b": 1, "c": 2}}, True),
        ("{a: null}", {}, True),
        ("{}", {"a": 1}, True),
        ("{}", [], False),
        ("[1, {a: 1}]", [1, {"a": 1, "b": 2}], True),
        ("[1]", [1, 2], False),
        ("{equals: {a: 1}}", {"a": 1, "b": 2}, False),
        ("{equals: [1, true]}", [1, 1], False),
        ("{contains: 1}", [2, 1], True),
        ("{contains: {a: 1}}", [{"a": 1, "b": 2}], True),
        ("{contains: a}", {"a": 1}, True),
        ("{contains: 1}", "1", False),
        ("{gt: 1}", "2", False),
        ("{gt: 1}", True, False),
        ("{not: {contains: x}}", "abc", True),
        ("{not: {contains: x}}", "axc", False),
        ("{not: 5}", 5, False),
        ("{length: 2}", "ab", True),
        ("{length: {gt: 2, lt: 5}}", {"a": 1, "b": 2, "c": 3}, True),
        ("{gte: 1, lt: 3}", 3, False),
        ("{any_of: [{starts_with: a}, b]}", "b", True),
        ("{exists: false}", None, True),
        ("{includes: {contains: x}}", {"contains": "x", "more": 1}, True),
    ],
)
def test_fitting(right: str, value: Any, fits: bool) -> None:
    assert matches(condition(right), {"input": {"x": value}}) is fits


def test_a_matcher_that_raises_is_an_error_and_no_non_match() -> None:
    when = graph_of("- {name: one, when: {'length(input.x)': 1}, play: []}").stubs[0].when
    assert matches(when, {"input": {"x": "a"}})
    for ask in (matches, differences):
        with pytest.raises(MatchingFailed, match=r"length\(input.x\): JMESPathTypeError"):
            ask(when, {"input": {"x": 5}})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("input.messages[-1].content", "last"),
        ("input.messages[0].content", "first"),
        ("input.messages[7].content", None),
        ("input.messages.content", None),
        ("input[0]", None),
        ("input.messages[?content=='first'] | [0].content", "first"),
        ("length(input.messages)", 2),
        ('input."odd key"', 1),
    ],
)
def test_paths(path: str, found: Any) -> None:
    from mockgraph.script.paths import compile_path

    scope = {"input": {"messages": [{"content": "first"}, {"content": "last"}], "odd key": 1}}
    compiled = compile_path(path)
    assert compiled.get(scope) == found
    assert compiled.roots == {"input"}
