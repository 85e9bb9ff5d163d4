"""`${…}` in the values of a play: found and compiled when a fixture is read, filled in when its play is played.

A tree without templates is used as it stands, shared by every run that plays it.
"""

from typing import Any

import msgspec
import orjson

from mockgraph.meaning.messages import WireMessage
from mockgraph.script.paths import BadPath, Path, compile_path
from mockgraph.words.errors import UnresolvedTemplate

SCOPE_ROOTS = frozenset(
    {
        "input",
        "resume",
        "command",
        "config",
        "context",
        "metadata",
        "values",
        "thread",
        "stream_mode",
        "headers",
    }
)
TEMPLATE_ROOTS = SCOPE_ROOTS | {"state", "resumes"}


class Template(msgspec.Struct, frozen=True):
    """A text with at least one `${…}` in it; `parts` are literal texts and paths in turn."""

    text: str
    parts: tuple[str | Path, ...]

    def fill(self, scope: dict[str, Any]) -> Any:
        """The value: a lone `${…}` keeps its type, one inside a longer text becomes text."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Path):
            return self._value(self.parts[0], scope)
        return "".join(
            part if isinstance(part, str) else _as_text(self._value(part, scope)) for part in self.parts
        )

    def _value(self, path: Path, scope: dict[str, Any]) -> Any:
        try:
            value = path.get(scope)
        except Exception as error:
            said = f"${{{path.text}}} cannot be evaluated, in {self.text!r}: {type(error).__name__}: {error}"
            raise UnresolvedTemplate(said) from None
        if value is None:
            raise UnresolvedTemplate(
                f"${{{path.text}}} is not there when the play reaches it, in {self.text!r}; "
                f"check the path, or give a default: ${{{path.text} || 'text'}}"
            )
        return value


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def parse(text: str) -> Template | str:
    """The text as a Template, or as the plain text that it is; raises BadPath for a broken `${…}`."""
    if "${" not in text:
        return text
    parts: list[str | Path] = []
    literal = ""
    at = 0
    while at < len(text):
        if text.startswith("$${", at):
            literal += "${"
            at += 3
        elif text.startswith("${", at):
            end = _closing(text, at + 2)
            if literal:
                parts.append(literal)
                literal = ""
            parts.append(_checked(text[at + 2 : end]))
            at = end + 1
        else:
            literal += text[at]
            at += 1
    if literal:
        parts.append(literal)
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)
    return Template(text, tuple(parts))


def _checked(expression: str) -> Path:
    path = compile_path(expression.strip())
    unknown = sorted(path.roots - TEMPLATE_ROOTS)
    if unknown:
        raise BadPath(f"a run knows no '{unknown[0]}'; it knows {', '.join(sorted(TEMPLATE_ROOTS))}")
    return path


def _closing(text: str, start: int) -> int:
    """Where the `}` of a `${` stands: braces nest, and quoted parts of the expression do not count."""
    depth, quote, at = 0, "", start
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return at
            depth -= 1
        at += 1
    raise BadPath("a '${' without its '}'; write '$${' for a literal '${'")


def is_static(tree: Any) -> bool:
    """Whether a tree holds no template."""
    if isinstance(tree, Template):
        return False
    if isinstance(tree, dict):
        return all(map(is_static, tree.values()))
    if isinstance(tree, list):
        return all(map(is_static, tree))
    return True


def roots(tree: Any) -> frozenset[str]:
    """The top-level names of the scope that the templates of a tree read."""
    if isinstance(tree, Template):
        return frozenset[str]().union(*(part.roots for part in tree.parts if isinstance(part, Path)))
    if isinstance(tree, dict):
        return frozenset[str]().union(*map(roots, tree.values()))
    if isinstance(tree, list):
        return frozenset[str]().union(*map(roots, tree))
    return frozenset()


def fill(tree: Any, scope: dict[str, Any]) -> Any:
    """A tree with its templates filled in from a scope; raises UnresolvedTemplate."""
    if isinstance(tree, Template):
        return tree.fill(scope)
    if isinstance(tree, dict):
        filled = {key: fill(value, scope) for key, value in tree.items()}
        return WireMessage(filled) if isinstance(tree, WireMessage) else filled
    if isinstance(tree, list):
        return [fill(value, scope) for value in tree]
    return tree
