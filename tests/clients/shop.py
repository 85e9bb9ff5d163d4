"""A graph `shop`, scripted in code: an order, a second turn that follows it, and a run that fails."""

from typing import Any

STUBS: list[dict[str, Any]] = [
    {
        "name": "order",
        "when": {"input.messages[-1].content": {"contains": "hat"}},
        "play": [{"node": "agent", "update": {"messages": [{"ai": "It is on its way."}]}}],
    },
    {
        "name": "thanks",
        "after": "order",
        "play": [{"node": "agent", "update": {"messages": [{"ai": "Enjoy the hat."}]}}],
    },
    {
        "name": "broken",
        "when": {"input.mode": "broken"},
        "play": [{"node": "till", "error": {"type": "ValueError", "message": "kaboom"}}],
    },
]

# What is asked, and what a thread then holds.
ORDER: dict[str, Any] = {"messages": [{"role": "user", "content": "One red hat, please."}]}
THANKS: dict[str, Any] = {"messages": [{"role": "user", "content": "Thank you!"}]}
BROKEN: dict[str, Any] = {"mode": "broken"}

ORDERED = [("human", "One red hat, please."), ("ai", "It is on its way.")]
THANKED = [*ORDERED, ("human", "Thank you!"), ("ai", "Enjoy the hat.")]


def spoken(values: Any) -> list[tuple[str, str]]:
    """Who said what."""
    return [(message["type"], message["content"]) for message in values["messages"]]
