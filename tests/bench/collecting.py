"""(g) `pytest --collect-only` in an unrelated project: with the plugin installed, and with it blocked."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.effort import Effort
from tests.bench.report import Row, say, spread

LIMIT = 10.0  # milliseconds


def measure(effort: Effort) -> list[Row]:
    """Collect one small test in turns, with the plugin and with `-p no:mockgraph`."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(project / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for blocked in (False, True):
            _collected(project, environment, blocked=blocked)
        pairs = [
            (
                _collected(project, environment, blocked=False),
                _collected(project, environment, blocked=True),
            )
            for _ in range(effort.collections)
        ]
    slower = [1000 * (with_it - without) for with_it, without in pairs]
    say(f"  with the plugin, ms  {spread([1000 * pair[0] for pair in pairs], '.0f')}")
    say(f"  blocked, ms          {spread([1000 * pair[1] for pair in pairs], '.0f')}")
    say(f"  slower by, ms        {spread(slower, '.1f')}")
    middle = median(slower)
    return [
        Row(
            f"(g) collecting elsewhere, slower by (median of {len(pairs)} pairs)",
            f"{middle:.1f} ms",
            f"at most {LIMIT:g} ms",
            middle <= LIMIT,
        )
    ]


def _collected(project: Path, environment: dict[str, str], *, blocked: bool) -> float:
    """The seconds of one collection."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
    ]
    if blocked:
        command += ["-p", "no:mockgraph"]
    began = time.perf_counter()
    subprocess.run(command, cwd=project, env=environment, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return time.perf_counter() - began
