"""The component schemas of our OpenAPI document: what requests are validated against.

Names, types, required keys and enums are the wire's. A module for each part of the API, and here all of them.
"""

from mockgraph.web.schemas import assistants, crons, protocol, runs, store, threads
from mockgraph.web.schemas.pieces import Schema

SCHEMAS: dict[str, Schema] = {
    **assistants.SCHEMAS,
    **threads.SCHEMAS,
    **runs.SCHEMAS,
    **crons.SCHEMAS,
    **store.SCHEMAS,
    **protocol.SCHEMAS,
}
