"""Fixtures read again when they change; a broken one is reported, and the last good ones play on."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mockgraph.runtime.journal import LOG
from mockgraph.runtime.namespaces import Namespace
from mockgraph.script.loading import SUFFIXES, load
from mockgraph.words.errors import FixtureError, MockgraphError


def require() -> None:
    """Raise MockgraphError where the package that watches files is not installed."""
    if find_spec("watchfiles") is None:
        raise MockgraphError("--reload needs the package watchfiles; pip install 'mockgraph[reload]'")


async def watch(namespace: Namespace, paths: Sequence[str | Path]) -> None:
    """Watch the paths until cancelled."""
    from watchfiles import awatch

    async for changes in awatch(*paths):
        if any(path.endswith(SUFFIXES) for _, path in changes):
            reload(namespace, paths)


def reload(namespace: Namespace, paths: Sequence[str | Path]) -> None:
    """Read the fixtures again; runs that start from now on are played by them."""
    try:
        graphs = load(paths)
        namespace.script(graphs)
    except FixtureError as error:
        LOG.error("fixtures changed and cannot be used; the last good ones stay\n%s", error)
        return
    LOG.info("fixtures changed: %s read", ", ".join(graphs) or "no graphs")
