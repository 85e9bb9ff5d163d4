"""(a) The time from the start of the process to the first 200 on /ok."""

from tests.bench import servers
from tests.bench.effort import Effort
from tests.bench.report import Row, at_most, say, spread


def measure(effort: Effort) -> list[Row]:
    """Start the two servers in turns; the first start of each, with cold caches, does not count."""
    _mockgraph(), _bare()
    mock, bare = [], []
    for _ in range(effort.starts):
        mock.append(_mockgraph())
        bare.append(_bare())
    ratios = [ours / theirs for ours, theirs in zip(mock, bare, strict=True)]
    say(f"  mockgraph, ms  {spread([1000 * value for value in mock], '.0f')}")
    say(f"  bare app, ms   {spread([1000 * value for value in bare], '.0f')}")
    say(f"  ratio          {spread(ratios)}")
    return [at_most("(a) start to first 200, of the bare app's", ratios, 1.25)]


def _mockgraph() -> float:
    with servers.mockgraph() as server:
        return server.started


def _bare() -> float:
    with servers.bare() as server:
        return server.started
