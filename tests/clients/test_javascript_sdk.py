"""@langchain/langgraph-sdk against mockgraph: the document's code as it stands, and what else people do.

Both generations: 1.15.0 is the newest code; 2.0.0, which npm calls latest, is older. Each has a folder in
tests/js with its package.json, where npm installs it; the scripts stand beside the folders and are fed to node
in them.
"""

from pathlib import Path
from uuid import UUID

import pytest

from mockgraph import MockGraph
from tests.clients import document
from tests.clients.javascript import told
from tests.clients.shop import ORDERED, THANKED, spoken

pytestmark = pytest.mark.timeout(240)


def test_the_documents_code_prints_the_documents_output(mockgraph: MockGraph, folder: Path) -> None:
    streamed, waited = told(folder, "stateless.mjs", mockgraph.url)
    assert streamed == document.STREAMED

    human_id = waited["messages"][0]["id"]
    assert waited == document.waited_today(human_id)
    assert str(UUID(human_id)) == human_id


def test_a_thread_is_streamed_and_continued_and_a_failure_rejects(
    mockgraph: MockGraph, folder: Path, shop: str
) -> None:
    streamed, joined, rejected = told(folder, "threads.mjs", mockgraph.url, shop)

    parts = streamed["stream"]
    chunks = [data[0] for event, data in parts if event == "messages"]
    values = [data for event, data in parts if event == "values"]
    events = list(dict.fromkeys(event for event, _ in parts))
    assert events == ["metadata", "values", "messages"]
    assert "".join(chunk["content"] for chunk in chunks) == "It is on its way."
    assert [spoken(each) for each in values] == [ORDERED[:1], ORDERED]
    assert {chunk["id"] for chunk in chunks} == {values[-1]["messages"][-1]["id"]}

    assert spoken(joined["joined"]) == THANKED
    assert rejected == {"rejected": "ValueError: kaboom"}
