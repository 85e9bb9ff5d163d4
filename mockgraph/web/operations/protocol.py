"""The newer thread protocol: every operation."""

from mockgraph.web.operations.pieces import GRAPH, HELLO, SSE, Operation, answering
from mockgraph.web.schemas.pieces import STRING, ref

OPERATIONS = [
    Operation(
        "/threads/{thread_id}/commands",
        "post",
        "Streaming",
        "A command",
        body="ProtocolCommand",
        example={"id": 1, "method": "run.start", "params": {"assistant_id": GRAPH, "input": HELLO}},
        answer={"oneOf": [ref("ProtocolSuccess"), ref("ProtocolError")]},
        others={
            400: answering("No command", json={"anyOf": [ref("ProtocolError"), ref("ErrorResponse")]}),
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
