"""Scripts for node: the packages that they are run with, each set in a folder of its own, and what they print."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[1] / "js"
VERSIONS = ("1.15.0", "2.0.0")  # of @langchain/langgraph-sdk; each has its folder
REACT = "react"  # the folder of @langchain/react
_INSTALLING = 180.0  # seconds
_RUNNING = 60.0


def program(name: str) -> str:
    """The path of node or npm: without it these tests are skipped, but never where the gate runs (CI=true)."""
    found = shutil.which(name)
    if found is not None:
        return found
    sentence = f"{name} is not installed; the tests of the JavaScript client need node with npm."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def installed(folder: Path) -> bool:
    """Whether what a folder asks for is installed there: npm writes its list last, when all is there."""
    listed = folder / "node_modules" / ".package-lock.json"
    if not listed.exists():
        return False
    packages = json.loads(listed.read_text("utf-8"))["packages"]
    asked: dict[str, str] = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    return all(
        packages.get(f"node_modules/{name}", {}).get("version") == version for name, version in asked.items()
    )


def ready(name: str) -> Path:
    """A folder, by its name, in which node finds what its package.json asks for."""
    folder = SCRIPTS / name
    program("node")
    npm = program("npm")
    with (folder / "package.json").open("rb") as lock:
        # A folder is never installed by two workers at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed(folder):
            command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            npm_said = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=_INSTALLING
            )
            assert npm_said.returncode == 0, npm_said.stdout + npm_said.stderr
    assert installed(folder)
    return folder


def told(folder: Path, script: str, *arguments: str) -> list[Any]:
    """The JSON lines that a script prints; read from stdin, it finds the packages of the folder."""
    with (SCRIPTS / script).open("rb") as code:
        node_said = subprocess.run(
            [program("node"), "--input-type=module", "-", *arguments],
            cwd=folder,
            stdin=code,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_RUNNING,
        )
    assert node_said.returncode == 0, node_said.stdout + node_said.stderr
    return [json.loads(line) for line in node_said.stdout.splitlines()]
