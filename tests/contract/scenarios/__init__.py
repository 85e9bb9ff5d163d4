"""What is sent to both servers, by subject: importing this package registers every scenario."""

from tests.contract.scenarios import (
    a2a,
    assistants,
    crons,
    failures,
    hostile,
    humans,
    lives,
    mcp,
    shapes,
    states,
    store,
    streams,
    supersteps,
    system,
    threads,
    views,
)
from tests.contract.scenarios.asking import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "a2a",
    "assistants",
    "crons",
    "failures",
    "hostile",
    "humans",
    "lives",
    "mcp",
    "shapes",
    "states",
    "store",
    "streams",
    "supersteps",
    "system",
    "threads",
    "views",
]
