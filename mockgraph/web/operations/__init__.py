"""Every operation of our OpenAPI document; imported when somebody asks for it. A module for each part of the API."""

from mockgraph.web.operations import assistants, runs, system, threads
from mockgraph.web.operations.pieces import Operation

OPERATIONS: list[Operation] = [
    *assistants.OPERATIONS,
    *threads.OPERATIONS,
    *runs.OPERATIONS,
    *system.OPERATIONS,
]
