"""Numbers for people: several measurements as one line, and the table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """A line of the table; `fine` is None where nothing is wanted of it."""

    line: str
    measured: str
    wanted: str = ""
    fine: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "short", None: ""}[self.fine]


def at_most(line: str, values: Sequence[float], limit: float) -> Row:
    """A row whose median must not be above the limit."""
    return Row(line, f"{median(values):.2f} x", f"at most {limit} x", median(values) <= limit)


def at_least(line: str, values: Sequence[float], limit: float) -> Row:
    """A row whose median must not be below the limit."""
    return Row(line, f"{median(values):.2f} x", f"at least {limit} x", median(values) >= limit)


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The smallest, the median and the largest."""
    low, middle, high = (format(value, form) for value in (min(values), median(values), max(values)))
    return f"min {low}  median {middle}  max {high}"


def say(text: str) -> None:
    """Print at once: a benchmark takes its time."""
    print(text, flush=True)


def table(rows: Sequence[Row]) -> str:
    """Every row, in columns."""
    cells = [("line", "measured", "wanted", "")]
    cells += [(row.line, row.measured, row.wanted, row.verdict) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
