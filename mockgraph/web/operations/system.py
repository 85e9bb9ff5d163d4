"""The server itself: every operation."""

from mockgraph.web.operations.pieces import Operation
from mockgraph.web.schemas.pieces import OBJECT

OPERATIONS = [
    Operation("/ok", "get", "System", "Whether the server is up", answer=OBJECT, refusals=()),
    Operation("/info", "get", "System", "Which server this is", answer=OBJECT, refusals=()),
]
