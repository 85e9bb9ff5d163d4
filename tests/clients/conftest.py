"""What the tests of both clients share."""

import pytest

from mockgraph import MockGraph
from tests.clients.shop import STUBS


@pytest.fixture
def shop(mockgraph: MockGraph) -> str:
    """The name of a graph with more than one turn, and with a run that fails."""
    for stub in STUBS:
        mockgraph.stub("shop", **stub)
    return "shop"
