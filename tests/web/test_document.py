"""Our OpenAPI document: it has every route and no other, and what it says is true of itself."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from starlette.routing import BaseRoute, Route, WebSocketRoute

from mockgraph.web import openapi
from mockgraph.web.app import routes_of
from mockgraph.web.metrics import Metrics
from mockgraph.web.operations import OPERATIONS
from mockgraph.web.operations.pieces import Operation
from mockgraph.web.schemas import SCHEMAS
from mockgraph.words.vocabulary import HTTP_METHODS
from tests.playing import world

DOCUMENT = openapi.document(["agent", "counter"])
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]

# Routes that only say that there is nothing: the real server's system routes know no wrong method.
_SYSTEM = ("/", "/ok", "/info", "/openapi.json", "/metrics", "/docs")
FALLBACKS = {(method, path) for path in _SYSTEM for method in HTTP_METHODS if method not in ("GET", "HEAD")}
# An agent's place has a slash at its end or not, and cannot be deleted (405, in its own way).
FALLBACKS |= {(method, "/a2a/{assistant_id}/") for method in ("GET", "POST", "DELETE")}
FALLBACKS |= {("DELETE", "/a2a/{assistant_id}")}
# Where a few versions of the JavaScript SDK look for the newer thread protocol.
FALLBACKS |= {("POST", f"/v2/threads/{{thread_id}}/{name}") for name in ("commands", "stream")}


def endpoints() -> dict[tuple[str, str], Any]:
    """What answers each method of each path, as the document spells it."""
    found: dict[tuple[str, str], Any] = {}
    namespace = world("- {name: all, play: []}")
    routes: list[BaseRoute] = routes_of(namespace, Metrics(namespace), namespace)
    for route in routes:
        if isinstance(route, WebSocketRoute):
            continue  # OpenAPI has no words for them
        assert isinstance(route, Route)
        for method in route.methods or ():
            found.setdefault((method, route.path.replace(":path}", "}")), route.endpoint)
    return found


def named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def test_the_document_has_every_route_and_no_other() -> None:
    routed = {place for place in endpoints() if place[0] != "HEAD"} - FALLBACKS
    described = [(operation.method.upper(), operation.path) for operation in OPERATIONS]
    assert routed - set(described) == set(), "routes that are not in the document"
    assert set(described) - routed == set(), "operations that no route answers"
    assert len(described) == len(set(described))
    assert len(described) == sum(map(len, DOCUMENT["paths"].values()))


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_examples_are_valid(operation: Operation) -> None:
    content = DOCUMENT["paths"][operation.path][operation.method]["requestBody"]["content"]
    for kind in content.values():
        schema = {**kind["schema"], "components": DOCUMENT["components"]}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(kind["example"])


def test_examples_name_a_graph_that_there_is() -> None:
    create = openapi.document(["counter"])["paths"]["/assistants"]["post"]["requestBody"]["content"]
    assert create["application/json"]["example"]["graph_id"] == "counter"


def test_graphs_are_listed_where_one_is_named() -> None:
    graphs = {
        name: schema["properties"]["graph_id"].get("enum")
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if "graph_id" in schema.get("properties", ())
    }
    assert graphs.pop("AssistantCountRequest") is None
    assert len(graphs) == 5
    assert all(listed == ["agent", "counter"] for listed in graphs.values())
    assert "enum" not in openapi.document([])["components"]["schemas"]["Assistant"]["properties"]["graph_id"]


def test_the_document_is_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


@pytest.mark.parametrize("name", SCHEMAS)
def test_components_are_json_schemas(name: str) -> None:
    jsonschema_rs.meta.validate(SCHEMAS[name])


def test_references_lead_somewhere() -> None:
    found = set(re.findall(r"'\$ref': '([^']*)'", repr(DOCUMENT)))
    assert found
    assert found <= {f"#/components/schemas/{name}" for name in SCHEMAS}


def test_operations_have_names_of_their_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+_[a-z0-9_]*[a-z0-9]", name) for name in names)


def test_parameters_of_paths_are_all_there() -> None:
    for operation in OPERATIONS:
        told = {parameter["name"] for parameter in _parameters(operation, "path")}
        assert told == set(re.findall(r"\{(\w+)\}", operation.path))


def _parameters(operation: Operation, place: str) -> Iterator[dict[str, Any]]:
    for parameter in operation.wire().get("parameters", ()):
        if parameter["in"] == place:
            yield parameter
