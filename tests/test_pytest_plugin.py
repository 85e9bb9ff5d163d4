"""The pytest plugin in projects of its own, as users write them."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - name: greeting
    when: {input.text: {contains: hello}}
    play:
      - {node: agent, update: {answer: hi}}
"""

ASK = """
import httpx

def ask(mockgraph, text, **more):
    run = {"assistant_id": "agent", "input": {"text": text}, **more}
    return httpx.post(f"{mockgraph.url}/runs/wait", json=run)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with one fixture in the folder where the plugin looks for it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.mkdir("fixtures").joinpath("agent.yaml").write_text(FIXTURE)
    pytester.makepyfile(ask=ASK)
    return pytester


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    """pytest on the project, with our plugin and no other but those of pytest itself."""
    plugins = ("-p", "no:cacheprovider", "-p", "mockgraph.pytest_plugin")
    return project.runpytest_subprocess(*plugins, *args, timeout=60)


def test_plays_the_fixtures_folder(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from ask import ask

        def test_greets(mockgraph):
            assert ask(mockgraph, "hello").json() == {"text": "hello", "answer": "hi"}
        """
    )
    run(project).assert_outcomes(passed=1)


def test_a_stub_made_in_the_test_comes_first_and_is_gone_in_the_next(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from ask import ask

        def test_own(mockgraph):
            mockgraph.stub("agent", when={"input.text": "hello"}, play=[{"node": "a", "update": {"answer": "own"}}])
            assert ask(mockgraph, "hello").json()["answer"] == "own"

        def test_back(mockgraph):
            assert ask(mockgraph, "hello").json()["answer"] == "hi"
        """
    )
    run(project).assert_outcomes(passed=2)


def test_an_unmatched_run_fails_the_test_even_where_the_client_swallowed_it(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from ask import ask

        def test_swallows(mockgraph):
            assert ask(mockgraph, "helo").status_code == 422
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "No stub matched this run.",
            "  POST /runs/wait  graph 'agent'",
            "    input.text   'helo'",
            "Closest stubs (1 of 1):",
            "*fixtures/agent.yaml:5   greeting",
            "    input.text   expected to contain 'hello', got 'helo'",
            "A stub that would match:",
            "  - name: …",
            "    when:",
            "      input.text: helo",
            "    play: …",
        ],
        consecutive=True,
    )


def test_unmatched_runs_may_be_allowed(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from ask import ask

        @pytest.mark.mockgraph(allow_unmatched=True)
        def test_allowed(mockgraph):
            assert ask(mockgraph, "helo").status_code == 422
            assert len(mockgraph.unmatched) == 1
        """
    )
    run(project).assert_outcomes(passed=1)


def test_a_run_that_starts_late_and_unmatched_fails_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from ask import ask

        def test_late(mockgraph):
            answer = ask(mockgraph, "helo", after_seconds=0.05).json()
            assert answer["__error__"]["error"] == "UnmatchedRun"
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["No stub matched this run."])


def test_a_queued_run_that_nobody_waits_for_is_not_forgotten(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import httpx

        def test_queue(mockgraph):
            path = "/threads/018cc251-f400-7acf-80e7-6d440feec09e/runs"
            for text in ("hello", "helo"):
                run = {"assistant_id": "agent", "input": {"text": text}, "if_not_exists": "create"}
                assert httpx.post(f"{mockgraph.url}{path}", json=run).status_code == 200
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["No stub matched this run."])


def test_a_reset_in_between_does_not_forgive(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from ask import ask

        def test_reset(mockgraph):
            ask(mockgraph, "helo")
            mockgraph.reset()
            assert mockgraph.unmatched == []
            assert ask(mockgraph, "hello").status_code == 200
        """
    )
    run(project).assert_outcomes(passed=1, errors=1)


def test_paths_are_taken_from_the_root_directory(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.mkdir("more").joinpath("x.yaml").write_text(FIXTURE.replace("graph: agent", "graph: other"))
    project.makeini("[pytest]")
    project.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def mockgraph_paths():
            return "fixtures"
        """
    )
    project.makepyfile(
        """
        import httpx, pytest

        @pytest.mark.mockgraph(paths="more/x.yaml")
        def test_other(mockgraph):
            found = httpx.post(f"{mockgraph.url}/assistants/search", json={}).json()
            assert {assistant["graph_id"] for assistant in found} == {"agent", "other"}
        """
    )
    project.mkdir("elsewhere")
    monkeypatch.chdir(project.path / "elsewhere")
    run(project, str(project.path)).assert_outcomes(passed=1)


def test_the_closest_marker_wins(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from ask import ask

        @pytest.mark.mockgraph(allow_unmatched=False, paths="more")
        class TestAll:
            @pytest.mark.mockgraph(allow_unmatched=True)
            def test_own(self, mockgraph):
                assert ask(mockgraph, "helo").status_code == 422
                assert ask(mockgraph, "bye").json()["answer"] == "see you"
        """
    )
    more = FIXTURE.replace("greeting", "farewell").replace("hello", "bye").replace(": hi", ": see you")
    project.mkdir("more").joinpath("agent.yaml").write_text(more)
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "said"),
    [("alow_unmatched=True", "unknown option 'alow_unmatched'"), ("'fixtures'", "options are given by name")],
)
def test_a_marker_that_says_nothing_known_is_an_error(
    project: pytest.Pytester, marker: str, said: str
) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.mockgraph({marker})
        def test_it(mockgraph):
            pass
        """
    )
    result = run(project)
    assert result.ret != 0
    result.stdout.fnmatch_lines([f"*@pytest.mark.mockgraph: {said}*"])


def test_other_paths(project: pytest.Pytester) -> None:
    project.mkdir("elsewhere").joinpath("x.yaml").write_text(FIXTURE.replace("graph: agent", "graph: other"))
    project.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def mockgraph_paths():
            return ["elsewhere/x.yaml"]
        """
    )
    project.makepyfile(
        """
        import httpx

        def test_other(mockgraph):
            found = httpx.post(f"{mockgraph.url}/assistants/search", json={}).json()
            assert [assistant["graph_id"] for assistant in found] == ["other"]
        """
    )
    run(project).assert_outcomes(passed=1)


def test_broken_fixtures_are_told_as_they_are(project: pytest.Pytester) -> None:
    project.path.joinpath("fixtures/agent.yaml").write_text(FIXTURE.replace("play:", "pley:"))
    project.makepyfile("def test_it(mockgraph): pass")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*agent.yaml:7:5: stubs[[]0]: unknown key 'pley'; did you mean 'play'?*"])


def test_a_bad_stub_names_the_line_of_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from mockgraph import FixtureError

        def test_typo(mockgraph):
            with pytest.raises(FixtureError, match=r"test_.*py:6: stub.play.0.: unknown key 'updte'"):
                mockgraph.stub("agent", play=[{"node": "a", "updte": {}}])
        """
    )
    run(project).assert_outcomes(passed=1)


def test_four_workers_have_a_server_each(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from ask import ask

        @pytest.mark.parametrize("number", range(24))
        def test_alone(mockgraph, number):
            mockgraph.stub("agent", when={"input.text": "mine"}, play=[{"node": "a", "update": {"n": number}}])
            for _ in range(5):
                assert ask(mockgraph, "mine").json()["n"] == number
        """
    )
    run(project, "-p", "xdist", "-n", "4").assert_outcomes(passed=24)


def test_two_runs_of_a_suite_get_equal_bytes(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import httpx, pathlib

        def test_streams(mockgraph):
            every = ["values", "updates", "tasks", "checkpoints", "debug", "events", "messages-tuple"]
            run = {"assistant_id": "agent", "input": {"text": "hello"}, "stream_mode": every}
            post = lambda path, body: httpx.post(f"{mockgraph.url}{path}", json=body, headers={"host": "h"})
            thread = post("/threads", {}).json()["thread_id"]
            told = [post("/runs/stream", run).text, post("/runs/stream", run).text]
            told += [post(f"/threads/{thread}/runs/stream", run).text for _ in range(2)]
            told.append(httpx.get(f"{mockgraph.url}/threads/{thread}/history?limit=20").text)
            told.append(httpx.get(f"{mockgraph.url}/threads/{thread}/runs").text)
            text = "".join(told).replace(mockgraph.url, "<server>")
            with open("streams.txt", "a") as file:
                file.write(text + chr(12))
        """
    )
    for _ in range(2):
        run(project).assert_outcomes(passed=1)
    first, second, _ = project.path.joinpath("streams.txt").read_text().split("\f")
    assert len(first) > 10_000
    assert first == second


def test_works_with_async_clients(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio, httpx

        def test_async(mockgraph):
            async def main():
                run = {"assistant_id": "agent", "input": {"text": "hello"}, "stream_mode": "updates"}
                async with httpx.AsyncClient(base_url=mockgraph.url) as client:
                    answers = await asyncio.gather(*(client.post("/runs/stream", json=run) for _ in range(20)))
                assert all('{"agent":{"answer":"hi"}}' in answer.text for answer in answers)

            asyncio.run(main())
        """
    )
    run(project).assert_outcomes(passed=1)


def test_the_marker_is_known_and_documented(project: pytest.Pytester) -> None:
    shown = run(project, "--markers")
    shown.stdout.fnmatch_lines(["@pytest.mark.mockgraph(paths, allow_unmatched, *"])


def test_unused_it_imports_nothing_heavy(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    project.makeconftest(
        """
        def pytest_unconfigure():
            import sys
            print("heavy:", sorted({"starlette", "uvicorn", "msgspec", "mockgraph.mock"} & set(sys.modules)))
        """
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:anyio", "--markers"]
    done = subprocess.run(command, cwd=project.path, capture_output=True, text=True, timeout=60, check=False)
    assert "@pytest.mark.mockgraph(" in done.stdout
    assert "heavy: []" in done.stdout, done.stdout


def test_no_worker_sees_the_runs_of_another(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        """
        import httpx
        import pytest

        THREAD = "00000000-0000-4000-8000-000000000000"

        @pytest.mark.parametrize("number", range(40))
        def test_alone(mockgraph, number):
            mockgraph.stub("agent", play=[{"node": "agent", "update": {"said": ["${input.number}"]}}])
            with httpx.Client(base_url=mockgraph.url, timeout=20) as client:
                client.post("/threads", json={"thread_id": THREAD}).raise_for_status()
                for turn in range(3):
                    body = {"assistant_id": "agent", "input": {"number": number}}
                    values = client.post(f"/threads/{THREAD}/runs/wait", json=body).json()
                    assert values["said"] == [number]
                assert len(client.get(f"/threads/{THREAD}/runs").json()) == 3
                assert client.post("/threads/count", json={}).json() == 1
            assert [entry.input for entry in mockgraph.journal.runs()] == [{"number": number}] * 3
        """
    )
    result = pytester.runpytest_subprocess(
        "-p", "mockgraph.pytest_plugin", "-p", "xdist.plugin", "-n", "4", timeout=100
    )
    result.assert_outcomes(passed=40)
