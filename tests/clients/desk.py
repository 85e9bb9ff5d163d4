"""Graphs of a help desk: one that asks before it acts, one that asks two at once, two with graphs inside, and work."""

from pathlib import Path
from typing import Any

# The files of a folder: each of them scripts one graph.
FIXTURES: dict[str, str] = {
    "refunds": """\
channels: {messages: add_messages, log: append, decision: last_value}
stubs:
  - name: answered
    after: asked
    when: {resume: {exists: true}}
    play:
      - {node: ask, update: {decision: "${resume}", log: [ask]}}
      - {node: agent, update: {messages: [{ai: Done.}], log: [agent]}}
  - name: gone to the agent
    when: {command.goto: agent}
    play:
      - {node: agent, update: {messages: [{ai: On it.}], log: [agent]}}
  - name: asked
    when: {"input.messages[-1].content": {contains: refund}}
    play:
      - {node: agent, update: {messages: [{ai: Let me look.}], log: [agent]}}
      - {node: ask, interrupt: {question: "Refund it?"}}
""",
    "votes": """\
channels: {log: append}
stubs:
  - name: voted
    when: {resume: {exists: true}}
    play:
      - parallel:
          - {node: left, update: {log: ["left: ${resume}"]}}
          - {node: right, update: {log: ["right: ${resume}"]}}
      - {node: count, update: {log: [counted]}}
  - name: asked
    play:
      - parallel:
          - {node: left, interrupt: "left?"}
          - {node: right, interrupt: "right?"}
""",
    "steps": """\
channels: {x: last_value, log: append}
stubs:
  - name: walked
    play:
      - {node: one, update: {log: [one]}}
      - {node: two, update: {log: ["two ${state.x}"]}}
      - {node: three, update: {log: [three]}}
""",
    "team": """\
channels: {log: append}
stubs:
  - name: delegated
    play:
      - node: lead
        subgraph:
          - {node: draft, custom: [drafting], update: {log: [draft]}}
          - {node: polish, update: {log: [polish]}}
      - {node: close, update: {log: [close]}}
""",
    "referrals": """\
channels: {log: append, x: last_value}
stubs:
  - name: answered
    when: {resume: {exists: true}}
    play:
      - node: colleague
        subgraph:
          - {node: ask, update: {x: "${resume}"}}
      - {node: close, update: {log: [close]}}
  - name: asked
    play:
      - node: colleague
        subgraph:
          - {node: read, update: {x: read}}
          - {node: ask, interrupt: "Shall I?"}
""",
    "work": """\
channels: {kind: last_value, log: append}
stubs:
  - name: endless
    when: {input.kind: endless}
    play:
      - {node: begin, update: {log: [begun]}}
      - {node: hold, do: [{custom: holding}, {delay: 60s}, {update: {log: [held]}}]}
  - name: paced
    when: {input.kind: paced}
    play:
      - {node: begin, custom: [first, second], update: {log: [begun]}}
      - {node: hold, do: [{delay: 50ms}, {custom: third}, {update: {log: [held]}}]}
  - name: broken
    when: {input.kind: broken}
    play:
      - {node: begin, update: {log: [begun]}}
      - {node: fall, custom: [cracking], error: {type: ValueError, message: kaboom}}
  - name: quick
    when: {input.kind: quick}
    play:
      - {node: begin, update: {log: [quick]}}
""",
}

REFUND: dict[str, Any] = {"messages": [{"role": "user", "content": "A refund, please."}]}
ENDLESS: dict[str, Any] = {"kind": "endless"}
PACED: dict[str, Any] = {"kind": "paced"}
BROKEN: dict[str, Any] = {"kind": "broken"}
QUICK: dict[str, Any] = {"kind": "quick"}


def written(folder: Path) -> Path:
    """The folder, with the fixtures in it."""
    for graph, text in FIXTURES.items():
        (folder / f"{graph}.yaml").write_text(f"mockgraph: 1\ngraph: {graph}\n{text}", "utf-8")
    return folder


def said(values: Any) -> list[str]:
    """What was said, in order."""
    return [message["content"] for message in values["messages"]]
