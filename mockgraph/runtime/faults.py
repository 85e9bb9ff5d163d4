"""Faults that wait for their requests: laid over a namespace's next ones, and those that its plays have in them."""

import re
from collections.abc import Callable, Collection

from mockgraph.script.faults import Fault


class Strikes:
    """A fault, and how often it is still to strike."""

    __slots__ = ("_route", "fault", "left")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times
        self._route = None if fault.route is None else _pattern(fault.route)

    def wants(self, method: str, path: str, graphs: Callable[[], Collection[str]]) -> bool:
        """Whether it is for this request; `graphs` says what that runs, if it is asked."""
        fault = self.fault
        if not self.left or (fault.method is not None and fault.method != method):
            return False
        if self._route is not None and self._route.fullmatch(path) is None:
            return False
        return fault.graph is None or fault.graph in graphs()

    def strike(self) -> bool:
        """Strike once more; whether there was a strike left."""
        if not self.left:
            return False
        self.left -= 1
        return True


class Faults:
    """The faults of one namespace, in the order in which they were laid over it."""

    def __init__(self) -> None:
        self.laid: list[Strikes] = []

    def next(self, fault: Fault) -> None:
        """Have it strike the next requests that it is for."""
        self.laid.append(Strikes(fault))

    def take(self, method: str, path: str, graphs: Callable[[], Collection[str]]) -> Strikes | None:
        """The fault that a request is to be struck by, if any; until it is given back no other request has it."""
        for strikes in self.laid:
            if strikes.fault.kind != "webhook" and strikes.wants(method, path, graphs):
                strikes.strike()
                return strikes
        return None

    def struck(self, strikes: Strikes) -> None:
        """It has struck: one that has struck as often as it was to is gone."""
        if not strikes.left and strikes in self.laid:
            self.laid.remove(strikes)

    def take_webhook(self, graph: str) -> Fault | None:
        """The fault that strikes the webhook of a run, if any does."""
        for strikes in self.laid:
            fault = strikes.fault
            if fault.kind == "webhook" and fault.graph in (None, graph):
                strikes.strike()
                self.struck(strikes)
                return fault
        return None

    def clear(self) -> None:
        """No fault is laid over anything any more."""
        self.laid.clear()


def _pattern(route: str) -> re.Pattern[str]:
    """A route's path as it stands in requests: `{…}` is one segment, a `*` at its end any rest."""
    parts = re.split(r"(\{[^}]*\}|\*$)", route)
    spelled = (
        "[^/]+" if part.startswith("{") else ".*" if part == "*" else re.escape(part) for part in parts
    )
    return re.compile("".join(spelled))
