"""What a run came to, as the end of a task's turn: its state, its artifact, and why it failed."""

from collections.abc import Iterable
from typing import Any

from mockgraph.backend.json import loads
from mockgraph.runtime.settling import OURS
from mockgraph.web.a2a import parts, words
from mockgraph.web.a2a.asking import Asked
from mockgraph.web.a2a.tasks import messages_in
from mockgraph.words.ids import digest, key_of, uuid4


def made_id(asked: Asked, purpose: str) -> str:
    """The id of something that is told of a run once."""
    return uuid4(digest(key_of(asked.begun.run.run_id), f"a2a {purpose}"))


def state(values: Any) -> str:
    """How a task stands whose run ended with these values."""
    return words.INPUT_REQUIRED if "__interrupt__" in values else words.COMPLETED


def artifact(asked: Asked, values: Any, assistant_id: str) -> dict[str, Any]:
    """The questions that the run asked, or what it answered."""
    if "__interrupt__" in values:
        name, description = "Interrupt", "Agent requires input to continue"
        asking = [{"id": item["id"], "value": item["value"]} for item in values["__interrupt__"]]
        content = list(map(parts.data, asking))
    else:
        name, description = "Assistant Response", f"Response from assistant {assistant_id}"
        content = _answered(values, asked.before)
    told = {"artifactId": made_id(asked, "artifact"), "name": name, "description": description}
    return {**told, "parts": content}


def _answered(values: Any, before: Iterable[Any] | None) -> list[parts.Part]:
    """What the agent said last, since somebody spoke to it; the values as Python prints them where nobody speaks."""
    messages = messages_in(values.get("messages"))
    if not messages:
        return [parts.text(str(values))]
    known = set(before or ())
    for message in reversed(messages):
        kind = parts.kind_of(message)
        if kind == "human":
            break
        if message.get("id") in known:
            continue
        if kind == "ai" and (said := parts.shown(message.get("content"))):
            return said
    return [parts.text("")]


def failed(error: dict[str, str]) -> str:
    """Why a run failed, for who waited for it. langgraph-api 0.16.7: only the class of what the graph raised."""
    said = f"Error executing assistant: {error['error']}"
    return f"{said}: {error['message']}" if error["error"] in OURS else said


def with_messages(asked: Asked, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a wait. langgraph-api 0.16.7: of a wordless run, with the messages of the thread."""
    if not asked.wordless or asked.begun.thread is None:
        return values
    standing = loads(asked.begun.thread.values or b"{}")
    return {**values, "messages": standing.get("messages", [])}
