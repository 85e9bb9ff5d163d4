"""What is sent to both servers, by subject: importing this package registers every scenario."""

from tests.contract.scenarios import crons, failures, humans, lives, shapes, store, streams, views
from tests.contract.scenarios.asking import SCENARIOS, Scenario

__all__ = [
    "SCENARIOS",
    "Scenario",
    "crons",
    "failures",
    "humans",
    "lives",
    "shapes",
    "store",
    "streams",
    "views",
]
