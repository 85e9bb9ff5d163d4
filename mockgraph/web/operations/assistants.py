"""Assistants: every operation."""

from mockgraph.web.operations.pieces import Operation
from mockgraph.web.schemas.pieces import INTEGER, OBJECT, listed, ref

OPERATIONS = [
    Operation(
        "/assistants/search",
        "post",
        "Assistants",
        "Search assistants",
        body="AssistantSearchRequest",
        answer=listed(ref("Assistant")),
        refusals=(404, 422),
    ),
    Operation(
        "/assistants/count",
        "post",
        "Assistants",
        "Count assistants",
        body="AssistantCountRequest",
        answer=INTEGER,
        refusals=(404, 422),
    ),
    Operation(
        "/assistants/{assistant_id}",
        "get",
        "Assistants",
        "Get an assistant",
        answer=ref("Assistant"),
        refusals=(404, 422),
    ),
    Operation(
        "/assistants/{assistant_id}/graph",
        "get",
        "Assistants",
        "Draw an assistant's graph",
        answer=OBJECT,
        query={"xray": {"anyOf": [{"type": "boolean"}, INTEGER]}},
        refusals=(404, 422, 501),
    ),
]
