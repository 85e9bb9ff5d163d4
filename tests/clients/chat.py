"""A graph `chat` that people look at in a page, and what a page shows of it.

It greets, counts word by word, calls a tool, asks first, and falls over.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

FIXTURE = """\
mockgraph: 1
graph: chat
channels: {messages: add_messages, decision: last_value}
stubs:
  - name: answered
    after: asked
    when: {resume: {exists: true}}
    play:
      - {node: ask, update: {decision: "${resume}"}}
      - {node: done, update: {messages: [{ai: Done.}]}}
  - name: asked
    when: {"input.messages[-1].content": {contains: refund}}
    play:
      - {node: agent, update: {messages: [{ai: Let me look.}]}}
      - {node: ask, interrupt: {question: "Refund it?"}}
  - name: greeted
    when: {"input.messages[-1].content": {contains: Bagatur}}
    play:
      - {node: agent, update: {messages: [{ai: "Hello Bagatur! It's nice to meet you."}]}}
      - {node: decide, update: {decision: greeted}}
  - name: counted
    when: {"input.messages[-1].content": Count to four.}
    play:
      - node: agent
        stream:
          - {content: "one ", delay: 150ms}
          - {content: "two ", delay: 150ms}
          - {content: "three ", delay: 150ms}
          - {content: "four.", delay: 500ms}
        update: {messages: [{ai: one two three four.}]}
  - name: endless
    when: {"input.messages[-1].content": Count for ever.}
    play:
      - node: agent
        stream: ["one ", {content: two., delay: 60s}]
        update: {messages: [{ai: one two.}]}
  - name: looked
    when: {"input.messages[-1].content": {contains: weather}}
    play:
      - node: agent
        update:
          messages:
            - {ai: Let me look., tool_calls: [{name: weather, args: {city: Paris}, id: call_1}]}
      - {node: tools, update: {messages: [{tool: "Sunny, 21 degrees.", name: weather, tool_call_id: call_1}]}}
      - {node: agent, update: {messages: [{ai: It is sunny.}]}}
  - name: fallen
    when: {"input.messages[-1].content": Fall over.}
    play:
      - {node: agent, update: {messages: [{ai: Watch me.}]}}
      - {node: boom, error: {type: ValueError, message: kaboom}}
"""


def written(folder: Path) -> Path:
    """The folder, with the fixture in it."""
    (folder / "chat.yaml").write_text(FIXTURE, "utf-8")
    return folder


# What is said in a chat: who, and what.
GREETED = [("human", "Hello! My name is Bagatur."), ("ai", "Hello Bagatur! It's nice to meet you.")]
COUNTED = [("human", "Count to four."), ("ai", "one two three four.")]
COUNTING = ["one ", "one two ", "one two three ", "one two three four."]
LOOKED = [
    ("human", "What is the weather in Paris?"),
    ("ai", "Let me look."),
    ("tool", "Sunny, 21 degrees."),
    ("ai", "It is sunny."),
]
ASKED = [("human", "A refund, please."), ("ai", "Let me look.")]
APPROVED = [*ASKED, ("ai", "Done.")]
STOPPED = [("human", "Count for ever."), ("ai", "one ")]
FALLEN = [("human", "Fall over."), ("ai", "Watch me.")]

QUESTION = {"question": "Refund it?"}
TOOL_CALL = {"name": "weather", "args": {"city": "Paris"}, "id": "call_1", "type": "tool_call"}


def seen(chats: dict[str, Any], name: str) -> dict[str, Any]:
    """What was seen in a chat."""
    found: dict[str, Any] = chats[name]
    assert "failed" not in found, found["failed"]
    return found


def spoken(view: Any) -> list[tuple[str, str]]:
    """Who says what in a view; of contents that are blocks, their texts."""
    return [(message["type"], _text(message["content"])) for message in view["messages"]]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def loading(views: list[Any]) -> list[bool]:
    """When a page was loading, over its views: each change once."""
    return [last for last, _ in groupby(view["isLoading"] for view in views)]


def answers(views: list[Any]) -> list[str]:
    """What a page showed of the answer to its question, over its views: each text once."""
    texts = [spoken(view)[1][1] for view in views if len(view["messages"]) > 1]
    return [text for text, _ in groupby(texts) if text]
