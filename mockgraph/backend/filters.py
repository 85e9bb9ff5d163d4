"""What a filter asks of an item's value, as the store of langgraph-api 0.16.7 compares.

Mappings are contained, lists are compared item by item, and a mapping with a key that begins with `$` is made of
operators. What is absent is null.
"""

import operator
from collections.abc import Callable
from typing import Any

from mockgraph.backend.json import dumps
from mockgraph.words.errors import Refusal


def fits(value: Any, wanted: dict[str, Any]) -> bool:
    """Whether a mapping has all that is wanted; raises Refusal for what cannot be asked."""
    return isinstance(value, dict) and all(
        _agrees(value.get(key), condition) for key, condition in wanted.items()
    )


def _agrees(value: Any, condition: Any) -> bool:
    if isinstance(condition, dict):
        if any(key.startswith("$") for key in condition):
            return all(_operator(name)(value, operand) for name, operand in condition.items())
        return fits(value, condition)
    if isinstance(condition, list):
        return (
            isinstance(value, list) and len(value) == len(condition) and all(map(_agrees, value, condition))
        )
    return bool(value == condition)


Comparison = Callable[[Any, Any], bool]


def _operator(name: str) -> Comparison:
    found = OPERATORS.get(name)
    if found is None:
        raise Refusal(400, f"Unsupported operator: {name}")
    return found


def _ordered(name: str, compare: Comparison) -> Comparison:
    def compared(value: Any, operand: Any) -> bool:
        if not isinstance(value, _NUMERIC):
            return False
        left = _number(value)
        if not isinstance(operand, _NUMERIC):
            raise Refusal(400, f"{name} compares numbers, expected a number, got {dumps(operand).decode()}")
        return compare(left, _number(operand))

    return compared


_NUMERIC = (int, float, str)


def _number(value: float | str) -> float:
    try:
        return float(value)
    except ValueError as error:
        # langgraph-api 0.16.7: texts are numbers, or Python's own complaint.
        raise Refusal(400, str(error)) from None


OPERATORS: dict[str, Comparison] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": _ordered("$gt", operator.gt),
    "$gte": _ordered("$gte", operator.ge),
    "$lt": _ordered("$lt", operator.lt),
    "$lte": _ordered("$lte", operator.le),
}
