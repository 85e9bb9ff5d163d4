"""Where things were written."""

import msgspec


class Source(msgspec.Struct, frozen=True):
    """A file (or the Python caller's file), a line and a column, 1-based."""

    file: str
    line: int
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
