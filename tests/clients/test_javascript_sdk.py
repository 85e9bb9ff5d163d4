"""@langchain/langgraph-sdk against mockgraph: the document's code as it stands, and what else people do.

Both generations: 1.15.0 is the newest code; 2.0.0, which npm calls latest, is older. Each has a folder in
tests/js with its package.json, where npm installs it; the scripts stand beside the folders and are fed to node
in them.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mockgraph import MockGraph
from tests.clients import document
from tests.clients.shop import ORDERED, THANKED, spoken

# One worker installs, and a folder is never installed twice at a time.
pytestmark = [pytest.mark.xdist_group("npm"), pytest.mark.timeout(240)]

SCRIPTS = Path(__file__).parents[1] / "js"
VERSIONS = ("1.15.0", "2.0.0")
SDK = "@langchain/langgraph-sdk"
_INSTALLING = 180.0  # seconds
_RUNNING = 60.0


def program(name: str) -> str:
    """The path of node or npm: without it these tests are skipped, but never where the gate runs (CI=true)."""
    found = shutil.which(name)
    if found is not None:
        return found
    sentence = f"{name} is not installed; the tests of the JavaScript client need node with npm."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def installed(folder: Path) -> str | None:
    """The version that is installed in a folder: npm writes its list last, when all is there."""
    listed = folder / "node_modules" / ".package-lock.json"
    if not listed.exists():
        return None
    packages = json.loads(listed.read_text("utf-8"))["packages"]
    version: str | None = packages.get(f"node_modules/{SDK}", {}).get("version")
    return version


@pytest.fixture(scope="module", params=VERSIONS)
def folder(request: pytest.FixtureRequest) -> Path:
    """A folder in which node finds a version of the client."""
    version: str = request.param
    folder = SCRIPTS / f"v{version}"
    program("node")
    npm = program("npm")
    if installed(folder) != version:
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        npm_said = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=_INSTALLING
        )
        assert npm_said.returncode == 0, npm_said.stdout + npm_said.stderr
    assert installed(folder) == version
    return folder


def told(folder: Path, script: str, *arguments: str) -> list[Any]:
    """The JSON lines that a script prints; read from stdin, it finds the package of the folder."""
    with (SCRIPTS / script).open("rb") as code:
        node_said = subprocess.run(
            [program("node"), "--input-type=module", "-", *arguments],
            cwd=folder,
            stdin=code,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_RUNNING,
        )
    assert node_said.returncode == 0, node_said.stdout + node_said.stderr
    return [json.loads(line) for line in node_said.stdout.splitlines()]


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
