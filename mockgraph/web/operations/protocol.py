"""The newer thread protocol: every operation."""

from mockgraph.web.operations.pieces import GRAPH, HELLO, SSE, Operation, answering
from mockgraph.web.schemas.pieces import STRING, ref

# langgraph-api 0.16.7: an id is given back as it came, also one that no command should have.
_ODD = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {
        "type": {"enum": ["success", "error"]},
        "id": {},
        "error": STRING,
        "message": STRING,
        "result": {"type": "object"},
    },
}

OPERATIONS = [
    Operation(
        "/threads/{thread_id}/commands",
        "post",
        "Streaming",
        "A command",
        body="ProtocolCommand",
        example={"id": 1, "method": "run.start", "params": {"assistant_id": GRAPH, "input": HELLO}},
        answer={"anyOf": [ref("ProtocolSuccess"), ref("ProtocolError"), _ODD]},
        others={
            400: answering("No command", json={"anyOf": [ref("ProtocolError"), _ODD, ref("ErrorResponse")]}),
        },
    ),
    Operation(
        "/threads/{thread_id}/stream/events",
        "post",
        "Streaming",
        "Follow the thread's events, from the first",
        body="ProtocolEventStreamRequest",
        example={"channels": ["values", "lifecycle"], "since": 0},
        answer=STRING,
        kind=SSE,
    ),
]
