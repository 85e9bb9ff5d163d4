"""MCP: every operation. The endpoint has no sessions and offers no stream of its own."""

from mockgraph.web.operations.pieces import ERROR, Operation, answering
from mockgraph.web.schemas.pieces import OBJECT, enum

OPERATIONS = [
    Operation(
        "/mcp",
        "post",
        "MCP",
        "A message of the Model Context Protocol",
        body=OBJECT,
        example={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"Accept": enum("application/json, text/event-stream")},
        needed=("Accept",),
        answer=OBJECT,
        others={
            202: answering("Taken: a notification or a response"),
            400: answering("No message of the protocol", json=ERROR),
            405: answering("Not allowed"),
        },
    ),
    Operation("/mcp", "get", "MCP", "There is no stream to follow", status=405),
    Operation("/mcp", "delete", "MCP", "There is no session to end", status=404),
]
