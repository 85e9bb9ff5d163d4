"""Requests that schemathesis makes of our own OpenAPI document: none meets a 5xx, or an answer that is not documented.

`make check` sends a few for each operation, the same every time; `make nightly` many more, and those on every boundary.
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from zlib import crc32

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import utils
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.hypothesis.builder import generate_coverage_cases

from mockgraph.web import operations
from mockgraph.web.openapi import document
from mockgraph.web.operations.pieces import JSON, SSE, Operation
from mockgraph.web.routes import joining
from tests.playing import parts
from tests.web.seeds import GRAPH, Seeds, seeded


def labelled(operation: Operation) -> str:
    """What schemathesis calls it."""
    return f"{operation.method.upper()} {operation.path}"


NIGHTLY = bool(os.environ.get("MOCKGRAPH_NIGHTLY"))
pytestmark = pytest.mark.timeout(900 if NIGHTLY else 120)
FEWEST = 2000 if NIGHTLY else 300

# Their answers never end: a test of their own reads how they begin.
ENDLESS = ("GET /threads/{thread_id}/stream", "POST /threads/{thread_id}/stream/events")
# What controls the server has examples of its own in test_control.py: here they would end the world.
DESCRIBED = [
    operation
    for operation in operations.OPERATIONS
    if labelled(operation) not in ENDLESS and "/_mockgraph" not in operation.path
]

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
]
# It takes the schema of a stream for that of each event, where the real server's document means the whole.
OF_BODIES = schemathesis.checks.response_schema_conformance

if not hasattr(utils.many, "more"):
    # hypothesis-jsonschema 0.23.1 asks so; hypothesis has forgotten it.
    def more(self: Any) -> bool:
        if not hasattr(self, "going"):
            self.__enter__()
            self.going = iter(self)
        return next(self.going, self) is not self

    utils.many.more = more  # type: ignore[attr-defined]

schema = schemathesis.openapi.from_dict(document([GRAPH]))
Asked = schemathesis.APIOperation[Any, Any, Any]
OPERATIONS: dict[str, Asked] = {
    found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)
}
ENDING = [label for label in OPERATIONS if label not in ENDLESS]
SETTINGS = settings(
    max_examples=40 if NIGHTLY else 6,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class World(NamedTuple):
    """The server, what is on it, and how it answered: statuses by operation."""

    url: str
    seeds: Seeds
    session: requests.Session
    told: dict[str, Counter[int]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, seeded(tmp_path_factory.mktemp("seeds")) as (mock, seeds):
        patch.setattr(joining, "_ABSENT", 0)
        with requests.Session() as session:
            yield World(mock.url, seeds, session, {})


@pytest.mark.parametrize("label", ENDING)
def test_answers_are_documented(label: str, world: World) -> None:
    operation = OPERATIONS[label]
    modes = list(GenerationMode) if asks(operation) else [GenerationMode.POSITIVE]
    made = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @SETTINGS
    @given(made)
    def sent(case: schemathesis.Case) -> None:
        send(case, world)

    sent()
    if NIGHTLY:
        for case in on_the_boundaries(operation, modes):
            send(case, world)


def asks(operation: Asked) -> bool:
    """Whether there is anything in its requests that could be wrong."""
    return bool(operation.body or operation.query or operation.path_parameters or operation.headers)


def on_the_boundaries(operation: Asked, modes: list[GenerationMode]) -> Iterator[schemathesis.Case]:
    """A case for each bound and each kind of value that the schemas know, and for what is just beyond."""
    found: Iterator[schemathesis.Case] = generate_coverage_cases(
        operation=operation,
        generation_modes=modes,
        auth_storage=None,
        as_strategy_kwargs={},
        generate_duplicate_query_parameters=False,
        unexpected_methods=set(),
        generation_config=schema.config.generation_for(operation=operation),
    )
    return found


def send(case: schemathesis.Case, world: World) -> None:
    """Sends a case, most of them with ids that there are, and looks at the answer."""
    label = case.operation.label
    kind = crc32(repr((case.path_parameters, case.query, case.body)).encode())
    if kind % 4 and case.path_parameters:
        case.path_parameters = {**case.path_parameters, **known(case, world.seeds)}
    case.body = at_once(case.body, graph=GRAPH if kind % 3 else None)
    base = world.url
    if "/_mockgraph" in label:
        # In a namespace of its own, and where nothing waits for a clock that a case before has held.
        base = f"{world.url}/ns/controlled"
        world.session.put(f"{base}/_mockgraph/clock", json={"mode": "real"}, timeout=20)
    answer = case.call(base_url=base, session=world.session, timeout=20)
    world.told.setdefault(label, Counter())[answer.status_code] += 1
    if answer.status_code == 422 and not answer.headers.get("content-type"):
        # langgraph-api 0.16.7: what is wrong with a label is said in plain text, without a content type.
        assert "/store/" in label
        assert answer.text.startswith("Namespace label ")
    elif answer.headers.get("content-type", [""])[0].startswith(SSE):
        case.validate_response(answer, checks=CHECKS)
        assert all(event and data is not None for event, data in parts(answer.text))
    else:
        case.validate_response(answer, checks=[*CHECKS, OF_BODIES])


def known(case: schemathesis.Case, seeds: Seeds) -> dict[str, str]:
    """Ids of things that there are, for the parameters of a case's path."""
    found = seeds.of(case.method, case.path)
    return {name: found[name] for name in case.path_parameters}


def at_once(body: Any, *, graph: str | None) -> Any:
    """A body whose runs are not put off, and, if a graph is given, play it."""
    if isinstance(body, list):
        return [at_once(item, graph=graph) for item in body]
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    if isinstance(body.get("after_seconds"), int | float):
        changed["after_seconds"] = min(body["after_seconds"], 0.01)
    if graph is not None and isinstance(body.get("assistant_id"), str):
        changed["assistant_id"] = graph
    return changed


def test_there_were_enough_of_them(world: World) -> None:
    told = sum(world.told.values(), Counter())
    print(f"\n{told.total()} requests to {len(world.told)} operations: {dict(sorted(told.items()))}")
    assert set(world.told) == set(ENDING)
    assert len(OPERATIONS) == len(operations.OPERATIONS)
    assert told.total() >= FEWEST


@pytest.mark.parametrize("operation", DESCRIBED, ids=labelled)
def test_examples_are_answered_as_they_should_be(operation: Operation, world: World) -> None:
    label = labelled(operation)
    seeds = world.seeds.of(operation.method.upper(), operation.path)
    wanted = [name for name in operation.query if name in operation.needed or name == "namespace"]
    query = {name: seeds.get(name, "profile") for name in wanted}
    answer = httpx.request(
        operation.method,
        world.url + operation.path.format(**seeds),
        json=operation.wire()["requestBody"]["content"][JSON]["example"] if operation.body else None,
        params=query,
        headers={"Accept": f"{JSON}, {SSE}"},
    )
    well = {operation.status, *(status for status in operation.others if status < 300)}
    assert answer.status_code in well, answer.text
    if not answer.headers.get("content-type", "").startswith(SSE):
        OPERATIONS[label].validate_response(Response.from_any(answer))


@pytest.mark.parametrize("label", ENDLESS)
def test_endless_answers_begin_well(label: str, world: World) -> None:
    method, path = label.split()
    url = world.url + path.format(**world.seeds.of(method, path))
    body = {"channels": ["values"]} if method == "POST" else None
    with httpx.stream(method, url, json=body) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
    refused = httpx.request(method, url.replace(world.seeds.of(method, path)["thread_id"], "x"), json={})
    assert refused.status_code in (400, 422)
    OPERATIONS[label].validate_response(Response.from_any(refused))
