"""What a played script says, as transcripts: kinds of facts in order, compared whole."""

from typing import Any

import pytest

from mockgraph.engine import facts
from mockgraph.engine.facts import Fact
from mockgraph.engine.play import play
from mockgraph.engine.setting import Setting
from tests.playing import graph_of


def setting(stubs: str, given: Any, *, head: str = "", streaming: bool = False, **more: Any) -> Setting:
    graph = graph_of(stubs, head=head)
    defaults: dict[str, Any] = {
        "before": None,
        "step": -2,
        "parent": None,
        "start": 0,
        "scope": {"input": given},
    }
    return Setting(
        key=b"key",
        channels=graph.channels,
        play=graph.stubs[0].play,
        given=given,
        streaming=streaming,
        traced=False,
        **{**defaults, **more},
    )


def told(fact: Fact) -> str:
    """A fact in a few words."""
    match fact:
        case facts.CheckpointSaved():
            following = ",".join(task.node for task in fact.next)
            return f"checkpoint {fact.checkpoint.step} {fact.source} next={following}"
        case facts.ValuesChanged():
            return f"values {fact.values}"
        case facts.TaskStarted():
            return f"start {fact.task.node}"
        case facts.TaskFinished():
            return f"finish {fact.task.node} {fact.update}"
        case facts.TaskFailed():
            return f"fail {fact.task.node} {fact.error}: {fact.message}"
        case facts.CustomWritten():
            return f"custom {fact.payload}"
        case facts.ChunkStreamed():
            return f"chunk {fact.chunk['content']!r}"
        case facts.RunFailed():
            return f"failed {fact.error}: {fact.message}"
        case facts.Wait():
            return f"wait {fact.seconds:g}"
        case _:
            return type(fact).__name__


def transcript(
    given: Setting, *, without: tuple[type, ...] = (facts.NodeEntered, facts.NodeReturned, facts.NodeLeft)
) -> list[str]:
    return [told(fact) for fact in play(given) if not isinstance(fact, without)]


TWO = """
- name: two
  play:
    - {node: one, custom: [hi], update: {x: 1}}
    - {node: two, update: {y: "${state.x}"}}
"""


def test_a_run_with_input() -> None:
    assert transcript(setting(TWO, {"a": 0})) == [
        "RunStarted",
        "checkpoint -1 input next=__start__",
        "values {'a': 0}",
        "checkpoint 0 loop next=one",
        "start one",
        "custom hi",
        "finish one {'x': 1}",
        "values {'a': 0, 'x': 1}",
        "checkpoint 1 loop next=two",
        "start two",
        "finish two {'y': 1}",
        "values {'a': 0, 'x': 1, 'y': 1}",
        "checkpoint 2 loop next=",
        "RunFinished",
    ]


def test_a_second_run_goes_on_from_the_thread() -> None:
    again = setting(TWO, {"a": 1}, before={"a": 0, "z": 9}, step=4)
    assert transcript(again)[1:4] == [
        "checkpoint 5 input next=__start__",
        "values {'a': 1, 'z': 9}",
        "checkpoint 6 loop next=one",
    ]


def test_side_by_side_the_first_to_end_is_told_first_and_writes_fold_by_name() -> None:
    stubs = """
    - name: race
      play:
        - parallel:
            - {node: slow, delay: 200ms, update: {log: [slow]}}
            - {node: quick, delay: 50ms, custom: [now], update: {log: [quick]}}
            - {node: last, delay: 200ms, update: {log: [last]}}
    """
    assert transcript(setting(stubs, {}, head="channels: {log: append}"))[3:] == [
        "start last",
        "start quick",
        "start slow",
        "wait 0.05",
        "custom now",
        "finish quick {'log': ['quick']}",
        "wait 0.15",
        "finish last {'log': ['last']}",
        "finish slow {'log': ['slow']}",
        "values {'log': ['last', 'quick', 'slow']}",
        "checkpoint 1 loop next=",
        "RunFinished",
    ]


def test_a_node_that_raises_ends_the_run() -> None:
    stubs = """
    - name: boom
      play:
        - parallel:
            - {node: a, delay: 1s, update: {x: 1}}
            - {node: b, error: {type: ValueError, message: "no ${input.what}"}}
        - {node: never}
    """
    assert transcript(setting(stubs, {"what": "way"}))[-4:] == [
        "start a",
        "start b",
        "fail b ValueError: no way",
        "failed ValueError: no way",
    ]


def test_tokens_are_told_only_where_somebody_streams() -> None:
    stubs = '- {name: chat, play: [{node: model, update: {messages: [{ai: "Hi there"}]}}]}'
    quiet = transcript(setting(stubs, {"messages": []}))
    assert not [line for line in quiet if line.startswith("chunk")]
    loud = transcript(setting(stubs, {"messages": []}, streaming=True))
    assert [line for line in loud if line.startswith(("chunk", "Model"))] == [
        "ModelCalled",
        "chunk 'Hi'",
        "chunk ' '",
        "chunk 'there'",
        "ModelAnswered",
    ]


def test_chunks_take_their_time_whether_or_not_they_are_seen() -> None:
    stubs = """
    - name: chat
      play:
        - {node: model, stream: [a, {content: b, delay: 100ms}], update: {messages: [{ai: ab}]}}
    """
    for streaming in (True, False):
        assert "wait 0.1" in transcript(setting(stubs, {}, streaming=streaming))


@pytest.mark.parametrize(
    ("given", "failure"),
    [
        (None, "failed EmptyInputError: Received no input for __start__"),
        ([1], "failed InvalidUpdateError: Expected dict, got [1]"),
    ],
)
def test_an_input_that_no_graph_takes(given: Any, failure: str) -> None:
    assert transcript(setting(TWO, given))[-1].startswith(failure)


def test_a_template_without_its_value_fails_the_run() -> None:
    stubs = '- {name: t, play: [{node: a, update: {x: "${input.none}"}}]}'
    assert transcript(setting(stubs, {}))[-1].startswith(
        "failed UnresolvedTemplate: ${input.none} is not there"
    )


def test_two_writers_of_one_plain_key_fail_the_run() -> None:
    stubs = "- {name: t, play: [{parallel: [{node: a, update: {x: 1}}, {node: b, update: {x: 2}}]}]}"
    assert transcript(setting(stubs, {}))[-1].startswith("failed InvalidUpdateError: At key 'x'")


@pytest.mark.parametrize(
    ("limit", "last"),
    [
        (0, "failed ValueError: recursion_limit must be at least 1"),
        (2, "failed GraphRecursionError"),
        (3, "RunFinished"),
    ],
)
def test_the_recursion_limit(limit: int, last: str) -> None:
    assert transcript(setting(TWO, {}, recursion_limit=limit))[-1].startswith(last)


def test_played_again_it_says_the_same_ids_and_times() -> None:
    stubs = "- {name: chat, play: [{node: m, delay: 1s, update: {messages: [{ai: hi}, {human: yo}]}}]}"
    first, second = (list(play(setting(stubs, {"messages": ["x"]}, streaming=True))) for _ in range(2))
    assert first == second
    saved = [fact for fact in first if isinstance(fact, facts.CheckpointSaved)]
    assert [one.checkpoint.id for one in saved] == sorted(one.checkpoint.id for one in saved)
    assert saved[-1].checkpoint.at > 1_000_000


def test_doing_things_in_another_order() -> None:
    stubs = """
    - name: order
      play:
        - node: a
          do: [{update: {log: [1]}}, {custom: between}, {delay: 10ms}, {say: {ai: aside}}, {update: {log: [2]}}]
    """
    assert transcript(setting(stubs, {}, head="channels: {log: append}"))[4:8] == [
        "custom between",
        "wait 0.01",
        "finish a [{'log': [1]}, {'log': [2]}]",
        "values {'log': [1, 2]}",
    ]
