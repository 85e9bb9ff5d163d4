"""The control API: every operation. None of them is the real server's."""

from typing import Any

from mockgraph.web.operations.pieces import Operation
from mockgraph.web.schemas.pieces import (
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    Schema,
    enum,
    listed,
    nullable,
    record,
)

_TAG = "mockgraph"
_AT = "/_mockgraph"
_STRANGER = (403,)
_REFUSALS = (403, 422)

_STUB = record(
    *("graph", "name", "source", "after", "times", "played", "added"),
    graph=STRING,
    name=STRING,
    source=STRING,
    after=nullable(STRING),
    times=nullable(INTEGER),
    played=INTEGER,
    added=BOOLEAN,
)
_RUN = record(
    graph=STRING,
    run_id=nullable(STRING),
    thread_id=nullable(STRING),
    stub=nullable(STRING),
    source=nullable(STRING),
    status=STRING,
    report=nullable(STRING),
)
_FIELDS: dict[str, Schema] = {
    "number": INTEGER,
    "at": STRING,
    "method": STRING,
    "path": STRING,
    "query": STRING,
    "headers": OBJECT,
    "body": {},
    "status": INTEGER,
    "ended": STRING,
    "fault": nullable(STRING),
    "lints": listed(record("name", "what", name=STRING, what=STRING)),
    "run": {"anyOf": [_RUN, NULL]},
}
_ENTRY = record(*_FIELDS, **_FIELDS)
_HELD = record("ok", "failure", ok=BOOLEAN, failure=nullable(STRING))
_FAULT = record("fault", "left", "source", fault=STRING, left=INTEGER, source=STRING)
_CLOCK = record(
    *("mode", "speed", "now", "waiting"),
    mode=enum("real", "instant", "held"),
    speed=NUMBER,
    now=STRING,
    waiting=INTEGER,
)
_SECONDS: Schema = {"type": "number", "minimum": 0}
_STUB_TEXT = {
    "graph": "agent",
    "name": "greeting",
    "when": {"input.messages[-1].content": {"contains": "hello"}},
    "play": [{"node": "agent", "update": {"messages": [{"ai": "Hello yourself!"}]}}],
}
_ENTRY_ID = {"number": STRING}
_GRAPH = {"graph": STRING}


def _operation(path: str, method: str, summary: str, **more: Any) -> Operation:
    return Operation(f"{_AT}{path}", method, _TAG, summary, **{"refusals": _STRANGER, **more})


OPERATIONS = [
    _operation("/stubs", "get", "The stubs in the order of trial", answer=listed(_STUB)),
    _operation(
        "/stubs",
        "post",
        "Add a stub, or a fixture, as JSON or YAML",
        body=OBJECT,
        example=_STUB_TEXT,
        answer=listed(_STUB),
        status=201,
        refusals=_REFUSALS,
    ),
    _operation(
        "/stubs/{graph}/{name}",
        "delete",
        "Take back a stub that was added",
        ids={**_GRAPH, "name": STRING},
        status=204,
        refusals=(403, 404),
    ),
    _operation(
        "/latency/{graph}",
        "put",
        "Have a graph's runs take their time",
        ids=_GRAPH,
        body={"type": ["object", "null"]},
        example={"node": "200ms", "chunk": {"uniform": ["10ms", "30ms"]}},
        status=204,
        refusals=_REFUSALS,
    ),
    _operation(
        "/journal",
        "get",
        "What was asked",
        query={
            "kind": enum("requests", "runs", default="requests"),
            "graph": STRING,
            "thread": STRING,
            "stub": STRING,
            "status": STRING,
            "method": STRING,
            "path": STRING,
            "limit": {**INTEGER, "default": 100},
        },
        answer=listed(_ENTRY),
        refusals=_REFUSALS,
    ),
    _operation("/journal", "delete", "Forget what was asked", status=204),
    _operation(
        "/journal/{number}",
        "get",
        "One entry, with why the other stubs did not take its run",
        ids=_ENTRY_ID,
        answer=record(*_FIELDS, "missed", **_FIELDS, missed=listed(STRING)),
        refusals=(403, 404),
    ),
    _operation(
        "/journal/{number}/parts",
        "get",
        "The parts of its run's stream, told again from the script",
        ids=_ENTRY_ID,
        answer=listed(record("event", "data", event=STRING, data={})),
        refusals=(403, 404),
    ),
    _operation(
        "/verify",
        "post",
        "Whether as many runs fit as are expected",
        body=OBJECT,
        example={"graph": "agent", "when": {"input.kind": "order"}, "times": 2},
        answer=_HELD,
        refusals=_REFUSALS,
    ),
    _operation("/verify/no_more", "post", "Whether every run has been verified", answer=_HELD),
    _operation(
        "/left_behind",
        "get",
        "What would fail a test that ends here, by the option that allows it",
        answer={"type": "object", "additionalProperties": listed(STRING)},
    ),
    _operation("/faults", "get", "The faults that are still to strike", answer=listed(_FAULT)),
    _operation(
        "/faults",
        "post",
        "Lay a fault over the next requests",
        body=OBJECT,
        example={"status": 503, "headers": {"Retry-After": "1"}, "times": 2},
        answer=_FAULT,
        status=201,
        refusals=_REFUSALS,
    ),
    _operation("/faults", "delete", "Lay the faults off", status=204),
    _operation("/clock", "get", "How time passes", answer=_CLOCK),
    _operation(
        "/clock",
        "put",
        "Let time pass otherwise",
        body=record(mode=enum("real", "instant", "held"), speed={"type": "number", "exclusiveMinimum": 0}),
        example={"mode": "held"},
        answer=_CLOCK,
        refusals=_REFUSALS,
    ),
    _operation(
        "/clock/advance",
        "post",
        "Let so many seconds pass",
        body=record("seconds", seconds=_SECONDS),
        example={"seconds": 5},
        answer=_CLOCK,
        refusals=_REFUSALS,
    ),
    _operation(
        "/clock/next_part",
        "post",
        "On a held clock, let time pass until one more part is told",
        body=record(timeout=_SECONDS),
        example={"timeout": 5},
        answer=_CLOCK,
        refusals=_REFUSALS,
    ),
    _operation("/reset", "post", "Forget threads, runs, journal, and whatever was added", status=204),
    _operation(
        "/ns",
        "get",
        "The namespaces that there are",
        answer=listed(record("name", "threads", "runs", name=STRING, threads=INTEGER, runs=INTEGER)),
    ),
    _operation(
        "/ns/{name}", "delete", "End a namespace", ids={"name": STRING}, status=204, refusals=(403, 404)
    ),
]
