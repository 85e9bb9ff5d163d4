"""Reading the values of a play: any JSON, with the templates in its texts compiled."""

from typing import Any

from mockgraph.script import templates
from mockgraph.script.nodes import INVALID, Node, Reader
from mockgraph.script.paths import BadPath


def read_value(reader: Reader, node: Node, path: str) -> Any:
    """Any JSON value with its templates compiled."""
    value = reader.json(node, path)
    return INVALID if value is INVALID else _compiled(reader, value, node, path)


def _compiled(reader: Reader, value: Any, node: Node, path: str) -> Any:
    if isinstance(value, str):
        return read_template(reader, value, node, path)
    if isinstance(value, dict):
        nodes = {key.value: item for key, item in node.pairs}
        done = {k: _compiled(reader, v, nodes.get(k, node), f"{path}.{k}") for k, v in value.items()}
        return INVALID if any(v is INVALID for v in done.values()) else done
    if isinstance(value, list):
        items = [
            _compiled(reader, v, node.items[at] if at < len(node.items) else node, f"{path}[{at}]")
            for at, v in enumerate(value)
        ]
        return INVALID if any(v is INVALID for v in items) else items
    return value


def read_template(reader: Reader, text: Any, node: Node, path: str) -> Any:
    """A text with its templates compiled; what is INVALID already stays so."""
    if text is INVALID:
        return INVALID
    try:
        return templates.parse(text)
    except BadPath as error:
        hint = "" if "$${" in str(error) else "'$${' is a literal '${'"
        return reader.complain(node, path, f"in {text!r}: {error}", hint)
