"""One played script through every stream mode."""

import pytest

from mockgraph.engine.failures import told
from mockgraph.engine.projections import ORDER, PROJECTIONS
from mockgraph.words.vocabulary import STREAM_MODES
from tests.playing import parts, talk, world

PLAY = """
- name: all of it
  play:
    - {node: model, custom: [half], update: {messages: [{ai: "Hi there", id: m1}]}}
    - {node: last, update: {done: true}}
"""


def test_every_mode_has_its_projection_and_its_place() -> None:
    assert set(PROJECTIONS) == set(STREAM_MODES) == set(ORDER)


def events(mode: object) -> list[str]:
    """The event names of a stateful run's stream."""
    found: list[str] = []

    async def ask(client) -> None:  # type: ignore[no-untyped-def]
        thread = (await client.post("/threads", json={})).json()["thread_id"]
        run = {"assistant_id": "agent", "input": {"messages": ["x"]}, "stream_mode": mode}
        found.extend(
            event for event, _ in parts((await client.post(f"/threads/{thread}/runs/stream", json=run)).text)
        )

    talk(world(PLAY), ask)
    return found


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("values", ["values"] * 3),
        ("updates", ["updates"] * 2),
        ("custom", ["custom"]),
        ("messages", ["messages/metadata"] + ["messages/partial"] * 3),
        ("messages-tuple", ["messages"] * 3),
        (["messages", "messages-tuple"], ["messages"] * 3),
        ("tasks", ["tasks"] * 4),
        ("checkpoints", ["checkpoints"] * 4),
        ("debug", ["debug"] * 8),
        ("events", ["events"] * 13),
        (
            ["debug", "updates", "tasks"],
            ["debug"] * 2 + ["tasks", "debug", "updates", "tasks", "debug", "debug"] * 2,
        ),
        ([], ["values"] * 3),
    ],
)
def test_parts_of_each_mode(mode: object, expected: list[str]) -> None:
    assert events(mode) == ["metadata", *expected]


@pytest.mark.parametrize(
    ("error", "message", "shown"),
    [
        ("ValueError", "no", "no"),
        ("KeyError", "k", "'k'"),
        ("KeyError", "", ""),
        ("UnicodeDecodeError", "x", "x"),
        ("NotImplementedError", "x", "x"),
        ("RecursionError", "x", "x"),
        ("TimeoutError", "x", "x"),
        ("GraphRecursionError", "x", "x"),
        ("ZeroDivisionError", "x", "An internal error occurred"),
        ("Exception", "x", "An internal error occurred"),
        ("MyError", "x", "An internal error occurred"),
        ("print", "x", "An internal error occurred"),
    ],
)
def test_which_messages_clients_see(error: str, message: str, shown: str) -> None:
    assert told(error, message) == {"error": error, "message": shown}
