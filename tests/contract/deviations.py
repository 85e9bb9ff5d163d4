"""Where mockgraph answers otherwise on purpose, and a scenario is still worth asking: how its transcript differs.

`docs/upstream.md` has the reasons. An entry that is not needed fails the test.
"""

import re
from typing import NamedTuple


class Deviation(NamedTuple):
    """In scenarios whose names match, what the real server says becomes what mockgraph says."""

    scenarios: str
    theirs: str
    ours: str

    def applied(self, name: str, upstream: str) -> str:
        """The transcript that mockgraph should give."""
        if re.fullmatch(self.scenarios, name) is None:
            return upstream
        assert self.theirs in upstream, f"{self} is not needed by {name!r}"
        return upstream.replace(self.theirs, self.ours)


DEVIATIONS = [
    # A thread whose only run was pending, and was rolled back or deleted, stays busy for ever.
    Deviation(
        "cancel: rollback, pending|delete: a (running|pending) run", '"status":"busy"', '"status":"idle"'
    ),
]


def expected(name: str, upstream: str) -> str:
    """What mockgraph should say in a scenario, given what the real server said."""
    for deviation in DEVIATIONS:
        upstream = deviation.applied(name, upstream)
    return upstream
