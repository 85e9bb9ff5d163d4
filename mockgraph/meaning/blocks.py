"""Answers in content blocks: how they travel on the newer thread protocol, and how they stand in the state afterwards.

langchain-core 1.7.2: a run of that protocol has its models write blocks in place of a text, under the id of the
call, whatever the provider named the message.
"""

import json
from typing import Any

from mockgraph.meaning.chunks import Chunk
from mockgraph.meaning.messages import Message, WireMessage, wire

Event = dict[str, Any]

_BAD_ARGS = "Failed to parse tool call arguments as JSON"
# Content blocks that grow: their type, and the field that grows.
_GROWING = {"text": "text", "reasoning": "reasoning"}


class Answer:
    """One answer of a model as it comes in: chunks are taken, the events of `messages` are given.

    All blocks are finished behind the last chunk, in the order in which they began.
    """

    __slots__ = ("_blocks", "_kwargs", "_metadata", "_numbers", "_start", "_usage", "id")

    def __init__(self, message_id: str) -> None:
        self.id = message_id
        self._blocks: list[dict[str, Any]] = []
        self._numbers: dict[tuple[str, Any], int] = {}
        self._metadata: dict[str, Any] = {}
        self._start: dict[str, Any] | None = None
        self._usage: Any = None
        self._kwargs: dict[str, Any] = {}

    def take(self, chunk: Chunk) -> list[Event]:
        """The events of one more chunk."""
        events: list[Event] = []
        said = chunk["response_metadata"]
        if self._start is None:
            named = {"provider": said.get("model_provider"), "model": said.get("model_name")}
            self._start = {key: value for key, value in named.items() if value is not None}
            begun: Event = {"event": "message-start", "role": "ai", "id": self.id}
            events.append({**begun, "metadata": self._start} if self._start else begun)
        self._metadata |= said
        self._kwargs |= chunk["additional_kwargs"]
        self._usage = _added(self._usage, chunk["usage_metadata"])
        content = chunk["content"]
        for block in [content] if isinstance(content, str) else content:
            events += self._grown(block, loose=isinstance(content, str))
        for piece in chunk["tool_call_chunks"]:
            events += self._called(piece)
        return events

    def _grown(self, block: Any, *, loose: bool) -> list[Event]:
        """What a piece of text, or of a content block, adds; `loose` text comes without a number of its own."""
        if isinstance(block, str):
            if not block:
                return []
            block = {"type": "text", "text": block}
        kind = block.get("type")
        field = _GROWING.get(kind)
        if field is None:
            return []
        events: list[Event] = []
        key = (kind, block.get("index"))
        if key not in self._numbers:
            number = self._numbers[key] = len(self._blocks)
            own = {} if loose or "index" not in block else {"index": number}
            self._blocks.append({"type": kind, field: "", **own})
            events.append(
                {"event": "content-block-start", "index": number, "content": {"type": kind, field: ""}}
            )
        number = self._numbers[key]
        self._blocks[number][field] += block.get(field) or ""
        delta = {"type": f"{kind}-delta", field: block.get(field) or ""}
        events.append({"event": "content-block-delta", "index": number, "delta": delta})
        return events

    def _called(self, piece: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        key = ("call", piece["index"])
        if key not in self._numbers:
            number = self._numbers[key] = len(self._blocks)
            begun = {"type": "tool_call_chunk", "id": piece["id"], "name": piece["name"], "args": ""}
            self._blocks.append(dict(begun))
            begun["index"] = piece["index"]
            events.append({"event": "content-block-start", "index": number, "content": begun})
        number = self._numbers[key]
        if piece["args"]:
            self._blocks[number]["args"] += piece["args"]
            delta = {"type": "tool-call-delta", "args": piece["args"]}
            events.append({"event": "content-block-delta", "index": number, "delta": delta})
        return events

    def finish(self) -> list[Event]:
        """The events of the end."""
        events: list[Event] = [
            {"event": "content-block-finish", "index": number, "content": block}
            for number, block in enumerate(map(_finished, self._blocks))
        ]
        end: Event = {"event": "message-finish"}
        if self._usage is not None:
            end["usage"] = self._usage
        if self._kwargs:
            end["additional_kwargs"] = self._kwargs
        if self._metadata:
            end["metadata"] = self._metadata
        return [*events, end]

    def message(self) -> WireMessage:
        """The message that it comes to."""
        start = self._start or {}
        named = {"model_provider": start.get("provider"), "model_name": start.get("model")}
        metadata = {key: value for key, value in named.items() if value is not None}
        blocks = [_stored(number, block) for number, block in enumerate(map(_finished, self._blocks))]
        made = wire(
            "ai",
            blocks or "",
            id=self.id,
            additional_kwargs=self._kwargs,
            response_metadata={**metadata, **self._metadata, "output_version": "v1"},
        )
        calls = [block for block in blocks if block["type"] == "tool_call"]
        made["tool_calls"] = [
            {"name": call["name"], "args": call["args"], "id": call["id"], "type": "tool_call"}
            for call in calls
        ]
        made["invalid_tool_calls"] = [block for block in blocks if block["type"] == "invalid_tool_call"]
        made["usage_metadata"] = self._usage
        return WireMessage(made)


def _added(left: Any, right: Any) -> Any:
    """Token counts, summed up."""
    if not left or not right:
        return left or right
    if isinstance(left, dict) and isinstance(right, dict):
        return {key: _added(left.get(key), right.get(key)) for key in {**left, **right}}
    return left + right


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "tool_call_chunk":
        return block
    named = {"id": block["id"], "name": block["name"]}
    try:
        args = json.loads(block["args"] or "{}")
    except json.JSONDecodeError:
        args = None
    if isinstance(args, dict):
        return {"type": "tool_call", **named, "args": args}
    return {"type": "invalid_tool_call", **named, "args": block["args"], "error": _BAD_ARGS}


def _stored(number: int, block: dict[str, Any]) -> dict[str, Any]:
    """A block as the state has it: what grew has its number."""
    return {**block, "index": number} if block["type"] in _GROWING else block


# --- messages in the protocol's own shape ----------------------------------------------------------------


def shaped(message: Message) -> dict[str, Any]:
    """A message object as the events of values and updates show it: without what is empty."""
    shape: dict[str, Any] = {"type": message["type"], "content": message["content"]}
    for key in ("id", "name", "example", "response_metadata"):
        if message.get(key):
            shape[key] = message[key]
    if message["type"] == "tool":
        for key in ("tool_call_id", "status", "artifact"):
            shape[key] = message.get(key)
    if message["type"] == "ai":
        if message.get("tool_calls"):
            shape["tool_calls"] = [
                {"type": "tool_call", "name": call["name"], "args": call["args"], "id": call["id"]}
                for call in message["tool_calls"]
            ]
        if message.get("invalid_tool_calls"):
            shape["invalid_tool_calls"] = message["invalid_tool_calls"]
    return shape


def mirror(call: str, output: Any) -> list[Event]:
    """What a tool came to, told once more as a message; langgraph-api 0.16.7: its delta has `content`, not `delta`."""
    content = output.get("content") if isinstance(output, dict) else ""
    text = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    said = {"type": "text", "text": text if content is not None else ""}
    return [
        {"event": "message-start", "role": "tool", "id": f"tool-{call}", "tool_call_id": call},
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "index": 0, "content": said},
        {"event": "content-block-finish", "index": 0, "content": said},
        {"event": "message-finish", "metadata": {}},
    ]
