"""The suite as its authors ship it: the sdist of the installed SDK, fetched once, checked, and unpacked anew for every use."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

SDK = "langgraph-sdk"
# What was looked at, by the version of the SDK (which constraints.txt pins): the sdist's sha256, how many tests its suite has.
KNOWN = {"0.4.14": ("13eb1fee92504d87c1f0f43c8e213e7ba0a46bd23a07e3198e413d48efac5833", 55)}
CACHE = Path(__file__).parents[2] / ".suite"
BUNDLED = "langgraph_sdk"
# One test module asks the address that the others take from the environment.
HARD_CODED = (
    Path("tests/integration/test_remote_graph_v3.py"),
    'URL = "http://localhost:2024"',
    'URL = __import__("os").environ["LANGGRAPH_INTEGRATION_URL"]',
)
_FETCHING = 180.0  # seconds


@dataclass(frozen=True)
class Suite:
    """The folder that it was unpacked to, and how many tests it has."""

    folder: Path
    tests: int


def unpacked(into: Path) -> Suite:
    """The suite, ready to test the SDK that is installed with whatever server it is pointed at."""
    release = version(SDK)
    if release not in KNOWN:
        raise SystemExit(
            f"{SDK} {release} is installed; the suite is known of {', '.join(KNOWN)}. "
            f"Look at what changed in the sdist, then write it down in {Path(__file__).name}."
        )
    sha256, tests = KNOWN[release]
    folder = into / f"{BUNDLED}-{release}"
    archive = CACHE / f"{folder.name}.tar.gz"
    if not archive.exists():
        _fetch(into / "requirements.txt", f"{SDK}=={release} --hash=sha256:{sha256}")
    _check(archive, sha256)
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")
    shutil.rmtree(folder / BUNDLED)
    _edit(folder)
    return Suite(folder, tests)


def _fetch(requirements: Path, line: str) -> None:
    """Into the cache. pip looks at the hash before it looks into the archive."""
    requirements.write_text(line, "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", SDK]
    command += ["--dest", str(CACHE), "--requirement", str(requirements)]
    subprocess.run(command, check=True, timeout=_FETCHING)


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
