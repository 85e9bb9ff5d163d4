"""Reading what a fixture says in the words of a request: a config, a command."""

from collections.abc import Callable
from typing import Any

from mockgraph.script.nodes import Node, Reader, near, under


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_CONFIG: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "tags": ("a list of texts", _texts),
    "recursion_limit": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    "configurable": ("a mapping", lambda value: isinstance(value, dict)),
    "metadata": ("a mapping", lambda value: isinstance(value, dict)),
}
_COMMAND: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "resume": ("anything", lambda _value: True),
    "update": ("a mapping", lambda value: isinstance(value, dict | None)),
    "goto": (
        "a node, a list of nodes, or {node, input}",
        lambda value: value is None or isinstance(value, str) or _texts(value) or _sends(value),
    ),
}


def _sends(value: Any) -> bool:
    sends = value if isinstance(value, list) else [value]
    return all(isinstance(send, dict) and {"node", "input"} <= send.keys() for send in sends)


def read_config(reader: Reader, node: Node, path: str, fields: dict[str, Any]) -> bool:
    """Whether the `config` among the fields is one; complains where it is not."""
    config = fields.get("config", {})
    wrong = [key for key, (_, fits) in _CONFIG.items() if key in config and not fits(config[key])]
    for key in wrong:
        what = f"expected {_CONFIG[key][0]}, got {config[key]!r}"
        reader.complain(under(node, "config", key), f"{path}.config.{key}", what)
    return not wrong


def read_command(reader: Reader, node: Node, path: str, command: Any) -> None:
    """Complain of a command that is none."""
    for key, value in (command or {}).items():
        if key not in _COMMAND:
            hint = near(key, _COMMAND) or f"expected one of: {', '.join(_COMMAND)}"
            reader.complain(under(node, key), path, f"unknown key '{key}'", hint)
        elif not _COMMAND[key][1](value):
            what = f"expected {_COMMAND[key][0]}, got {value!r}"
            reader.complain(under(node, key), f"{path}.{key}", what)
