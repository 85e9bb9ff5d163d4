"""(k) What the pytest fixture costs a test: trivial tests with it and empty ones, in turns in one run."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread

LIMIT = 1.5  # milliseconds

_TESTS = """\
import pytest

@pytest.mark.parametrize("number", range({count}))
class TestInTurns:
    def test_with_it(self, mockgraph, number):
        pass

    def test_without(self, number):
        pass
"""
# What a test takes, from its setup to its teardown; those that start and stop the server are left out.
_CONFTEST = """\
import json
import time

import pytest

TOOK = {"test_with_it": [], "test_without": []}

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    began = time.perf_counter()
    done = yield
    if item.callspec.params["number"] and nextitem is not None:
        TOOK[item.originalname].append(time.perf_counter() - began)
    return done

def pytest_sessionfinish(session):
    (session.config.rootpath / "took.json").write_text(json.dumps(TOOK))
"""


def measure(effort: Effort) -> list[Row]:
    """So many tests of each kind, a few times."""
    costs = []
    for _ in range(effort.suites):
        with_it, without = _suite(effort.tests)
        costs.append(1000 * (sum(with_it) / len(with_it) - sum(without) / len(without)))
        say(f"  with it, ms a test  {spread([1000 * took for took in with_it], '.2f')}")
        say(f"  without, ms a test  {spread([1000 * took for took in without], '.2f')}")
    middle = median(costs)
    return [
        Row(
            f"(k) the pytest fixture, of {effort.tests} tests, each over an empty one",
            f"{middle:.2f} ms",
            f"at most {LIMIT:g} ms",
            middle <= LIMIT,
        )
    ]


def _suite(count: int) -> tuple[list[float], list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        project.joinpath("test_in_turns.py").write_text(_TESTS.format(count=count))
        project.joinpath("conftest.py").write_text(_CONFTEST)
        fixtures = project / "fixtures"
        fixtures.mkdir()
        fixtures.joinpath("counter.yaml").write_text((Path(__file__).parent / "counter.yaml").read_text())
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:asyncio",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            folder,
        ]
        subprocess.run(
            command, cwd=folder, env=dict(os.environ), stdout=subprocess.DEVNULL, check=True, timeout=300
        )
        took = json.loads(project.joinpath("took.json").read_text())
    return took["test_with_it"], took["test_without"]
