"""Does a run fit a stub? Answered with differences: none means yes.

Theory of operation. A `when` is a list of conditions, each a path into what the run knows (the *scope*) and a
matcher. Matching is clean → extract → compare: the scope holds JSON values only; the path gives one value, or
None for what is absent; the matcher compares that value and answers with a *difference* (what was expected of
it) or None. Operators are one table from name to a function that is given the operand and the value; nested
operators are matchers in the operand's place. A matcher that raises is a defect of the fixture and surfaces as
MatchingFailed: it never counts as "does not match".

Comparison is JSON's, not Python's: `true` is not `1`, `1` is `1.0`, null counts as not existing.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mockgraph.script.paths import Path
from mockgraph.words.errors import MatchingFailed
from mockgraph.words.redaction import without_values


class Matcher(msgspec.Struct, frozen=True):
    """One operator and its operand, compiled where it needs it."""

    operator: str
    operand: Any

    def difference(self, value: Any) -> str | None:
        """What was expected of the value where it does not fit, as "to …" or "to not …"; else None."""
        return _COMPARE[self.operator](self.operand, value)


class Condition(msgspec.Struct, frozen=True):
    """One entry of a `when`: every matcher must accept the value at the path."""

    path: Path
    matchers: tuple[Matcher, ...]

    def difference(self, scope: dict[str, Any]) -> "Difference | None":
        value = self.path.get(scope)
        for matcher in self.matchers:
            expected = matcher.difference(value)
            if expected is not None:
                return Difference(self.path.text, expected, value)
        if (
            value is None
            and self.path.text == "resume"
            and any(one.operator == "not" for one in self.matchers)
        ):
            # Whatever else an answer is not, it is an answer: a run with a new input is none.
            return Difference(self.path.text, "to exist", value)
        return None


class Difference(msgspec.Struct, frozen=True):
    """One condition that does not hold: at which path, what was expected, and what was there."""

    path: str
    expected: str
    got: Any


def differences(conditions: Iterable[Condition], scope: dict[str, Any]) -> list[Difference]:
    """Every condition that does not hold; none: the run fits. Raises MatchingFailed."""
    found = []
    for condition in conditions:
        try:
            difference = condition.difference(scope)
        except Exception as error:
            raise MatchingFailed(_broke(condition, error)) from error
        if difference is not None:
            found.append(difference)
    return found


def _broke(condition: Condition, error: Exception) -> str:
    return f"{condition.path.text}: {type(error).__name__}: {without_values(str(error))}"


def matches(conditions: Iterable[Condition], scope: dict[str, Any]) -> bool:
    """Whether the run fits, stopping at the first difference. Raises MatchingFailed."""
    for condition in conditions:
        try:
            if condition.difference(scope) is not None:
                return False
        except Exception as error:
            raise MatchingFailed(_broke(condition, error)) from error
    return True


# --- comparing -------------------------------------------------------------------------------------------


def same(expected: Any, value: Any) -> bool:
    """JSON equality."""
    if isinstance(expected, bool) or isinstance(value, bool):
        return expected is value
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and expected.keys() == value.keys()
            and all(same(item, value[key]) for key, item in expected.items())
        )
    if isinstance(expected, list):
        return isinstance(value, list) and len(expected) == len(value) and all(map(same, expected, value))
    return bool(expected == value)


def covers(expected: Any, value: Any) -> bool:
    """JSON equality, but for mappings, which may hold more than is expected of them."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(covers(item, value.get(key)) for key, item in expected.items())
    if isinstance(expected, list):
        return isinstance(value, list) and len(expected) == len(value) and all(map(covers, expected, value))
    return same(expected, value)


def shown(value: Any, limit: int = 200) -> str:
    """A value as a report shows it: Python's spelling, cut to a length."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# --- operators -------------------------------------------------------------------------------------------


class Operator(msgspec.Struct, frozen=True):
    """How an operator compares, what its operand may be (see `script.read_when`), and one line for the docs."""

    compare: Callable[[Any, Any], str | None]
    operand: str
    doc: str


def _equals(operand: Any, value: Any) -> str | None:
    return None if same(operand, value) else f"to equal {shown(operand)}"


def _includes(operand: Any, value: Any) -> str | None:
    return None if covers(operand, value) else f"to include {shown(operand)}"


def _is(operand: Any, value: Any) -> str | None:
    return None if covers(operand, value) else f"{shown(operand)}"


def _contains(operand: Any, value: Any) -> str | None:
    if isinstance(value, str):
        fits = isinstance(operand, str) and operand in value
    elif isinstance(value, list):
        fits = any(covers(operand, item) for item in value)
    elif isinstance(value, dict):
        fits = isinstance(operand, str) and operand in value
    else:
        fits = False
    return None if fits else f"to contain {shown(operand)}"


def _matches(operand: "re.Pattern[str]", value: Any) -> str | None:
    fits = isinstance(value, str) and operand.search(value) is not None
    return None if fits else f"to match {operand.pattern!r}"


def _starts_with(operand: str, value: Any) -> str | None:
    fits = isinstance(value, str) and value.startswith(operand)
    return None if fits else f"to start with {shown(operand)}"


def _ends_with(operand: str, value: Any) -> str | None:
    fits = isinstance(value, str) and value.endswith(operand)
    return None if fits else f"to end with {shown(operand)}"


def _any_of(operand: tuple[tuple[Matcher, ...], ...], value: Any) -> str | None:
    wanted = []
    for alternative in operand:
        expected = _all(alternative, value)
        if expected is None:
            return None
        wanted.append(expected)
    return " or ".join(wanted) or "one of no values"


def _exists(operand: bool, value: Any) -> str | None:  # noqa: FBT001  (the operand of the operator)
    return None if (value is not None) is operand else ("to exist" if operand else "to be absent")


def _not(operand: tuple[Matcher, ...], value: Any) -> str | None:
    if _all(operand, value) is not None:
        return None
    return f"not {' and '.join(describe(matcher) for matcher in operand)}"


def _length(operand: tuple[Matcher, ...], value: Any) -> str | None:
    if not isinstance(value, str | list | dict):
        return "to have a length"
    expected = _all(operand, len(value))
    return None if expected is None else f"a length {expected} (it is {len(value)})"


def _all(matchers: tuple[Matcher, ...], value: Any) -> str | None:
    return next(filter(None, (matcher.difference(value) for matcher in matchers)), None)


def _ordered(sign: str, fits: Callable[[Any, Any], bool]) -> Callable[[Any, Any], str | None]:
    def compare(operand: Any, value: Any) -> str | None:
        comparable = (
            isinstance(value, str)
            if isinstance(operand, str)
            else isinstance(value, int | float) and not isinstance(value, bool)
        )
        return None if comparable and fits(value, operand) else f"{sign} {shown(operand)}"

    return compare


OPERATORS: dict[str, Operator] = {
    "equals": Operator(_equals, "any", "the same JSON value, exactly"),
    "includes": Operator(_includes, "any", "a mapping that holds at least these entries"),
    "contains": Operator(
        _contains, "any", "a text with this in it, a list with such an item, a mapping with this key"
    ),
    "matches": Operator(_matches, "regex", "a text in which this regular expression is found"),
    "starts_with": Operator(_starts_with, "text", "a text that begins so"),
    "ends_with": Operator(_ends_with, "text", "a text that ends so"),
    "any_of": Operator(_any_of, "alternatives", "one of these values or operators fits"),
    "exists": Operator(_exists, "boolean", "true: there and not null; false: absent or null"),
    "not": Operator(_not, "nested", "this value or these operators do not fit"),
    "length": Operator(_length, "nested", "the length of a text, list or mapping fits"),
    "gt": Operator(_ordered(">", lambda value, operand: value > operand), "ordered", "greater than"),
    "gte": Operator(_ordered(">=", lambda value, operand: value >= operand), "ordered", "greater or equal"),
    "lt": Operator(_ordered("<", lambda value, operand: value < operand), "ordered", "less than"),
    "lte": Operator(_ordered("<=", lambda value, operand: value <= operand), "ordered", "less or equal"),
}

# What a value that is not a mapping of operators stands for: not a word of the language, so not in its table.
IMPLICIT = "is"
_COMPARE = {name: operator.compare for name, operator in OPERATORS.items()} | {IMPLICIT: _is}


def describe(matcher: Matcher) -> str:
    """A matcher in words, for a report."""
    operand = matcher.operand
    if isinstance(operand, re.Pattern):
        operand = operand.pattern
    elif isinstance(operand, tuple):
        return f"{matcher.operator} …"
    prefix = "" if matcher.operator == IMPLICIT else f"{matcher.operator} "
    return f"{prefix}{shown(operand)}"


def wanted(matcher: Matcher) -> str:
    """What a matcher expects of any value, in the words of its differences."""
    operand = matcher.operand
    if matcher.operator == "not":
        return f"not {' and '.join(map(describe, operand))}"
    if matcher.operator == "length":
        return f"a length {' and '.join(map(wanted, operand))}"
    if matcher.operator == "any_of":
        return " or ".join(" and ".join(map(wanted, each)) for each in operand) or "one of no values"
    if matcher.operator == "exists":
        return "to exist" if operand else "to be absent"
    # Nothing is like this value.
    return matcher.difference(object()) or describe(matcher)
