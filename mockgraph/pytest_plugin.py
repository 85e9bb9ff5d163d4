"""The pytest plugin: the fixture `mockgraph`, its options, and a failure for every run that no stub matched.

Installed but unused it must cost nothing: whatever is heavy is imported inside the fixtures.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockgraph.mock import MockGraph

# The options of the marker, with what they are for.
MARKER_OPTIONS: dict[str, str] = {
    "paths": "fixtures to load for the test, behind those of mockgraph_paths: a path or a list",
    "allow_unmatched": "True: a run that no stub matched does not fail the test",
}


def pytest_configure(config: pytest.Config) -> None:
    options = "; ".join(f"{name}: {doc}" for name, doc in MARKER_OPTIONS.items())
    config.addinivalue_line(
        "markers",
        f"mockgraph({', '.join(MARKER_OPTIONS)}): options of the mockgraph fixture; the closest marker wins ({options})",
    )


@pytest.fixture(scope="session")
def mockgraph_paths(pytestconfig: pytest.Config) -> str | Path | Sequence[str | Path]:
    """The fixtures that the server plays: a folder `fixtures` in the root directory, if there is one.

    Override it in a conftest.py, with the same scope, to name others: a path or a list.
    """
    folder = pytestconfig.rootpath / "fixtures"
    return [folder] if folder.is_dir() else []


@pytest.fixture(scope="session")
def _mockgraph_server(
    mockgraph_paths: str | Path | Sequence[str | Path], pytestconfig: pytest.Config
) -> Iterator["MockGraph"]:
    from mockgraph.mock import MockGraph
    from mockgraph.words.errors import FixtureError

    try:
        server = MockGraph(*_from(pytestconfig.rootpath, mockgraph_paths))
    except FixtureError as error:
        pytest.fail(str(error), pytrace=False)
    with server:
        yield server


@pytest.fixture
def mockgraph(request: pytest.FixtureRequest, _mockgraph_server: "MockGraph") -> Iterator["MockGraph"]:
    """A server that plays `mockgraph_paths`, as if fresh for every test; `mockgraph.url` is where it listens.

    A run that no stub matched fails the test when it ends, even where the client swallowed the error.
    """
    from mockgraph.words.errors import FixtureError

    options = _options(request.node)
    server = _mockgraph_server
    server.begin_test()
    try:
        server.load(*_from(request.config.rootpath, options.get("paths", ())))
    except FixtureError as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    unmatched = server.end_test()
    if unmatched and not options.get("allow_unmatched"):
        pytest.fail("\n\n".join(unmatched), pytrace=False)


def _from(root: Path, paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """One path or several, relative ones from pytest's root directory, wherever pytest was started."""
    return [root / path for path in ([paths] if isinstance(paths, str | Path) else paths)]


def _options(node: pytest.Item) -> dict[str, Any]:
    """The marker's options, each from the closest marker that gives it."""
    options: dict[str, Any] = {}
    for marker in node.iter_markers("mockgraph"):
        unknown = sorted(set(marker.kwargs) - set(MARKER_OPTIONS))
        if marker.args or unknown:
            what = f"unknown option '{unknown[0]}'" if unknown else "options are given by name"
            raise pytest.UsageError(f"@pytest.mark.mockgraph: {what}; it knows: {', '.join(MARKER_OPTIONS)}")
        for name, value in marker.kwargs.items():
            options.setdefault(name, value)
    return options
