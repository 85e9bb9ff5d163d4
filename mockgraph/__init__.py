"""A test double for LangGraph's Agent Server: scripted graph responses from YAML, with the real endpoint shapes.

`MockGraph` runs one in a thread; `create_app` gives the ASGI app to mount. The pytest fixture of the same name
comes with the package.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockgraph.mock import MockGraph
    from mockgraph.web.app import create_app
    from mockgraph.words.errors import FixtureError, MockgraphError, MockgraphWarning

__version__ = "0.1.0"
__all__ = [
    "FixtureError",
    "MockGraph",
    "MockgraphError",
    "MockgraphWarning",
    "__version__",
    "create_app",
]

_HOMES = {
    "FixtureError": "mockgraph.words.errors",
    "MockGraph": "mockgraph.mock",
    "MockgraphError": "mockgraph.words.errors",
    "MockgraphWarning": "mockgraph.words.errors",
    "create_app": "mockgraph.web.app",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used: importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mockgraph' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
