"""Assistants and their graphs' schemas, as requests and answers have them."""

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
    nullable,
    page,
    record,
    ref,
    sorting,
)

COLUMNS = (
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
_SCHEMAS_OF_A_GRAPH = {
    name: nullable(OBJECT)
    for name in ("input_schema", "output_schema", "state_schema", "config_schema", "context_schema")
}

SCHEMAS: dict[str, Schema] = {
    "Assistant": record(
        *("assistant_id", "graph_id", "config", "created_at", "updated_at", "metadata"),
        assistant_id=UUID,
        graph_id=STRING,
        config=CONFIG,
        context=OBJECT,
        created_at=TIME,
        updated_at=TIME,
        metadata=OBJECT,
        version=INTEGER,
        name=STRING,
        description=nullable(STRING),
    ),
    "AssistantCreate": record(
        "graph_id",
        assistant_id=UUID,
        graph_id=STRING,
        config=OBJECT,
        context=OBJECT,
        metadata=OBJECT,
        if_exists=enum("raise", "do_nothing", default="raise"),
        name=STRING,
        description=nullable(STRING),
    ),
    "AssistantPatch": record(
        graph_id=STRING, config=OBJECT, context=OBJECT, metadata=OBJECT, name=STRING, description=STRING
    ),
    "AssistantVersionChange": record(version=INTEGER),
    "AssistantSearchRequest": record(
        metadata=OBJECT,
        graph_id=STRING,
        name=STRING,
        **page(),
        **sorting("assistant_id", "created_at", "updated_at", "name", "graph_id"),
        select=listed(enum(*COLUMNS)),
    ),
    "AssistantCountRequest": record(metadata=OBJECT, graph_id=STRING, name=STRING),
    "AssistantVersionsSearchRequest": record(metadata=OBJECT, **page()),
    "Config": CONFIG,
    "GraphSchema": record("graph_id", "state_schema", graph_id=STRING, **_SCHEMAS_OF_A_GRAPH),
    "GraphSchemaNoId": record("input_schema", "output_schema", "state_schema", **_SCHEMAS_OF_A_GRAPH),
    "Subgraphs": {"type": "object", "additionalProperties": ref("GraphSchemaNoId")},
}
