"""Messages in updates: what is streamed, what is returned, and what reaches the state."""

from typing import Any

from tests.playing import parts, talk, world


def told(
    play: str, mode: Any, given: Any = None, *, head: str = "channels: {messages: add_messages}"
) -> list[Any]:
    """The parts of a stateless run of this play."""
    found: list[Any] = []

    async def ask(client: Any) -> None:
        run = {"assistant_id": "agent", "input": given or {"messages": []}, "stream_mode": mode}
        found.extend(parts((await client.post("/runs/stream", json=run)).text)[1:])

    talk(world(f"- {{name: one, play: [{play}]}}", head=head), ask)
    return found


def test_written_fields_reach_every_view_as_they_are() -> None:
    written = "{type: ai, id: m1, content: hi, example: false, extra: {a: 1}}"
    shown = {"type": "ai", "id": "m1", "content": "hi", "example": False, "extra": {"a": 1}}
    (_, update), *_ = told(f"{{node: a, update: {{messages: [{written}]}}}}", "updates")
    (message,) = update["a"]["messages"]
    assert list(message.items())[:5] == list(shown.items())
    assert told(f"{{node: a, update: {{messages: [{written}]}}}}", "values")[-1][1]["messages"] == [message]


def test_a_template_may_stand_for_the_messages() -> None:
    given = {"messages": [], "again": [{"role": "user", "content": "twice"}]}
    head = "channels: {messages: add_messages, again: last_value}"
    _, last = told('{node: a, update: {messages: "${input.again}"}}', "values", given, head=head)
    assert [message["content"] for message in last[1]["messages"]] == ["twice"]


def test_a_template_that_gives_no_messages_fails_the_run() -> None:
    (event, error) = told(
        '{node: a, update: {messages: "${input.n}"}}', "updates", {"messages": [], "n": 5}, head=""
    )[-1]
    assert (event, error["error"]) == ("error", "NotImplementedError")


def test_said_messages_stream_but_do_not_stay() -> None:
    streamed = told("{node: a, say: [{ai: aside}], update: {}}", ["messages-tuple", "values"])
    assert [data[0]["content"] for event, data in streamed if event == "messages"] == ["aside"]
    assert [data["messages"] for event, data in streamed if event == "values"] == [[]]


def test_a_model_that_does_not_stream_sends_whole_messages() -> None:
    streamed = told("{node: a, stream: whole, update: {messages: [{ai: hi there}]}}", "messages")
    assert [event for event, _ in streamed] == ["messages/metadata", "messages/complete"]


def test_messages_of_no_model_are_returned() -> None:
    streamed = told(
        "{node: a, model: none, update: {messages: [{ai: hi}, {role: user, content: x}]}}", "messages-tuple"
    )
    ((_, (message, metadata)),) = streamed
    assert (message["type"], metadata["ls_integration"]) == ("ai", "langgraph")
