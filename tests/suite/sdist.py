"""The suite as its authors ship it: the sdist of the installed SDK, fetched once, checked, and unpacked anew for every use."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

SDK = "langgraph-sdk"
# The sdists that were looked at, by the version of the SDK (which constraints.txt pins).
SHA256 = {"0.4.14": "13eb1fee92504d87c1f0f43c8e213e7ba0a46bd23a07e3198e413d48efac5833"}
CACHE = Path(__file__).parents[2] / ".suite"
BUNDLED = "langgraph_sdk"
# One test module asks the address that the others take from the environment.
HARD_CODED = (
    Path("tests/integration/test_remote_graph_v3.py"),
    'URL = "http://localhost:2024"',
    'URL = __import__("os").environ["LANGGRAPH_INTEGRATION_URL"]',
)
_FETCHING = 180.0  # seconds


def unpacked() -> Path:
    """A folder with the suite, ready to test the SDK that is installed with whatever server it is pointed at."""
    release = version(SDK)
    expected = SHA256.get(release)
    if expected is None:
        raise SystemExit(
            f"{SDK} {release} is installed; its suite is known of {', '.join(SHA256)}. "
            f"Look at what changed in its sdist, then write its sha256 down in {Path(__file__).name}."
        )
    folder = CACHE / f"{BUNDLED}-{release}"
    archive = CACHE / f"{folder.name}.tar.gz"
    if not archive.exists():
        _fetch(release)
    _check(archive, expected)
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(CACHE, filter="data")
    shutil.rmtree(folder / BUNDLED)
    _edit(folder)
    return folder


def _fetch(release: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", SDK]
    subprocess.run([*command, "--dest", str(CACHE), f"{SDK}=={release}"], check=True, timeout=_FETCHING)


def _check(archive: Path, expected: str) -> None:
    got = hashlib.sha256(archive.read_bytes()).hexdigest()
    if got != expected:
        archive.unlink()
        raise SystemExit(f"{archive.name}: expected sha256 {expected}, got {got}; the file is removed.")


def _edit(folder: Path) -> None:
    module, old, new = HARD_CODED
    text = (folder / module).read_text("utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"{module}: expected {old!r} once, got it {text.count(old)} times.")
    (folder / module).write_text(text.replace(old, new), "utf-8")
