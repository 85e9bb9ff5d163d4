"""`latency:`: what is accepted and what it comes to, every complaint, and what a played run takes."""

import math
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml

from mockgraph import FixtureError, MockGraph
from mockgraph.engine import facts
from mockgraph.engine.play import play
from mockgraph.engine.setting import Setting
from mockgraph.script import words
from mockgraph.script.latency import Latency, Spread, drawn
from mockgraph.script.loading import load_texts
from tests.playing import graph_of, parts

HEAD = "mockgraph: 1\ngraph: agent\n"


def latency(text: str) -> Latency | None:
    return load_texts([("agent.yaml", f"{HEAD}latency: {text}".rstrip())])["agent"].given.latency


FIXED = Spread("fixed", 0.2)
GOOD: list[tuple[str, Latency]] = [
    ("{}", Latency()),
    ("{run: 200ms, node: 1.5s, chunk: 2m}", Latency(FIXED, Spread("fixed", 1.5), Spread("fixed", 120.0))),
    ("{node: 0ms}", Latency(node=Spread("fixed", 0.0))),
    ("{node: 200 ms}", Latency(node=FIXED)),
    ("{chunk: {uniform: [10ms, 30ms]}}", Latency(chunk=Spread("uniform", 0.01, 0.03))),
    ("{chunk: {uniform: [10ms, 10ms]}}", Latency(chunk=Spread("uniform", 0.01, 0.01))),
    ("{run: {lognormal: {median: 400ms}}}", Latency(run=Spread("lognormal", 0.4, 0.5))),
    ("{run: {lognormal: {median: 400ms, sigma: 0}}}", Latency(run=Spread("lognormal", 0.4, 0.0))),
    ("{run: {lognormal: {median: 400ms, sigma: 1.25}}}", Latency(run=Spread("lognormal", 0.4, 1.25))),
    (
        "{nodes: {agent: 200ms, tools: {uniform: [1s, 2s]}}}",
        Latency(nodes={"agent": FIXED, "tools": Spread("uniform", 1.0, 2.0)}),
    ),
]
_UNIT = "expected a time with a unit"
_HOW = "write 200ms, 1.5s or 2m"
_ONE_WAY = "a time is spread in one way; uniform: [10ms, 30ms], or lognormal: {…}"
_TWO = "expected two times, the shorter first; such as [10ms, 30ms]"
BAD: list[tuple[str, str]] = [
    ("", "3:9: latency: expected a mapping such as {node: 200ms}, got null"),
    ("5ms", "3:10: latency: expected a mapping such as {node: 200ms}, got a text (5ms)"),
    ("{nod: 5ms}", "3:11: latency: unknown key 'nod'; did you mean 'node'?"),
    ("{node: 5}", f"3:17: latency.node: {_UNIT}, got a number (5); {_HOW}"),
    ("{node: -5ms}", f"3:17: latency.node: {_UNIT}, got a text (-5ms); {_HOW}"),
    ("{node: [1ms]}", f"3:17: latency.node: {_UNIT}, got a list; {_HOW}"),
    ("{node: 1441m}", "3:17: latency.node: a pause of more than a day; write a shorter one"),
    ("{node: {}}", f"3:17: latency.node: {_ONE_WAY}"),
    ("{node: {uniform: [1ms, 2ms], lognormal: {median: 1s}}}", f"3:17: latency.node: {_ONE_WAY}"),
    ("{node: {unifrom: [1ms]}}", "3:18: latency.node: unknown key 'unifrom'; did you mean 'uniform'?"),
    ("{node: {uniform: [30ms, 10ms]}}", f"3:27: latency.node.uniform: {_TWO}"),
    ("{node: {uniform: [10ms]}}", f"3:27: latency.node.uniform: {_TWO}"),
    ("{node: {uniform: [1, 2s]}}", f"3:28: latency.node.uniform[0]: {_UNIT}, got a number (1); {_HOW}"),
    (
        "{run: {lognormal: 4ms}}",
        "3:28: latency.run.lognormal: expected a mapping such as {median: 400ms, sigma: 0.5}, got a text (4ms)",
    ),
    (
        "{run: {lognormal: {sigma: 1}}}",
        "3:28: latency.run.lognormal: no 'median'; such as {median: 400ms, sigma: 0.5}",
    ),
    (
        "{run: {lognormal: {median: 4}}}",
        f"3:37: latency.run.lognormal.median: {_UNIT}, got a number (4); {_HOW}",
    ),
    ("{nodes: [1s]}", "3:18: latency.nodes: expected a mapping, got a list"),
    ("{nodes: {a: 5}}", f"3:22: latency.nodes.a: {_UNIT}, got a number (5); {_HOW}"),
    ("{nodes: {1: 5ms}}", "3:19: latency.nodes: a key is a text, got a number (1); quote it"),
]
# What is complained of twice, or at another place and in other words than it was written.
BETTER: list[tuple[str, str]] = [
    (
        "{run: {uniform: 10ms}}",
        "3:26: latency.run.uniform: expected two times, such as [10ms, 30ms], got a text (10ms)",
    ),
    (
        "{run: {lognormal: {median: 4s, sigma: 9}}}",
        "3:48: latency.run.lognormal.sigma: expected a number from 0 to 5, got a number (9)",
    ),
    (
        "{run: {lognormal: {median: 4s, sigma: {}}}}",
        "3:48: latency.run.lognormal.sigma: expected a number from 0 to 5, got a mapping",
    ),
    (
        "{run: {lognormal: {median: 4s, sigma: true}}}",
        "3:48: latency.run.lognormal.sigma: expected a number from 0 to 5, got a boolean (true)",
    ),
]
COMPLAINTS = [*BAD, *BETTER]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_what_it_comes_to(text: str, expected: Latency) -> None:
    assert latency(text) == expected


@pytest.mark.parametrize(("text", "complaint"), COMPLAINTS)
def test_complaints(text: str, complaint: str) -> None:
    with pytest.raises(FixtureError) as caught:
        latency(text)
    assert str(caught.value) == f"agent.yaml:{complaint}"


@pytest.mark.parametrize("text", [row[0] for row in GOOD])
def test_editors_take_it_too(text: str) -> None:
    document = yaml.safe_load(f"{HEAD}latency: {text}")
    jsonschema_rs.validator_for(words.json_schema()).validate(document)


def test_a_second_one_for_a_graph_is_complained_of() -> None:
    files = [(name, f"{HEAD}latency: {{node: 1s}}") for name in ("one.yaml", "two.yaml")]
    with pytest.raises(FixtureError) as caught:
        load_texts(files)
    assert (
        str(caught.value) == "two.yaml:3:1: latency: graph 'agent' has its 'latency' already; "
        "keep one of the two"
    )


def test_in_code_the_callers_line_is_complained_of() -> None:
    mock = MockGraph()
    mock.stub("agent", play=[])
    with pytest.raises(FixtureError) as caught:
        mock.latency("agent", node=5, nods={})
    line = caught.traceback[0].lineno + 1
    assert str(caught.value) == f"{__file__}:{line}: latency: unknown key 'nods'; did you mean 'nodes'?"


# --- times -----------------------------------------------------------------------------------------------

TIMES: list[tuple[Spread, float, float]] = [
    (Spread("fixed", 0.2), 0.0, 0.2),
    (Spread("fixed", 0.2), 0.99, 0.2),
    (Spread("uniform", 1.0, 3.0), 0.0, 1.0),
    (Spread("uniform", 1.0, 3.0), 0.25, 1.5),
    (Spread("uniform", 1.0, 3.0), 1.0, 3.0),
    (Spread("lognormal", 0.4, 0.0), 0.9, 0.4),
    (Spread("lognormal", 0.4, 0.5), 0.5, 0.4),
    (Spread("lognormal", 0.4, 0.5), 0.8413447460685429, 0.4 * math.exp(0.5)),
    (Spread("lognormal", 0.4, 0.5), 0.15865525393145707, 0.4 * math.exp(-0.5)),
]


@pytest.mark.parametrize(("spread", "chance", "seconds"), TIMES)
def test_the_time_for_a_chance(spread: Spread, chance: float, seconds: float) -> None:
    assert spread.seconds(chance) == pytest.approx(seconds)


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_no_chance_is_without_end(chance: float) -> None:
    assert 0 < Spread("lognormal", 0.4, 0.5).seconds(chance) < 10


def test_what_is_drawn_is_of_its_key_and_purpose() -> None:
    spread = Spread("uniform", 0.0, 1.0)
    every = [drawn(spread, key, purpose) for key in (b"one", b"two") for purpose in ("run", "chunk 1")]
    assert every == [
        drawn(spread, key, purpose) for key in (b"one", b"two") for purpose in ("run", "chunk 1")
    ]
    assert len(set(every)) == 4


def test_the_median_is_that_of_what_is_drawn() -> None:
    spread = Spread("lognormal", 0.4, 0.5)
    times = sorted(drawn(spread, b"key", f"node {number}") for number in range(1001))
    assert times[500] == pytest.approx(0.4, rel=0.1)


# --- what a played run takes -----------------------------------------------------------------------------

PLAY = """
- name: all
  play:
    - {node: agent, update: {messages: [{ai: one two}]}}
    - {node: tools, update: {x: 1}}
    - {node: agent, stream: [a, b], update: {messages: [{ai: ab}]}}
    - node: agent
      stream: [a, {content: b, delay: 7s}]
      update: {messages: [{ai: ab}]}
"""


def taken(head: str, *, key: bytes = b"key", streaming: bool = True) -> list[Any]:
    """The nodes and chunks of a run, and the seconds before each."""
    graph = graph_of(PLAY, head=head)
    setting = Setting(
        key=key,
        channels=graph.channels,
        play=graph.stubs[0].play,
        given={},
        before=None,
        step=-2,
        parent=None,
        start=0,
        streaming=streaming,
        traced=False,
        scope={"input": {}},
        latency=graph.given.latency,
    )
    found: list[Any] = []
    for fact in play(setting):
        match fact:
            case facts.Wait():
                found.append(fact.seconds)
            case facts.TaskStarted():
                found.append(fact.task.node)
            case facts.ChunkStreamed() if fact.chunk["content"]:
                found.append(repr(fact.chunk["content"]))
    return found


def test_before_a_run_its_nodes_and_its_chunks() -> None:
    assert taken("latency: {run: 1s, node: 2s, chunk: 3s}") == [
        1.0,
        *("agent", 2.0, 3.0, "'one'", 3.0, "' '", 3.0, "'two'"),
        *("tools", 2.0),
        *("agent", 2.0, 3.0, "'a'", 3.0, "'b'"),
        *("agent", 2.0, 3.0, "'a'", 7.0, "'b'"),
    ]


def test_nodes_have_their_own() -> None:
    times = taken("latency: {node: 2s, nodes: {tools: 5s, nobody: 9s}}")
    assert [time for time in times if not isinstance(time, str) or time in ("agent", "tools")] == [
        *("agent", 2.0),
        *("tools", 5.0),
        *("agent", 2.0),
        *("agent", 2.0, 7.0),
    ]


def test_nothing_is_said_nothing_is_taken() -> None:
    assert [time for time in taken("latency: {}") if not isinstance(time, str)] == [7.0]


SPREAD = "latency: {run: {uniform: [1s, 9s]}, node: {lognormal: {median: 2s}}, chunk: {uniform: [1ms, 1s]}}"


def test_a_run_that_is_played_again_takes_the_same_times_and_another_others() -> None:
    assert taken(SPREAD) == taken(SPREAD)
    once, other = ({time for time in taken(SPREAD, key=key) if time != 7.0} for key in (b"key", b"other"))
    assert {time for time in once & other if not isinstance(time, str)} == set()


def test_each_node_and_each_chunk_draws_its_own() -> None:
    times = [time for time in taken(SPREAD) if not isinstance(time, str)]
    assert len(set(times)) == len(times)


# --- on the wire -----------------------------------------------------------------------------------------

LONG: dict[str, Any] = {
    "run": "20m",
    "node": {"uniform": ["10m", "20m"]},
    "chunk": {"lognormal": {"median": "5m"}},
    "nodes": {"tools": "2m"},
}
RUN = {
    "assistant_id": "agent",
    "input": {"text": "hi"},
    "stream_mode": ["updates", "custom", "messages-tuple"],
}


def spoken(mock: MockGraph) -> list[Any]:
    """The parts of a run's stream, of messages their text; without ids, which have a date in them."""
    body = httpx.post(f"{mock.url}/runs/stream", json=RUN, timeout=20).text
    told = parts(body.replace(": heartbeat\r\n\r\n", ""))
    assert told[0][0] == "metadata"
    return [(event, _text(data)) for event, data in told[1:]]


def _text(data: Any) -> Any:
    match data:
        case [{"content": content}, _]:
            return content
        case {"agent": {"messages": [message]}}:
            return message["content"]
        case _:
            return data


@pytest.mark.timeout(30)
def test_on_the_instant_clock_hours_take_no_time_and_the_same_is_told() -> None:
    steps = [
        {"node": "agent", "update": {"messages": [{"ai": "one two"}]}},
        {"node": "tools", "custom": [1, 2], "update": {"x": 1}},
        {"node": "agent", "stream": ["a", "b"], "update": {"messages": [{"ai": "ab"}]}},
    ]
    with MockGraph(clock="instant") as mock:
        mock.stub("agent", play=steps)
        at_once = spoken(mock)
        mock.latency("agent", **LONG)
        assert spoken(mock) == at_once
        mock.latency("agent")
        assert spoken(mock) == at_once
    assert [data for event, data in at_once if event == "messages"][:3] == ["one", " ", "two"]


@pytest.mark.timeout(30)
def test_two_servers_of_one_seed_take_the_same_times() -> None:
    def streamed() -> str:
        with MockGraph(clock="instant") as mock:
            mock.stub(
                "agent", name="s", play=[{"node": "agent", "update": {"messages": [{"ai": "one two"}]}}]
            )
            mock.latency("agent", **LONG)
            run = {**RUN, "stream_mode": ["debug", "messages-tuple"]}
            return httpx.post(f"{mock.url}/runs/stream", json=run, timeout=20).text.replace(mock.url, "")

    assert streamed() == streamed()
