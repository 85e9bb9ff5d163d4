"""What the package offers, and that it costs nothing until it is used."""

import subprocess
import sys

import pytest

import mockgraph


def test_public_names() -> None:
    assert mockgraph.__all__ == [
        "FixtureError",
        "MockGraph",
        "MockgraphError",
        "MockgraphWarning",
        "__version__",
        "create_app",
    ]
    for name in mockgraph.__all__:
        assert getattr(mockgraph, name) is not None


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'stub'"):
        mockgraph.stub  # noqa: B018


@pytest.mark.parametrize("module", ["mockgraph", "mockgraph.pytest_plugin"])
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{name.split('.')[0] for name in sys.modules}}))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    for heavy in (
        "starlette",
        "uvicorn",
        "yaml",
        "orjson",
        "msgspec",
        "jsonschema_rs",
        "jmespath",
        "asyncio",
    ):
        assert f"'{heavy}'" not in found.stdout


def test_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert mockgraph.__version__ == version("mockgraph")
