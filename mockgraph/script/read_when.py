"""Reading a `when`: paths, and what is expected there."""

import re
import warnings
from collections.abc import Callable
from typing import Any

from mockgraph.script.matching import IMPLICIT, OPERATORS, Condition, Matcher
from mockgraph.script.nodes import INVALID, Node, Reader, near, noun
from mockgraph.script.paths import BadPath, compile_path
from mockgraph.script.templates import SCOPE_ROOTS


def read_conditions(reader: Reader, node: Node, path: str) -> tuple[Condition, ...]:
    """The conditions of a `when`; those that are wrong are left out."""
    found = []
    for text, (key, value) in (reader.mapping(node, path, what="a mapping of paths") or {}).items():
        try:
            compiled = compile_path(text)
        except BadPath as error:
            reader.complain(key, path, f"'{text}' is not a JMESPath expression: {error}", "see jmespath.org")
            continue
        for root in sorted(compiled.roots - SCOPE_ROOTS):
            hint = near(root, SCOPE_ROOTS) or f"it knows {', '.join(sorted(SCOPE_ROOTS))}"
            reader.complain(key, path, f"a run knows no '{root}'", hint)
        matchers = _matchers(reader, value, f"{path}.{text}")
        if matchers is not INVALID:
            found.append(Condition(compiled, matchers))
    return tuple(found)


def _matchers(reader: Reader, node: Node, path: str) -> Any:
    """A mapping whose keys are all operators, or any value, which stands for itself."""
    if node.kind == "mapping" and node.pairs:
        names = [key.value for key, _ in node.pairs]
        operators = [name for name in names if name in OPERATORS]
        if operators and len(operators) < len(names):
            other = next(key for key, _ in node.pairs if key.value not in OPERATORS)
            hint = (
                near(str(other.value), OPERATORS)
                or "for data that looks like operators, write {includes: {…}}"
            )
            return reader.complain(
                other, path, f"'{other.value}' is no operator, but '{operators[0]}' beside it is", hint
            )
        if operators:
            entries = reader.mapping(node, path) or {}
            read = [_operator(reader, name, value, f"{path}.{name}") for name, (_, value) in entries.items()]
            return INVALID if any(item is INVALID for item in read) else tuple(read)
        for key in names:
            if hint := near(str(key), OPERATORS, nearness=0.8):
                what = f"'{key}' is no operator"
                return reader.complain(
                    node, path, what, f"{hint} For data with such a key, write {{includes: {{…}}}}"
                )
    value = reader.json(node, path)
    return INVALID if value is INVALID else (Matcher(IMPLICIT, value),)


def _operator(reader: Reader, name: str, node: Node, path: str) -> Any:
    operand = _OPERANDS[OPERATORS[name].operand](reader, node, path)
    return INVALID if operand is INVALID else Matcher(name, operand)


def _regex(reader: Reader, node: Node, path: str) -> Any:
    text = reader.text(node, path)
    if text is INVALID:
        return INVALID
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return reader.complain(
            node, path, f"not a regular expression: {error}", "see the syntax of Python's re module"
        )


def _alternatives(reader: Reader, node: Node, path: str) -> Any:
    items = reader.sequence(node, path, what="a list of values or operators")
    if node.kind == "list" and not items:
        return reader.complain(node, path, "'any_of' of no values never fits", "name at least one")
    read = [_matchers(reader, item, f"{path}[{at}]") for at, item in enumerate(items)]
    return INVALID if not read or any(item is INVALID for item in read) else tuple(read)


def _boolean(reader: Reader, node: Node, path: str) -> Any:
    if isinstance(node.value, bool):
        return node.value
    return reader.complain(node, path, f"expected true or false, got {noun(node)}")


def _ordered(reader: Reader, node: Node, path: str) -> Any:
    if (
        node.kind == "scalar"
        and isinstance(node.value, str | int | float)
        and not isinstance(node.value, bool)
    ):
        return reader.json(node, path)
    return reader.complain(node, path, f"expected a number or a text, got {noun(node)}")


_OPERANDS: dict[str, Callable[[Reader, Node, str], Any]] = {
    "any": Reader.json,
    "text": Reader.text,
    "regex": _regex,
    "alternatives": _alternatives,
    "boolean": _boolean,
    "nested": _matchers,
    "ordered": _ordered,
}
