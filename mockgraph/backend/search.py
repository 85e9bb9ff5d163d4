"""What every search endpoint has in common: containment, order, a page, and the headers that tell of more."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")


def contains(whole: Any, part: dict[str, Any]) -> bool:
    """langgraph-api 0.16.7: objects are contained recursively, anything else must be equal."""
    if not isinstance(whole, dict):
        return False
    for key, wanted in part.items():
        if key not in whole:
            return False
        if isinstance(wanted, dict):
            if not contains(whole[key], wanted):
                return False
        elif whole[key] != wanted:
            return False
    return True


def ordered(
    rows: Sequence[Row],
    sort_by: str | None,
    sort_order: str | None,
    *,
    default: str,
    key: Callable[[Row, str], Any],
) -> list[Row]:
    """Rows, which come oldest first, by a column: greatest first unless asked otherwise.

    Without a column they are newest first. langgraph-api 0.16.7: whatever order is asked for.
    """
    if not sort_by:
        newest_first = list(reversed(rows))
        return sorted(newest_first, key=lambda row: key(row, default), reverse=True)
    return sorted(rows, key=lambda row: key(row, sort_by), reverse=sort_order != "asc")


def page(rows: Sequence[Row], *, limit: float, offset: float) -> tuple[list[Row], dict[str, str]]:
    """One page, and its `x-pagination-*` headers. langgraph-api 0.16.7: the total is only what is known so far.

    To a JSON Schema 10.0 is an integer.
    """
    limit, offset = int(limit), int(offset)
    found = list(rows[offset : offset + limit])
    if len(rows) > offset + limit:
        return found, {
            "x-pagination-total": str(offset + limit + 1),
            "x-pagination-next": str(offset + limit),
        }
    return found, {"x-pagination-total": str(offset + len(found))}


def selected(row: dict[str, Any], select: Sequence[str] | None) -> dict[str, Any]:
    """A row with only the selected columns, in its own order."""
    return row if not select else {key: value for key, value in row.items() if key in select}
