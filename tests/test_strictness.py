"""What the pytest fixture holds against a test when it ends, what loosens that, and how time passes in it."""

from textwrap import indent

import pytest

from mockgraph.pytest_plugin import MARKER_OPTIONS

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.timeout(60)

FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - name: greeting
    when: {input.text: {contains: hello}}
    play:
      - {node: agent, update: {answer: hi}}
  - name: slow
    when: {input.text: slow}
    play:
      - {node: agent, delay: 20m, update: {answer: late}}
"""
EXPECTING = "expect:\n  - {when: {input.text: hello}, times: 1}\n"

ASK = """
import httpx

def ask(at, text, **more):
    run = {"assistant_id": "agent", "input": {"text": text}, **more}
    return httpx.post(f"{at.url}/runs/wait", json=run, timeout=10)
"""

# What a test leaves behind (`at` is the server or a namespace), by the option that allows it, and what is said.
LEFT: dict[str, tuple[str, str]] = {
    "allow_unmatched": ('ask(at, "helo")', "No stub matched this run."),
    "allow_unplayed": (
        'at.stub("agent", when={"input.text": "bye"}, play=[])',
        "Stubs that no run played (1 of 1):",
    ),
    "allow_unmet": ('ask(at, "hello")', "Expected exactly 1 run, got 2."),
    "allow_unstruck": (
        'at.faults.next(status=503, route="/runs/stream")',
        "Faults that struck nothing, or less often than they were to:",
    ),
}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a fixture that expects one run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.mkdir("fixtures").joinpath("agent.yaml").write_text(FIXTURE + EXPECTING)
    pytester.makepyfile(ask=ASK)
    return pytester


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    """pytest on the project, with our plugin and no other but those of pytest itself."""
    plugins = ("-p", "no:cacheprovider", "-p", "mockgraph.pytest_plugin", "--show-capture=no")
    return project.runpytest_subprocess(*plugins, *args, timeout=60)


def written(project: pytest.Pytester, *tests: tuple[str, str, str]) -> None:
    """A file of tests, each a name, the options of its marker, and its lines; all ask for the expected run first."""
    parts = ["import pytest", "from ask import ask", ""]
    for name, options, lines in tests:
        parts.append(f"@pytest.mark.mockgraph({options})\ndef test_{name}(mockgraph):")
        parts.append(indent(f'ask(mockgraph, "hello")\nat = mockgraph\n{lines}\n', "    "))
    project.makepyfile("\n".join(parts))


def outcomes(result: pytest.RunResult) -> tuple[int, int]:
    """How many tests passed by themselves, and how many failed when they had ended."""
    counts = result.parseoutcomes()
    return counts.get("passed", 0), counts.get("errors", counts.get("error", 0))


def test_each_option_of_this_kind_is_tried_here() -> None:
    assert {option for option in MARKER_OPTIONS if option.startswith("allow_")} == set(LEFT)


def test_a_test_that_leaves_nothing_behind_passes(project: pytest.Pytester) -> None:
    written(project, ("fine", "", ""))
    assert outcomes(run(project)) == (1, 0)


@pytest.mark.parametrize("option", LEFT)
@pytest.mark.parametrize("within", [False, True], ids=["server", "namespace"])
def test_what_is_left_behind_fails_the_test_unless_its_own_option_allows_it(
    project: pytest.Pytester, option: str, within: bool
) -> None:
    lines, said = LEFT[option]
    if within:
        lines = f'at = mockgraph.namespace("x")\n{lines}'
    others = ", ".join(f"{other}=True" for other in LEFT if other != option)
    written(project, ("plain", "", lines), ("others", others, lines), ("own", f"{option}=True", lines))
    result = run(project)
    assert outcomes(result) == (3, 2)
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_plain*", said, "*ERROR at teardown of test_others*", said]
    )
    assert "teardown of test_own" not in result.stdout.str()
    assert sum(line.startswith(said) for line in result.outlines) == 2


def test_all_of_it_is_told_at_once(project: pytest.Pytester) -> None:
    written(project, ("all", "", "\n".join(lines for lines, _ in LEFT.values())))
    result = run(project)
    assert outcomes(result) == (1, 1)
    result.stdout.fnmatch_lines([said for _, said in LEFT.values()])


def test_nothing_of_it_is_left_for_the_next_test(project: pytest.Pytester) -> None:
    written(project, ("all", "", "\n".join(lines for lines, _ in LEFT.values())), ("next", "", ""))
    assert outcomes(run(project)) == (2, 1)


def test_a_test_that_failed_by_itself_is_told_of_too(project: pytest.Pytester) -> None:
    written(project, ("fails", "", "at.stub('agent', play=[])\nassert False, 'its own reason'"))
    result = run(project)
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["Stubs that no run played (1 of 1):", "*its own reason*"])


MET: dict[str, str] = {
    "a stub that was played": 'at.stub("agent", when={"input.text": "bye"}, play=[])\nask(at, "bye")',
    "a fault that struck": 'at.faults.next(status=503, route="/runs/wait")\nassert ask(at, "x").status_code == 503',
    "a stub of the server that a namespace played": """\
at.stub("agent", when={"input.text": "bye"}, play=[])
for x in (at.namespace("x"), at.namespace("y")):
    x.journal.runs()
ask(x, "bye")
x.drop()
""",
    "a fault that was laid off": "at.faults.next(drop=True)\nat.faults.clear()",
    "stubs of a file that nobody played": 'at.load("more.yaml")',
}


def test_what_is_not_held_against_a_test(project: pytest.Pytester) -> None:
    project.path.joinpath("more.yaml").write_text(FIXTURE.replace("graph: agent", "graph: more"))
    written(project, *((name.replace(" ", "_"), "", lines) for name, lines in MET.items()))
    assert outcomes(run(project)) == (len(MET), 0)


def test_a_fault_has_to_strike_as_often_as_it_says(project: pytest.Pytester) -> None:
    written(project, ("once", "", 'at.faults.next(status=503, route="/runs/wait", times=2)\nask(at, "x")'))
    result = run(project)
    assert outcomes(result) == (1, 1)
    result.stdout.fnmatch_lines(["*test_*.py:8   status 503   1 of 2 left   /runs/wait"])


# --- what is easily overlooked ---------------------------------------------------------------------------

UNSEEN: dict[str, str] = {
    "a fault at a part that never came": 'at.faults.next(drop=True, at="nowhere")\nask(at, "hello", input={"text": "hello "})',
    "an unmatched run of a namespace before a reset": 'ask(at.namespace("x"), "helo")\nat.reset()\nask(at, "hello")',
    "an unmatched run of a namespace that was reset": (
        'x = at.namespace("x")\nask(x, "hello")\nask(x, "helo")\nx.reset()\nask(x, "hello")'
    ),
    "an unmatched run of a namespace that was dropped": 'x = at.namespace("x")\nask(x, "helo")\nx.drop()',
    "an unmatched run of a namespace that waits behind another": """\
import httpx
x = at.namespace("x")
for text in ("hello", "helo"):
    body = {"assistant_id": "agent", "input": {"text": text}, "if_not_exists": "create"}
    httpx.post(f"{x.url}/threads/018cc251-f400-7acf-80e7-6d440feec09e/runs", json=body)
""",
}


@pytest.mark.parametrize("lines", UNSEEN.values(), ids=UNSEEN)
def test_what_is_held_against_a_test_too(project: pytest.Pytester, lines: str) -> None:
    written(project, ("unseen", "", lines))
    assert outcomes(run(project)) == (1, 1)


def test_an_expected_run_in_one_namespace_of_several_is_enough(project: pytest.Pytester) -> None:
    written(project, ("expected", "", 'at.namespace("x").journal.runs()'))
    assert outcomes(run(project)) == (1, 0)


# --- lints -----------------------------------------------------------------------------------------------

ODD = 'ask(at, "hello there", streamMode="values")'
LINT = "unknown_field: POST /runs/wait: unknown field 'streamMode': the server passes over it"


def test_what_is_odd_is_a_warning(project: pytest.Pytester) -> None:
    written(project, ("odd", "", ODD))
    result = run(project)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*MockgraphWarning: {LINT}"])


def test_the_warning_may_be_an_error_or_nothing(project: pytest.Pytester) -> None:
    written(project, ("odd", "", ODD))
    assert outcomes(run(project, "-W", "error::mockgraph.MockgraphWarning")) == (1, 1)
    result = run(project, "-W", "ignore::mockgraph.MockgraphWarning")
    result.assert_outcomes(passed=1, warnings=0)


def test_what_is_odd_in_a_namespace_is_a_warning_too(project: pytest.Pytester) -> None:
    written(project, ("odd", "", f'at = mockgraph.namespace("x")\n{ODD}'))
    run(project).assert_outcomes(passed=1, warnings=1)


# --- time, and the options of the server -----------------------------------------------------------------

# The marker's options, and the clock's mode and speed in the test.
CLOCKS: list[tuple[str, tuple[str, float]]] = [
    ("", ("instant", 1.0)),
    ('clock="instant"', ("instant", 1.0)),
    ('clock="real"', ("real", 1.0)),
    ('clock="held"', ("held", 1.0)),
    ('clock="real", speed=60', ("real", 60)),
    ("speed=60", ("real", 60)),
]


def test_how_time_passes_in_a_test(project: pytest.Pytester) -> None:
    lines = ["import httpx, pytest", "pytestmark = pytest.mark.mockgraph(allow_unmet=True)"]
    for number, (options, expected) in enumerate(CLOCKS):
        lines += [
            f"@pytest.mark.mockgraph({options})",
            f"def test_{number}(mockgraph):",
            '    clock = httpx.get(mockgraph.url + "/_mockgraph/clock").json()',
            f'    assert (clock["mode"], clock["speed"]) == {expected!r}',
            '    assert mockgraph.clock.mode == clock["mode"]',
        ]
    project.makepyfile("\n".join(lines))
    assert outcomes(run(project)) == (len(CLOCKS), 0)


def test_a_delay_takes_no_time_unless_the_clock_is_real(project: pytest.Pytester) -> None:
    written(
        project,
        ("instant", "", 'assert ask(at, "slow").json()["answer"] == "late"'),
        (
            "real",
            'clock="real", speed=100_000',
            'assert ask(at, "slow").json()["answer"] == "late"',
        ),
    )
    assert outcomes(run(project)) == (2, 0)


def test_a_clock_that_is_none(project: pytest.Pytester) -> None:
    written(project, ("mode", 'clock="sundial"', ""), ("speed", "speed=0", ""))
    result = run(project)
    result.assert_outcomes(errors=2)
    said = ["a clock is real, instant or held, got 'sundial'", "speed is a number above 0, got 0"]
    result.stdout.fnmatch_lines([f"*ValueError: {text}" for text in said])


CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def mockgraph_options():
    return {options}
"""


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"clock": "real", "speed": 50.0}, 'assert at.clock.mode == "real"'),
        (
            {"redact": ["answers"]},
            """\
ask(at, "hello!", answers="42")
assert (at.clock.mode, at.journal.runs()[-1].data["answers"]) == ("instant", "[redacted]")
""",
        ),
    ],
)
def test_the_options_of_the_server(project: pytest.Pytester, options: dict[str, object], lines: str) -> None:
    project.makeconftest(CONFTEST.replace("{options}", repr(options)))
    written(project, ("options", "", lines))
    assert outcomes(run(project)) == (1, 0)


def test_the_marker_is_nearer_than_the_options(project: pytest.Pytester) -> None:
    project.makeconftest(CONFTEST.replace("{options}", repr({"clock": "held"})))
    project.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.mockgraph(allow_unmet=True)

        @pytest.mark.mockgraph(clock="instant")
        def test_marked(mockgraph):
            assert mockgraph.clock.mode == "instant"

        def test_plain(mockgraph):
            assert mockgraph.clock.mode == "held"
        """
    )
    assert outcomes(run(project)) == (2, 0)


def test_an_option_that_the_server_does_not_know(project: pytest.Pytester) -> None:
    project.makeconftest(CONFTEST.replace("{options}", repr({"clok": "held"})))
    written(project, ("none", "", ""))
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TypeError: *unexpected keyword argument 'clok'*"])
