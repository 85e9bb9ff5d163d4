"""JMESPath expressions into what a run knows: checked when they are read, and fast where they are plain.

A plain path (`input.messages[-1].content`) becomes a tuple of keys and indexes; anything else stays with the
jmespath library. Both give None for what is not there.
"""

import re
from typing import Any

import msgspec

_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[-?\d+\])*")
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(-?\d+)\]")


_LONGEST = 2000


class Path(msgspec.Struct, frozen=True):
    """A compiled expression; `roots` are the top-level names that it reads."""

    text: str
    roots: frozenset[str]
    steps: tuple[str | int, ...] | None
    expression: Any = None

    def get(self, scope: dict[str, Any]) -> Any:
        """The value at the path, or None."""
        if self.steps is None:
            return self.expression.search(scope)
        value: Any = scope
        try:
            for step in self.steps:
                if type(value) is str:
                    return None  # an index would find a character
                value = value[step]
        except (LookupError, TypeError):
            return None
        return value


class BadPath(ValueError):
    """The text is not a JMESPath expression; the message says why, in one line."""


def compile_path(text: str) -> Path:
    """Compile an expression that reads something of the scope; raises BadPath."""
    if len(text) > _LONGEST:
        raise BadPath(f"an expression of more than {_LONGEST} characters")
    if _PLAIN.fullmatch(text):
        steps = tuple(name or int(index) for name, index in _STEP.findall(text))
        return Path(text, frozenset({str(steps[0])}), steps)
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        expression = jmespath.compile(text)
    except RecursionError:
        raise BadPath("an expression that is nested too deeply") from None
    except JMESPathError as error:
        raise BadPath(_reason(error)) from None
    roots = frozenset(_roots(expression.parsed))
    if "@" in roots or not roots:
        raise BadPath("an expression begins with a name of the run's: '@' and '*' have no place there")
    return Path(text, roots, None, expression)


def _reason(error: Exception) -> str:
    """What jmespath says is wrong, without the expression that it repeats and draws below."""
    said = str(error).split("\n")[0].removeprefix("Invalid jmespath expression: ")
    return said.partition(", for expression")[0].strip().rstrip(":")


def _roots(node: Any) -> set[str]:
    """The names that an expression looks up in the scope itself, not in what it has found there."""
    kind, children = node["type"], node.get("children", [])
    if kind == "field":
        return {node["value"]}
    if kind == "current":
        return {"@"}
    if kind in ("literal", "identity", "expref"):
        return set()
    if kind in (
        "subexpression",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
        "pipe",
    ):
        return _roots(children[0]) if children else set()
    found: set[str] = set()
    for child in children:
        if isinstance(child, dict):
            found |= _roots(child)
    return found
