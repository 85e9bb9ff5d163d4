"""What schemas are made of.

Requests are validated with them, and the refusals' texts come out of them: the order of properties, of what is required
and of an enum's values is the real server's.
"""

from typing import Any

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object"}
STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
UUID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FALSE: Schema = {"type": "boolean", "default": False}
TRUE: Schema = {"type": "boolean", "default": True}
ANY_JSON: Schema = {"type": ["object", "array", "number", "string", "boolean", "null"]}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def enum(*values: str, default: str | None = None) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values), **({} if default is None else {"default": default})}


def listed(items: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    """Such a value, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def record(*required: str, **properties: Schema) -> Schema:
    """An object with these properties."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def page(*, limit: int = 10) -> dict[str, Schema]:
    """How searches are paged."""
    return {
        "limit": {"type": "integer", "default": limit, "minimum": 1, "maximum": 1000},
        "offset": {"type": "integer", "default": 0, "minimum": 0},
    }


def sorting(*columns: str) -> dict[str, Schema]:
    """How searches are sorted."""
    return {"sort_by": enum(*columns), "sort_order": enum("asc", "desc")}


CONFIG = record(tags=listed(STRING), recursion_limit=INTEGER, configurable=OBJECT)
