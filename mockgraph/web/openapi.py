"""Our OpenAPI document, as `/openapi.json` serves it."""

from mockgraph import __version__
from mockgraph.web.operations import OPERATIONS
from mockgraph.web.operations.pieces import GRAPH
from mockgraph.web.schemas import SCHEMAS
from mockgraph.web.schemas.pieces import Schema, enum

# Where a graph is named, the document lists those that there are. Requests are validated without that list: a graph
# that is not there is refused with a sentence of its own.
_NAMING_GRAPHS = ("Assistant", "AssistantCreate", "AssistantPatch", "AssistantSearchRequest", "GraphSchema")


def document(graph_ids: list[str]) -> Schema:
    """The whole document, for a server that scripts these graphs."""
    shown = graph_ids[0] if graph_ids else GRAPH
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation.wire(shown)
    schemas = dict(SCHEMAS)
    for name in _NAMING_GRAPHS if graph_ids else ():
        properties = {**SCHEMAS[name]["properties"], "graph_id": enum(*graph_ids)}
        schemas[name] = {**SCHEMAS[name], "properties": properties}
    return {
        "openapi": "3.1.0",
        "info": {"title": "mockgraph", "version": __version__},
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "paths": paths,
        "components": {"schemas": schemas},
    }
