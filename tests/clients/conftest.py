"""What the tests of the clients share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk.client import SyncLangGraphClient

from mockgraph import MockGraph
from tests.clients import desk
from tests.clients.blocking import opened
from tests.clients.javascript import VERSIONS, ready
from tests.clients.shop import STUBS


@pytest.fixture(scope="session")
def mockgraph_options() -> dict[str, Any]:
    """Delays take their time: clients meet runs that are still going."""
    return {"clock": "real"}


@pytest.fixture
def shop(mockgraph: MockGraph) -> str:
    """The name of a graph with more than one turn, and with a run that fails."""
    for stub in STUBS:
        mockgraph.stub("shop", **stub)
    return "shop"


@pytest.fixture
def mock(mockgraph: MockGraph, tmp_path: Path) -> MockGraph:
    """A server that plays the graphs of the desk too."""
    mockgraph.load(desk.written(tmp_path))
    return mockgraph


@pytest.fixture(params=["async", "sync"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the two Python clients asks."""
    found: str = request.param
    return found


@pytest.fixture(scope="session")
def openings() -> Iterator[Callable[[str, str], SyncLangGraphClient]]:
    """Opens a client for a server, each only once: it costs more than most tests."""
    with ExitStack() as stack:
        yield cache(lambda url, kind: stack.enter_context(opened(url, kind)))


@pytest.fixture
def client(
    mock: MockGraph, kind: str, openings: Callable[[str, str], SyncLangGraphClient]
) -> SyncLangGraphClient:
    """A client of the server, either of the two; a test speaks to both in the same words."""
    return openings(mock.url, kind)


@pytest.fixture(scope="module", params=VERSIONS)
def folder(request: pytest.FixtureRequest) -> Path:
    """A folder in which node finds a version of the JavaScript client."""
    return ready(f"v{request.param}")
