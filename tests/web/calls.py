"""Calls of MCP and A2A, as the tests of both make them."""

import json
from typing import Any

import httpx

from mockgraph.words.vocabulary import system_assistant_id

ACCEPT = {"accept": "application/json, text/event-stream"}
AGENT = f"/a2a/{system_assistant_id('agent')}"

CHAT = """
- name: hello
  when: {"input.messages[-1].content": hello}
  play: [{node: agent, update: {messages: [{ai: "Hello you."}]}}]
- name: text
  when: {input.messages: hello}
  play: [{node: agent, update: {messages: [{ai: "Hello you."}]}}]
- name: asks
  when: {"input.messages[-1].content": ask}
  play: [{node: agent, interrupt: "Who are you?"}]
- name: answered
  when: {resume: {exists: true}}
  play: [{node: agent, update: {messages: [{ai: "Hi ${resume}."}]}}]
- name: waits
  when: {"input.messages[-1].content": wait}
  play: [{node: agent, delay: 60s}]
- name: lacks
  when: {"input.messages[-1].content": lack}
  play: [{node: agent, update: {messages: [{ai: "${input.nothing}"}]}}]
"""
CHANNELS = "channels: {messages: add_messages, mood: last_value}"


async def rpc(client: httpx.AsyncClient, path: str, method: Any, params: Any = None) -> Any:
    """The answer of a call: of a stream, the answers."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {} if params is None else params}
    return told(await client.post(path, json=message, headers=ACCEPT))


def told(answer: httpx.Response) -> Any:
    assert answer.status_code == 200
    if answer.headers["content-type"].startswith("text/event-stream"):
        parts = answer.text.removesuffix("\r\n\r\n").split("\r\n\r\n")
        return [json.loads(part.partition("data: ")[2]) for part in parts]
    return answer.json()


def said(text: str, **fields: Any) -> dict[str, Any]:
    """The parameters of a message that says this."""
    return {
        "message": {"role": "user", "messageId": "m1", "parts": [{"kind": "text", "text": text}], **fields}
    }


ODD: list[Any] = [None, True, 5, -1, 1e300, "", "x", [], [None], {}, {"a": []}]


def deep(levels: int) -> bytes:
    """A JSON list within a list, so many levels deep."""
    return b"[" * levels + b"]" * levels
