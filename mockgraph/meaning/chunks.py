"""How a model's answer travels in pieces: cutting a message into chunks and adding chunks up again."""

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

from mockgraph.meaning.messages import Message

Chunk = dict[str, Any]

_BLANKS = re.compile(r"(\s)")


def words(text: str) -> list[str]:
    """A text cut at every blank, blanks kept as pieces of their own: langchain-core 1.7.2's fake model."""
    return [piece for piece in _BLANKS.split(text) if piece]


def chunk(
    content: Any,
    *,
    id: str | None,  # noqa: A002  (the field's own name)
    tool_call_chunks: Sequence[dict[str, Any]] = (),
    position: str | None = None,
    usage: Any = None,
    response_metadata: dict[str, Any] | None = None,
    additional_kwargs: dict[str, Any] | None = None,
    name: str | None = None,
) -> Chunk:
    """One AIMessageChunk in wire form; what it says of tool calls is read from its own pieces alone."""
    calls, invalid = _parsed(tool_call_chunks)
    return {
        "content": content,
        "additional_kwargs": additional_kwargs or {},
        "response_metadata": response_metadata or {},
        "type": "AIMessageChunk",
        "name": name,
        "id": id,
        "tool_calls": calls,
        "invalid_tool_calls": invalid,
        "usage_metadata": usage,
        "tool_call_chunks": list(tool_call_chunks),
        "chunk_position": position,
    }


def call_chunk(index: int, call: dict[str, Any]) -> dict[str, Any]:
    """A whole tool call as one piece."""
    return {
        "name": call.get("name"),
        "args": json.dumps(call.get("args") or {}),
        "id": call.get("id"),
        "index": index,
        "type": "tool_call_chunk",
    }


def cut(message: Message, *, id: str | None) -> list[Chunk]:  # noqa: A002
    """A whole AI message as a model would stream it by words, tool calls and usage after the text."""
    content = message["content"]
    pieces: list[Any] = words(content) if isinstance(content, str) else [[block] for block in content]
    calls = message.get("tool_calls") or []
    usage = message.get("usage_metadata")
    plain = not calls and usage is None and isinstance(content, str) and pieces
    chunks = [chunk(piece, id=id, name=message.get("name")) for piece in pieces]
    if plain:
        chunks[-1]["chunk_position"] = "last"
        return chunks
    empty = "" if isinstance(content, str) else []
    chunks.extend(chunk(empty, id=id, tool_call_chunks=[call_chunk(i, c)]) for i, c in enumerate(calls))
    if usage is not None:
        chunks.append(chunk(empty, id=id, usage=usage))
    chunks.append(chunk(empty, id=id, position="last"))
    return chunks


def add(left: Message | None, right: Chunk) -> Message:
    """The message so far, as the legacy `messages` mode shows it, after one more chunk."""
    if left is None:
        return right
    pieces = _joined_calls([*left["tool_call_chunks"], *right["tool_call_chunks"]])
    calls, invalid = _parsed(pieces)
    return {
        **left,
        "content": _joined(left["content"], right["content"]),
        "additional_kwargs": {**left["additional_kwargs"], **right["additional_kwargs"]},
        "response_metadata": {**left["response_metadata"], **right["response_metadata"]},
        "tool_calls": calls,
        "invalid_tool_calls": invalid,
        "usage_metadata": right["usage_metadata"] or left["usage_metadata"],
        "tool_call_chunks": pieces,
    }


def as_message(total: Message) -> Message:
    """A sum of chunks with the fields of a whole message only."""
    return {
        "content": total["content"],
        "additional_kwargs": total["additional_kwargs"],
        "response_metadata": total["response_metadata"],
        "type": "ai",
        "name": total["name"],
        "id": total["id"],
        "tool_calls": total["tool_calls"],
        "invalid_tool_calls": total["invalid_tool_calls"],
        "usage_metadata": total["usage_metadata"],
    }


def _joined(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    blocks = [left] if isinstance(left, str) and left else list(left)
    for block in [right] if isinstance(right, str) and right else right:
        if isinstance(block, dict) and "index" in block:
            for at, seen in enumerate(blocks):
                if isinstance(seen, dict) and seen.get("index") == block["index"]:
                    blocks[at] = _joined_block(seen, block)
                    break
            else:
                blocks.append(block)
        else:
            blocks.append(block)
    return blocks


def _joined_block(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    joined = dict(left)
    for key, value in right.items():
        if key not in ("type", "index", "id") and isinstance(value, str) and isinstance(joined.get(key), str):
            joined[key] += value
        else:
            joined[key] = value
    return joined


def _joined_calls(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for piece in pieces:
        for at, seen in enumerate(joined):
            if piece.get("index") is not None and seen.get("index") == piece["index"]:
                joined[at] = {
                    **seen,
                    "name": (seen["name"] or "") + (piece["name"] or "") or None,
                    "args": (seen["args"] or "") + (piece["args"] or ""),
                    "id": seen["id"] or piece["id"],
                }
                break
        else:
            joined.append(piece)
    return joined


def _parsed(pieces: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """langchain-core 1.7.2: a piece whose arguments parse, also in part, is a tool call, else an invalid one."""
    calls, invalid = [], []
    for piece in pieces:
        args = parse_partial(piece["args"]) if piece["args"] else {}
        if isinstance(args, dict):
            calls.append({"name": piece["name"] or "", "args": args, "id": piece["id"], "type": "tool_call"})
        else:
            invalid.append(
                {
                    "name": piece["name"],
                    "args": piece["args"],
                    "id": piece["id"],
                    "error": None,
                    "type": "invalid_tool_call",
                }
            )
    return calls, invalid


def parse_partial(text: str) -> Any:
    """The value of a JSON text that may have been cut short; None where no reading is left."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    closing: list[str] = []
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            closing.append("}" if char == "{" else "]")
        elif char in "}]" and (not closing or closing.pop() != char):
            return None
    if escaped:
        text = text[:-1]
    end = "".join(reversed(closing))
    for cut_at in range(len(text), 0, -1):
        head = text[:cut_at]
        for tail in ('"' + end, end) if in_string and cut_at == len(text) else (end,):
            try:
                return orjson.loads(head + tail)
            except orjson.JSONDecodeError:
                continue
    return None
