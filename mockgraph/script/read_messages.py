"""Reading messages: the short forms, the full wire form, and the plain dicts that nodes may return."""

from collections.abc import Callable
from typing import Any

from mockgraph.meaning.messages import TYPE_FIELDS, WireMessage, wire
from mockgraph.script import templates, words
from mockgraph.script.nodes import INVALID, Node, Reader, near, noun, quoted
from mockgraph.script.read_values import read_template, read_value


def read_messages(reader: Reader, node: Node, path: str) -> Any:
    """What a node writes to a message list: messages, one message, or a template for them."""
    if node.kind == "list":
        read = [read_message(reader, item, f"{path}[{at}]") for at, item in enumerate(node.items)]
        return INVALID if any(item is INVALID for item in read) else read
    if node.kind == "mapping":
        return read_message(reader, node, path)
    if isinstance(node.value, str) and isinstance(
        parsed := read_template(reader, node.value, node, path), templates.Template
    ):
        return parsed
    return reader.complain(node, path, f"expected a list of messages, got {noun(node)}", "write [{ai: text}]")


def read_message(reader: Reader, node: Node, path: str) -> Any:
    """One message: an object in short or in wire form, or a plain dict."""
    entries = reader.mapping(node, path, what="a message, such as {ai: text}")
    if entries is None or len(entries) < len(node.pairs):
        return INVALID
    forms = [name for name in words.MESSAGE if name in entries and not (name == "type" and "role" in entries)]
    if len(forms) != 1:
        what = f"'{forms[0]}' beside '{forms[1]}'" if forms else "a message without its kind"
        hint = f"a message has one of: {', '.join(words.MESSAGE)}"
        if node.flow and not forms:
            hint += "; quote a text that holds a comma, a colon or a bracket"
        return reader.complain(node, path, what, hint)
    form = forms[0]
    fields: dict[str, Any] = {}
    for key, (key_node, value) in entries.items():
        if key in words.MESSAGE_FORMS or (key == "content" and form in ("type", "role")):
            fields["id" if key == "remove" else "content"] = _content(reader, key, value, f"{path}.{key}")
        elif key in ("id", "name", "tool_call_id") and form != "role" and not value.absent:
            fields[key] = _optional_text(reader, value, f"{path}.{key}")
        elif key == "tool_calls" and form in ("ai", "type"):
            fields[key] = _tool_calls(reader, value, f"{path}.{key}")
        elif form != "role" and key not in _FIELDS and (hint := near(key, _FIELDS, nearness=0.8)):
            fields[key] = reader.complain(key_node, path, f"unknown field '{key}'", hint)
        elif value.flow and value.absent and not value.trailing.startswith("#"):
            what = f"'{key}' became a key without a value"
            fields[key] = reader.complain(key_node, path, what, "quote the text that holds the comma")
        else:
            fields[key] = read_value(reader, value, f"{path}.{key}")
    if any(value is INVALID for value in fields.values()):
        return INVALID
    return _FORMS.get(form, _short_form)(reader, form, fields, node, path)


def _tool_calls(reader: Reader, node: Node, path: str) -> Any:
    """A list of calls as LangChain has them; the `type` that people leave out is added."""
    calls = []
    for at, item in enumerate(reader.sequence(node, path, what="a list of tool calls")):
        here = f"{path}[{at}]"
        entries = reader.mapping(item, here, words.TOOL_CALL, what="a tool call (a mapping)")
        if entries is None:
            return INVALID
        if "name" not in entries:
            return reader.complain(
                item, here, "a tool call needs a 'name'", "write {name: look, args: {}, id: call_1}"
            )
        call = {key: read_value(reader, value, f"{here}.{key}") for key, (_, value) in entries.items()}
        if (
            "args" in entries
            and entries["args"][1].kind != "mapping"
            and not isinstance(call["args"], templates.Template)
        ):
            return reader.complain(
                entries["args"][1], f"{here}.args", f"expected a mapping, got {noun(entries['args'][1])}"
            )
        if any(value is INVALID for value in call.values()):
            return INVALID
        short = {
            "name": call["name"],
            "args": call.get("args", {}),
            "id": call.get("id"),
            "type": "tool_call",
        }
        calls.append(
            {**call, **{key: value for key, value in short.items() if key not in call}}
            if "type" in call
            else short
        )
    return calls


def _optional_text(reader: Reader, node: Node, path: str) -> Any:
    if node.kind == "scalar" and node.value is None:
        return None
    return read_template(reader, reader.text(node, path), node, path)


def _content(reader: Reader, key: str, node: Node, path: str) -> Any:
    if node.kind == "list" and key != "remove":
        blocks = [
            read_value(reader, item, f"{path}[{at}]")
            if item.kind == "mapping"
            else read_template(
                reader, reader.prose(item, f"{path}[{at}]", what="a content block"), item, f"{path}[{at}]"
            )
            for at, item in enumerate(node.items)
        ]
        return INVALID if any(block is INVALID for block in blocks) else blocks
    return read_template(reader, reader.prose(node, path), node, path)


def _short_form(reader: Reader, form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{ai: text, …}`: standard fields in wire order, any further ones behind them."""
    kind = words.MESSAGE_FORMS[form]
    if kind == "tool" and "tool_call_id" not in fields:
        return reader.complain(
            node, path, "a tool message needs a 'tool_call_id'", "the id of the call it answers"
        )
    message = WireMessage(wire(kind, fields.pop("content", "")))
    message.update(fields)
    return message


def _wire_form(reader: Reader, _form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{type: ai, …}`: the fields in the order written, those that are missing behind them."""
    kind = fields["type"]
    if not isinstance(kind, str) or kind not in TYPE_FIELDS:
        return reader.complain(
            node,
            path,
            f"no message type {kind!r}",
            near(str(kind), TYPE_FIELDS) or f"expected one of {', '.join(TYPE_FIELDS)}",
        )
    if "content" not in fields:
        return reader.complain(node, path, "a message in wire form needs its 'content'", 'an empty one is ""')
    if kind == "tool" and "tool_call_id" not in fields:
        return reader.complain(
            node, path, "a tool message needs a 'tool_call_id'", "the id of the call it answers"
        )
    return WireMessage({**fields, **{k: v for k, v in wire(kind, "").items() if k not in fields}})


def _plain_form(reader: Reader, _form: str, fields: dict[str, Any], node: Node, path: str) -> Any:
    """`{role: …}`: a plain dict, as a node may return it."""
    if "content" not in fields:
        return reader.complain(
            node, path, "a message with a 'role' needs its 'content'", f"add content: {quoted('text')}"
        )
    return fields


# Every field that LangChain knows of a message; others are allowed, but not one letter beside these.
_FIELDS = (
    *words.MESSAGE,
    *wire("ai", ""),
    *TYPE_FIELDS["tool"],
    "example",
)

_FORMS: dict[str, Callable[[Reader, str, dict[str, Any], Node, str], Any]] = {
    "type": _wire_form,
    "role": _plain_form,
}
