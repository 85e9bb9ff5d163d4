"""`python -m tests.suite [--rounds N] [--url URL]`: the Python SDK's own integration suite against `mockgraph serve`."""

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.contract.servers import free_port
from tests.suite.rounds import played
from tests.suite.sdist import Suite, unpacked

FIXTURES = Path(__file__).parent / "fixtures"
_PATIENCE = 30.0  # seconds to start, or to stop


def main() -> None:
    """Fetch the suite, run it, report; exit with 1 unless all of its tests pass in every round."""
    parser = argparse.ArgumentParser(prog="python -m tests.suite", allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=3, help="how often in a row (default: 3)")
    parser.add_argument("--url", help="a server that runs already, in place of mockgraph on the fixtures")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminated)
    server = contextlib.nullcontext(options.url) if options.url else _mockgraph()
    with tempfile.TemporaryDirectory() as place, server as url:
        suite = unpacked(Path(place))
        rounds = [_round(suite, url, f"round {n} of {options.rounds}") for n in range(1, options.rounds + 1)]
    sys.exit(0 if all(rounds) else 1)


def _round(suite: Suite, url: str, name: str) -> bool:
    outcome = played(suite.folder, url)
    whole = outcome.passed == suite.tests and not outcome.others
    if not whole:
        print(outcome.printed)
    for test, trouble in outcome.others.items():
        print(f"  {trouble}: {test}")
    print(f"{name}: {outcome.passed} of {suite.tests} passed in {outcome.took:.0f} s", flush=True)
    return whole


@contextlib.contextmanager
def _mockgraph() -> Iterator[str]:
    """`mockgraph serve` on the fixtures that script the suite's four graphs; whatever it warns of is shown."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "mockgraph", "serve", str(FIXTURES), "--port", url.rpartition(":")[2]]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen([*command, "--log-level", "warning"], stdout=log, stderr=log)
        try:
            if not _answers(server, f"{url}/ok"):
                raise SystemExit("mockgraph did not start.")
            yield url
        finally:
            _stop(server)
            log.seek(0)
            print(log.read().decode(errors="replace"), end="", flush=True)


def _answers(server: "subprocess.Popen[bytes]", url: str) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return True
        time.sleep(0.1)
    return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(_PATIENCE)


def _terminated(number: int, _frame: object) -> None:
    """Leave as after Ctrl-C, so that the server is stopped."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
