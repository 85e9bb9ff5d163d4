"""Commands and the answers to them, in the real server's envelopes and key orders."""

from typing import Any

import msgspec

from mockgraph.words.errors import MockgraphError, Refusal

NO_COMMAND = "Protocol commands must include an integer id and string method."
NO_JSON = "Protocol commands must be valid JSON."


class Command(msgspec.Struct, frozen=True):
    """A command: its id, by which the answer is told from others, its method, and what it says."""

    id: Any
    method: str
    params: dict[str, Any]


class Failed(MockgraphError):
    """A command that is answered with an error: one of the protocol's codes, and a sentence."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        self.code = code
        self.message = message
        self.more = more
        super().__init__(f"{code}: {message}")


def command_of(data: Any) -> Command:
    """The command in a JSON value; raises Failed where it is none."""
    if not isinstance(data, dict) or not isinstance(data.get("id"), int):
        raise Failed("invalid_argument", NO_COMMAND)
    if not isinstance(data.get("method"), str):
        raise Failed("invalid_argument", NO_COMMAND)
    params = data.get("params")
    return Command(data["id"], data["method"], params if isinstance(params, dict) else {})


def id_of(data: Any) -> Any:
    """What a value that may be no command gives as its id."""
    return data.get("id") if isinstance(data, dict) else None


def success(command_id: Any, result: dict[str, Any], *, seq: int) -> dict[str, Any]:
    """The answer to a command; `seq` is the number of the newest event that its connection has been sent."""
    return {
        "type": "success",
        "id": command_id,
        "result": result,
        "meta": {"applied_through_seq": seq},
    }


def failure(command_id: Any, failed: Failed, *, seq: int | None = None) -> dict[str, Any]:
    """The answer to a command that failed; `seq` as in a success, where the answer has one."""
    told = {"type": "error", "id": command_id, "error": failed.code, "message": failed.message, **failed.more}
    return told if seq is None else {**told, "meta": {"applied_through_seq": seq}}


def unknown_subscription(named: Any) -> Failed:
    """Why a subscription that is not there cannot be ended."""
    if not isinstance(named, str) or not named:
        return Failed("invalid_argument", "subscription.unsubscribe requires a subscription_id.")
    return Failed("no_such_subscription", f"Unknown subscription: {named}")


def refused(refusal: Refusal) -> Failed:
    """A refusal of the classic protocol as a command hears of it."""
    return Failed("unknown_error", f"{refusal.status}: {refusal.detail}")
