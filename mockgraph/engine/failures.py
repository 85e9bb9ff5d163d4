"""What clients are told of an exception: its class always, its message only for certain classes."""

import builtins

# langgraph-api 0.16.7: the classes whose messages (and whose subclasses' messages) reach clients.
_SHOWN_BASES = (ValueError, TypeError, KeyError, AttributeError, RuntimeError, TimeoutError)
_SHOWN_NAMES = frozenset(
    {
        "ValidationError",  # pydantic's, a ValueError
        "JSONDecodeError",
        "GraphRecursionError",
        "InvalidUpdateError",
        "EmptyInputError",
        "HTTPException",
        "UserInterrupt",
        "UserRollback",
        "UserTimeout",
        # mockgraph's own: what a test must read to mend its fixture
        "UnmatchedRun",
        "UnresolvedTemplate",
        "PlayFailed",
    }
)
HIDDEN = "An internal error occurred"


def told(error: str, message: str) -> dict[str, str]:
    """The error object of streams, waits and threads."""
    if error not in _SHOWN_NAMES:
        known = getattr(builtins, error, None)
        if not (isinstance(known, type) and issubclass(known, _SHOWN_BASES)):
            return {"error": error, "message": HIDDEN}
    return {"error": error, "message": _text(error, message)}


def _text(error: str, message: str) -> str:
    """Python's str() of the exception: a KeyError's is the repr of its key."""
    return repr(message) if error == "KeyError" and message else message


def spelled(error: str, message: str) -> str:
    """Python's repr() of the exception, as thread state shows it."""
    return f"{error}({message!r})" if message else f"{error}()"
