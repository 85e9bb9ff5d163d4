"""Messages in pieces: cut, told, and added up again to what was cut."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgraph.meaning import chunks
from mockgraph.meaning.messages import wire


def total(message: dict[str, Any]) -> dict[str, Any]:
    summed = None
    for chunk in chunks.cut(message, id="m"):
        summed = chunks.add(summed, chunk)
    assert summed is not None
    return chunks.as_message(summed)


@given(st.text(max_size=60))
def test_what_is_cut_adds_up(text: str) -> None:
    pieces = chunks.cut(wire("ai", text), id="m")
    assert pieces[-1]["chunk_position"] == "last"
    assert [piece["chunk_position"] for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
    assert total(wire("ai", text))["content"] == text


def test_tool_calls_usage_and_blocks_add_up_too() -> None:
    message = wire("ai", "Let me see.", id="m")
    call = {"name": "look", "args": {"city": "SF", "n": [1]}, "id": "c1", "type": "tool_call"}
    other = {"name": "wait", "args": {}, "id": "c2", "type": "tool_call"}
    message |= {"tool_calls": [call, other], "usage_metadata": {"input_tokens": 1}}
    assert total(message) == message
    blocks = wire(
        "ai", [{"type": "text", "text": "a", "index": 0}, {"type": "text", "text": "b", "index": 1}], id="m"
    )
    assert total(blocks) == blocks


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ('{"city":', {}),
        ('{"city": "S', {"city": "S"}),
        ('{"city": "SF", "n": [1, 2', {"city": "SF", "n": [1, 2]}),
        ('{"a": {"b": "c\\', {"a": {"b": "c"}}),
        (' "SF"}', None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_json_that_was_cut_short(text: str, value: Any) -> None:
    assert chunks.parse_partial(text) == value
