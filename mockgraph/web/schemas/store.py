"""The store, as requests and answers have it."""

from mockgraph.web.schemas.pieces import (
    INTEGER,
    NULL,
    OBJECT,
    STRING,
    TIME,
    Schema,
    listed,
    nullable,
    record,
    ref,
)

_LABELS = listed(STRING)

SCHEMAS: dict[str, Schema] = {
    "StorePutRequest": record(
        *("namespace", "key", "value"),
        namespace=_LABELS,
        key=STRING,
        value=OBJECT,
        index={"oneOf": [{"type": "boolean", "enum": [False]}, listed(STRING), NULL], "default": None},
        ttl={"type": ["number", "null"], "default": None},
    ),
    "StoreDeleteRequest": record("key", namespace=_LABELS, key=STRING),
    "StoreSearchRequest": record(
        namespace_prefix=nullable(_LABELS),
        filter={"type": ["object", "null"], "additionalProperties": True},
        limit={"type": "integer", "default": 10},
        offset={"type": "integer", "default": 0},
        query=nullable(STRING),
        refresh_ttl={"type": ["boolean", "null"], "default": None},
    ),
    "StoreListNamespacesRequest": record(
        prefix=_LABELS,
        suffix=_LABELS,
        max_depth=INTEGER,
        limit={"type": "integer", "default": 100},
        offset={"type": "integer", "default": 0},
    ),
    "Item": record(
        *("namespace", "key", "value", "created_at", "updated_at"),
        namespace=_LABELS,
        key=STRING,
        value=OBJECT,
        created_at=TIME,
        updated_at=TIME,
    ),
    "SearchItemsResponse": record("items", items=listed(ref("Item"))),
    "ListNamespaceResponse": listed(_LABELS),
}
