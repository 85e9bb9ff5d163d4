"""JSON as it is told and as it is kept."""

from typing import Any

import orjson
import pytest

from mockgraph.backend.json import as_told, dumps, dumps_in_full, kept, loads

NESTED: Any = 1
for _ in range(300):
    NESTED = [NESTED, {"a": NESTED}] if isinstance(NESTED, int) else [NESTED]


def test_nul_is_told_as_another_character_and_kept_as_it_is() -> None:
    value = {"a\0": ["\0", "\\u0000", "\\\0"]}
    assert loads(kept(value)) == value
    assert dumps(value) == as_told(kept(value)) == rb'{"a\ufffd":["\ufffd","\\u0000","\\\ufffd"]}'


def test_what_is_kept_is_no_larger_than_it_is() -> None:
    assert kept({"a": [1, None]}) == b'{"a":[1,null]}'


def test_answers_may_be_nested_more_deeply_than_the_encoder_goes() -> None:
    with pytest.raises(TypeError):
        dumps(NESTED)
    assert orjson.loads(dumps_in_full({"deep": NESTED, "text": "\0"})) == {"deep": NESTED, "text": "\ufffd"}


def test_answers_may_hold_greater_integers_than_the_encoder_knows() -> None:
    assert dumps_in_full({"n": [2**64, (-(2**70), 1.5)]}) == b'{"n":[%d,[%d,1.5]]}' % (2**64, -(2**70))


def test_what_is_no_json_is_none_however_it_is_told() -> None:
    with pytest.raises(TypeError):
        dumps_in_full([object()])
