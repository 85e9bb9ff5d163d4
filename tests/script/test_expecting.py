"""`expect:` in fixtures and `verify(…)` in code: what is accepted, what that is, and every complaint."""

from typing import Any

import jsonschema_rs
import pytest
import yaml

from mockgraph import FixtureError, MockGraph
from mockgraph.script import words
from mockgraph.script.expecting import Expectation
from mockgraph.script.loading import load_texts

HEAD = "mockgraph: 1\ngraph: agent\n"


def expects(text: str) -> tuple[Expectation, ...]:
    return load_texts([("agent.yaml", HEAD + text)])["agent"].given.expects


# An item of the list, at least and at most how many runs it wants, and how a failure says that.
GOOD: list[tuple[str, int, int | None, str]] = [
    ("{}", 1, None, "at least 1 run"),
    ("{when: {input.text: {contains: hat}}}", 1, None, "at least 1 run"),
    ("{name: hats, times: 0}", 0, 0, "no run"),
    ("{times: 1}", 1, 1, "exactly 1 run"),
    ("{times: 2, when: {}}", 2, 2, "exactly 2 runs"),
    ("{at_least: 0}", 0, None, "at least 0 runs"),
    ("{at_least: 2}", 2, None, "at least 2 runs"),
    ("{at_most: 0}", 0, 0, "no run"),
    ("{at_most: 1}", 0, 1, "at most 1 run"),
    ("{at_most: 4}", 0, 4, "at most 4 runs"),
    ("{at_least: 1, at_most: 1}", 1, 1, "exactly 1 run"),
    ("{at_least: 2, at_most: 4}", 2, 4, "2 to 4 runs"),
]
BAD: list[tuple[str, str]] = [
    (
        "[5]",
        "agent.yaml:3:10: expect[0]: expected a mapping such as {when: {…}, times: 2}, got a number (5)",
    ),
    ("{times: 1}", "agent.yaml:3:9: expect: expected a list of expectations, got a mapping"),
    ("", "agent.yaml:3:8: expect: expected a list of expectations, got null"),
    ("[{tiems: 2}]", "agent.yaml:3:11: expect[0]: unknown key 'tiems'; did you mean 'times'?"),
    (
        "[{times: 1, times: 2}]",
        "agent.yaml:3:21: expect[0]: key 'times' appears twice; the first is in line 3",
    ),
    (
        "[{times: -1}]",
        "agent.yaml:3:18: expect[0].times: expected a whole number of at least 0, got a number (-1)",
    ),
    (
        "[{at_least: two}]",
        "agent.yaml:3:21: expect[0].at_least: expected a whole number of at least 0, got a text (two)",
    ),
    (
        "[{at_most: 1.5}]",
        "agent.yaml:3:20: expect[0].at_most: expected a whole number of at least 0, got a number (1.5)",
    ),
    (
        "[{times: true}]",
        "agent.yaml:3:18: expect[0].times: expected a whole number of at least 0, got a boolean (true)",
    ),
    (
        "[{at_least: 2, times: 1}]",
        "agent.yaml:3:24: expect[0]: 'times' beside 'at_least' or 'at_most'; keep one",
    ),
    (
        "[{}, {at_least: 4, at_most: 2}]",
        "agent.yaml:3:14: expect[1]: at least 4 and at most 2 is never; write the smaller first",
    ),
    ("[{name: 5}]", 'agent.yaml:3:17: expect[0].name: expected a text, got a number (5); quote it: "5"'),
    ("[{when: 5}]", "agent.yaml:3:17: expect[0].when: expected a mapping of paths, got a number (5)"),
    (
        "[{when: {inputs.text: 1}}]",
        "agent.yaml:3:18: expect[0].when: a run knows no 'inputs'; did you mean 'input'?",
    ),
    (
        "[{when: {input.text: {contians: x}}}]",
        (
            "agent.yaml:3:30: expect[0].when.input.text: 'contians' is no operator; did you mean 'contains'? "
            "For data with such a key, write {includes: {…}}"
        ),
    ),
]


@pytest.mark.parametrize(("item", "at_least", "at_most", "said"), GOOD)
def test_what_is_expected(item: str, at_least: int, at_most: int | None, said: str) -> None:
    (expected,) = expects(f"expect: [{item}]")
    assert (expected.graph, expected.at_least, expected.at_most, str(expected)) == (
        "agent",
        at_least,
        at_most,
        said,
    )
    assert [count for count in range(6) if expected.holds(count)] == [
        count for count in range(6) if at_least <= count <= (5 if at_most is None else at_most)
    ]


def test_places_names_and_conditions() -> None:
    block = "expect:\n  - {times: 2}\n  - name: hats\n    when:\n      input.text: hat\n      metadata.loud: true\n"
    first, second = expects(block)
    assert (str(first.source), first.source.column, first.name, first.when) == ("agent.yaml:4", 5, "", ())
    assert (str(second.source), second.name) == ("agent.yaml:5", "hats")
    assert [condition.path.text for condition in second.when] == ["input.text", "metadata.loud"]


def test_those_of_several_files_are_all_expected() -> None:
    files = [(f"{name}.yaml", f"{HEAD}expect: [{{name: {name}}}]") for name in ("one", "two")]
    assert [expected.name for expected in load_texts(files)["agent"].given.expects] == ["one", "two"]


@pytest.mark.parametrize(("given", "complaint"), BAD)
def test_complaints(given: str, complaint: str) -> None:
    with pytest.raises(FixtureError) as caught:
        expects(f"expect: {given}".rstrip())
    assert str(caught.value) == complaint


def test_every_item_is_complained_of() -> None:
    with pytest.raises(FixtureError) as caught:
        expects("expect:\n  - {times: x}\n  - {at_most: y}\n  - {name: fine}\n  - 5\n")
    assert [(one.line, one.path) for one in caught.value.complaints] == [
        (4, "expect[0].times"),
        (5, "expect[1].at_most"),
        (7, "expect[3]"),
    ]


@pytest.mark.parametrize("item", [row[0] for row in GOOD])
def test_editors_take_it_too(item: str) -> None:
    document = yaml.safe_load(f"{HEAD}expect: [{item}]")
    jsonschema_rs.validator_for(words.json_schema()).validate(document)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (
            {"times": -1},
            "verify.times: expected a whole number of at least 0, got a number (-1)",
        ),
        ({"times": 1, "at_most": 1}, "verify: 'times' beside 'at_least' or 'at_most'; keep one"),
        (
            {"at_least": 2, "at_most": 1},
            "verify: at least 2 and at most 1 is never; write the smaller first",
        ),
        ({"when": {"inputs.text": 1}}, "verify.when: a run knows no 'inputs'; did you mean 'input'?"),
        ({"name": 5}, 'verify.name: expected a text, got a number (5); quote it: "5"'),
    ],
)
def test_in_code_the_callers_line_is_complained_of(asked: dict[str, Any], complaint: str) -> None:
    mock = MockGraph()
    with pytest.raises(FixtureError) as caught:
        mock.verify("agent", **asked)
    line = caught.traceback[0].lineno + 1
    assert str(caught.value) == f"{__file__}:{line}: {complaint}"
