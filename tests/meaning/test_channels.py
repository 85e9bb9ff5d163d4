"""Reducers, schemas, and values that are never changed in place."""

from typing import Any

import pytest

from mockgraph.meaning.channels import REDUCERS, Channels
from mockgraph.words.errors import GraphError


def no_id() -> str:
    return "new"


@pytest.mark.parametrize(
    ("reducer", "writes", "value"),
    [
        ("append", [[1], [2, 3]], [1, 2, 3]),
        ("add", [1, 2.5], 3.5),
        ("merge", [{"a": 1}, {"a": 2, "b": 3}], {"a": 2, "b": 3}),
        ("last_value", [5], 5),
        (
            "add_messages",
            ["hi"],
            [
                {
                    "content": "hi",
                    "additional_kwargs": {},
                    "response_metadata": {},
                    "type": "human",
                    "name": None,
                    "id": "new",
                }
            ],
        ),
    ],
)
def test_reducers(reducer: str, writes: list[Any], value: Any) -> None:
    channels = Channels({"x": reducer}, closed=True)
    start = channels.start()
    before = repr(start)
    assert channels.write(start, [{"x": write} for write in writes], new_id=no_id)["x"] == value
    assert repr(start) == before


def test_the_tables_cases_cover_every_reducer() -> None:
    assert set(REDUCERS) == {"append", "add", "merge", "last_value", "add_messages"}


def test_keys_come_in_the_schemas_order_and_unknown_ones_are_dropped() -> None:
    channels = Channels({"b": "last_value", "a": "append", "c": "last_value"}, closed=True)
    assert channels.start() == {"a": []}
    values = channels.write(channels.start(), [{"c": 1, "zzz": 2}, {"b": 3}], new_id=no_id)
    assert list(values.items()) == [("b", 3), ("a", []), ("c", 1)]


@pytest.mark.parametrize(
    ("reducer", "write", "message"),
    [
        ("append", "x", 'can only concatenate list (not "str") to list'),
        ("add", [1], "unsupported operand type(s) for +: 'int' and 'list'"),
        ("merge", 1, "unsupported operand type(s) for |: 'dict' and 'int'"),
    ],
)
def test_a_write_of_a_wrong_type_fails_as_python_says_it(reducer: str, write: Any, message: str) -> None:
    channels = Channels({"x": reducer}, closed=True)
    with pytest.raises(GraphError) as caught:
        channels.write(channels.start(), [{"x": write}], new_id=no_id)
    assert (caught.value.error, caught.value.message) == ("TypeError", message)
