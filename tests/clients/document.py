"""LangGraph's how-to on stateless runs: its code, what that code printed there, and what is not told again today."""

from typing import Any

TEXT = "Hello! My name is Bagatur and I am 26 years old."

# The streaming part, to be run where `client` and `assistant_id` are names; indentation is all that was added.
STREAMING = """\
input = {
    "messages": [
        {"role": "user", "content": "Hello! My name is Bagatur and I am 26 years old."}
    ]
}
async for chunk in client.runs.stream(
    # Don't pass in a thread_id and the stream will be stateless
    None,
    assistant_id,
    input=input,
    stream_mode="updates",
):
    if chunk.data and "run_id" not in chunk.data:
        print(chunk.data)
"""

# The document shows the result of a wait, not the call.
WAITING = """\
print(await client.runs.wait(None, assistant_id, input=input))
"""

# The body that the document sends with curl, on a thread.
BODY: dict[str, Any] = {
    "assistant_id": "agent",
    "input": {"messages": [{"role": "human", "content": TEXT}]},
    "stream_mode": ["updates"],
}

STREAMED: dict[str, Any] = {
    "agent": {
        "messages": [
            {
                "content": "Hello Bagatur! It's nice to meet you. Thank you for introducing yourself and sharing your age. Is there anything specific you'd like to know or discuss? I'm here to help with any questions or topics you're interested in.",
                "additional_kwargs": {},
                "response_metadata": {},
                "type": "ai",
                "name": None,
                "id": "run-489ec573-1645-4ce2-a3b8-91b391d50a71",
                "example": False,
                "tool_calls": [],
                "invalid_tool_calls": [],
                "usage_metadata": None,
            }
        ]
    }
}

WAITED: dict[str, Any] = {
    "messages": [
        {
            "content": "Hello! My name is Bagatur and I am 26 years old.",
            "additional_kwargs": {},
            "response_metadata": {},
            "type": "human",
            "name": None,
            "id": "5e088543-62c2-43de-9d95-6086ad7f8b48",
            "example": False,
        },
        {
            "content": "Hello Bagatur! It's nice to meet you. Thank you for introducing yourself and sharing your age. Is there anything specific you'd like to know or discuss? I'm here to help with any questions or topics you'd like to explore.",
            "additional_kwargs": {},
            "response_metadata": {},
            "type": "ai",
            "name": None,
            "id": "run-d6361e8d-4d4c-45bd-ba47-39520257f773",
            "example": False,
            "tool_calls": [],
            "invalid_tool_calls": [],
            "usage_metadata": None,
        },
    ]
}


def waited_today(human_id: str) -> dict[str, Any]:
    """WAITED as a server of today answers it: the human message's id is generated, and `example` is not sent."""
    human, answer = WAITED["messages"]
    told = {key: value for key, value in human.items() if key != "example"} | {"id": human_id}
    return {"messages": [told, answer]}
