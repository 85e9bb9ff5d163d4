"""Docs are code: README blocks run, and what the package knows is in the docs."""

import argparse
import inspect
import re
import shlex
import subprocess
from pathlib import Path
from textwrap import indent

import httpx
import pytest

from mockgraph.backend.filters import OPERATORS as FILTER_OPERATORS
from mockgraph.cli import LOG_LEVELS, _parser
from mockgraph.front import ClockView, FaultsView, Front, JournalView
from mockgraph.meaning.channels import REDUCERS
from mockgraph.mock import MockGraph
from mockgraph.pytest_plugin import MARKER_OPTIONS
from mockgraph.runtime.lints import LINTS
from mockgraph.runtime.requests import SCOPE
from mockgraph.script import words
from mockgraph.script.loading import load_texts
from mockgraph.script.matching import OPERATORS
from mockgraph.web.operations import control
from mockgraph.words.vocabulary import STREAM_MODES, UPSTREAM
from tests.clients.javascript import program, ready
from tests.playing import graph_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FIXTURES = (ROOT / "docs/fixtures.md").read_text()
RUNS = (ROOT / "docs/runs.md").read_text()
SERVER = (ROOT / "docs/server.md").read_text()
MCP_AND_A2A = (ROOT / "docs/mcp-and-a2a.md").read_text()
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
IN_PYTHON = (ROOT / "docs/in-python.md").read_text()
OVER_HTTP = (ROOT / "docs/over-http.md").read_text()
IN_YAML = (ROOT / "docs/in-yaml.md").read_text()
FAULTS = (ROOT / "docs/faults.md").read_text()
STORE_AND_CRONS = (ROOT / "docs/store-and-crons.md").read_text()
UPSTREAM_DOC = (ROOT / "docs/upstream.md").read_text()

pytest_plugins = ["pytester"]


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def said(text: str, name: str) -> bool:
    """Whether a text names something in code."""
    return re.search(rf"[`{{ ,(]{re.escape(name)}[`:=,) (]", text) is not None


def test_the_pytest_example_runs_and_is_short(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    example = blocks("python")[0]
    assert len(example.strip().splitlines()) <= 15
    pytester.makepyfile(test_chat=example)
    result = pytester.runpytest_subprocess("-p", "mockgraph.pytest_plugin", timeout=60)
    result.assert_outcomes(passed=1)


def test_the_failure_message_is_what_such_a_test_shows(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    example = blocks("python")[0].replace('"content": "hello"', '"content": "helo"')
    swallowed = example.replace(
        "    chunks =", "    import contextlib\n    with contextlib.suppress(Exception): chunks ="
    )
    pytester.makepyfile(test_chat=swallowed.split("    assert")[0])
    result = pytester.runpytest_subprocess("-p", "mockgraph.pytest_plugin", timeout=60)
    shown = result.stdout.str().replace(f"{pytester.path}/", "")
    assert blocks("text")[0] in shown


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(blocks("python")[2], "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


def test_the_example_of_other_paths_runs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for folder, file in (("fixtures", "a-tour.yaml"), ("more", "chat.yaml")):
        text = (ROOT / "fixtures/a-tour.yaml").read_text().replace("graph: tour", f"graph: {folder}")
        pytester.mkdir(folder).joinpath(file).write_text(text)
    pytester.makeconftest(blocks("python")[1])
    pytester.makepyfile(test_paths="def test_paths(mockgraph): assert len(mockgraph.paths) == 2")
    pytester.runpytest_subprocess("-p", "mockgraph.pytest_plugin", timeout=60).assert_outcomes(passed=1)


def test_the_console_examples_print_what_they_print() -> None:
    console(README)


def console(page: str) -> None:
    """Runs the commands of a page, and looks at what they print."""
    (block,) = blocks("console", page)
    with MockGraph(ROOT / "fixtures") as mock:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            words_ = shlex.split(command.replace("http://127.0.0.1:2024", mock.url))
            done = subprocess.run(words_, capture_output=True, text=True, timeout=20, check=True)
            assert done.stdout.replace("\r\n", "\n").strip() == expected.strip()


def test_the_fixture_is_the_file() -> None:
    assert blocks("yaml") == [(ROOT / "fixtures/a-tour.yaml").read_text()]


def test_the_examples_of_runs_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (fixture,) = blocks("yaml", RUNS)
    assert fixture == (ROOT / "fixtures/a-refund.yaml").read_text()
    pytester.mkdir("fixtures").joinpath("a-refund.yaml").write_text(fixture)
    examples = blocks("python", RUNS)
    pytester.makepyfile(**{f"test_{at}": example for at, example in enumerate(examples)})
    plugins = ("-p", "mockgraph.pytest_plugin", "-p", "pytest_httpserver.pytest_plugin")
    result = pytester.runpytest_subprocess(*plugins, timeout=60)
    result.assert_outcomes(passed=len(examples))


@pytest.mark.parametrize(
    "page", ["SERVER", "STORE_AND_CRONS", "MCP_AND_A2A", "PROTOCOL", "IN_PYTHON", "IN_YAML"]
)
def test_the_examples_of_a_page_run(
    page: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    examples = blocks("python", globals()[page])
    assert examples
    fixtures = [fixture for fixture in blocks("yaml", globals()[page]) if fixture.startswith("# ")]
    for fixture in fixtures:
        file = pytester.path / fixture.partition("\n")[0].removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        file.write_text(fixture)
    pytester.makepyfile(**{f"test_{at}": example for at, example in enumerate(examples)})
    plugins = ("-p", "mockgraph.pytest_plugin", "-p", "syrupy")
    # What was a snapshot once is the same whenever it is made.
    for more in (["--snapshot-update"], []) if any("snapshot" in one for one in examples) else ([],):
        result = pytester.runpytest_subprocess(*plugins, *more, timeout=60)
        result.assert_outcomes(passed=sum(example.count("def test_") for example in examples))


@pytest.mark.parametrize("name", FILTER_OPERATORS)
def test_every_operator_of_a_filter_is_documented(name: str) -> None:
    assert f"`{name}`" in STORE_AND_CRONS


def test_the_two_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"^make (\w+)", blocks("text")[1], re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


def test_every_flag_and_verb_is_in_the_readme() -> None:
    parser = _parser()
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, verb in verbs.choices.items():
        assert f"mockgraph {name}" in README
        for action in verb._actions:
            for flag in action.option_strings:
                assert flag in ("-h", "--help") or f"`{flag}`" in README
    assert all(f"`{level}`" in README for level in LOG_LEVELS)


@pytest.mark.parametrize("mode", STREAM_MODES)
def test_every_stream_mode_is_in_the_table(mode: str) -> None:
    assert re.search(rf"^\| `{mode}` \| ", README, re.MULTILINE)


@pytest.mark.parametrize("option", MARKER_OPTIONS)
def test_every_marker_option_is_in_the_readme(option: str) -> None:
    assert f"@pytest.mark.mockgraph({option}=" in README


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            key
            for table in (
                words.FIXTURE,
                words.STUB,
                words.TURN,
                words.SUPERSTEP,
                words.TASK,
                words.ERROR,
                words.MODEL,
                words.CHUNK,
                words.SUBGRAPH,
                words.PACKET,
                words.WAY_OUT,
                words.NODE,
                words.EDGE,
                words.SCHEMAS,
                words.ASSISTANT,
                words.SEED,
                words.SEED_THREAD,
                words.SEED_RUN,
                words.SEED_ITEM,
                words.AUTH,
                words.IDENTITY,
                words.REFUSED,
                words.RULE,
            )
            for key in table
        }
        | set(words.MESSAGE)
        | set(OPERATORS)
        | set(REDUCERS)
        | set(SCOPE)
    ),
)
def test_every_word_of_the_language_is_documented(name: str) -> None:
    assert said(FIXTURES + SERVER, name)


@pytest.mark.parametrize("at", range(len(blocks("yaml", SERVER))))
def test_every_fixture_around_the_runs_loads(at: int) -> None:
    load_texts([("docs/server.md", blocks("yaml", SERVER)[at])])


def test_what_is_planned_is_listed_as_not_built() -> None:
    _, _, later = FIXTURES.partition("not built in this version")
    for table in (words.FIXTURE, words.STUB, words.SUPERSTEP, words.TASK):
        for name, key in table.items():
            assert said(later, name) is key.planned, name


@pytest.mark.parametrize(
    "name", sorted({*words.FAULT, *words.LATENCY, *words.SPREAD, *words.LOGNORMAL, *words.EXPECT})
)
def test_every_word_of_faults_latency_and_expectations_is_documented(name: str) -> None:
    assert said(IN_YAML + FAULTS, name)


@pytest.mark.parametrize(
    "name", [name for name in inspect.signature(MockGraph).parameters if name != "paths"]
)
def test_every_option_of_a_server_is_documented(name: str) -> None:
    assert f"`{name}`" in IN_PYTHON


@pytest.mark.parametrize("door", [Front, JournalView, FaultsView, ClockView])
def test_every_word_of_the_python_front_door_is_documented(door: type) -> None:
    for name in vars(door):
        if not name.startswith("_"):
            assert re.search(rf"\b{name}\b", IN_PYTHON + README), name


@pytest.mark.parametrize("name", OPERATORS)
def test_every_matcher_is_where_it_is_used(name: str) -> None:
    assert f"`{name}`" in IN_PYTHON


@pytest.mark.parametrize("name", LINTS)
def test_every_lint_is_documented(name: str) -> None:
    assert f"`{name}`" in IN_PYTHON


@pytest.mark.parametrize("option", MARKER_OPTIONS)
def test_every_marker_option_is_where_it_is_explained(option: str) -> None:
    assert f"`{option}" in IN_PYTHON


def test_every_route_of_the_control_api_is_documented() -> None:
    table = re.findall(r"^\| (`.*?`) \|", OVER_HTTP, re.MULTILINE)
    named = {
        f"{method} {path}"
        for row in table
        for path in re.findall(r"/_mockgraph[^`]*", row)
        for method in re.findall(r"GET|POST|PUT|DELETE", row)
    }
    for operation in control.OPERATIONS:
        assert f"{operation.method.upper()} {operation.path}" in named


def test_the_console_examples_of_the_control_api_print_what_they_print() -> None:
    console(OVER_HTTP)


def test_the_example_of_a_test_in_javascript_runs() -> None:
    folder = ready("v2.0.0")
    (example,) = blocks("javascript", OVER_HTTP)
    with MockGraph(clock="instant") as mock:
        script = example.replace("http://127.0.0.1:2024", mock.url)
        script = script.replace('"vitest"', repr((ROOT / "tests/js/vitest.mjs").as_uri()))
        done = subprocess.run(
            [program("node"), "--input-type=module", "--test-reporter=tap", "-"],
            cwd=folder,
            input=script,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "# pass 1" in done.stdout
        (name,) = (found["name"] for found in httpx.get(f"{mock.url}/_mockgraph/ns").json())
        assert len(name) == 36


def test_every_deviation_has_a_test() -> None:
    table = UPSTREAM_DOC.split("## Deliberate deviations")[1].split("## Not built")[0]
    rows = [row for row in table.splitlines() if row.startswith("|")][2:]
    tests = "\n".join(
        path.read_text() for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts
    )
    assert len(rows) >= 5
    for row in rows:
        name = re.findall(r"`([^`]+)` \|$", row)[0]
        assert f"def {name}(" in tests or name.removeprefix("refused: ") in tests, row


@pytest.mark.parametrize("text", [README, UPSTREAM_DOC], ids=["README", "upstream"])
def test_the_versions_are_those_that_we_claim_to_be(text: str) -> None:
    for version in (UPSTREAM.api_version, UPSTREAM.langgraph_version, UPSTREAM.langchain_core_version):
        assert version in text


def test_the_versions_are_those_that_the_contract_is_tested_with() -> None:
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    assert pinned["langgraph-api"] == UPSTREAM.api_version
    assert pinned["langgraph"] == UPSTREAM.langgraph_version
    assert pinned["langchain-core"] == UPSTREAM.langchain_core_version


def test_the_tasks_in_the_docs_are_tasks() -> None:
    tasks = re.findall(r"^```yaml\n(.*?)^```$", FIXTURES, re.MULTILINE | re.DOTALL)
    assert tasks
    for task in tasks:
        graph_of(f"- name: one\n  play:\n    - node: a\n{indent(task, '      ')}")


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
