"""The server itself: every operation."""

from mockgraph.web.operations.pieces import JSON, TEXT, Operation
from mockgraph.web.schemas.pieces import OBJECT, STRING, enum, record

_CHECK = {"check_db": {"type": "integer", "enum": [0, 1], "default": 0}}
_OK = record("ok", ok={"type": "boolean", "const": True}, services=OBJECT)
_INFO = record(
    *("version", "langgraph_py_version", "flags", "host"),
    version=STRING,
    langgraph_py_version=STRING,
    flags=OBJECT,
    host=OBJECT,
)

OPERATIONS = [
    Operation("/", "get", "System", "Whether the server is up", query=_CHECK, answer=_OK, refusals=(400,)),
    Operation("/ok", "get", "System", "Whether the server is up", query=_CHECK, answer=_OK, refusals=(400,)),
    Operation("/info", "get", "System", "Which server this is", answer=_INFO),
    Operation(
        "/metrics",
        "get",
        "System",
        "How much there is to do",
        query={"format": enum("prometheus", "json", default="prometheus")},
        answer=STRING,
        kind=TEXT,
        besides={JSON: OBJECT},
    ),
    Operation("/docs", "get", "System", "This document, to read", answer=STRING, kind="text/html"),
    Operation("/openapi.json", "get", "System", "This document", answer=OBJECT),
]
