"""The report on an unmatched run, word for word."""

from collections import Counter
from typing import Any

from mockgraph.script.choosing import misses
from mockgraph.script.model import Stub
from mockgraph.script.near_miss import report
from tests.playing import graph_of


def told(stubs: str, scope: dict[str, Any], *, played: dict[str, int] | None = None) -> str:
    graph = graph_of(stubs) if stubs else None
    if graph is None:
        return report("POST /runs/wait", "agent", scope, [], graphs=["agent", "other"])
    counts: Counter[Stub] = Counter()
    for stub in graph.stubs:
        counts[stub] = (played or {}).get(stub.name, 0)
    missed = misses(graph, scope, last_played=None, played=counts.__getitem__)
    return report("POST /runs/wait", "agent", scope, missed, graphs=["agent"])


def test_the_nearest_stubs_with_their_differences() -> None:
    stubs = """
    - {name: greeting, when: {"input.messages[-1].content": {contains: hello}}, play: []}
    - {name: farewell, times: 1, when: {"input.messages[-1].content": helo}, play: []}
    - {name: shout, when: {"input.messages[-1].content": {matches: "^[A-Z]+$"}, metadata.loud: true}, play: []}
    - {name: far, when: {input.a: 1, input.b: 2, input.c: 3}, play: []}
    """
    scope = {"input": {"messages": [{"role": "user", "content": "helo"}]}, "metadata": {"loud": 1}}
    assert told(stubs, scope, played={"farewell": 1}) == (
        "No stub matched this run.\n"
        "  POST /runs/wait  graph 'agent'\n"
        "    input.messages[-1].content   'helo'\n"
        "    metadata.loud   1\n"
        "Closest stubs (3 of 4):\n"
        "  graph.yaml:4   greeting\n"
        "    input.messages[-1].content   expected to contain 'hello', got 'helo'\n"
        "  graph.yaml:5   farewell   played 1 of 1 times\n"
        "  graph.yaml:6   shout\n"
        "    input.messages[-1].content   expected to match '^[A-Z]+$', got 'helo'\n"
        "    metadata.loud   expected True, got 1\n"
        "A stub that would match:\n"
        "  - name: …\n"
        "    when:\n"
        "      input.messages[-1].content: helo\n"
        "      metadata.loud: 1\n"
        "    play: …"
    )


def test_a_graph_without_stubs() -> None:
    assert told("", {"input": {"x": [1, 2]}}) == (
        "No stub matched this run.\n"
        "  POST /runs/wait  graph 'agent'\n"
        "    input.x   [1, 2]\n"
        "Graph 'agent' has no stubs; scripted are: other.\n"
        "A stub that would match:\n"
        "  - name: …\n"
        "    when:\n"
        "      input.x: [1,2]\n"
        "    play: …"
    )


def test_credentials_are_not_shown() -> None:
    stubs = """
    - {name: keyed, when: {headers.x_api_key: right, input.deep: {user: me}, config.configurable.token: t}, play: []}
    """
    scope = {
        "input": {"deep": {"user": "you", "password": "hunter2"}},
        "headers": {"x_api_key": "sk-wrong"},
        "config": {"configurable": {"token": "tok-1"}},
    }
    text = told(stubs, scope)
    for secret in ("sk-wrong", "hunter2", "tok-1"):
        assert secret not in text
    assert "headers.x_api_key   expected 'right', got [redacted]" in text
    assert "headers.x_api_key: {exists: true}" in text


def test_the_stub_to_paste_matches() -> None:
    for value in (
        "plain words",
        "true",
        "12",
        "a: b # c",
        "{x}",
        'say "hi"',
        "é",
        5,
        None,
        [1, "x"],
        {"a": None},
    ):
        scope = {"input": {"x": value}}
        text = told("- {name: never, when: {input.y: {exists: true}}, play: []}", scope)
        pasted = (
            text.split("A stub that would match:\n")[1]
            .replace("…", "pasted", 1)
            .replace("play: …", "play: []")
        )
        import textwrap

        graph = graph_of(textwrap.dedent(pasted))
        from mockgraph.script.matching import matches

        assert matches(graph.stubs[0].when, scope), pasted
