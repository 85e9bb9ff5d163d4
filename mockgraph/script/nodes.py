"""Data with places: the common form in which both front doors, YAML and Python, hand over what was written.

A `Reader` walks such data and gathers complaints, so that one pass over a file finds all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from mockgraph.words.errors import Complaint


class Node(msgspec.Struct):
    """One value and where it stands. `flow`: inside YAML's `{}` or `[]`.

    A mapping keeps its entries in `pairs`, a list its items in `items`; a scalar has its value in `value`.
    """

    kind: Literal["mapping", "list", "scalar"]
    line: int
    column: int | None = None
    value: Any = None
    pairs: list[tuple["Node", "Node"]] = []
    items: list["Node"] = []
    flow: bool = False
    absent: bool = False  # an unquoted scalar of no characters
    block: bool = False  # a `|` or `>` scalar
    anchor: bool = False  # an unquoted scalar behind a YAML anchor or tag
    trailing: str = ""  # what stands behind an unquoted scalar and may have been meant as a part of it


INVALID: Any = type("Invalid", (), {"__repr__": lambda _self: "INVALID"})()
"""What a reading function returns for a value that it has complained about."""

_NOUNS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", type(None): "null"}


def noun(node: Node) -> str:
    """What a node is, for a complaint: "a list", "a number (12)"."""
    if node.kind != "scalar":
        return f"a {node.kind}"
    word = _NOUNS[type(node.value)]
    return word if node.value is None else f"{word} ({_spelled(node.value)})"


def _spelled(value: Any) -> str:
    try:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    except ValueError:
        return "of very many digits"
    return text if len(text) <= 60 else f"{text[:59]}…"


def near(word: str, known: Iterable[str], *, nearness: float = 0.6) -> str:
    """A "did you mean" for a word that is not among the known ones; empty where nothing is near."""
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=nearness)
    return f"did you mean '{close[0]}'?" if close else ""


def under(node: Node, *keys: str) -> Node:
    """What stands under these keys in mappings, or as near to it as there is anything: where a complaint belongs."""
    for key in keys:
        found = next((value for name, value in node.pairs if name.value == key), None)
        if found is None:
            break
        node = found
    return node


class Reader:
    """Reads nodes of one file; every complaint is noted, and reading goes on."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.complaints: list[Complaint] = []

    def complain(self, node: Node, path: str, what: str, hint: str = "") -> Any:
        """Note a complaint about a node and give INVALID, so that a reading function can return it."""
        self.complaints.append(Complaint(self.file, node.line, node.column, path, what, hint))
        return INVALID

    def mapping(
        self, node: Node, path: str, known: Mapping[str, Any] | None = None, *, what: str = "a mapping"
    ) -> dict[str, tuple[Node, Node]] | None:
        """The entries of a mapping by key; complains of anything else, and of repeated and unknown keys.

        `known` are the keys that may stand there (see `script.words`).
        """
        if node.kind != "mapping":
            self.complain(node, path, f"expected {what}, got {noun(node)}")
            return None
        entries: dict[str, tuple[Node, Node]] = {}
        for key, value in node.pairs:
            name = key.value
            if not isinstance(name, str):
                self.complain(key, path, f"a key is a text, got {noun(key)}", "quote it")
            elif name in entries:
                first = entries[name][0].line
                self.complain(key, path, f"key '{name}' appears twice", f"the first is in line {first}")
            elif known is not None and name not in known:
                built = [word for word, key in known.items() if not key.planned]
                hint = near(name, built) or f"expected one of: {', '.join(built)}"
                self.complain(key, path, f"unknown key '{name}'", hint)
            elif known is not None and known[name].planned:
                what = f"'{name}' is part of the language but not built in this version"
                self.complain(key, path, what, "leave it out")
            else:
                entries[name] = (key, value)
        return entries

    def sequence(self, node: Node, path: str, *, what: str = "a list") -> list[Node]:
        """The items of a list; complains of anything else and gives none."""
        if node.kind != "list":
            self.complain(node, path, f"expected {what}, got {noun(node)}")
            return []
        return node.items

    def text(self, node: Node, path: str, *, what: str = "a text") -> Any:
        """A text, or INVALID."""
        if node.kind == "scalar" and isinstance(node.value, str):
            return self._json_scalar(node, path)
        hint = ""
        if node.kind == "scalar":
            spelled = "" if node.value is None else _spelled(node.value)
            hint = f"quote it: {quoted(spelled or 'text')}"
            if node.trailing:
                hint = f"what follows is a YAML comment; quote the text: {quoted(node.trailing)}"
        elif node.flow or node.kind == "mapping":
            hint = "quote the text"
        return self.complain(node, path, f"expected {what}, got {noun(node)}", hint)

    def prose(self, node: Node, path: str, *, what: str = "a text") -> Any:
        """A text that people write for people, of which YAML must not take a part for its own; or INVALID."""
        if node.kind != "scalar" or not isinstance(node.value, str):
            return self.text(node, path, what=what)
        if node.trailing.startswith("#"):
            said = f"the text ends before '{node.trailing}', which YAML takes for a comment"
            whole = quoted(f"{node.value} {node.trailing}")
            return self.complain(
                node, path, said, f"quote the text: {whole}, or put the comment on its own line"
            )
        if node.trailing:
            said = f"the text ends before '{node.trailing}', which YAML takes for the end of the entry"
            whole = quoted(f"{node.value}{node.trailing}")
            return self.complain(node, path, said, f"quote the text: {whole}, or leave the comma out")
        if node.anchor:
            said = "the text begins with '&' or '!', which YAML takes for an anchor or a tag"
            return self.complain(node, path, said, "quote the text, behind the anchor if you mean one")
        if node.block and not node.value:
            return self.complain(node, path, "the text is empty", 'quote the text; an empty one is ""')
        return self._json_scalar(node, path)

    def one_of(self, node: Node, path: str, names: Sequence[str]) -> Any:
        """One of the names, or INVALID."""
        value = self.text(node, path)
        if value is INVALID or value in names:
            return value
        hint = near(value, names)
        return self.complain(node, path, f"expected one of {', '.join(names)}, got {value!r}", hint)

    def integer(self, node: Node, path: str, *, least: int) -> Any:
        """A whole number, or INVALID."""
        value = node.value
        if node.kind != "scalar" or not isinstance(value, int) or isinstance(value, bool) or value < least:
            return self.complain(node, path, f"expected a whole number of at least {least}, got {noun(node)}")
        return value

    def json(self, node: Node, path: str) -> Any:
        """Any JSON value, or INVALID if a part of it is not one."""
        if node.kind == "mapping":
            entries = self.mapping(node, path) or {}
            values = {key: self.json(value, f"{path}.{key}") for key, (_, value) in entries.items()}
            return INVALID if len(values) < len(node.pairs) or INVALID in values.values() else values
        if node.kind == "list":
            items = [self.json(item, f"{path}[{at}]") for at, item in enumerate(node.items)]
            return INVALID if any(item is INVALID for item in items) else items
        return self._json_scalar(node, path)

    def _json_scalar(self, node: Node, path: str) -> Any:
        value = node.value
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                return self.complain(
                    node, path, "a lone surrogate is not a character", "write the character itself"
                )
        elif isinstance(value, int) and not -(2**63) <= value < 2**64:
            return self.complain(
                node,
                path,
                "JSON clients read no whole number of more than 64 bits",
                f"quote it: {quoted(_spelled(value))}",
            )
        elif isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            return self.complain(node, path, f"JSON has no {_spelled(value)}", "use null or a text")
        return value


def has(node: Node, *keys: str) -> bool:
    """Whether a mapping was written with one of the keys, also where it was complained of."""
    return any(key.value in keys for key, _ in node.pairs)


def quoted(text: str) -> str:
    """A text as a double-quoted YAML scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def from_python(value: Any, line: int) -> Node:
    """Python data as nodes that all stand at one line, the caller's."""
    if isinstance(value, Mapping):
        return Node(
            "mapping",
            line,
            pairs=[(from_python(key, line), from_python(item, line)) for key, item in value.items()],
        )
    if isinstance(value, list | tuple):
        return Node("list", line, items=[from_python(item, line) for item in value])
    if value is None or isinstance(value, str | bool | int | float):
        return Node("scalar", line, value=value)
    raise TypeError(
        f"a stub is made of JSON values (dict, list, str, int, float, bool, None), got {type(value).__name__}: {value!r}"
    )
