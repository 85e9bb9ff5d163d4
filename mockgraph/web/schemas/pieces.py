"""What schemas are made of."""

from typing import Any

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object"}
STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
UUID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANY_JSON: Schema = {"type": ["object", "array", "number", "string", "boolean", "null"]}
CONFIG: Schema = {
    "type": "object",
    "properties": {
        "tags": {"type": "array", "items": STRING},
        "recursion_limit": INTEGER,
        "configurable": OBJECT,
    },
}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def enum(*values: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


def listed(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def page() -> dict[str, Schema]:
    """How searches are paged."""
    return {
        "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 1000},
        "offset": {"type": "integer", "default": 0, "minimum": 0},
    }


def sorting(*columns: str) -> dict[str, Schema]:
    """How searches are sorted."""
    return {"sort_by": enum(*columns), "sort_order": enum("asc", "desc")}
