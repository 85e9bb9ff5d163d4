"""JSON Schemas of messages, as the real server's schemas of a message list define them; without the descriptions.

langchain-core 1.7.2: twelve kinds of messages, half of them chunks, and what AI messages are made of.
"""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_NULL: Schema = {"type": "null"}
_OPEN: Schema = {"additionalProperties": True, "type": "object"}
_BLOCKS: Schema = {"items": {"anyOf": [_TEXT, _OPEN]}, "type": "array"}

# The kinds: their wire types and which fields they have and need beside those of every message.
_KINDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "AIMessage": ("ai", ("tool_calls", "invalid_tool_calls", "usage_metadata"), ()),
    "HumanMessage": ("human", (), ()),
    "ChatMessage": ("chat", ("role",), ("role",)),
    "SystemMessage": ("system", (), ()),
    "FunctionMessage": ("function", (), ("name",)),
    "ToolMessage": ("tool", ("tool_call_id", "artifact", "status"), ("tool_call_id",)),
}
_CHUNK_FIELDS = {"AIMessage": ("tool_call_chunks", "chunk_position")}


def _titled(name: str, schema: Schema) -> Schema:
    """A schema under the title that its field's name gives it."""
    return dict(sorted({**schema, "title": name.replace("_", " ").title()}.items()))


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, _NULL]}


def _definition(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _listed(name: str) -> Schema:
    return {"items": _definition(name), "type": "array"}


_FIELDS: dict[str, Schema] = {
    "tool_calls": _titled("tool_calls", _listed("ToolCall")),
    "invalid_tool_calls": _titled("invalid_tool_calls", _listed("InvalidToolCall")),
    "usage_metadata": {**_or_null(_definition("UsageMetadata")), "default": None},
    "tool_call_chunks": _titled("tool_call_chunks", _listed("ToolCallChunk")),
    "chunk_position": _titled(
        "chunk_position", {**_or_null({"const": "last", "type": "string"}), "default": None}
    ),
    "role": _titled("role", _TEXT),
    "tool_call_id": _titled("tool_call_id", _TEXT),
    "artifact": _titled("artifact", {"default": None}),
    "status": _titled("status", {"default": "success", "enum": ["success", "error"], "type": "string"}),
}


def _record(title: str, properties: dict[str, Schema], needed: tuple[str, ...] = ()) -> Schema:
    required = {"required": list(needed)} if needed else {}
    return {
        "additionalProperties": True,
        "properties": properties,
        **required,
        "title": title,
        "type": "object",
    }


def _message(title: str, kind: str, fields: tuple[str, ...], needed: tuple[str, ...]) -> Schema:
    nullable = {**_or_null(_TEXT), "default": None}
    properties = {
        "content": _titled("content", {"anyOf": [_TEXT, _BLOCKS]}),
        "additional_kwargs": _titled("additional_kwargs", _OPEN),
        "response_metadata": _titled("response_metadata", _OPEN),
        "type": _titled("type", {"const": kind, "default": kind, "type": "string"}),
        "name": _titled("name", _TEXT if "name" in needed else nullable),
        "id": _titled("id", nullable),
        **{field: _FIELDS[field] for field in fields},
    }
    return _record(title, properties, ("content", *needed))


def _call(title: str, kind: str, needed: tuple[str, ...], **fields: Schema) -> Schema:
    typed = {"type": _titled("type", {"const": kind, "type": "string"})}
    own = {name: _titled(name, schema) for name, schema in fields.items()}
    first = needed[:1] == ("type",)
    return _record(title, {**typed, **own} if first else {**own, **typed}, needed)


def _counts(title: str, *fields: str, **more: Schema) -> Schema:
    properties = {field: _titled(field, _WHOLE) for field in fields}
    return _record(title, {**properties, **more}, fields if more else ())


def _definitions() -> dict[str, Schema]:
    whole = {name: _message(name, *said) for name, said in _KINDS.items()}
    chunks = {
        f"{name}Chunk": _message(f"{name}Chunk", f"{name}Chunk", fields + _CHUNK_FIELDS.get(name, ()), needed)
        for name, (_, fields, needed) in _KINDS.items()
    }
    text_or_null = _or_null(_TEXT)
    pieces = {
        "InputTokenDetails": _counts("InputTokenDetails", "audio", "cache_creation", "cache_read"),
        "InvalidToolCall": _call(
            "InvalidToolCall",
            "invalid_tool_call",
            ("type", "id", "name", "args", "error"),
            id=text_or_null,
            name=text_or_null,
            args=text_or_null,
            error=text_or_null,
            index={"anyOf": [_WHOLE, _TEXT]},
            extras=_OPEN,
        ),
        "OutputTokenDetails": _counts("OutputTokenDetails", "audio", "reasoning"),
        "ToolCall": _call(
            "ToolCall", "tool_call", ("name", "args", "id"), name=_TEXT, args=_OPEN, id=text_or_null
        ),
        "ToolCallChunk": _call(
            "ToolCallChunk",
            "tool_call_chunk",
            ("name", "args", "id", "index"),
            name=text_or_null,
            args=text_or_null,
            id=text_or_null,
            index=_or_null(_WHOLE),
        ),
        "UsageMetadata": _counts(
            "UsageMetadata",
            *("input_tokens", "output_tokens", "total_tokens"),
            input_token_details=_definition("InputTokenDetails"),
            output_token_details=_definition("OutputTokenDetails"),
        ),
    }
    return dict(sorted({**whole, **chunks, **pieces}.items()))


DEFINITIONS = _definitions()

MESSAGES: Schema = {
    "items": {"oneOf": [_definition(f"{name}{chunk}") for chunk in ("", "Chunk") for name in _KINDS]},
    "type": "array",
}
