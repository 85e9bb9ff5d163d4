"""One round of the suite against a server, in a pytest of its own, and what came of it."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout")  # what the suite needs, and what ends a test that hangs
_TEST = 45  # seconds for one test; a client that waits for ever is how this suite fails
_ROUND = 600.0  # seconds


@dataclass(frozen=True)
class Outcome:
    """How many tests passed, the others by name with what became of them, seconds, and what pytest printed."""

    passed: int
    others: dict[str, str]
    took: float
    printed: str


def played(folder: Path, url: str) -> Outcome:
    """Run the suite in a folder once; its own options stand, but for the marker that would leave all out."""
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "tests/integration", "-m", "integration"]
    command += [option for plugin in PLUGINS for option in ("-p", plugin)]
    command += [f"--timeout={_TEST}", f"--junitxml={report.name}", "--tb=short"]
    own = {
        "LANGGRAPH_INTEGRATION_URL": url,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "LANGSMITH_TRACING": "false",
    }
    began = time.monotonic()
    try:
        pytest = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=_ROUND,
        )
        printed, ended = pytest.stdout, f"exited with {pytest.returncode}"
    except subprocess.TimeoutExpired as late:
        printed, ended = (late.stdout or b"").decode(errors="replace"), f"stopped after {_ROUND:g} s"
    took = time.monotonic() - began
    if not report.exists():
        return Outcome(0, {f"pytest {ended}": "no report"}, took, printed)
    return Outcome(*_told(report), took, printed)


def _told(report: Path) -> tuple[int, dict[str, str]]:
    passed, others = 0, {}
    for case in ElementTree.parse(report).iter("testcase"):
        troubles = [part.tag for part in case if part.tag in ("failure", "error", "skipped")]
        if troubles:
            others[f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"] = ", ".join(
                troubles
            )
        else:
            passed += 1
    return passed, others
