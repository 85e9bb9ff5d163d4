"""What is sent to both servers, by subject: importing this package registers every scenario."""

from tests.contract.scenarios import (
    a2a,
    assistants,
    failures,
    humans,
    lives,
    mcp,
    shapes,
    streams,
    threads,
    views,
)
from tests.contract.scenarios.asking import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "a2a",
    "assistants",
    "failures",
    "humans",
    "lives",
    "mcp",
    "shapes",
    "streams",
    "threads",
    "views",
]
