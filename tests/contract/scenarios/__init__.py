"""What is sent to both servers, by subject: importing this package registers every scenario."""

from tests.contract.scenarios import failures, hostile, humans, lives, shapes, streams, views
from tests.contract.scenarios.asking import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Scenario", "failures", "hostile", "humans", "lives", "shapes", "streams", "views"]
