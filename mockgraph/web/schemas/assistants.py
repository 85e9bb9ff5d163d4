"""Assistants, as requests and answers have them."""

from mockgraph.web.schemas.pieces import (
    CONFIG,
    INTEGER,
    OBJECT,
    STRING,
    TIME,
    UUID,
    Schema,
    enum,
    listed,
    page,
    sorting,
)

SCHEMAS: dict[str, Schema] = {
    "Assistant": {
        "type": "object",
        "properties": {
            "assistant_id": UUID,
            "graph_id": STRING,
            "config": CONFIG,
            "context": OBJECT,
            "created_at": TIME,
            "updated_at": TIME,
            "metadata": OBJECT,
            "version": INTEGER,
            "name": STRING,
            "description": {"type": ["string", "null"]},
        },
        "required": ["assistant_id", "graph_id", "config", "created_at", "updated_at", "metadata"],
    },
    "AssistantSearchRequest": {
        "type": "object",
        "properties": {
            "metadata": OBJECT,
            "graph_id": STRING,
            "name": STRING,
            **page(),
            **sorting("assistant_id", "created_at", "updated_at", "name", "graph_id"),
            "select": listed(
                enum(
                    "assistant_id",
                    "graph_id",
                    "name",
                    "description",
                    "config",
                    "context",
                    "created_at",
                    "updated_at",
                    "metadata",
                    "version",
                )
            ),
        },
    },
    "AssistantCountRequest": {
        "type": "object",
        "properties": {"metadata": OBJECT, "graph_id": STRING, "name": STRING},
    },
}
