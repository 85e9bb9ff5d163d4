"""Reading how a message reaches the stream: the model that wrote it, the cut of its text, the pauses."""

from typing import Any

from mockgraph.meaning import chunks
from mockgraph.script import words
from mockgraph.script.durations import read_seconds
from mockgraph.script.model import Model, Piece, Speech
from mockgraph.script.nodes import INVALID, Node, Reader


def read_speech(reader: Reader, entries: dict[str, tuple[Node, Node]], path: str) -> Speech:
    model: Model | None = Model()
    if "model" in entries:
        model = _model(reader, entries["model"][1], f"{path}.model")
    pieces = None
    if "stream" in entries:
        pieces = _stream(reader, entries["stream"][1], f"{path}.stream")
        if model is None:
            reader.complain(entries["stream"][0], path, "'stream' beside 'model: none'", "drop one of them")
    return Speech(model, pieces)


def _model(reader: Reader, node: Node, path: str) -> Model | None:
    if node.kind == "scalar" and node.value == "none":
        return None
    entries = reader.mapping(node, path, words.MODEL, what="'none', or a mapping such as {name: ChatOpenAI}")
    if entries is None:
        return Model()
    name, provider = (
        reader.text(entries[key][1], f"{path}.{key}") if key in entries else None
        for key in ("name", "provider")
    )
    tags: tuple[str, ...] = ()
    if "tags" in entries:
        items = reader.sequence(entries["tags"][1], f"{path}.tags", what="a list of texts")
        tags = tuple(reader.text(item, f"{path}.tags[{at}]") for at, item in enumerate(items))
    metadata: Any = {}
    if "metadata" in entries and reader.mapping(entries["metadata"][1], f"{path}.metadata") is not None:
        metadata = reader.json(entries["metadata"][1], f"{path}.metadata")
    name = Model().name if name in (None, INVALID) else name
    provider = _provider(name) if provider in (None, INVALID) else provider
    return Model(name, provider, tags, metadata)


def _stream(reader: Reader, node: Node, path: str) -> tuple[Piece, ...] | None:
    if node.kind == "list":
        pieces = [_piece(reader, item, f"{path}[{at}]") for at, item in enumerate(node.items)]
        return tuple(piece for piece in pieces if piece is not INVALID)
    word = reader.one_of(node, path, ("words", "whole"))
    return () if word == "whole" else None


def _piece(reader: Reader, node: Node, path: str) -> Any:
    if node.kind != "mapping":
        text = reader.prose(node, path)
        return INVALID if text is INVALID else Piece(chunks.chunk(text, id=None))
    entries = reader.mapping(node, path, words.CHUNK) or {}
    given: dict[str, Any] = {}
    delay = 0.0
    for key, (_, value) in entries.items():
        if key == "delay":
            seconds = read_seconds(reader, value, f"{path}.delay")
            delay = 0.0 if seconds is INVALID else seconds
        else:
            given[key] = reader.json(value, f"{path}.{key}")
    if any(value is INVALID for value in given.values()):
        return INVALID
    calls = _call_pieces(reader, entries, f"{path}.tool_call_chunks")
    if calls is INVALID:
        return INVALID
    fields = chunks.chunk(
        given.get("content", ""),
        id=None,
        tool_call_chunks=calls,
        position=given.get("chunk_position"),
        usage=given.get("usage_metadata"),
        response_metadata=given.get("response_metadata"),
        additional_kwargs=given.get("additional_kwargs"),
    )
    return Piece(fields, delay)


def _call_pieces(reader: Reader, entries: dict[str, tuple[Node, Node]], path: str) -> Any:
    """Pieces of tool calls: texts and an index, whatever is missing is null."""
    if "tool_call_chunks" not in entries:
        return []
    pieces = []
    node = entries["tool_call_chunks"][1]
    for at, item in enumerate(reader.sequence(node, path, what="a list of pieces of tool calls")):
        here = f"{path}[{at}]"
        fields = reader.mapping(item, here, words.CALL_PIECE, what="a piece of a tool call (a mapping)")
        if fields is None:
            return INVALID
        piece: dict[str, Any] = {"name": None, "args": None, "id": None, "index": None}
        for key, (_, value) in fields.items():
            if key == "index":
                piece[key] = reader.integer(value, f"{here}.{key}", least=0)
            elif value.value is not None or value.kind != "scalar":
                piece[key] = reader.text(value, f"{here}.{key}")
        if any(value is INVALID for value in piece.values()):
            return INVALID
        pieces.append({**piece, "type": "tool_call_chunk"})
    return pieces


def _provider(name: str) -> str:
    """langchain-core 1.7.2: `ls_provider` is the class name without a leading or trailing "Chat", in lower case."""
    return name.removeprefix("Chat").removesuffix("Chat").lower()
