"""The JSON Schema for editors: it takes what the loader takes, and knows every key of the language."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from mockgraph.script import words

ROOT = Path(__file__).parents[2]
GOOD = sorted(
    path
    for folder in ("fixtures", "tests/contract/fixtures", "tests/suite/fixtures")
    for path in (ROOT / folder).glob("*.yaml")
)


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.validator_for(words.json_schema())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_fixtures_fit(path: Path, validator: Any) -> None:
    validator.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    "stub",
    [
        {"play": []},
        {"name": "x", "pley": []},
        {"name": "x", "play": [{"node": "a", "dely": "1s"}]},
        {"name": "x", "play": [{"node": "a", "delay": "1"}]},
        {"name": "x", "play": [{"node": "a", "do": [{"delay": "1s", "custom": 1}]}]},
        {"name": "x", "times": 0, "play": []},
    ],
)
def test_bad_stubs_do_not(stub: dict[str, Any], validator: Any) -> None:
    assert not validator.is_valid({"mockgraph": 1, "graph": "agent", "stubs": [stub]})


def test_every_key_that_is_built_is_offered_with_its_meaning() -> None:
    schema = words.json_schema()
    tables = {
        "": words.FIXTURE,
        "stub": words.STUB,
        "turn": words.TURN,
        "task": words.TASK,
        "error": words.ERROR,
    }
    tables |= {"model": words.MODEL, "message": words.MESSAGE}
    for name, table in tables.items():
        properties = (schema if not name else schema["$defs"][name])["properties"]
        for key, word in table.items():
            assert (key in properties) is not word.planned
            if not word.planned:
                assert properties[key]["description"] == word.doc


def test_the_schema_beside_the_fixtures_is_this_one() -> None:
    assert json.loads((ROOT / "fixtures/mockgraph.schema.json").read_text()) == words.json_schema()
