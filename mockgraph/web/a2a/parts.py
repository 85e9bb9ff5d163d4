"""Contents of messages as parts, and parts as contents: text, files, data, and the results of tools."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from mockgraph.meaning.messages import ROLES
from mockgraph.web.rpc import RpcError

CONTENT_TYPE_NOT_SUPPORTED = -32005
INVALID_RESPONSE = -32006

Part = dict[str, Any]

_MEDIA = ("image", "audio", "video", "file")


def text(said: str) -> Part:
    """A text as a part."""
    return {"kind": "text", "text": said}


def data(value: Any) -> Part:
    """A JSON object as a part."""
    return {"kind": "data", "data": value}


# --- from messages to parts ------------------------------------------------------------------------------


def kind_of(message: Mapping[str, Any]) -> str | None:
    """The wire type of a message of a state; None for what is none."""
    named = message.get("type") or message.get("role")
    return ROLES.get(named) if isinstance(named, str) else None


def told(message: Mapping[str, Any]) -> tuple[str, list[Part]] | None:
    """Who wrote a message, and its parts; None for what is not shown: what the system says, and empty answers."""
    kind, content = kind_of(message), message.get("content")
    if kind == "human":
        return "user", shown(content) or [text("")]
    if kind == "tool":
        return "agent", [data({"tool_results": [_result(message)]})]
    if kind == "ai" and (parts := shown(content)):
        return "agent", parts
    return None


def growing(message: Mapping[str, Any]) -> list[Part]:
    """What a stream shows of a message: its text alone, whoever says it, or the result of a tool."""
    kind = kind_of(message)
    if kind == "tool":
        return [data({"tool_results": [_result(message)]})]
    if kind not in ("human", "ai"):
        return []
    content = message.get("content")
    blocks = content if isinstance(content, list) else [content]
    said = "".join(filter(None, map(_text_of, blocks)))
    return [text(said)] if said else []


def shown(content: Any) -> list[Part]:
    """A content's texts and files, texts that stand together as one; nothing where all of it is empty."""
    parts: list[Part] = []
    for block in content if isinstance(content, list) else [content]:
        said = _text_of(block)
        if said is None:
            if isinstance(block, dict) and block.get("type") in _MEDIA:
                parts.append({"kind": "file", "file": _file(block)})
        elif parts and parts[-1]["kind"] == "text":
            parts[-1] = text(parts[-1]["text"] + said)
        else:
            parts.append(text(said))
    return [] if parts == [text("")] else parts


def _text_of(block: Any) -> str | None:
    if isinstance(block, str):
        return block
    said = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else None
    return said if isinstance(said, str) else None


def _result(message: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "toolCallId": message.get("tool_call_id"),
        "content": message.get("content"),
        "name": message.get("name"),
        "status": message.get("status"),
    }
    return {key: value for key, value in told.items() if value}


def _file(block: Mapping[str, Any]) -> dict[str, Any]:
    """A media block of LangChain's as a file."""
    file: dict[str, Any] = {}
    encoded = block.get("base64", block.get("data"))
    if encoded is not None:
        file["bytes"] = _normal(encoded)
    elif "url" in block:
        if not isinstance(block["url"], str) or not block["url"]:
            raise RpcError(INVALID_RESPONSE, "Media content block 'url' must be a non-empty string.")
        file["uri"] = block["url"]
    else:
        raise RpcError(INVALID_RESPONSE, "Media content blocks must contain 'base64', 'data', or 'url'.")
    extras = block.get("extras")
    name = block.get("filename") or (extras.get("filename") if isinstance(extras, dict) else None)
    for key, given, what in (("mimeType", block.get("mime_type"), "'mime_type'"), ("name", name, "filename")):
        if given is not None and not isinstance(given, str):
            raise RpcError(INVALID_RESPONSE, f"Media content block {what} must be a string.")
        if given:
            file[key] = given
    return file


def _normal(encoded: Any) -> str:
    """Base64 in its usual alphabet, padded."""
    if not isinstance(encoded, str):
        raise RpcError(INVALID_RESPONSE, "Media content block 'base64' must be base64-encoded text or bytes.")
    plain = re.sub(r"\s", "", encoded).translate(_URL_SAFE)
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise RpcError(
            INVALID_RESPONSE, "Media content block 'base64' must contain valid base64 data."
        ) from None
    return base64.b64encode(raw).decode()


_URL_SAFE = str.maketrans("-_", "+/")


# --- from parts to contents ------------------------------------------------------------------------------


def sorted_out(parts: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the parts of a client's message say to people (content blocks, in order), and their data."""
    blocks: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    for part in parts:
        kind = _only_kind(part)
        if kind == "text":
            blocks.append({"type": "text", "text": part["text"]})
        elif kind == "file":
            blocks.append(_media(part["file"]))
        elif isinstance(part["data"], dict):
            objects.append(part["data"])
        else:
            raise unsupported("DataPart must contain a JSON object in the 'data' field")
    return blocks, objects


def speaks(part: Any) -> bool:
    """Whether a part is something that only a conversation can take."""
    return isinstance(part, dict) and ("text" in part or "file" in part)


def _only_kind(part: Any) -> str:
    if not isinstance(part, dict):
        raise unsupported(f"Each message part must be an object. {_SUPPORTED}")
    found = [kind for kind in ("text", "file", "data") if kind in part]
    if not found:
        raise unsupported(f"Unsupported part type. {_SUPPORTED}")
    if len(found) > 1:
        raise unsupported(
            f"Each message part must contain exactly one of 'text', 'file', or 'data'. Got multiple: {found}."
        )
    return found[0]


def _media(file: Any) -> dict[str, Any]:
    """A file as a content block of LangChain's."""
    if not isinstance(file, dict):
        raise unsupported("FilePart must contain a 'file' object with 'bytes' or 'uri'.")
    encoded, uri, mime = file.get("bytes"), file.get("uri"), file.get("mimeType")
    if encoded is None and uri is None:
        raise unsupported("FilePart 'file' must contain either 'bytes' or 'uri'.")
    if encoded is not None and uri is not None:
        raise unsupported("FilePart 'file' must contain only one of 'bytes' or 'uri'.")
    block: dict[str, Any] = {"type": _medium(mime)}
    block |= {"url": uri} if encoded is None else {"base64": encoded}
    if mime:
        block["mime_type"] = mime
    if file.get("name"):
        block["extras"] = {"filename": file["name"]}
    return block


def _medium(mime: Any) -> str:
    named = mime.strip().partition("/")[0].lower() if isinstance(mime, str) else ""
    return named if named in ("image", "audio", "video") else "file"


def unsupported(sentence: str) -> RpcError:
    return RpcError(CONTENT_TYPE_NOT_SUPPORTED, sentence)


_SUPPORTED = "A2A agents support 'text', 'data', and 'file' parts only."
