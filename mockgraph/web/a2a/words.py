"""The two generations of the protocol, which tell the same in other words."""

from typing import Any

import msgspec

SUBMITTED = "submitted"
WORKING = "working"
INPUT_REQUIRED = "input-required"
COMPLETED = "completed"
CANCELED = "canceled"
FAILED = "failed"
STATES = (
    SUBMITTED,
    WORKING,
    INPUT_REQUIRED,
    COMPLETED,
    CANCELED,
    FAILED,
    "rejected",
    "auth-required",
    "unknown",
)


class Generation(msgspec.Struct, frozen=True):
    """How a generation spells states and roles, and whether it says of a result what it is."""

    prefixed: bool

    def state(self, state: str) -> str:
        """A state of a task."""
        return f"TASK_STATE_{_shouted(state)}" if self.prefixed else state

    def role(self, role: str) -> str:
        """Who wrote a message: `user` or `agent`."""
        return f"ROLE_{_shouted(role)}" if self.prefixed else role

    def task(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task as the answer to a message."""
        return {"task": task} if self.prefixed else task


def _shouted(word: str) -> str:
    return word.upper().replace("-", "_")


OLD = Generation(prefixed=False)
NEW = Generation(prefixed=True)
