"""`${…}`: a lone one keeps its type, one in a text becomes text, a missing path is loud."""

from typing import Any

import pytest

from mockgraph.script.paths import BadPath
from mockgraph.script.templates import Template, fill, parse
from mockgraph.words.errors import UnresolvedTemplate

SCOPE = {"input": {"n": 5, "deep": {"a": [1, None]}, "text": "hi", "no": False}, "state": {"log": ["x"]}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${input.n}", 5),
        ("${input.deep}", {"a": [1, None]}),
        ("${input.no}", False),
        ("n is ${input.n}!", "n is 5!"),
        ("${input.text} ${state.log[0]}", "hi x"),
        ("${input.deep} ${input.no}", '{"a":[1,null]} false'),
        ("${input.none || 'default'}", "default"),
        ('${input.none || `{"a": 1}`}', {"a": 1}),
        ("${{a: input.n}}", {"a": 5}),
        ("$${input.n}", "${input.n}"),
        ("$${a} ${input.n}", "${a} 5"),
        ("$5 {x} } ${input.n}", "$5 {x} } 5"),
    ],
)
def test_filling(text: str, value: Any) -> None:
    assert fill(parse(text), SCOPE) == value


@pytest.mark.parametrize("text", ["${input.none}", "x ${input.deep.a[1]} y"])
def test_a_missing_path_is_loud(text: str) -> None:
    with pytest.raises(UnresolvedTemplate, match="is not there when the play reaches it"):
        fill(parse(text), SCOPE)


def test_an_expression_that_raises_is_loud_too() -> None:
    with pytest.raises(UnresolvedTemplate, match=r"cannot be evaluated, in .*: JMESPathTypeError"):
        fill(parse("${length(input.n)}"), SCOPE)


@pytest.mark.parametrize("text", ["${", "${}", "${input.", "${nothing.x}", "${a b}", "${'}"])
def test_broken_ones_are_found_when_they_are_read(text: str) -> None:
    with pytest.raises(BadPath):
        parse(text)


def test_only_texts_with_templates_are_compiled() -> None:
    assert parse("{a} $ {b}") == "{a} $ {b}"
    assert isinstance(parse("${input}"), Template)
