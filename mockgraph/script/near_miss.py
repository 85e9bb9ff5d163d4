"""The report on a run that no stub matched: what was asked, what came nearest, and a stub to paste.

The same text goes into the HTTP body, the log and the failure of a test. Credentials are not shown.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from mockgraph.script.choosing import Miss
from mockgraph.script.matching import Difference, shown
from mockgraph.script.nodes import quoted
from mockgraph.script.paths import Path
from mockgraph.words.redaction import REDACTED, Discretion

_CLOSEST = 3
EVERYTHING = Discretion()  # whose names say that they are credentials


def report(
    asked: str,
    graph_id: str,
    scope: dict[str, Any],
    misses: list[Miss],
    *,
    graphs: list[str],
    waiting: Sequence[tuple[str, str, Any]] = (),
    hide: Discretion = EVERYTHING,
) -> str:
    """The whole report.

    `asked` is the request line; `graphs` are the scripted graphs, for a graph without stubs; `waiting` are the
    questions at which the thread waits: node, interrupt id, value. `hide` takes credentials out of values.
    """
    seen = hide.value(scope)
    lines = ["No stub matched this run.", f"  {asked}  graph '{graph_id}'"]
    lines += [
        f"  the thread waits at '{node}', interrupt {id_}: {shown(hide.value(value))}"
        for node, id_, value in waiting
    ]
    told = [(path, hide.at(path, value)) for path, value in _told(seen, scope, misses)]
    lines += [f"    {path}   {_spelled(value)}" for path, value in told]
    if misses:
        lines.append(f"Closest stubs ({min(_CLOSEST, len(misses))} of {len(misses)}):")
        for miss in misses[:_CLOSEST]:
            lines.append(
                f"  {miss.stub.source}   {miss.stub.name}" + (f"   {miss.reason}" if miss.reason else "")
            )
            lines += [told_difference(one, hide) for one in miss.differences]
    else:
        others = ", ".join(sorted(set(graphs) - {graph_id}))
        lines.append(f"Graph '{graph_id}' has no stubs" + (f"; scripted are: {others}." if others else "."))
    lines += ["A stub that would match:", *_paste(told, hide)]
    return "\n".join(lines)


def _spelled(value: Any) -> str:
    return REDACTED if value == REDACTED else shown(value)


def told_difference(one: Difference, hide: Discretion) -> str:
    """A line of what was expected and what came, without credentials."""
    return f"    {one.path}   expected {one.expected}, got {_spelled(hide.at(one.path, one.got))}"


def _told(seen: dict[str, Any], scope: dict[str, Any], misses: list[Miss]) -> list[tuple[str, Any]]:
    """What the run brought that stubs look at, and something of the input where none looks at that."""
    told: dict[str, Any] = {}
    for miss in misses[:_CLOSEST]:
        for condition in miss.stub.when:
            value = _at(condition.path, scope)
            if value is not None:
                told.setdefault(condition.path.text, value)
    command = seen.get("command")
    if command:
        brought = (
            {"resume": seen.get("resume")} if command.get("resume") is not None else {"command": command}
        )
        return list({**brought, **told}.items())
    if any(path.startswith("input") for path in told):
        return list(told.items())
    return [*_input(seen), *told.items()]


def _input(scope: dict[str, Any]) -> list[tuple[str, Any]]:
    """The last message of the input, or its first few keys, or the input as it is."""
    given = scope.get("input")
    if isinstance(given, dict):
        messages = given.get("messages")
        if (
            isinstance(messages, list)
            and messages
            and isinstance(messages[-1], dict)
            and messages[-1].get("content")
        ):
            return [("input.messages[-1].content", messages[-1]["content"])]
        plain = [key for key in given if key.isidentifier() and key.isascii()]
        if plain:
            return [(f"input.{key}", given[key]) for key in plain[:3]]
    return [("input", given)]


def _at(path: Path, scope: dict[str, Any]) -> Any:
    """What stands at a path; nothing where it cannot be asked for."""
    try:
        return path.get(scope)
    except Exception:
        return None


def _paste(told: list[tuple[str, Any]], hide: Discretion) -> list[str]:
    lines = ["  - name: …", "    when:"]
    for path, value in told:
        lines.append(f"      {path}: {'{exists: true}' if hide.hides(path) else _yaml(value)}")
    return [*lines, "    play: …"]


def _yaml(value: Any) -> str:
    if isinstance(value, str) and value.isascii() and value.replace(" ", "a").isalpha():
        return (
            value
            if value.lower() not in ("true", "false", "null") and value == value.strip()
            else quoted(value)
        )
    return orjson.dumps(value).decode()
