"""What can go wrong, in three families: a fixture, a request, a scripted graph."""

import msgspec


class MockgraphError(Exception):
    """Base of every error that mockgraph raises on purpose."""


class MockgraphWarning(UserWarning):
    """Something odd about what a client asks for, though the real server takes it."""


class Complaint(msgspec.Struct, frozen=True):
    """One thing wrong with a fixture: where (1-based), at which path of the data, what, and what to do."""

    file: str
    line: int | None
    column: int | None
    path: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        path = f" {self.path}:" if self.path else ""
        return f"{place}:{path} {self.what}" + (f"; {self.hint}" if self.hint else "")


class FixtureError(MockgraphError):
    """One or more fixtures, or a stub made in code, cannot be used; carries every complaint."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = complaints
        super().__init__("\n".join(map(str, complaints)))


class Refusal(MockgraphError):
    """An answer other than 2xx: a status and a `detail`, worded as the real server words it."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(f"{status}: {detail}")


class PlainRefusal(Refusal):
    """A refusal that langgraph-api 0.16.7 answers as bare text: its `detail` is the whole body."""


class MatchingFailed(MockgraphError):
    """A matcher raised instead of answering; never a silent non-match."""


class UnresolvedTemplate(MockgraphError):
    """A `${…}` whose path is not there when its play reaches it."""


class GraphError(Exception):
    """A scripted graph fails: the class name and message of the exception that it raised."""

    def __init__(self, error: str, message: str) -> None:
        self.error = error
        self.message = message
        super().__init__(f"{error}: {message}")
