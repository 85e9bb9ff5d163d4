"""Broken fixtures and exactly what is said of them: every complaint of a file, with its place, at once."""

from pathlib import Path

import pytest

from mockgraph.script import yaml_nodes
from mockgraph.script.loading import load_texts
from mockgraph.words.errors import FixtureError

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


def complaints(path: Path) -> str:
    with pytest.raises(FixtureError) as caught:
        load_texts([(path.name, path.read_text())])
    return f"{caught.value}\n"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_complaints_are_as_written_down(path: Path) -> None:
    assert complaints(path) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_complaints_are_the_same_without_libyaml(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_nodes, "_FastLoader", yaml_nodes._PureLoader)
    assert complaints(path) == path.with_suffix(".txt").read_text()


def test_there_are_enough_of_them() -> None:
    assert len(BROKEN) >= 15
    assert all(path.with_suffix(".txt").exists() for path in BROKEN)


def test_all_files_are_read_before_anybody_complains() -> None:
    with pytest.raises(FixtureError) as caught:
        load_texts([("b.yaml", "mockgraph: 1\ngraph: 5"), ("a.yaml", "[]")])
    assert [complaint.file for complaint in caught.value.complaints] == ["a.yaml", "b.yaml"]
