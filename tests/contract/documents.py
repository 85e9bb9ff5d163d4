"""OpenAPI documents as facts: each of them has a name, so that two documents can be held against each other.

Titles, descriptions and examples are prose and left out.
"""

from collections.abc import Iterator
from typing import Any

Facts = dict[str, Any]

_PROSE = ("title", "description", "example", "examples")


def facts(document: dict[str, Any]) -> Facts:
    """What a document says: components, operations, their tags, parameters, bodies and the statuses of their answers."""
    told: Facts = {}
    for name, schema in document["components"]["schemas"].items():
        told |= _of_schema(schema, f"schema {name}")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told |= _of_operation(operation, f"{method.upper()} {path.removesuffix('/') or '/'}")
    return told


def _of_operation(operation: dict[str, Any], name: str) -> Facts:
    told: Facts = {name: operation["tags"]}
    for parameter in operation.get("parameters", ()):
        place = f"{name} {parameter['in']} {parameter['name']}"
        told |= {place: "required" if parameter.get("required") else "optional"}
        told |= _of_schema(parameter["schema"], place)
    if "requestBody" in operation:
        for kind, content in operation["requestBody"]["content"].items():
            told |= {f"{name} body": (kind, bool(operation["requestBody"].get("required")))}
            told |= _of_schema(content["schema"], f"{name} body")
    for status in operation["responses"]:
        told[f"{name} answers {status}"] = True
    return told


def _of_schema(schema: dict[str, Any], name: str) -> Facts:
    return {f"{name} {'/'.join(path)}".rstrip(): value for path, value in _leaves(schema)}


def _leaves(node: Any, *, named: bool = False) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every scalar, list of scalars and list of properties of a schema, and where it stands."""
    if isinstance(node, dict):
        own = {key: value for key, value in node.items() if named or key not in _PROSE}
        if named or not own:
            yield (), list(own)
        for key, value in own.items():
            for path, leaf in _leaves(value, named=key == "properties" and not named):
                yield (key, *path), leaf
    elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
        yield (), len(node)
        for at, item in enumerate(node):
            for path, leaf in _leaves(item):
                yield (str(at), *path), leaf
    else:
        yield (), node


def differences(theirs: Facts, ours: Facts) -> dict[str, tuple[Any, Any]]:
    """Where two documents differ. An answer that ours alone has is no difference: it may promise less."""
    names = [*theirs, *(name for name in ours if name not in theirs and " answers " not in name)]
    pairs = {name: (theirs.get(name, "nothing"), ours.get(name, "nothing")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
