"""YAML to nodes: the only module that knows YAML. YAML 1.2 core scalars and nothing else.

PyYAML's own resolvers turn `on` and `no` into booleans, `12:30:45` into 45045 and dates into objects; here they
stay texts. Anchors and aliases work; tags, merge keys and second documents are complaints.
"""

import re
from typing import Any

import yaml

from mockgraph.script.nodes import Node
from mockgraph.words.errors import Complaint, FixtureError

_DEPTH = 100
_LIMIT = 200_000  # nodes in a file, aliases counted as what they stand for

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NAMED = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


_CORE_TAGS = (None, *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq")))


class _PureLoader(yaml.SafeLoader):
    """PyYAML's own parser: the one whose words and places the complaints have."""

    yaml_implicit_resolvers: dict[str, Any] = {}


_FastLoader: Any = _PureLoader
if hasattr(yaml, "CSafeLoader"):

    class _LibLoader(yaml.CSafeLoader):
        """libyaml's parser: the same trees, ten times as fast."""

        yaml_implicit_resolvers: dict[str, Any] = {}

    _FastLoader = _LibLoader


def read_yaml(text: str, file: str) -> Node:
    """The one document of a text as nodes; raises FixtureError with the complaint that stopped it."""
    try:
        root = _compose(_FastLoader, text)
    except (yaml.YAMLError, ValueError, OverflowError):
        root = _compose_pure(text, file)
    except RecursionError:
        raise _too_deep(file) from None
    if root is None:
        raise _stop(file, 1, 1, "the file is empty", "a fixture begins with 'mockgraph: 1'")
    walk = _Walk(text, file)
    node = walk.node(root, flow=False)
    if walk.disputed and _FastLoader is not _PureLoader:
        # libyaml takes what PyYAML's parser refuses; a fixture must read the same everywhere.
        _compose_pure(text, file)
    return node


def _compose_pure(text: str, file: str) -> Any:
    try:
        return _compose(_PureLoader, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        problem = f"{error.problem or error.context}"
        hint = _hint(text, line, problem)
        raise _stop(file, line + 1, column + 1, f"not valid YAML: {problem}", hint) from None
    except RecursionError:
        raise _too_deep(file) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        position = getattr(error, "position", 0)
        before = text[:position]
        raise _stop(
            file,
            before.count("\n") + 1,
            position - before.rfind("\n"),
            "a character that YAML does not allow",
            "quote the text and write the character as an escape",
        ) from None


def _too_deep(file: str) -> FixtureError:
    return _stop(file, 1, None, "values are nested too deeply", f"stay within {_DEPTH} levels")


def _compose(loader_type: Any, text: str) -> Any:
    loader = loader_type(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _hint(text: str, line: int, problem: str) -> str:
    lines = text.splitlines()
    written = lines[line] if line < len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "indent with spaces, not tabs"
    if "another document" in problem:
        return "one file scripts one graph: put the second document into a file of its own"
    if "undefined alias" in problem:
        return "quote the text if it begins with '*'"
    if "${" in written:
        return 'quote a text with ${…} inside {…}: "${…}"'
    if re.search(r"\w\[-?\d*\]", written) and "{" in written:
        return 'quote a path with brackets inside {…}: "input.messages[-1].content"'
    return "quote the text if it holds any of : # { } [ ] , & * ? | > ' \" % @ `"


def _stop(file: str, line: int, column: int | None, what: str, hint: str) -> FixtureError:
    return FixtureError([Complaint(file, line, column, "", what, hint)])


class _Walk:
    """Turns composed YAML nodes into ours, once over the tree."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.splitlines()
        self.file = file
        self.open: set[int] = set()
        self.count = 0
        self.disputed = False

    def node(self, node: Any, *, flow: bool) -> Node:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.count += 1
        if id(node) in self.open:
            raise _stop(self.file, line, column, "an alias that stands for itself", "write the value out")
        if self.count > _LIMIT:
            raise _stop(
                self.file, line, column, f"more than {_LIMIT} values", "use fewer aliases or more files"
            )
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line, column, flow=flow)
        self._refuse_tag(node, line, column)
        self.open.add(id(node))
        if len(self.open) > _DEPTH:
            what = "values are nested too deeply"
            raise _stop(self.file, line, column, what, f"stay within {_DEPTH} levels")
        flow = flow or bool(node.flow_style)
        if isinstance(node, yaml.MappingNode):
            pairs = [(self.node(k, flow=flow), self.node(v, flow=flow)) for k, v in node.value]
            result = Node("mapping", line, column, pairs=pairs, flow=flow)
        else:
            result = Node(
                "list", line, column, items=[self.node(v, flow=flow) for v in node.value], flow=flow
            )
        self.open.discard(id(node))
        return result

    def _scalar(self, node: Any, line: int, column: int, *, flow: bool) -> Node:
        self._refuse_tag(node, line, column)
        if node.style:
            block = node.style in "|>"
            return Node("scalar", line, column, value=node.value, flow=flow, block=block)
        if flow and "?" in node.value:
            self.disputed = True
        trailing = _swallowed(self.lines, node.end_mark, flow=flow)
        written = self.lines[line - 1][column - 1 :] if line <= len(self.lines) else ""
        anchor = written.startswith(("&", "!"))
        try:
            value = _resolved(node.value)
        except ValueError:
            raise _stop(self.file, line, column, "a number of too many digits", "quote it") from None
        return Node(
            "scalar",
            line,
            column,
            value=value,
            flow=flow,
            absent=not node.value,
            anchor=anchor,
            trailing=trailing,
        )

    def _refuse_tag(self, node: Any, line: int, column: int) -> None:
        if node.tag not in _CORE_TAGS:
            raise _stop(
                self.file, line, column, f"YAML tag '{node.tag}': fixtures are plain data", "quote the text"
            )


def _swallowed(lines: list[str], end: Any, *, flow: bool) -> str:
    """What stands behind an unquoted scalar and may have been meant as a part of it: a comment, a last comma."""
    behind = lines[end.line][end.column :].strip() if end.line < len(lines) else ""
    if behind.startswith("#"):
        return behind
    if flow and behind.startswith(",") and behind[1:].lstrip().startswith(("}", "]")):
        return ","
    return ""


def _resolved(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema."""
    if text in _NAMED:
        return _NAMED[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
