"""Every operation of our OpenAPI document; imported when somebody asks for it. A module for each part of the API."""

from mockgraph.web.operations import (
    a2a,
    assistants,
    control,
    crons,
    mcp,
    protocol,
    runs,
    store,
    system,
    threads,
)
from mockgraph.web.operations.pieces import Operation

OPERATIONS: list[Operation] = [
    *assistants.OPERATIONS,
    *threads.OPERATIONS,
    *runs.OPERATIONS,
    *crons.OPERATIONS,
    *store.OPERATIONS,
    *protocol.OPERATIONS,
    *a2a.OPERATIONS,
    *mcp.OPERATIONS,
    *system.OPERATIONS,
    *control.OPERATIONS,
]
