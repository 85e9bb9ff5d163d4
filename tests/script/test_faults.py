"""Faults as they are written, in plays and over requests: what is accepted, what that is, and every complaint."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml

from mockgraph import FixtureError, MockGraph
from mockgraph.script import words
from mockgraph.script.faults import KINDS, WHERE, Fault, read_fault
from mockgraph.script.loading import load_texts
from mockgraph.script.model import Strike, steps_of
from mockgraph.script.nodes import Reader
from mockgraph.script.yaml_nodes import read_yaml

EVERY = ", ".join(KINDS)


def read(text: str, *, inside: bool = False) -> Fault:
    """A fault as it is written; raises FixtureError."""
    reader = Reader("f")
    fault = read_fault(reader, read_yaml(text, "f"), "fault", inside=inside)
    if reader.complaints:
        raise FixtureError(reader.complaints)
    assert isinstance(fault, Fault)
    return fault


def said(fault: Fault) -> dict[str, Any]:
    """What a fault says beside what every fault says."""
    plain = Fault(fault.kind, fault.source)
    names = [name for name in msgspec.structs.asdict(fault) if name not in ("kind", "source", "at")]
    return {name: getattr(fault, name) for name in names if getattr(fault, name) != getattr(plain, name)} | (
        {"at": (fault.at.number, fault.at.event, fault.at.last)} if fault.at.given else {}
    )


# A fault, what the journal calls it, what it says, and whether it strikes before any route has seen the request.
GOOD: list[tuple[str, str, dict[str, Any], bool]] = [
    ("{status: 503}", "status 503", {"status": 503}, True),
    (
        "{status: 429, headers: {Retry-After: '1'}, body: {detail: slow}}",
        "status 429",
        {"status": 429, "headers": {"Retry-After": "1"}, "body": {"detail": "slow"}},
        True,
    ),
    ("{status: 200, body: hello}", "status 200", {"status": 200, "body": "hello"}, True),
    ("{status: 503, body: null}", "status 503", {"status": 503}, True),
    ("{refuse: 2s}", "refuse", {"seconds": 2.0}, True),
    (
        "{refuse: 2s, at: 3}",
        "refuse",
        {"seconds": 2.0, "at": (3, "", False)},
        False,
    ),
    ("{stall: 200ms}", "stall", {"seconds": 0.2}, True),
    (
        "{stall: 2s, heartbeats: true, at: 1}",
        "stall",
        {"seconds": 2.0, "heartbeats": True, "at": (1, "", False)},
        False,
    ),
    ("{stall: forever}", "stall", {}, True),
    ("{stall: forever, at: values}", "stall", {"at": (1, "values", False)}, False),
    ("{webhook: lost}", "webhook lost", {"where": "lost"}, False),
    ("{webhook: twice, graph: agent}", "webhook twice", {"where": "twice", "graph": "agent"}, False),
    ("{drop: true, times: 3}", "drop", {"times": 3}, False),
    ("{drop: true, at: 2}", "drop", {"at": (2, "", False)}, False),
    ("{drop: true, at: last}", "drop", {"at": (1, "", True)}, False),
    ("{drop: true, at: last values}", "drop", {"at": (1, "values", True)}, False),
    (
        "{drop: true, at: 'updates|agent:1'}",
        "drop",
        {"at": (1, "updates|agent:1", False)},
        False,
    ),
    ("{drop: true, route: /runs/stream}", "drop", {"route": "/runs/stream"}, False),
    (
        "{drop: true, route: 'post /threads/{thread_id}/runs'}",
        "drop",
        {"method": "POST", "route": "/threads/{thread_id}/runs"},
        False,
    ),
    *((f"{{{kind}: before}}", f"{kind} before", {"where": "before"}, True) for kind in ("reset", "cut")),
    ("{cut: before, at: 1}", "cut before", {"where": "before", "at": (1, "", False)}, False),
    *(
        (f"{{{kind}: {where}}}", f"{kind} {where}", {"where": where}, False)
        for kind in ("reset", "cut", "truncate")
        for where in WHERE[1:]
    ),
    *(
        (f"{{{kind}: true}}", kind, {}, False)
        for kind in ("malformed", "duplicate", "reorder", "drop", "lf", "bytewise")
    ),
]
_UNIT, _HOW = "expected a time with a unit", "write 200ms, 1.5s or 2m"
BAD: list[tuple[str, str]] = [
    ("5", "f:1:1: fault: expected a fault (a mapping), got a number (5)"),
    ("[]", "f:1:1: fault: expected a fault (a mapping), got a list"),
    ("{}", f"f:1:1: fault: a fault is of one kind, got none; one of: {EVERY}"),
    ("{times: 2}", f"f:1:1: fault: a fault is of one kind, got none; one of: {EVERY}"),
    (
        "{drop: true, lf: true}",
        f"f:1:1: fault: a fault is of one kind, got 'drop' and 'lf'; one of: {EVERY}",
    ),
    ("{drpo: true}", "f:1:2: fault: unknown key 'drpo'; did you mean 'drop'?"),
    ("{status: 700}", "f:1:10: fault.status: expected an HTTP status from 200 to 599, got a number (700)"),
    ("{status: '503'}", "f:1:10: fault.status: expected an HTTP status from 200 to 599, got a text (503)"),
    ("{status: 503, headers: 5}", "f:1:24: fault.headers: expected a mapping, got a number (5)"),
    ("{status: 503, body: {x: .inf}}", "f:1:25: fault.body.x: JSON has no inf; use null or a text"),
    (
        "{reset: insid}",
        (
            "f:1:9: fault.reset: expected one of before, inside, in_character, after, got 'insid'; "
            "did you mean 'inside'?"
        ),
    ),
    ("{reset: true}", 'f:1:9: fault.reset: expected a text, got a boolean (true); quote it: "true"'),
    (
        "{truncate: before}",
        "f:1:12: fault.truncate: expected one of inside, in_character, after, got 'before'",
    ),
    (
        "{webhook: thrice}",
        "f:1:11: fault.webhook: expected one of lost, twice, got 'thrice'; did you mean 'twice'?",
    ),
    ("{refuse: forever}", f"f:1:10: fault.refuse: {_UNIT}, got a text (forever); {_HOW}"),
    ("{stall: 5}", f"f:1:9: fault.stall: {_UNIT}, got a number (5); write 200ms, 1.5s, 2m or forever"),
    ("{bytewise: yes}", "f:1:12: fault.bytewise: expected true, got a text (yes); write 'bytewise: true'"),
    ("{drop: true, headers: {a: b}}", "f:1:14: fault: 'headers' beside 'drop'; it belongs to 'status'"),
    ("{drop: true, body: x}", "f:1:14: fault: 'body' beside 'drop'; it belongs to 'status'"),
    ("{cut: after, heartbeats: true}", "f:1:14: fault: 'heartbeats' beside 'cut'; it belongs to 'stall'"),
    ("{stall: 2s, heartbeats: 1}", "f:1:25: fault.heartbeats: expected true or false, got a number (1)"),
    ("{drop: true, times: x}", "f:1:21: fault.times: expected a whole number of at least 1, got a text (x)"),
    ("{drop: true, at: 0}", "f:1:18: fault.at: expected a whole number of at least 1, got a number (0)"),
    (
        "{drop: true, at: true}",
        (
            "f:1:18: fault.at: expected the number of a part, an event name, 'last', or 'last <event>', "
            'got a boolean (true); quote it: "true"'
        ),
    ),
    (
        "{drop: true, route: runs/stream}",
        "f:1:21: fault.route: 'runs/stream' is no route; write 'POST /runs/stream', or '/runs/stream'",
    ),
    ("{drop: true, route: 5}", 'f:1:21: fault.route: expected a text, got a number (5); quote it: "5"'),
    ("{drop: true, graph: 5}", 'f:1:21: fault.graph: expected a text, got a number (5); quote it: "5"'),
]
# At the value that is wrong, and of keys that would be passed over.
BETTER: list[tuple[str, str]] = [
    ("{drop: {}}", "f:1:8: fault.drop: expected true, got a mapping; write 'drop: true'"),
    ("{drop: false}", "f:1:8: fault.drop: expected true, got a boolean (false); write 'drop: true'"),
    (
        "{status: true}",
        "f:1:10: fault.status: expected an HTTP status from 200 to 599, got a boolean (true)",
    ),
    (
        "{drop: true, times: 0}",
        "f:1:21: fault.times: expected a whole number of at least 1, got a number (0)",
    ),
    ("{status: 503, headers: {a: true}}", "f:1:24: fault.headers: a header is a text; quote it"),
    ("{status: 503, at: 2}", "f:1:15: fault: 'at' beside 'status'; it strikes before the answer"),
    ("{webhook: lost, at: 2}", "f:1:17: fault: 'at' beside 'webhook'; it is about runs: name a 'graph'"),
    (
        "{webhook: lost, route: /runs}",
        "f:1:17: fault: 'route' beside 'webhook'; it is about runs: name a 'graph'",
    ),
]
INSIDE: list[tuple[str, str]] = [
    (
        "{status: 503}",
        "f:1:2: fault: 'status' inside a play: the answer has begun; lay it over a request: faults.next(status=…)",
    ),
    (
        "{webhook: lost}",
        "f:1:2: fault: 'webhook' inside a play; lay it over a request: faults.next(webhook=…)",
    ),
    *(
        (
            f"{{drop: true, {key}: {value}}}",
            f"f:1:14: fault: '{key}' inside a play; it strikes where it stands",
        )
        for key, value in {"at": 2, "route": "/runs", "graph": "agent"}.items()
    ),
]


@pytest.mark.parametrize(("text", "name", "says", "at_once"), GOOD)
def test_what_it_comes_to(text: str, name: str, says: dict[str, Any], at_once: bool) -> None:
    fault = read(text)
    assert (fault.name, said(fault), fault.at_once) == (name, says, at_once)
    assert str(fault.source) == "f:1"


def test_every_kind_is_read_and_is_in_the_language() -> None:
    assert {read(row[0]).kind for row in GOOD} == set(KINDS)
    assert set(KINDS) <= set(words.FAULT)


@pytest.mark.parametrize(("text", "complaint"), [*BAD, *BETTER])
def test_complaints(text: str, complaint: str) -> None:
    with pytest.raises(FixtureError) as caught:
        read(text)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(("text", "complaint"), INSIDE)
def test_complaints_inside_a_play(text: str, complaint: str) -> None:
    read(text)
    with pytest.raises(FixtureError) as caught:
        read(text, inside=True)
    assert str(caught.value) == complaint


@pytest.mark.parametrize("text", [row[0] for row in GOOD])
def test_editors_take_it_too(text: str) -> None:
    play = [{"fault": yaml.safe_load(text)}, {"node": "agent", "fault": yaml.safe_load(text)}]
    fixture = {"mockgraph": 1, "graph": "agent", "stubs": [{"name": "s", "play": play}]}
    jsonschema_rs.validator_for(words.json_schema()).validate(fixture)


# --- in plays --------------------------------------------------------------------------------------------

PLAYED = """\
mockgraph: 1
graph: agent
stubs:
  - name: struck
    play:
      - fault: {duplicate: true}
      - fault: {lf: true}
      - {node: one, fault: {stall: 1s}, update: {x: 1}}
      - node: two
        do:
          - fault: {reorder: true}
          - update: {y: 1}
          - fault: {drop: true}
      - fault: {cut: after}
"""


def test_between_supersteps_inside_tasks_and_at_the_end() -> None:
    (stub,) = load_texts([("f.yaml", PLAYED)])["agent"].stubs
    one, two = stub.play.supersteps
    assert [fault.name for fault in one.before] == ["duplicate", "lf"]
    assert [fault.name for fault in two.after] == ["cut after"]
    strikes = [step.fault for step in steps_of([one, two]) if isinstance(step, Strike)]
    assert [(fault.name, str(fault.source)) for fault in strikes] == [
        ("stall", "f.yaml:8"),
        ("reorder", "f.yaml:11"),
        ("drop", "f.yaml:13"),
    ]
    assert not stub.play.instant


def test_between_supersteps_of_a_subgraph() -> None:
    play = "[{node: one, subgraph: [{fault: {drop: true}}, {node: two, update: {}}]}]"
    fixture = f"mockgraph: 1\ngraph: agent\nstubs: [{{name: s, play: {play}}}]"
    (stub,) = load_texts([("f.yaml", fixture)])["agent"].stubs
    assert not stub.play.instant


def test_a_play_of_faults_alone_is_complained_of() -> None:
    fixture = "mockgraph: 1\ngraph: agent\nstubs:\n  - name: s\n    play:\n      - fault: {cut: after}\n"
    with pytest.raises(FixtureError) as caught:
        load_texts([("f.yaml", fixture)])
    assert (
        str(caught.value) == "f.yaml:6:7: stubs[0].play: faults of a play that runs nothing; "
        "lay them over the request: faults.next(…)"
    )


# --- in code ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"staus": 503}, "fault: unknown key 'staus'; did you mean 'status'?"),
        ({"status": 700}, "fault.status: expected an HTTP status from 200 to 599, got a number (700)"),
        ({"drop": True, "at": 0}, "fault.at: expected a whole number of at least 1, got a number (0)"),
        (
            {"drop": True, "route": "runs"},
            "fault.route: 'runs' is no route; write 'POST /runs/stream', or '/runs/stream'",
        ),
    ],
)
def test_the_callers_line_is_complained_of(asked: dict[str, Any], complaint: str) -> None:
    mock = MockGraph()
    with pytest.raises(FixtureError) as caught:
        mock.faults.next(**asked)
    line = caught.traceback[0].lineno + 1
    assert str(caught.value) == f"{__file__}:{line}: {complaint}"
    assert mock.faults.pending == []
