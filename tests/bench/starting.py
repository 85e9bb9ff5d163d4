"""(a) The time from the start of the process to the first 200 on /ok.

Bytecode is cached, as it is wherever a package is installed, whatever the environment says of it; it goes to a
folder of its own, for both sides alike.
"""

import tempfile

from tests.bench import servers
from tests.bench.effort import Effort
from tests.bench.report import Row, at_most, say, spread


def measure(effort: Effort) -> list[Row]:
    """Start the two servers in turns; the first start of each, with cold caches, does not count."""
    mock, bare = [], []
    with tempfile.TemporaryDirectory() as cache:
        _mockgraph(cache), _bare(cache)
        for _ in range(effort.starts):
            mock.append(_mockgraph(cache))
            bare.append(_bare(cache))
    ratios = [ours / theirs for ours, theirs in zip(mock, bare, strict=True)]
    say(f"  mockgraph, ms  {spread([1000 * value for value in mock], '.0f')}")
    say(f"  bare app, ms   {spread([1000 * value for value in bare], '.0f')}")
    say(f"  ratio          {spread(ratios)}")
    return [at_most("(a) start to first 200, of the bare app's", ratios, 1.25)]


def _mockgraph(cache: str) -> float:
    with servers.mockgraph(cache=cache) as server:
        return server.started


def _bare(cache: str) -> float:
    with servers.bare(cache=cache) as server:
        return server.started
