"""The pytest plugin: the fixture `mockgraph`, its options, and a failure for whatever a test left behind.

Installed but unused it must cost nothing: whatever is heavy is imported inside the fixtures.
"""

import warnings
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
    "allow_unplayed": "True: a stub that the test added and no run played does not fail it",
    "allow_unmet": "True: an `expect` of a fixture that does not hold does not fail the test",
    "allow_unstruck": "True: a fault that met no request does not fail the test",
    "clock": "how time passes in the test: instant (the default), real or held",
    "speed": "how much faster than the machine's a real clock goes",
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
def mockgraph_options() -> dict[str, Any]:
    """Options of the server, as `MockGraph` takes them: override it in a conftest.py, with the same scope."""
    return {}


@pytest.fixture(scope="session")
def _mockgraph_server(
    mockgraph_paths: str | Path | Sequence[str | Path],
    mockgraph_options: dict[str, Any],
    pytestconfig: pytest.Config,
) -> Iterator["MockGraph"]:
    from mockgraph.mock import MockGraph
    from mockgraph.words.errors import FixtureError

    try:
        options = {"clock": "instant", **mockgraph_options}
        server = MockGraph(*_from(pytestconfig.rootpath, mockgraph_paths), **options)
    except FixtureError as error:
        pytest.fail(str(error), pytrace=False)
    with server:
        yield server


@pytest.fixture
def mockgraph(request: pytest.FixtureRequest, _mockgraph_server: "MockGraph") -> Iterator["MockGraph"]:
    """A server that plays `mockgraph_paths`, as if fresh for every test; `mockgraph.url` is where it listens.

    A run that no stub matched fails the test when it ends, even where the client swallowed the error; so does a stub
    that the test added and no run played, an `expect` of a fixture that does not hold, and a fault that met no request.
    What is odd about what the client asked for is a warning.
    """
    from mockgraph.words.errors import FixtureError, MockgraphWarning

    options = _options(request.node)
    server = _mockgraph_server
    server.begin_test()
    try:
        if paths := _from(request.config.rootpath, options.get("paths", ())):
            server.load(*paths)
    except FixtureError as error:
        pytest.fail(str(error), pytrace=False)
    if "clock" in options or "speed" in options:
        server.clock.set(options.get("clock", "real"), speed=options.get("speed", 1.0))
    yield server
    odd = server.lints
    left = server.end_test()
    failures = [text for option, texts in left.items() if not options.get(option) for text in texts]
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)
    for lint in odd:
        warnings.warn(lint, MockgraphWarning, stacklevel=1)


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
