"""Reading mappings of plain JSON values: which keys there are, which are needed, and of what type each is."""

from collections.abc import Callable, Mapping
from typing import Any

from mockgraph.script import words
from mockgraph.script.nodes import INVALID, Node, Reader, noun, under
from mockgraph.words.ids import canonical


def read_id(reader: Reader, node: Node, path: str, *, key: str, given: str | None) -> str | None:
    """A UUID that was given under a key, in its usual spelling."""
    if given is None:
        return None
    known = canonical(given)
    if known is None:
        what = f"expected a UUID as id, got {given!r}"
        reader.complain(under(node, key), f"{path}.{key}", what, "leave it out to get one")
    return known


def read_fields(
    reader: Reader,
    node: Node,
    path: str,
    known: Mapping[str, words.Key],
    *,
    needed: tuple[str, ...] = (),
) -> dict[str, Any] | None:
    """The JSON values of a mapping, each of the type that its key's schema names; None where one is wrong."""
    entries = reader.mapping(node, path, known)
    if entries is None:
        return None
    lacking = [key for key in needed if key not in entries]
    for key in lacking:
        doc = known[key].doc
        reader.complain(node, path, f"no '{key}'", f"it is {doc[0].lower()}{doc[1:].rstrip('.')}")
    fields = {key: _field(reader, value, f"{path}.{key}", known[key]) for key, (_, value) in entries.items()}
    wrong = lacking or any(value is INVALID for value in fields.values())
    return None if wrong or len(entries) < len(node.pairs) else fields


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "object": ("a mapping", lambda value: isinstance(value, dict)),
    "array": ("a list of texts", lambda value: isinstance(value, list) and all(map(_is_text, value))),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _field(reader: Reader, node: Node, path: str, key: words.Key) -> Any:
    kinds = key.schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["string"]:
        return reader.text(node, path)
    value = reader.json(node, path)
    if value is INVALID:
        return INVALID
    if "const" in key.schema and value is not key.schema["const"]:
        return reader.complain(node, path, f"expected {str(key.schema['const']).lower()}, got {noun(node)}")
    if kinds and not any(_KINDS[kind][1](value) for kind in kinds):
        expected = " or ".join(_KINDS[kind][0] for kind in kinds)
        return reader.complain(node, path, f"expected {expected}, got {noun(node)}")
    return value
