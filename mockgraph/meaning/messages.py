"""Messages in wire form: what a client or a node wrote, made into what LangChain makes of it.

A message is a plain dict whose keys stand in LangChain's order. The texts of the errors are the ones that
reach clients of the real server (langchain-core 1.7.2).
"""

import json
from collections.abc import Callable
from typing import Any

from mockgraph.words.errors import GraphError

Message = dict[str, Any]
NewId = Callable[[], str]

_TROUBLE = (
    "\nFor troubleshooting, visit: "
    "https://docs.langchain.com/oss/python/langchain/errors/MESSAGE_COERCION_FAILURE "
)

# Every role that a message dict may name, with the wire type that it becomes.
ROLES = {
    "human": "human",
    "user": "human",
    "ai": "ai",
    "assistant": "ai",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "function",
    "remove": "remove",
}

# The fields of each wire type beyond the six that all have, with their defaults, in wire order.
TYPE_FIELDS: dict[str, dict[str, Any]] = {
    "human": {},
    "system": {},
    "function": {},
    "remove": {},
    "ai": {"tool_calls": [], "invalid_tool_calls": [], "usage_metadata": None},
    "tool": {"tool_call_id": None, "artifact": None, "status": "success"},
}

_PYDANTIC = "https://errors.pydantic.dev/2.14/v"

_LC_CLASSES = {
    "HumanMessage": "human",
    "AIMessage": "ai",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "function",
    "RemoveMessage": "remove",
}

REMOVE_ALL = "__remove_all__"


def wire(
    kind: str,
    content: Any,
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002  (the field's own name)
    additional_kwargs: dict[str, Any] | None = None,
    response_metadata: dict[str, Any] | None = None,
) -> Message:
    """A message of a wire type with every field that LangChain sends for it, in its order."""
    message: Message = {
        "content": content,
        "additional_kwargs": additional_kwargs or {},
        "response_metadata": response_metadata or {},
        "type": kind,
        "name": name,
        "id": id,
    }
    for field, default in TYPE_FIELDS[kind].items():
        message[field] = list(default) if isinstance(default, list) else default
    return message


def coerce(raw: Any) -> Message:
    """One element of a messages input as LangChain coerces it; its id may still be null.

    Raises GraphError as the real server words it when the element is not a message.
    """
    if isinstance(raw, str):
        return wire("human", raw)
    if isinstance(raw, list):
        if len(raw) == 2 and isinstance(raw[0], str):
            return _from_parts(raw[0], {"content": raw[1]})
        raise GraphError("NotImplementedError", "Message as a sequence must be (role string, template)")
    if isinstance(raw, dict):
        return _from_dict(raw)
    raise GraphError("NotImplementedError", f"Unsupported message type: {type(raw)}{_TROUBLE}")


def _from_dict(raw: dict[str, Any]) -> Message:
    if raw.get("type") == "constructor" and raw.get("lc") == 1:
        name = (raw.get("id") or [""])[-1]
        if name in _LC_CLASSES:
            return _from_parts(_LC_CLASSES[name], dict(raw.get("kwargs") or {}))
    fields = dict(raw)
    role = fields.pop("role") if "role" in fields else fields.pop("type", None)
    if role is None or "content" not in fields:
        raise GraphError(
            "ValueError", f"Message dict must contain 'role' and 'content' keys, got {raw!r}{_TROUBLE}"
        )
    fields["content"] = fields["content"] or ""
    return _from_parts(role, fields)


def _from_parts(role: Any, fields: dict[str, Any]) -> Message:
    """langchain-core 1.7.2: unknown fields move into additional_kwargs, before those that were given."""
    kind = ROLES.get(role) if isinstance(role, str) else None
    if kind is None:
        raise GraphError(
            "ValueError",
            f"Unexpected message type: {role!r}. Use one of 'human', 'user', 'ai', 'assistant', 'function', "
            f"'tool', 'system', or 'developer'.{_TROUBLE}",
        )
    fields = dict(fields)
    content = fields.pop("content")
    content = "" if content is None else content
    _require_content(kind, content)
    if kind == "function" and fields.get("name") is None:
        missing = f"[type=missing, input_value={ {'content': content, **fields}!r}, input_type=dict]"
        raise GraphError(
            "ValidationError",
            f"1 validation error for FunctionMessage\nname\n  Field required {missing}\n"
            f"    For further information visit {_PYDANTIC}/missing",
        )
    message = wire(
        kind,
        content,
        name=fields.pop("name", None),
        id=_id(fields.pop("id", None)),
        response_metadata=fields.pop("response_metadata", None),
    )
    given = fields.pop("additional_kwargs", None) or {}
    example = fields.pop("example", False)
    if kind == "ai":
        message["tool_calls"] = [_tool_call(call) for call in fields.pop("tool_calls", None) or []]
    elif kind == "tool":
        if "tool_call_id" not in fields:
            raise GraphError("KeyError", "tool_call_id")
        message["tool_call_id"] = fields.pop("tool_call_id")
        message["artifact"] = fields.pop("artifact", None)
        message["status"] = fields.pop("status", None) or "success"
    else:
        fields.pop("tool_calls", None)
        fields.pop("tool_call_id", None)
    if role == "developer":
        fields["__openai_role__"] = "developer"
    message["additional_kwargs"] = {**fields, **given}
    if example:
        message["example"] = example
    return message


def _id(given: Any) -> Any:
    """langchain-core 1.7.2: a number becomes a text; what is neither is refused where the message is filled in."""
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    if "function" in call:
        try:
            args = json.loads(call["function"].get("arguments") or "{}")
        except json.JSONDecodeError as error:
            raise GraphError("JSONDecodeError", str(error)) from None
        return {"name": call["function"].get("name"), "args": args, "id": call.get("id"), "type": "tool_call"}
    args = call.get("args")
    if not isinstance(args, dict):
        raise GraphError("ValidationError", _pydantic("AIMessage", [("tool_calls.0.args", "dict", args)]))
    return {"name": call.get("name"), "args": args, "id": call.get("id"), "type": "tool_call"}


def require_fields(message: Message) -> None:
    """Refuse, as pydantic would, a message object whose filled-in id or content is of a wrong type."""
    _require_content(message["type"], message["content"])
    if message["id"] is not None and not isinstance(message["id"], str):
        name = next(cls for cls, of in _LC_CLASSES.items() if of == message["type"])
        raise GraphError("ValidationError", _pydantic(name, [("id", "string", message["id"])]))


def _require_content(kind: str, content: Any) -> None:
    if isinstance(content, str):
        return
    if isinstance(content, list) and all(isinstance(block, str | dict) for block in content):
        return
    name = next(cls for cls, of in _LC_CLASSES.items() if of == kind)
    union = "content.list[union[str,dict[any,any]]]"
    raise GraphError(
        "ValidationError", _pydantic(name, [("content.str", "string", content), (union, "list", content)])
    )


def _pydantic(model: str, errors: list[tuple[str, str, Any]]) -> str:
    """A pydantic 2.14 validation error, as far as wrongly typed message fields can cause one."""
    nouns = {"string": "string", "list": "list", "dict": "dictionary"}
    lines = [f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} for {model}"]
    for path, kind, value in errors:
        lines.append(path)
        lines.append(
            f"  Input should be a valid {nouns[kind]} "
            f"[type={kind}_type, input_value={value!r}, input_type={type(value).__name__}]"
        )
        lines.append(f"    For further information visit {_PYDANTIC}/{kind}_type")
    return "\n".join(lines)


def add_messages(left: list[Message], right: Any, *, new_id: NewId) -> list[Message]:
    """LangGraph's reducer: append, replace by id in place, remove; ids are made for those without one."""
    if right is None:
        raise GraphError(
            "ValueError",
            "Must specify non-null arguments for both 'left' and 'right'. Only received: 'right'.",
        )
    incoming = [coerce(m) if not is_wire(m) else m for m in (right if isinstance(right, list) else [right])]
    for message in incoming:
        require_fields(message)
    incoming = [m if m["id"] is not None else {**m, "id": new_id()} for m in incoming]
    for index, message in enumerate(incoming):
        if message["type"] == "remove" and message["id"] == REMOVE_ALL:
            return incoming[index + 1 :]
    merged = list(left)
    position = {message["id"]: index for index, message in enumerate(merged)}
    removed: set[str] = set()
    for message in incoming:
        at = position.get(message["id"])
        if message["type"] == "remove":
            if at is None:
                raise GraphError(
                    "ValueError",
                    f"Attempting to delete a message with an ID that doesn't exist ('{message['id']}')",
                )
            removed.add(message["id"])
        elif at is None:
            position[message["id"]] = len(merged)
            merged.append(message)
        else:
            removed.discard(message["id"])
            merged[at] = message
    return [m for m in merged if m["id"] not in removed] if removed else merged


def is_wire(value: Any) -> bool:
    """Whether a value is a message object already, as opposed to what `coerce` makes one of."""
    return isinstance(value, WireMessage)


class WireMessage(dict[str, Any]):
    """A message object: a dict in full wire form that no coercion may touch."""

    __slots__ = ()
