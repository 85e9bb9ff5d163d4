"""The report on a run that no stub matched: what was asked, what came nearest, and a stub to paste.

The same text goes into the HTTP body, the log and the failure of a test. Credentials are not shown.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import orjson

from mockgraph.script.choosing import Miss
from mockgraph.script.matching import shown
from mockgraph.script.nodes import quoted
from mockgraph.words.redaction import REDACTED, redacted, secret

_CLOSEST = 3


def report(
    asked: str,
    graph_id: str,
    scope: dict[str, Any],
    misses: list[Miss],
    *,
    graphs: list[str],
    waiting: Sequence[tuple[str, str, Any]] = (),
    hide: Callable[[Any], Any] = redacted,
) -> str:
    """The whole report.

    `asked` is the request line; `graphs` are the scripted graphs, for a graph without stubs; `waiting` are the
    questions at which the thread waits: node, interrupt id, value. `hide` takes credentials out of values.
    """
    scope = hide(scope)
    misses = [_hidden(miss, hide) for miss in misses]
    lines = ["No stub matched this run.", f"  {asked}  graph '{graph_id}'"]
    lines += [
        f"  the thread waits at '{node}', interrupt {id_}: {_shown('', hide(value))}"
        for node, id_, value in waiting
    ]
    told = _told(scope, misses)
    lines += [f"    {path}   {_shown(path, value)}" for path, value in told]
    if misses:
        lines.append(f"Closest stubs ({min(_CLOSEST, len(misses))} of {len(misses)}):")
        for miss in misses[:_CLOSEST]:
            lines.append(
                f"  {miss.stub.source}   {miss.stub.name}" + (f"   {miss.reason}" if miss.reason else "")
            )
            lines += [
                f"    {d.path}   expected {d.expected}, got {_shown(d.path, d.got)}" for d in miss.differences
            ]
    else:
        others = ", ".join(sorted(set(graphs) - {graph_id}))
        lines.append(f"Graph '{graph_id}' has no stubs" + (f"; scripted are: {others}." if others else "."))
    lines += ["A stub that would match:", *_paste(told)]
    return "\n".join(lines)


def _hidden(miss: Miss, hide: Callable[[Any], Any]) -> Miss:
    different = tuple(msgspec.structs.replace(one, got=hide(one.got)) for one in miss.differences)
    return msgspec.structs.replace(miss, differences=different)


def _shown(path: str, value: Any) -> str:
    return REDACTED if secret(path.rsplit(".", 1)[-1]) and value is not None else shown(redacted(value))


def _told(scope: dict[str, Any], misses: list[Miss]) -> list[tuple[str, Any]]:
    """What the run brought that stubs look at, and something of the input where none looks at that."""
    told: dict[str, Any] = {}
    for miss in misses[:_CLOSEST]:
        for condition in miss.stub.when:
            value = condition.path.get(scope)
            if value is not None:
                told.setdefault(condition.path.text, value)
    command = scope.get("command")
    if command:
        brought = (
            {"resume": scope.get("resume")} if command.get("resume") is not None else {"command": command}
        )
        return list({**brought, **told}.items())
    if any(path.startswith("input") for path in told):
        return list(told.items())
    return [*_input(scope), *told.items()]


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


def _paste(told: list[tuple[str, Any]]) -> list[str]:
    lines = ["  - name: …", "    when:"]
    for path, value in told:
        if secret(path.rsplit(".", 1)[-1]):
            lines.append(f"      {path}: {{exists: true}}")
        else:
            lines.append(f"      {path}: {_yaml(redacted(value))}")
    return [*lines, "    play: …"]


def _yaml(value: Any) -> str:
    if isinstance(value, str) and value.isascii() and value.replace(" ", "a").isalpha():
        return (
            value
            if value.lower() not in ("true", "false", "null") and value == value.strip()
            else quoted(value)
        )
    return orjson.dumps(value).decode()
