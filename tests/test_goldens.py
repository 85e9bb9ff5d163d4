"""The texts that people read when a test fails, each whole, as a server and a client bring them about.

A scenario is a test as somebody would write it, in a file of its own, so that the lines that its text names stay
what they are; the text stands in `tests/goldens/<name>.txt`. To write all of them anew, and then read the difference:

    MOCKGRAPH_WRITE_GOLDENS=1 .venv/bin/python -m pytest tests/test_goldens.py
"""

import os
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client

from mockgraph import MockGraph

pytestmark = pytest.mark.timeout(30)

GOLDENS = Path(__file__).parent / "goldens"
WRITE = "MOCKGRAPH_WRITE_GOLDENS" in os.environ

FIXTURE = """
mockgraph: 1
graph: shop
stubs:
  - name: sells hats
    when:
      input.text: {contains: hat}
    play:
      - {node: agent, update: {answer: It is on its way.}}
  - name: greets once
    times: 1
    when:
      input.text: {starts_with: Hello}
      metadata.loud: true
    play: []
  - name: asks the owner
    when:
      input.text: {contains: refund}
    play:
      - {node: till, interrupt: "Refund 20 €?"}
  - name: refunds
    after: asks the owner
    when:
      resume: {any_of: [yes, {starts_with: Sure}]}
    play:
      - {node: till, update: {refunded: true}}
"""

EXPECTING = """
expect:
  - when: {input.text: {contains: hat}}
    times: 2
  - name: nobody is refunded
    when:
      resume: {exists: true}
    at_most: 0
"""

# Each scenario: what it adds to the fixture, and the test.
SCENARIOS: dict[str, tuple[str, str]] = {
    "unmatched": (
        "",
        """
        mock.stub("shop", when={"input.text": {"matches": "^[A-Z]+$"}}, play=[])
        ask("Hallo, one cap please", metadata={"loud": 1})
        """,
    ),
    "unmatched, of a graph without stubs": (
        "",
        """
        mock.load(folder / "silent.yaml")
        ask({"question": "Anybody?"}, graph="silent")
        """,
    ),
    "unmatched, with its stub played as often as may be": (
        "",
        """
        ask("Hello!", metadata={"loud": True})
        ask("Hello!", metadata={"loud": True})
        """,
    ),
    "too few": (
        "",
        """
        for wanted in ("hat", "cap", "red hat", "refund"):
            ask(wanted)

        mock.verify(
            "shop",
            name="two red hats",
            when={"input.text": {"contains": "red hat"}},
            times=2,
        )
        """,
    ),
    "too many": (
        "",
        """
        for number in range(5):
            ask(f"hat number {number}")
        mock.verify("shop", when={"input.text": {"contains": "hat"}}, at_most=4)
        """,
    ),
    "too many of any graph": (
        "",
        """
        ask("a hat")
        mock.verify(times=0)
        """,
    ),
    "operators that nothing fits": (
        "",
        """
        mock.verify(
            "shop",
            when={
                "input.text": {"not": {"contains": "hat"}},
                "input.list": {"length": {"gte": 2}},
                "input.absent": {"exists": False},
                "input.any": {"any_of": [None, {"starts_with": "a"}]},
            },
        )
        """,
    ),
    "none at all": ("", 'mock.verify("shop", when={"input.text": {"contains": "hat"}}, at_least=2)'),
    "none at all of any graph": ("", "mock.verify()"),
    "of another graph": (
        "",
        """
        mock.stub("office", play=[])
        ask("a hat")
        mock.verify("office", when={"input.text": {"contains": "hat"}})
        """,
    ),
    "no more": (
        "",
        """
        for wanted in ("a hat", "a red hat", "a cap"):
            ask(wanted)
        ask({"messages": [{"role": "user", "content": "hi"}]})
        mock.verify("shop", when={"input.text": {"contains": "red"}})
        mock.verify_no_more()
        """,
    ),
    "unplayed, never near": (
        "",
        """
        mock.stub("office", name="opens", when={"input.text": "Open!"}, play=[])
        ask("a hat")
        """,
    ),
    "unplayed, nearly": (
        "",
        """
        mock.stub(
            "shop",
            when={"input.text": {"contains": "hat"}, "metadata.colour": {"any_of": ["red", "blue"]}},
            play=[],
        )
        mock.stub("shop", name="played", when={"input.text": "a hat"}, play=[])
        ask("a hat", metadata={"colour": "green"})
        ask("a refund")
        """,
    ),
    "unplayed, after another that was not": (
        "",
        """
        mock.stub("shop", name="thanks", after="sells hats", when={"input.text": "Thanks"}, play=[])
        thread = client.threads.create()["thread_id"]
        client.runs.wait(thread, "shop", input={"text": "a refund"})
        mock.stub("shop", name="you are welcome", when={"input.text": "Thanks"}, play=[])
        client.runs.wait(thread, "shop", input={"text": "Thanks"})
        """,
    ),
    "unplayed, behind another that takes its runs": (
        "",
        """
        mock.stub("shop", name="any hat", when={"input.text": {"contains": "hat"}}, play=[])
        mock.stub("shop", name="red hat", when={"input.text": {"contains": "red hat"}}, play=[])
        ask("a red hat")
        """,
    ),
    "unplayed, added too late": (
        "",
        """
        ask("a cap")
        mock.stub("shop", name="caps", when={"input.text": {"contains": "cap"}}, play=[])
        """,
    ),
    "a resume that no stub takes": (
        "",
        """
        thread = client.threads.create()["thread_id"]
        client.runs.wait(thread, "shop", input={"text": "a refund"})
        resume(thread, "no")
        """,
    ),
    "a resume of another interrupt": (
        "",
        """
        mock.stub("shop", name="takes it back", after="asks the owner", when={"resume": "yes"}, play=[])
        thread = client.threads.create()["thread_id"]
        client.runs.wait(thread, "shop", input={"text": "a refund"})
        resume(thread, {"0123456789abcdef0123456789abcdef": "yes"})
        """,
    ),
    "expected by a fixture": (
        EXPECTING,
        """
        ask("a hat")
        thread = client.threads.create()["thread_id"]
        client.runs.wait(thread, "shop", input={"text": "a refund"})
        resume(thread, "yes")
        """,
    ),
    "faults that struck nothing": (
        "",
        """
        mock.faults.next(status=503, route="POST /runs/stream", graph="shop", times=2)
        mock.faults.next(
            cut="inside", route="/threads/{thread_id}/runs/wait", at="last values"
        )
        mock.faults.next(drop=True, graph="office")
        client.runs.wait(None, "shop", input={"text": "a hat"})
        ask("a hat", path="/runs/stream")
        """,
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a scenario's files stand."""
    tmp_path.joinpath("silent.yaml").write_text("mockgraph: 1\ngraph: silent\n")
    return tmp_path


def told(folder: Path, fixture: str, test: str) -> str:
    """What is said of a test, with paths as they are from its folder."""
    shop = folder / "shop.yaml"
    shop.write_text(f"{FIXTURE.lstrip()}{fixture}")
    with MockGraph(shop, clock="instant") as mock, get_sync_client(url=mock.url) as client:

        def ask(given: Any, *, graph: str = "shop", path: str = "/runs/wait", **more: Any) -> None:
            run = {"assistant_id": graph, "input": {"text": given} if isinstance(given, str) else given}
            httpx.post(f"{mock.url}{path}", json={**run, **more}, timeout=10)

        def resume(thread: str, answer: Any) -> None:
            run = {"assistant_id": "shop", "command": {"resume": answer}}
            httpx.post(f"{mock.url}/threads/{thread}/runs/wait", json=run, timeout=10)

        known = {"mock": mock, "client": client, "ask": ask, "resume": resume, "folder": folder}
        try:
            exec(compile(dedent(test).strip(), str(folder / "test_shop.py"), "exec"), known)
        except AssertionError as failure:
            said = str(failure)
        else:
            said = "\n\n".join(text for texts in mock.end_test().values() for text in texts)
    return said.replace(f"{folder}/", "") + "\n"


def golden(name: str) -> Path:
    return GOLDENS / f"{name.replace(',', '').replace(' ', '-')}.txt"


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_text_is_as_written_down(name: str, folder: Path) -> None:
    text = told(folder, *SCENARIOS[name])
    if WRITE:
        golden(name).write_text(text)
    assert text == golden(name).read_text()


def test_every_text_says_where_things_stand() -> None:
    texts = {name: golden(name).read_text() for name in SCENARIOS}
    placeless = {
        name for name, text in texts.items() if not re.search(r"(shop\.yaml|test_shop\.py):\d+", text)
    }
    assert placeless == {"unmatched, of a graph without stubs"}


def test_every_text_is_of_a_scenario() -> None:
    assert set(GOLDENS.iterdir()) == {golden(name) for name in SCENARIOS}
