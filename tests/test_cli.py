"""The command line, as a person at a terminal sees it."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mockgraph.cli import DEFAULT_PORT, LOG_LEVELS, main

ROOT = Path(__file__).parents[1]
FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - {name: quick, when: {input.x: 1}, play: [{node: a, update: {y: 2}}]}
  - {name: endless, play: [{node: a, delay: 60s}]}
"""


class Serving:
    """A running `mockgraph serve`: its ready line, its URL, and what it logs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 30)
        self.line = process.stdout.readline() if ready else ""
        found = re.search(r"http://\S+", self.line)
        self.url = found[0] if found else ""

    def stop(self) -> tuple[int, str, str]:
        """Ctrl-C; the exit status, the rest of stdout, and stderr."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@contextmanager
def serving(*args: str, cwd: Path) -> Iterator[Serving]:
    command = [sys.executable, "-m", "mockgraph", "serve", *args]
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    try:
        yield Serving(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures/agent.yaml").write_text(FIXTURE)
    return tmp_path


def test_serves_the_fixtures_folder_and_says_what_it_does(project: Path) -> None:
    with serving("--port", "0", cwd=project) as server:
        assert re.fullmatch(r"mockgraph serves http://127\.0\.0\.1:\d+\n", server.line)
        run = {"assistant_id": "agent", "input": {"x": 1}}
        assert httpx.post(f"{server.url}/runs/wait", json=run).json() == {"x": 1, "y": 2}
        assert httpx.post(f"{server.url}/runs/wait", json={"assistant_id": "agent"}).status_code == 200
        status, out, err = server.stop()
    assert (status, out) == (0, "")
    table, *log = err.splitlines()
    assert table == "agent  (2 stubs)"
    assert log[:2] == ["  quick    fixtures/agent.yaml:5", "  endless  fixtures/agent.yaml:6"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    agent  quick  success  \d+\.\d ms  POST /runs/wait", log[2])
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    agent  -  error  \d+\.\d ms  POST /runs/wait", log[3])
    assert len(log) == 4


def test_the_report_on_an_unmatched_run_is_in_the_body_and_in_the_log(project: Path) -> None:
    fixture = project / "fixtures/agent.yaml"
    fixture.write_text(FIXTURE.replace("name: endless", "name: endless, when: {input.x: 2}"))
    with serving("--port", "0", cwd=project) as server:
        run = {"assistant_id": "agent", "input": {"x": "one"}}
        answer = httpx.post(f"{server.url}/runs/stream", json=run)
        _, _, err = server.stop()
    assert answer.status_code == 422
    report = answer.json()["detail"]
    assert report.startswith(
        "No stub matched this run.\n  POST /runs/stream  graph 'agent'\n    input.x   'one'\n"
    )
    assert "WARNING agent  -  unmatched" in err
    assert report in err


def test_ctrl_c_stops_at_once_with_streams_open(project: Path) -> None:
    with serving("--port", "0", cwd=project) as server:
        run = {"assistant_id": "agent", "input": {"x": 2}}
        with httpx.stream("POST", f"{server.url}/runs/stream", json=run) as stream:
            assert stream.status_code == 200
            began = time.monotonic()
            status, _, err = server.stop()
            assert time.monotonic() - began < 5
    assert status == 0
    assert "Traceback" not in err
    assert "ERROR" not in err


def test_an_asked_for_port_that_is_taken_is_an_error(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serving("--port", str(port), cwd=project) as server:
            assert server.process.wait(20) == 1
            assert server.process.stderr is not None
            said = server.process.stderr.read()
    assert said == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; name another --port, or 0 for any free one\n"
    )


def test_where_the_default_port_is_taken_the_next_free_one_is_used(project: Path) -> None:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        except OSError:
            pass  # somebody else has it: just as well
        with serving(cwd=project) as server:
            assert re.fullmatch(
                rf"mockgraph serves http://127\.0\.0\.1:\d+  \(port {DEFAULT_PORT} is taken\)\n", server.line
            )
            assert not server.url.endswith(f":{DEFAULT_PORT}")
            assert httpx.get(f"{server.url}/ok").json() == {"ok": True, "services": {}}


def test_without_fixtures_it_echoes(tmp_path: Path) -> None:
    with serving("--port", "0", "--log-level", "error", cwd=tmp_path) as server:
        run = {"assistant_id": "echo", "input": {"messages": [{"role": "user", "content": "hello"}]}}
        messages = httpx.post(f"{server.url}/runs/wait", json=run).json()["messages"]
        assert [message["content"] for message in messages] == ["hello", "hello"]
        other = httpx.post(
            f"{server.url}/runs/wait", json={"assistant_id": "echo", "input": {"x": [1]}}
        ).json()
        assert other == {"messages": [], "x": [1], "output": {"x": [1]}}
        _, _, err = server.stop()
    assert err.startswith("echo  (2 stubs)\n")
    assert "INFO" not in err


def test_reload_reads_changed_fixtures_and_keeps_the_good_ones(project: Path) -> None:
    fixture = project / "fixtures/agent.yaml"
    run = {"assistant_id": "agent", "input": {"x": 1}}

    def answers(server: Serving, wanted: object) -> bool:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if httpx.post(f"{server.url}/runs/wait", json=run).json().get("y") == wanted:
                return True
            time.sleep(0.05)
        return False

    with serving("--port", "0", "--reload", cwd=project) as server:
        assert answers(server, 2)
        fixture.write_text(FIXTURE.replace("y: 2", "y: 3"))
        assert answers(server, 3)
        fixture.write_text(FIXTURE.replace("y: 2", "y: 4").replace("play", "pley"))
        time.sleep(1)
        assert answers(server, 3)
        fixture.write_text(FIXTURE.replace("y: 2", "y: 5"))
        assert answers(server, 5)
        _, _, err = server.stop()
    assert "INFO    fixtures changed: agent read" in err
    assert "fixtures changed and cannot be used; the last good ones stay" in err
    assert "unknown key 'pley'; did you mean 'play'?" in err


def test_broken_fixtures_are_not_served(project: Path) -> None:
    (project / "fixtures/agent.yaml").write_text("mockgraph: 1\n")
    with serving("--port", "0", cwd=project) as server:
        assert server.process.wait(20) == 1
        assert server.process.stderr is not None
        assert "fixtures/agent.yaml:1:1: no 'graph' key" in server.process.stderr.read()


def test_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(project / "fixtures")]) == 0
    assert capsys.readouterr().out == "1 file, 1 graph, 2 stubs: all well.\n"
    assert main(["check", str(ROOT / "fixtures")]) == 0
    capsys.readouterr()
    fixture = project / "fixtures/agent.yaml"
    fixture.write_text(FIXTURE + "  - {name: never, when: {input.x: 3}, play: []}\n")
    assert main(["check", str(fixture)]) == 1
    assert "stub 'never' can never match; 'endless'" in capsys.readouterr().err
    assert main(["check", str(project / "nowhere")]) == 1
    assert capsys.readouterr().err.endswith(f"nowhere: no such file or folder; looked from {Path.cwd()}\n")


def test_check_of_a_folder_without_fixtures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"no fixtures in {tmp_path}; they end in .yaml, .yml or .json\n"


def test_reload_without_its_package_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockgraph.runtime.reload.find_spec", lambda _name: None)
    assert main(["serve", "--reload"]) == 1
    assert "pip install 'mockgraph[reload]'" in capsys.readouterr().err


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert '"title": "mockgraph fixture"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "args",
    [[], ["serve", "--log-level", "loud"], ["bogus"], ["serve", "--por", "1"], ["serve", "--port", "99999"]],
)
def test_what_it_does_not_know_is_refused(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 2
    assert "usage: mockgraph" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from mockgraph import __version__

    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"mockgraph {__version__}\n"
    assert "info" in LOG_LEVELS
