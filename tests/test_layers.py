"""Imports go down only, and what is below the runtime neither waits nor looks at a clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mockgraph

PACKAGE = Path(mockgraph.__file__).parent
LAYERS = ["words", "meaning", "script", "engine", "backend", "runtime", "web", "edges"]
EDGES = {"__main__", "corked", "front", "mock", "cli", "pytest_plugin", "serving"}
SANS_IO = LAYERS[: LAYERS.index("runtime")]
FORBIDDEN_BELOW = {
    "asyncio",
    "starlette",
    "uvicorn",
    "threading",
    "time",
    "random",
    "uuid",
    "socket",
    "logging",
    "os",
}
# Where the forbidden is at home: the clock, and the one fixed namespace of assistant ids.
AT_HOME = {"words/clock.py": {"time"}, "words/vocabulary.py": {"uuid"}}

MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


def layer_of(dotted: str) -> str | None:
    """The layer of a module of the package; None for the package itself."""
    parts = dotted.split(".")
    if len(parts) == 1:
        return None
    return "edges" if parts[1] in EDGES else parts[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    dotted = ".".join(["mockgraph", *path.relative_to(PACKAGE).with_suffix("").parts])
    own = layer_of(dotted)
    assert own in LAYERS
    for name in imports(path):
        if name.split(".")[0] == "mockgraph" and (other := layer_of(name)) in LAYERS:
            assert LAYERS.index(str(other)) <= LAYERS.index(str(own)), f"{dotted} imports {name}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in SANS_IO],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_what_is_below_the_runtime_does_not_wait(path: Path) -> None:
    home = AT_HOME.get(str(path.relative_to(PACKAGE)), set())
    found = {name.split(".")[0] for name in imports(path)} & FORBIDDEN_BELOW
    assert found <= home


def test_only_one_module_knows_yaml() -> None:
    knows = [path for path in MODULES if "yaml" in {name.split(".")[0] for name in imports(path)}]
    assert [path.name for path in knows] == ["yaml_nodes.py"]
