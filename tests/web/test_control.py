"""The control API, route by route: what each answers, what it refuses, and that a refusal leaves everything as it was."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.requests import Request
from starlette.routing import Route

from mockgraph import MockGraph
from mockgraph.runtime.namespaces import Namespace
from mockgraph.web.control import refuse_strangers
from mockgraph.web.routes import control
from mockgraph.words.errors import Refusal

FIXTURE = """\
mockgraph: 1
graph: agent
stubs:
  - {name: greets, when: {input.text: hello}, play: [{node: a, update: {said: hi}}]}
  - {name: works, when: {input.text: work}, play: [{node: a, delay: 1s, update: {said: done}}]}
"""
START = "2024-01-01T00:00:00.000000+00:00"
REAL = {"mode": "real", "speed": 1.0, "now": START, "waiting": 0}
GREETS, WORKS = (
    {"graph": "agent", "name": name, "source": f"FILE:{line}", "after": None, "times": None, "played": 0}
    | {"added": False}
    for name, line in (("greets", 4), ("works", 5))
)
ADDED = "POST /_mockgraph/stubs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockGraph, httpx.Client]]:
    file = tmp_path_factory.mktemp("control") / "agent.yaml"
    file.write_text(FIXTURE)
    with MockGraph(file) as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        yield mock, client


@pytest.fixture
def mock(server: tuple[MockGraph, httpx.Client]) -> MockGraph:
    server[0].reset()
    return server[0]


@pytest.fixture
def client(server: tuple[MockGraph, httpx.Client], mock: MockGraph) -> httpx.Client:
    return server[1]


def asked(client: httpx.Client, method: str, path: str, body: Any = None, within: str = "") -> httpx.Response:
    """The answer of a control route: a body that is bytes or a text is sent as it is, any other as JSON."""
    content = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
    return client.request(method, f"{within}/_mockgraph{path}", content=content)


def got(client: httpx.Client, path: str, within: str = "") -> Any:
    answer = asked(client, "GET", path, within=within)
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(client: httpx.Client, text: str, path: str = "/runs/wait", **more: Any) -> httpx.Response:
    return client.post(path, json={"assistant_id": "agent", "input": {"text": text}, **more})


def stubs(client: httpx.Client, within: str = "") -> list[dict[str, Any]]:
    """Every stub, with the fixture's file left out of where it stands."""
    found = got(client, "/stubs", within)
    return [
        {**stub, "source": "FILE:" + stub["source"].rpartition(":")[2]}
        if stub["source"].startswith("/")
        else stub
        for stub in found
    ]


def names(client: httpx.Client, within: str = "") -> list[str]:
    return [stub["name"] for stub in stubs(client, within)]


def numbers(client: httpx.Client, query: str, within: str = "") -> list[int]:
    return [entry["number"] for entry in got(client, f"/journal?{query}", within)]


def state(client: httpx.Client) -> list[Any]:
    """Whatever control can change."""
    return [got(client, path) for path in ("/stubs", "/faults", "/clock", "/journal", "/ns", "/left_behind")]


# --- every route ---------------------------------------------------------------------------------------------


class Example(NamedTuple):
    """A request that a fresh server takes, its status, and its whole answer (None: it has no body)."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any


PLAYED = {**GREETS, "source": f"{ADDED}:1", "name": "added", "added": True}
FAULT = {"fault": "status 503", "left": 2, "source": "POST /_mockgraph/faults:1"}
EXAMPLES: dict[str, Example] = {
    "GET /stubs": Example("GET", "/stubs", None, 200, [GREETS, WORKS]),
    "POST /stubs": Example("POST", "/stubs", {"graph": "agent", "name": "added", "play": []}, 201, [PLAYED]),
    "DELETE /stubs/{graph}/{name:path}": Example(
        "DELETE",
        "/stubs/agent/a/b",
        None,
        404,
        {"detail": "No stub 'a/b' was added to graph 'agent'; those of files stay"},
    ),
    "PUT /latency/{graph}": Example("PUT", "/latency/agent", {"node": "1ms"}, 204, None),
    "GET /journal": Example("GET", "/journal", None, 200, []),
    "DELETE /journal": Example("DELETE", "/journal", None, 204, None),
    "GET /journal/{number}": Example(
        "GET", "/journal/7", None, 404, {"detail": "The journal has no entry 7; it is empty"}
    ),
    "GET /journal/{number}/parts": Example(
        "GET", "/journal/7/parts", None, 404, {"detail": "The journal has no entry 7; it is empty"}
    ),
    "POST /verify": Example("POST", "/verify", {"times": 0}, 200, {"ok": True, "failure": None}),
    "POST /verify/no_more": Example("POST", "/verify/no_more", None, 200, {"ok": True, "failure": None}),
    "GET /left_behind": Example(
        "GET",
        "/left_behind",
        None,
        200,
        {"allow_unmatched": [], "allow_unplayed": [], "allow_unmet": [], "allow_unstruck": []},
    ),
    "GET /faults": Example("GET", "/faults", None, 200, []),
    "POST /faults": Example("POST", "/faults", {"status": 503, "times": 2}, 201, FAULT),
    "DELETE /faults": Example("DELETE", "/faults", None, 204, None),
    "GET /clock": Example("GET", "/clock", None, 200, REAL),
    "PUT /clock": Example("PUT", "/clock", {"speed": 2}, 200, {**REAL, "speed": 2.0}),
    "POST /clock/advance": Example(
        "POST",
        "/clock/advance",
        {"seconds": 1},
        422,
        {"detail": "advance: the clock is real; set its mode to 'held' or 'instant' first"},
    ),
    "POST /clock/next_part": Example(
        "POST",
        "/clock/next_part",
        None,
        422,
        {"detail": "next_part: the clock is real; set its mode to 'held' or 'instant' first"},
    ),
    "POST /reset": Example("POST", "/reset", None, 204, None),
    "GET /ns": Example("GET", "/ns", None, 200, []),
    "DELETE /ns/{name}": Example(
        "DELETE", "/ns/nobody", None, 404, {"detail": "There is no namespace 'nobody'; there are: none"}
    ),
}


def test_every_route_has_an_example() -> None:
    namespace = Namespace({})
    routes = [route for route in control.routes(namespace, namespace) if isinstance(route, Route)]
    known = {
        f"{method} {route.path.removeprefix('/_mockgraph')}"
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert set(EXAMPLES) == known


@pytest.mark.parametrize("route", EXAMPLES)
def test_a_fresh_server_answers(route: str, client: httpx.Client) -> None:
    example = EXAMPLES[route]
    answer = asked(client, example.method, example.path, example.body)
    told = answer.json() if answer.content else None
    if route == "GET /stubs":
        told = stubs(client)
    assert (answer.status_code, told) == (example.status, example.answer)
    asked(client, "DELETE", "/faults")
    assert client.get("/ok").status_code == 200


@pytest.mark.parametrize("route", EXAMPLES)
def test_control_is_not_in_the_journal(route: str, mock: MockGraph, client: httpx.Client) -> None:
    example = EXAMPLES[route]
    asked(client, example.method, example.path, example.body)
    asked(client, example.method, example.path, example.body, within="/ns/a")
    assert len(mock.journal) == len(mock.namespace("a").journal) == 0


def test_other_methods_and_paths_are_answered_as_anywhere(client: httpx.Client) -> None:
    told = [
        asked(client, "PATCH", "/stubs"),
        asked(client, "GET", "/nothing"),
        asked(client, "HEAD", "/clock"),
    ]
    assert [(answer.status_code, answer.text) for answer in told] == [
        (405, '{"detail":"Method Not Allowed"}'),
        (404, '{"detail":"Not Found"}'),
        (200, ""),
    ]


# --- bodies that are none ------------------------------------------------------------------------------------

JSON_ROUTES = {
    "/verify": "POST",
    "/faults": "POST",
    "/clock": "PUT",
    "/clock/advance": "POST",
    "/clock/next_part": "POST",
    "/latency/agent": "PUT",
}
NO_JSON = {
    "half an object": b"{",
    "YAML": b"mode: held",
    "JSON and more": b"{} x",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "no UTF-8": b'{"mode": "\xff"}',
    "half a surrogate pair": rb'{"mode": "\ud800"}',
    "NaN": b'{"seconds": NaN}',
    "Infinity": b'{"seconds": -Infinity}',
    "a float beyond all bounds": b'{"seconds": 1e999}',
    "an integer beyond all bounds": b'{"seconds": %d}' % 10**400,
    "3000 lists": b"[" * 3000 + b"]" * 3000,
}
NO_OBJECT = {b"[]": "[]", b'"held"': '"held"', b"5": "5", b"true": "true"}


@pytest.mark.parametrize("path", JSON_ROUTES)
def test_what_is_no_json_is_refused(path: str, client: httpx.Client) -> None:
    before = state(client)
    for name, body in NO_JSON.items():
        answer = asked(client, JSON_ROUTES[path], path, body)
        assert answer.status_code == 422, name
        assert answer.json()["detail"].startswith("Expected JSON: "), name
    assert state(client) == before


@pytest.mark.parametrize("path", JSON_ROUTES)
@pytest.mark.parametrize("body", NO_OBJECT)
def test_what_is_no_object_is_refused(path: str, body: bytes, client: httpx.Client) -> None:
    before = state(client)
    answer = asked(client, JSON_ROUTES[path], path, body)
    expected = f"Expected a JSON object, got {NO_OBJECT[body]}"
    if path.startswith("/latency"):
        expected = 'A latency is a mapping such as {"node": "200ms"}, or null'
    assert (answer.status_code, answer.json()) == (422, {"detail": expected})
    assert state(client) == before


UNKNOWN = {
    "/verify": "POST /_mockgraph/verify:1: verify: unknown key 'odd'; expected one of: name, when, times, at_least, at_most",
    "/clock": "Unknown key 'odd'; expected one of: mode, speed",
    "/clock/advance": "Unknown key 'odd'; expected one of: seconds",
    "/clock/next_part": "Unknown key 'odd'; expected one of: timeout",
    "/faults": "POST /_mockgraph/faults:1: fault: unknown key 'odd'; expected one of: status, ",
    "/latency/agent": "POST /_mockgraph/latency:1: latency: unknown key 'odd'; expected one of: run, node, chunk, nodes",
}


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_keys_are_refused(path: str, client: httpx.Client) -> None:
    before = state(client)
    answer = asked(client, JSON_ROUTES[path], path, {"odd": 1})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(UNKNOWN[path])
    assert state(client) == before


@pytest.mark.parametrize("depth", [100, 250])
@pytest.mark.parametrize("path", JSON_ROUTES)
def test_nested_values_do_no_harm(path: str, depth: int, client: httpx.Client) -> None:
    deep = "[" * depth + "]" * depth
    for key in ("when", "mode", "seconds", "timeout", "node", "nodes", "status", "name"):
        answer = asked(client, JSON_ROUTES[path], path, f'{{"{key}": {deep}}}')
        assert answer.status_code == 422, key
    assert client.get("/ok").status_code == 200


WRONG: list[tuple[str, str, Any, str]] = [
    ("PUT", "/clock", {"mode": "slow"}, "a clock is real, instant or held, got 'slow'"),
    ("PUT", "/clock", {"mode": None}, "a clock is real, instant or held, got None"),
    ("PUT", "/clock", {"mode": ["held"]}, "a clock is real, instant or held, got ['held']"),
    ("PUT", "/clock", {"mode": "held", "speed": "2"}, "'speed' is a number, got \"2\""),
    ("PUT", "/clock", {"mode": "held", "speed": True}, "'speed' is a number, got true"),
    ("PUT", "/clock", {"mode": "held", "speed": 0}, "speed is a number above 0, got 0.0"),
    ("PUT", "/clock", {"mode": "held", "speed": -1}, "speed is a number above 0, got -1.0"),
    ("POST", "/clock/advance", None, "'seconds' is a number, got null"),
    ("POST", "/clock/advance", {"seconds": "1s"}, "'seconds' is a number, got \"1s\""),
    ("POST", "/clock/advance", {"seconds": False}, "'seconds' is a number, got false"),
    ("POST", "/clock/next_part", {"timeout": []}, "'timeout' is a number, got []"),
    ("POST", "/verify", {"when": 5}, "expected a mapping of paths, got a number (5)"),
    ("POST", "/verify", {"when": {"weather": 1}}, "a run knows no 'weather'; it knows command, "),
    ("POST", "/verify", {"when": {"input.a": {"matches": "("}}}, "not a regular expression: missing )"),
    ("POST", "/verify", {"times": -1}, "expected a whole number of at least 0, got a number (-1)"),
    ("POST", "/verify", {"times": 10**30}, "expected a whole number of at least 0"),
    ("POST", "/verify", {"times": True}, "expected a whole number of at least 0, got a boolean (true)"),
    ("POST", "/verify", {"times": 1, "at_least": 1}, "'times' beside 'at_least' or 'at_most'; keep one"),
    ("POST", "/verify", {"at_least": 3, "at_most": 1}, "at least 3 and at most 1 is never"),
    ("POST", "/verify", {"name": 5}, 'expected a text, got a number (5); quote it: "5"'),
    ("POST", "/faults", None, "a fault is of one kind, got none; one of: status, reset, "),
    ("POST", "/faults", {"status": 503, "drop": True}, "got 'status' and 'drop'"),
    ("POST", "/faults", {"status": 99}, "expected an HTTP status from 200 to 599, got "),
    ("POST", "/faults", {"status": 503, "times": 0}, "fault.times: "),
    ("POST", "/faults", {"status": 503, "times": 10**30}, "expected a whole number"),
    ("POST", "/faults", {"status": 503, "route": "runs"}, "'runs' is no route; write 'POST /runs/stream'"),
    ("POST", "/faults", {"status": 503, "graph": 5}, "expected a text, got a number (5)"),
    ("POST", "/faults", {"stall": 5}, "expected a time with a unit, got a number (5)"),
    ("POST", "/faults", {"stall": "99999999s"}, "a pause of more than a day; write a shorter one"),
    ("PUT", "/latency/agent", {"node": 5}, "expected a time with a unit, got a number (5)"),
    ("PUT", "/latency/agent", {"node": {"uniform": ["2ms", "1ms"]}}, "the shorter first"),
    (
        "PUT",
        "/latency/nobody",
        {"node": "1ms"},
        "there is no graph 'nobody' that could take its time; there are: agent",
    ),
    ("GET", "/journal?status=none", None, "none"),
    ("GET", "/journal?limit=all", None, "all"),
]


@pytest.mark.parametrize(("method", "path", "body", "said"), WRONG)
def test_what_is_wrong_is_refused(method: str, path: str, body: Any, said: str, client: httpx.Client) -> None:
    before = state(client)
    answer = asked(client, method, path, body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert state(client) == before
    assert client.get("/ok").status_code == 200


# --- stubs ---------------------------------------------------------------------------------------------------

WRONG_STUBS = {
    "nothing": ("", ":1:1: the file is empty; a fixture begins with 'mockgraph: 1'"),
    "a list": ("- a", "1:1: expected a fixture (a mapping), got a list"),
    "no graph": ("name: x\nplay: []", ":1:1: a stub wants the 'graph' that it is of; name it: 'graph: agent'"),
    "a number for a graph": ("graph: 5\nplay: []", ":1:8: graph: expected a text, got a number (5)"),
    "no YAML": ("graph: agent\nplay: [", ":2:8: not valid YAML: "),
    "no play": ("graph: agent\nname: x", ":1:1: stub: a stub needs a 'play'"),
    "an unknown key": ("graph: agent\nname: x\nplay: []\nodd: 1", ":4:1: stub: unknown key 'odd'; expected one of: "),
    "a task without a node": ("graph: agent\nname: x\nplay:\n  - update: {}", ":4:5: stub.play[0]: a task needs a 'node'"),
    "the same in JSON": ('{"graph": "agent", "name": "x",\n "play": [{}]}', ":2:11: stub.play[0]: a task needs a 'node'"),
    "a name that a file has": ("graph: agent\nname: greets\nplay: []", "a second stub 'greets' of graph 'agent'; the first is at "),
    "after nobody": ("graph: agent\nname: x\nafter: greet\nplay: []", "graph 'agent' has no stub 'greet'; did you mean 'greets'"),
    "an alias of itself": ("&a [*a]", ":1:1: an alias that stands for itself; write the value out"),
    "a lone surrogate": ('graph: agent\nname: "\\ud800"\nplay: []', ":2:7: stub.name: a lone surrogate is not a character"),
    "NUL": ('graph: agent\nname: "a\0"\nplay: []', ":2:9: a character that YAML does not allow"),
    "3000 lists": ("[" * 3000 + "]" * 3000, "values are nested too deeply; stay within 100 levels"),
    "another version": ("mockgraph: 2\ngraph: agent\nstubs: []", ":1:12: mockgraph: expected format version 1, got a number (2)"),
    "a fixture with a name that a file has": ("mockgraph: 1\ngraph: agent\nstubs:\n  - {name: works, play: []}", "#1:4:5: stubs: a second stub 'works' of graph 'agent'"),
    "a fixture of which one stub is wrong": ("mockgraph: 1\ngraph: two\nstubs:\n  - {name: a, play: []}\n  - {name: b}", "#1:5:5: stubs[1]: a stub needs a 'play'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_STUBS)
def test_a_stub_that_is_wrong_is_refused_with_its_place(case: str, client: httpx.Client) -> None:
    text, said = WRONG_STUBS[case]
    before = state(client)
    answer = asked(client, "POST", "/stubs", text)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert all(line.startswith(ADDED) for line in answer.json()["detail"].splitlines())
    assert state(client) == before
    assert run(client, "hello").json() == {"text": "hello", "said": "hi"}


@pytest.mark.parametrize(
    "text",
    [
        "graph: agent\nname: mine\nwhen: {input.text: {contains: hell}}\ntimes: 1\nplay: [{node: a, update: {said: it}}]",
        json.dumps(
            {
                "graph": "agent",
                "name": "mine",
                "when": {"input.text": {"contains": "hell"}},
                "times": 1,
                "play": [{"node": "a", "update": {"said": "it"}}],
            }
        ),
    ],
    ids=["YAML", "JSON"],
)
def test_a_stub_is_tried_before_those_of_files_until_it_is_removed(text: str, client: httpx.Client) -> None:
    added = asked(client, "POST", "/stubs", text)
    mine = {**PLAYED, "name": "mine", "times": 1}
    assert (added.status_code, added.json()) == (201, [mine])
    assert stubs(client) == [mine, GREETS, WORKS]
    assert run(client, "hello").json()["said"] == "it"
    assert [(stub["name"], stub["played"]) for stub in stubs(client)] == [
        ("mine", 1),
        ("greets", 0),
        ("works", 0),
    ]
    again = asked(client, "POST", "/stubs", text)
    assert again.status_code == 422
    assert f"a second stub 'mine' of graph 'agent'; the first is at {ADDED}:1" in again.json()["detail"]
    assert asked(client, "DELETE", "/stubs/agent/mine").status_code == 204
    assert asked(client, "DELETE", "/stubs/agent/mine").status_code == 404
    assert run(client, "hello").json()["said"] == "hi"
    assert asked(client, "POST", "/stubs", text).status_code == 201


def test_stubs_of_files_stay(client: httpx.Client) -> None:
    answer = asked(client, "DELETE", "/stubs/agent/greets")
    detail = "No stub 'greets' was added to graph 'agent'; those of files stay"
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})
    assert stubs(client) == [GREETS, WORKS]


def test_a_name_may_hold_any_character(client: httpx.Client) -> None:
    asked(client, "POST", "/stubs", {"graph": "agent", "name": "a/b c? ü", "play": []})
    assert names(client) == ["a/b c? ü", "greets", "works"]
    assert asked(client, "DELETE", "/stubs/agent/a%2Fb%20c%3F%20%C3%BC").status_code == 204
    assert names(client) == ["greets", "works"]


def test_a_stub_may_be_of_a_new_graph(client: httpx.Client) -> None:
    asked(client, "POST", "/stubs", "graph: other\nname: mine\nplay: [{node: a, update: {x: 1}}]")
    assert client.post("/runs/wait", json={"assistant_id": "other", "input": {}}).json() == {"x": 1}
    assert [found["graph_id"] for found in client.post("/assistants/search", json={}).json()] == [
        "other",
        "agent",
    ]


def test_a_whole_fixture_stands_behind_what_is_there(client: httpx.Client) -> None:
    text = "mockgraph: 1\ngraph: agent\nstubs:\n  - {name: late, play: [{node: a, update: {said: late}}]}\n"
    added = asked(client, "POST", "/stubs", text)
    assert added.status_code == 201
    assert [(stub["name"], stub["source"]) for stub in added.json()] == [("late", f"{ADDED} #1:4")]
    assert names(client) == ["greets", "works", "late"]
    assert [run(client, text).json()["said"] for text in ("hello", "other")] == ["hi", "late"]
    assert asked(client, "POST", "/stubs", text).status_code == 422
    assert asked(client, "POST", "/reset").status_code == 204
    assert stubs(client) == [GREETS, WORKS]


# --- the journal and verification ------------------------------------------------------------------------------

FILTERS = {
    "": [1, 2, 3, 4, 5],
    "method=post": [1, 2, 3, 4],
    "method=GET": [5],
    "path=/runs/wait": [1, 2],
    "path=/threads/*": [4, 5],
    "path=/threads*": [3, 4, 5],
    "status=422": [2],
    "status=200&method=POST": [1, 3, 4],
    "limit=2": [4, 5],
    "limit=1000": [1, 2, 3, 4, 5],
    "limit=0": [],
    "limit=-1": [],
    "limit=" + "9" * 30: [1, 2, 3, 4, 5],
    "kind=runs": [1, 2, 4],
    "kind=runs&limit=1": [4],
    "kind=runs&status=unmatched": [2],
    "kind=runs&status=success": [1, 4],
    "graph=agent": [1, 2, 4],
    "graph=nobody": [],
    "stub=greets": [1, 4],
    "stub=greets&status=error": [],
    "thread=nobody": [],
}


def asked_for(client: httpx.Client) -> str:
    """Five requests, three of them for runs; the thread of the last."""
    run(client, "hello")
    run(client, "helo")
    thread: str = client.post("/threads", json={}).json()["thread_id"]
    run(client, "hello", f"/threads/{thread}/runs/wait")
    client.get(f"/threads/{thread}/state")
    return thread


def test_the_journal_is_narrowed_by_its_query(client: httpx.Client) -> None:
    thread = asked_for(client)
    assert {query: numbers(client, query) for query in FILTERS} == FILTERS
    assert numbers(client, f"thread={thread}") == [4]


def test_an_entry_is_told_whole(client: httpx.Client) -> None:
    asked_for(client)
    entry = got(client, "/journal/2")
    report = entry["run"].pop("report")
    assert report.startswith("No stub matched this run.\n  POST /runs/wait  graph 'agent'\n")
    assert entry.pop("headers")["content-type"] == "application/json"
    missed = entry.pop("missed")
    assert [miss.split("\n")[1:] for miss in missed] == [
        ["    input.text   expected 'hello', got 'helo'"],
        ["    input.text   expected 'work', got 'helo'"],
    ]
    assert entry == {
        "number": 2,
        "at": START,
        "method": "POST",
        "path": "/runs/wait",
        "query": "",
        "body": {"assistant_id": "agent", "input": {"text": "helo"}},
        "status": 422,
        "ended": "complete",
        "fault": None,
        "lints": [],
        "run": {
            "graph": "agent",
            "run_id": None,
            "thread_id": None,
            "stub": None,
            "source": None,
            "status": "unmatched",
        },
    }
    assert got(client, "/journal/5")["run"] is None
    assert got(client, "/journal/2/parts") == got(client, "/journal/5/parts") == []


def test_parts_are_those_that_were_streamed(client: httpx.Client) -> None:
    streamed = run(client, "hello", "/runs/stream", stream_mode="updates").text
    told = got(client, "/journal/1/parts")
    assert [part["event"] for part in told] == ["metadata", "updates"]
    assert told[1] == {"event": "updates", "data": {"a": {"said": "hi"}}}
    assert all(json.dumps(part["data"], separators=(",", ":")) in streamed for part in told)


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "01", "1.0", "%00", "9" * 5000])
def test_an_entry_that_is_not_there(number: str, client: httpx.Client) -> None:
    run(client, "hello")
    for path in (f"/journal/{number}", f"/journal/{number}/parts"):
        answer = asked(client, "GET", path)
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith("The journal has no entry ")


def test_a_journal_that_was_cleared_goes_on_counting(client: httpx.Client) -> None:
    thread = asked_for(client)
    assert asked(client, "DELETE", "/journal").status_code == 204
    assert got(client, "/journal") == []
    assert got(client, "/left_behind")["allow_unmatched"] == []
    assert client.get(f"/threads/{thread}").status_code == 200
    assert numbers(client, "") == [6]


def test_verify_says_whether_it_holds(client: httpx.Client) -> None:
    asked_for(client)
    hello = {"when": {"input.text": "hello"}}
    holds = {"ok": True, "failure": None}
    for counts in ({}, {"times": 2}, {"at_least": 1}, {"at_least": 1, "at_most": 2}, {"at_most": 9}):
        assert asked(client, "POST", "/verify", {"graph": "agent", **hello, **counts}).json() == holds
    assert asked(client, "POST", "/verify").json() == holds
    answer = asked(client, "POST", "/verify", {"graph": "agent", "name": "greeted", **hello, "times": 3})
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    failure = answer.json()["failure"].split("\n")
    assert failure[:3] == [
        "Expected exactly 3 runs, got 2.",
        "  POST /_mockgraph/verify:1   greeted   graph 'agent'",
        "    input.text   expected 'hello'",
    ]
    assert [line.split()[0] for line in failure if line.startswith("  #")] == ["#1", "#4", "#2"]
    assert failure[-2:] == [
        "  #2  POST /runs/wait   unmatched",
        "    input.text   expected 'hello', got 'helo'",
    ]


def test_no_more_names_the_runs_that_nobody_verified(client: httpx.Client) -> None:
    asked_for(client)
    asked(client, "POST", "/verify", {"when": {"input.text": "hello"}, "times": 2})
    said = asked(client, "POST", "/verify/no_more").json()
    assert said["ok"] is False
    assert "\n  #2  POST /runs/wait   unmatched\n    input.text   'helo'\n" in said["failure"]
    assert "#1" not in said["failure"]
    # What does not hold verifies nothing.
    asked(client, "POST", "/verify", {"when": {"input.text": "helo"}, "times": 2})
    assert asked(client, "POST", "/verify/no_more").json()["ok"] is False
    asked(client, "POST", "/verify", {"when": {"input.text": "helo"}})
    assert asked(client, "POST", "/verify/no_more").json() == {"ok": True, "failure": None}


def test_a_graph_that_is_not_there(client: httpx.Client) -> None:
    asked_for(client)
    said = asked(client, "POST", "/verify", {"graph": "nobody"}).json()
    assert said["ok"] is False
    assert "There is no graph 'nobody'; there are: agent." in said["failure"]


UNPLAYED = f"""\
Stubs that no run played (1 of 1):
  {ADDED}:1   idle
    input.text   expected 'never'
    nearest of 1 run: #1  POST /runs/wait   unmatched
      input.text   expected 'never', got 'helo'
Play them, leave them out, or allow it: @pytest.mark.mockgraph(allow_unplayed=True)"""
UNSTRUCK = """\
Faults that struck nothing, or less often than they were to:
  POST /_mockgraph/faults:1   status 503   1 of 1 left   POST /threads/{id}/runs of graph 'agent'
Send such requests, leave them out, or allow it: @pytest.mark.mockgraph(allow_unstruck=True)"""


def test_what_is_left_behind(mock: MockGraph, client: httpx.Client) -> None:
    asked(client, "POST", "/stubs", "graph: agent\nname: idle\nwhen: {input.text: never}\nplay: []")
    asked(client, "POST", "/faults", {"status": 503, "route": "POST /threads/{id}/runs", "graph": "agent"})
    run(client, "helo")
    left = got(client, "/left_behind")
    assert left == {
        "allow_unmatched": mock.unmatched,
        "allow_unplayed": [UNPLAYED],
        "allow_unmet": [],
        "allow_unstruck": [UNSTRUCK],
    }
    assert len(left["allow_unmatched"]) == 1


# --- faults and time -------------------------------------------------------------------------------------------


def test_faults_strike_the_next_requests_and_not_control(client: httpx.Client) -> None:
    assert asked(client, "POST", "/faults", {"status": 503, "times": 2}).json() == FAULT
    assert got(client, "/faults") == [FAULT]
    assert client.get("/ok").status_code == 503
    assert got(client, "/faults") == [{**FAULT, "left": 1}]
    asked(client, "POST", "/faults", {"status": 418})
    assert [client.get("/ok").status_code for _ in range(3)] == [503, 418, 200]
    assert got(client, "/faults") == []
    assert [entry["fault"] for entry in got(client, "/journal")] == [
        "status 503",
        "status 503",
        "status 418",
        None,
    ]


def test_faults_are_laid_off(client: httpx.Client) -> None:
    asked(client, "POST", "/faults", {"reset": "before"})
    assert asked(client, "DELETE", "/faults").status_code == 204
    assert got(client, "/faults") == []
    assert client.get("/ok").status_code == 200


@pytest.mark.parametrize(
    ("words", "moved"), [({"node": "1s"}, "01"), ({"nodes": {"a": "2s"}}, "02"), (None, "00")]
)
def test_latency_is_set_and_taken_back(words: Any, moved: str, mock: MockGraph, client: httpx.Client) -> None:
    assert asked(client, "PUT", "/latency/agent", {"run": "30m"}).status_code == 204
    assert asked(client, "PUT", "/latency/agent", json.dumps(words)).status_code == 204
    asked(client, "PUT", "/clock", {"mode": "held"})
    asking = {"assistant_id": "agent", "input": {"text": "hello"}, "stream_mode": "updates"}
    with client.stream("POST", "/runs/stream", json=asking), httpx.Client(base_url=mock.url) as other:
        for _ in range(2):
            assert asked(other, "POST", "/clock/next_part", {"timeout": 20}).status_code == 200
        assert got(other, "/clock")["now"] == START.replace("00.000000", f"{moved}.000000")


def test_the_clock_in_its_three_modes(client: httpx.Client) -> None:
    for mode in ("held", "instant", "real"):
        assert asked(client, "PUT", "/clock", {"mode": mode}).json() == {**REAL, "mode": mode}
        assert got(client, "/clock") == {**REAL, "mode": mode}
        moved = asked(client, "POST", "/clock/advance", {"seconds": 1.5})
        assert moved.status_code == (422 if mode == "real" else 200)
        asked(client, "POST", "/reset")
        assert got(client, "/clock") == REAL


def test_a_held_clock_moves_the_date(client: httpx.Client) -> None:
    asked(client, "PUT", "/clock", {"mode": "held"})
    moved = asked(client, "POST", "/clock/advance", {"seconds": 90}).json()
    assert moved == {**REAL, "mode": "held", "now": "2024-01-01T00:01:30.000000+00:00"}
    assert asked(client, "POST", "/clock/advance", {"seconds": 0}).json() == moved
    refused = asked(client, "POST", "/clock/advance", {"seconds": -1})
    assert (refused.status_code, refused.json()) == (
        422,
        {"detail": "time goes on by 0 seconds or more, got -1.0"},
    )
    assert got(client, "/clock") == moved


def test_a_delay_waits_for_a_held_clock(mock: MockGraph, client: httpx.Client) -> None:
    asked(client, "PUT", "/clock", {"mode": "held"})
    asking = {"assistant_id": "agent", "input": {"text": "work"}, "stream_mode": "updates"}
    with (
        client.stream("POST", "/runs/stream", json=asking) as answer,
        httpx.Client(base_url=mock.url) as other,
    ):
        lines = answer.iter_lines()
        assert asked(other, "POST", "/clock/next_part", {"timeout": 20}).status_code == 200
        assert next(lines) == "event: metadata"
        assert got(other, "/clock")["waiting"] == 1
        for _ in range(3):
            asked(other, "POST", "/clock/advance", {"seconds": 1})
        assert 'data: {"a":{"said":"done"}}' in list(lines)


def test_no_part_is_to_come(client: httpx.Client) -> None:
    instant = "the clock is instant: its parts do not wait; hold it first, mode 'held'"
    none = "no part is to come: no client has asked for a stream or a wait yet, or whatever plays waits for something else"
    for mode, detail in (("instant", instant), ("held", none)):
        asked(client, "PUT", "/clock", {"mode": mode})
        answer = asked(client, "POST", "/clock/next_part", {"timeout": 0})
        assert (answer.status_code, answer.json()) == (422, {"detail": detail})


# --- namespaces ------------------------------------------------------------------------------------------------

A, B = "/ns/a", "/ns/b"


def test_a_namespace_sees_its_own_alone(client: httpx.Client) -> None:
    asked(client, "POST", "/stubs", "graph: agent\nname: mine\nwhen: {input.text: a}\nplay: []", within=A)
    assert [names(client, within) for within in ("", A, B)] == [
        ["greets", "works"],
        ["mine", "greets", "works"],
        ["greets", "works"],
    ]
    run(client, "a", f"{A}/runs/wait")
    run(client, "b", f"{B}/runs/wait")
    assert [len(got(client, "/journal", within)) for within in ("", A, B)] == [0, 1, 1]
    assert [len(got(client, "/left_behind", within)["allow_unmatched"]) for within in ("", A, B)] == [0, 0, 1]
    asked(client, "PUT", "/clock", {"mode": "held"}, within=A)
    assert [got(client, "/clock", within)["mode"] for within in ("", A, B)] == ["real", "held", "real"]
    asked(client, "POST", "/faults", {"status": 503}, within=B)
    assert [len(got(client, "/faults", within)) for within in ("", A, B)] == [0, 0, 1]
    assert [asked(client, "POST", "/verify", {}, within=within).json()["ok"] for within in ("", A, B)] == [
        False,
        True,
        True,
    ]
    asked(client, "POST", "/reset", within=B)
    assert [len(got(client, "/journal", within)) for within in ("", A, B)] == [0, 1, 0]
    assert names(client, A) == ["mine", "greets", "works"]


def test_stubs_of_the_root_are_inherited(client: httpx.Client) -> None:
    got(client, "/clock", A)
    asked(client, "POST", "/stubs", "graph: agent\nname: mine\nwhen: {input.text: a}\nplay: []")
    assert [(stub["name"], stub["added"]) for stub in stubs(client, A)] == [
        ("mine", False),
        ("greets", False),
        ("works", False),
    ]
    assert asked(client, "DELETE", "/stubs/agent/mine", within=A).status_code == 404
    assert asked(client, "DELETE", "/stubs/agent/mine").status_code == 204
    assert names(client, A) == ["greets", "works"]


def test_a_namespace_is_ended(client: httpx.Client) -> None:
    thread = client.post(f"{A}/threads", json={}).json()["thread_id"]
    run(client, "hello", f"{A}/threads/{thread}/runs/wait")
    got(client, "/clock", B)
    assert got(client, "/ns") == [
        {"name": "a", "threads": 1, "runs": 1},
        {"name": "b", "threads": 0, "runs": 0},
    ]
    assert asked(client, "DELETE", "/ns/a").status_code == 204
    assert asked(client, "DELETE", "/ns/a").status_code == 404
    assert got(client, "/ns") == [{"name": "b", "threads": 0, "runs": 0}]
    assert client.get(f"{A}/threads/{thread}").status_code == 404
    assert numbers(client, "", A) == [1]
    asked(client, "POST", "/reset")
    assert got(client, "/ns") == []


@pytest.mark.parametrize("name", ["", "%20", "a" * 101, "%C3%BC"])
def test_a_name_that_is_none(name: str, client: httpx.Client) -> None:
    answer = client.get(f"/ns/{name}/_mockgraph/clock")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(
        "A namespace is named by letters, digits and ._~- (1 to 100), got '"
    )
    assert got(client, "/ns") == []


# --- who may ---------------------------------------------------------------------------------------------------

APP, BOX = "http://app.example", "http://box.example:2024"
LOOPBACK: list[dict[str, str]] = [
    {},
    {"origin": "http://localhost:3000"},
    {"origin": "https://127.0.0.1"},
    {"origin": "http://[::1]:5173"},
    {"host": "LOCALHOST:2024"},
    {"host": "[::1]:2024"},
]
STRANGE: list[tuple[dict[str, str], str]] = [
    (
        {"origin": APP},
        f"Origin '{APP}' may not control this server; start it with --allow-control-from {APP}",
    ),
    ({"origin": "null"}, "Origin 'null' may not control this server; "),
    ({"origin": ""}, "Origin '' may not control this server; "),
    ({"origin": "file://"}, "Origin 'file://' may not control this server; "),
    ({"origin": "http://[::1"}, "Origin 'http://[::1' may not control this server; "),
    ({"origin": "http://localhost.app.example"}, "Origin 'http://localhost.app.example' may not control"),
    (
        {"host": "box.example:2024"},
        "Host 'box.example:2024' is not loopback, so it may not be controlled under that name; ",
    ),
    ({"host": "127.0.0.1.app.example"}, "Host '127.0.0.1.app.example' is not loopback"),
    ({"origin": "http://localhost", "host": "app.example"}, "Host 'app.example' is not loopback"),
]


@pytest.mark.parametrize("headers", LOOPBACK)
def test_loopback_may(headers: dict[str, str], client: httpx.Client) -> None:
    assert client.get("/_mockgraph/clock", headers=headers).json() == REAL


@pytest.mark.parametrize(("headers", "said"), STRANGE)
def test_strangers_may_not(headers: dict[str, str], said: str, client: httpx.Client) -> None:
    before = state(client)
    for example in EXAMPLES.values():
        for within in ("", "/ns/a"):
            answer = client.request(
                example.method, f"{within}/_mockgraph{example.path}", headers=headers, content=b"{}"
            )
            assert answer.status_code == 403
            assert answer.json()["detail"].startswith(said)
    asked(client, "DELETE", "/ns/a")
    assert state(client) == before
    assert client.get("/ok", headers=headers).status_code == 200


ALLOWED: list[tuple[list[str], dict[str, str], int]] = [
    ([APP], {"origin": APP}, 200),
    ([APP], {"origin": "https://app.example"}, 403),
    ([APP], {"origin": f"{APP}:8080"}, 403),
    ([APP], {"host": "box.example:2024"}, 403),
    ([BOX], {"host": "box.example:2024"}, 200),
    ([BOX], {"host": "box.example"}, 403),
    ([APP, BOX], {"origin": APP, "host": "box.example:2024"}, 200),
    (["*"], {"origin": "http://anybody.example", "host": "anything.example"}, 200),
]


@pytest.mark.parametrize(("allowed", "headers", "status"), ALLOWED)
def test_an_option_lets_them(allowed: list[str], headers: dict[str, str], status: int) -> None:
    with MockGraph(allow_control_from=allowed) as mock:
        assert httpx.get(f"{mock.url}/_mockgraph/clock", headers=headers).status_code == status
        assert httpx.get(f"{mock.url}/ns/a/_mockgraph/clock", headers=headers).status_code == status


MACHINES: list[tuple[str | None, list[str], bool]] = [
    ("127.0.0.1", [], True),
    ("::1", [], True),
    (None, [], True),  # on a Unix socket nobody has an address
    ("192.0.2.7", [], False),
    ("192.0.2.7", [APP], True),
    ("192.0.2.7", ["*"], True),
]


@pytest.mark.parametrize(("address", "allowed", "may"), MACHINES)
def test_other_machines(address: str | None, allowed: list[str], may: bool) -> None:
    caller = None if address is None else (address, 50_000)
    request = Request({"type": "http", "headers": [(b"host", b"localhost")], "client": caller})
    if may:
        refuse_strangers(request, allowed)
        return
    with pytest.raises(
        Refusal, match=r"192\.0\.2\.7 is another machine and may not control this server"
    ) as refused:
        refuse_strangers(request, allowed)
    assert refused.value.status == 403


def test_a_preflight_changes_nothing(mock: MockGraph, client: httpx.Client) -> None:
    headers = {"origin": APP, "access-control-request-method": "POST"}
    answer = client.options("/_mockgraph/reset", headers=headers)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert client.post("/_mockgraph/reset", headers={"origin": APP}).status_code == 403
    assert len(mock.journal) == 0


def test_an_option_is_a_list() -> None:
    with pytest.raises(TypeError, match=r"allow_control_from is a list.*: \['http://app\.example'\]"):
        MockGraph(allow_control_from=APP)
