"""Where mockgraph answers otherwise on purpose, and a scenario is still worth asking: how its transcript differs.

`docs/upstream.md` has the reasons. An entry that is not needed fails the test.
"""

import re
from collections.abc import Callable
from typing import NamedTuple


class Deviation(NamedTuple):
    """In scenarios whose names match, what the real server says becomes what mockgraph says."""

    scenarios: str
    ours: Callable[[str], str]

    def applied(self, name: str, upstream: str) -> str:
        """The transcript that mockgraph should give."""
        if re.fullmatch(self.scenarios, name) is None:
            return upstream
        told = self.ours(upstream)
        assert told != upstream, f"{self} is not needed by {name!r}"
        return told


def instead(theirs: str, ours: str) -> Callable[[str], str]:
    """One text in place of another, everywhere."""
    return lambda upstream: upstream.replace(theirs, ours)


def with_reason(upstream: str) -> str:
    """The end of a failed run says why, as it does for those who are there; elsewhere in the transcript it is said."""
    reason = re.search(r'"error":"\w+","message":("(?:[^"\\]|\\.)*")', upstream)
    assert reason is not None
    ended = r'("namespace":\[\],"timestamp":<ms>,"data":\{"event":"failed","graph_name":"\w+")\}'
    return re.sub(ended, lambda found: f'{found[1]},"error":{reason[1]}}}', upstream)


def failed(graph: str, reason: str) -> Callable[[str], str]:
    """The same, where it is said nowhere else."""
    ended = f'"event":"failed","graph_name":"{graph}"'
    return instead(f"{ended}}}", f'{ended},"error":"{reason}"}}')


def numbered_on(by: int, *, last: int = 1) -> Callable[[str], str]:
    """The numbers of the last so many event streams go on behind those of runs that are gone."""

    def ours(upstream: str) -> str:
        answers = upstream.split("\n\nPOST ")
        streams = [at for at, answer in enumerate(answers) if "/stream/events" in answer.partition("\n")[0]]
        for at in streams[-last:]:
            answers[at] = re.sub(
                r'("seq":|^id: )(\d+)',
                lambda found: f"{found[1]}{int(found[2]) + by}",
                answers[at],
                flags=re.MULTILINE,
            )
        return "\n\nPOST ".join(answers)

    return ours


DEVIATIONS = [
    # A thread whose only run was pending, and was rolled back or deleted, stays busy for ever.
    Deviation(
        "cancel: rollback, pending|delete: a (running|pending) run",
        instead('"status":"busy"', '"status":"idle"'),
    ),
    # Whoever joins late is not told why a run failed.
    Deviation(
        r"protocol: (tape of .*(failure|limit of recursion|model that fails|broken).*"
        r"|a classic run on the tape, a failure)",
        with_reason,
    ),
    Deviation("protocol: a failed thread goes on.*", failed("moody", "mood is bad")),
    Deviation("protocol: toolbox_raising, fail", failed("toolbox_raising", "failed on 3")),
    # The numbers of events that are gone are given to others.
    Deviation("protocol: (cancelled, rollback, slow|rollback on a busy thread)", numbered_on(3)),
    Deviation("protocol: a run that is deleted from the tape", numbered_on(5)),
    # A run that nobody could take up again leaves nothing behind, but its numbers are its own.
    Deviation("protocol: classic runs that nobody keeps", numbered_on(12, last=2)),
]


def expected(name: str, upstream: str) -> str:
    """What mockgraph should say in a scenario, given what the real server said."""
    for deviation in DEVIATIONS:
        upstream = deviation.applied(name, upstream)
    return upstream
