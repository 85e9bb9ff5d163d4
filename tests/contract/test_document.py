"""Our OpenAPI document against the running real server's: every path, parameter, body, status and schema.

Both servers have the same graphs, so that the documents should be the same but for prose, and for what the table says.
"""

import json
import re
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.contract.documents import Facts, differences, facts
from tests.contract.servers import HERE, mock_server, real_server

pytestmark = pytest.mark.timeout(180)

NULL = "null is what the real server answers where there is nothing, and our answers are held against our document"
DELETED = "the real server answers 204 to what it deleted"
NO_500 = "nothing that a client sends makes us answer 500"
BODY = "the real server wants a body here, which its document does not know"

# Where our document says something else on purpose: a pattern for the whole name of the fact, and why.
DIFFERENCES = {
    r"schema Cron properties/(thread_id|end_time)/(type|format)": f"{NULL}; an end is kept as it was sent",
    r"schema GraphSchema(NoId)? properties/(input|output|state|config|context)_schema/type": NULL,
    r"schema Interrupt properties/value.*": "an interrupt may hold any JSON",
    r"schema Interrupt properties/response_schema/type": NULL,
    r"schema Run properties/langsmith_session_name/(type|nullable)": "how null is said in OpenAPI 3.1",
    r"schema Thread properties/values/type": NULL,
    r"schema ThreadState properties/(metadata|created_at|parent_checkpoint)/type": NULL,
    r"schema ThreadState properties/checkpoint/.*": NULL,
    r"schema ThreadState properties/tasks/items/properties/(error|checkpoint|state)/.*": NULL,
    r"DELETE /(assistants|threads|threads/\{thread_id\}/runs|runs/crons)/\{\w+\} answers 200": DELETED,
    r"(POST /a2a/\{assistant_id\}|POST /mcp|GET /ok) answers 500": NO_500,
    r"POST /assistants/\{assistant_id\}/(versions|latest) body.*": BODY,
    r"POST /assistants/\{assistant_id\}/latest query version.*": "the version is read from the body",
    r"GET /threads/\{thread_id\}/history query limit default": "one state is what comes without a limit",
    r"POST /a2a/\{assistant_id\} body properties/id/type": "ids that are numbers are answered as well",
    r"POST /a2a/\{assistant_id\} body properties/method/enum": "the methods of version 1 are answered as well",
    r"POST /a2a/\{assistant_id\} body properties/params/.*": "a task's id fits two of their alternatives: nothing could be asked",
    r"GET /a2a/\{assistant_id\}.*": "answered, and not in their document",
    r"GET /\.well-known/agent-card\.json.*": "answered, and not in their document",
    r"GET /(openapi\.json)?( query check_db.*)?": "answered, and not in their document",
    r"(GET|POST|PUT|DELETE) /_mockgraph/.*": "how a test double is steered",
}


def fetched(address: tuple[str, int]) -> dict[str, Any]:
    host, port = address
    with urllib.request.urlopen(f"http://{host}:{port}/openapi.json", timeout=20) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Theirs and ours."""
    work = tmp_path_factory.mktemp("document")
    folder = Path(shutil.copytree(HERE / "upstream", work / "graphs"))
    with real_server(folder, work / "server.log") as real, mock_server() as mock:
        return fetched(real), fetched(mock)


@pytest.fixture(scope="module")
def both(documents: tuple[dict[str, Any], dict[str, Any]]) -> tuple[Facts, Facts]:
    """The facts of both documents."""
    theirs, ours = map(facts, documents)
    return theirs, ours


def test_the_document_says_whose_it_is(documents: tuple[dict[str, Any], dict[str, Any]]) -> None:
    titles = tuple(document["info"]["title"] for document in documents)
    assert titles == ("LangSmith Deployment", "mockgraph")
    assert documents[0]["openapi"] == documents[1]["openapi"] == "3.1.0"


def test_every_component_has_their_name(both: tuple[Facts, Facts]) -> None:
    theirs, ours = ({name.split()[1] for name in side if name.startswith("schema ")} for side in both)
    assert len(theirs) == 58
    assert ours == theirs


def test_every_route_of_theirs_is_in_the_document(both: tuple[Facts, Facts]) -> None:
    theirs, ours = (
        {name for name in side if len(name.split()) == 2 and "schema" not in name} for side in both
    )
    assert len(theirs) == 63
    assert theirs <= ours


def test_the_documents_say_the_same(both: tuple[Facts, Facts]) -> None:
    unknown = {
        name: pair
        for name, pair in differences(*both).items()
        if not any(re.fullmatch(pattern, name) for pattern in DIFFERENCES)
    }
    told = [f"{name}: expected {theirs!r}, got {ours!r}" for name, (theirs, ours) in unknown.items()]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("pattern", DIFFERENCES)
def test_every_difference_is_there(pattern: str, both: tuple[Facts, Facts]) -> None:
    assert any(re.fullmatch(pattern, name) for name in differences(*both)), "this entry is not needed"


def test_a_difference_is_found() -> None:
    theirs = {"schema Run": 1, "GET /ok answers 200": True, "GET /ok answers 500": True}
    ours = {"schema Run": 2, "GET /ok answers 200": True, "GET /ok answers 400": True, "schema New": 1}
    assert differences(theirs, ours) == {
        "schema Run": (1, 2),
        "GET /ok answers 500": (True, "nothing"),
        "schema New": ("nothing", 1),
    }
