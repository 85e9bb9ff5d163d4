"""LangGraph's names for what travels on the wire, each set of them in one place.

Nothing here knows what a name does: the layer that gives it a meaning holds a table keyed by it.
"""

import uuid

import msgspec

# langgraph-api 0.16.7: the order of the enum in its OpenAPI document, which its 422 texts repeat.
STREAM_MODES = (
    "values",
    "messages",
    "messages-tuple",
    "tasks",
    "checkpoints",
    "updates",
    "events",
    "debug",
    "custom",
)

# Modes under which the real server calls models in streaming form; it shows in message ids.
TOKEN_MODES = frozenset({"messages", "messages-tuple", "events"})

# langgraph-api 0.16.7: metadata that is the server's to say; what a client sends of it is dropped.
RESERVED_METADATA = ("thread_id", "assistant_id", "run_id", "cron_id", "counters_since_delta_snapshot")

RUN_STATUSES = ("pending", "running", "error", "success", "timeout", "interrupted")
THREAD_STATUSES = ("idle", "busy", "interrupted", "error")
MULTITASK_STRATEGIES = ("reject", "rollback", "interrupt", "enqueue")
DURABILITIES = ("sync", "async", "exit")

HTTP_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")

# langgraph 1.2.22: a model with this tag is not heard in the modes of messages.
NOSTREAM = "nostream"

START = "__start__"
END = "__end__"
# As whom a state may be edited, beside the graph's own nodes.
INPUT = "__input__"
COPY = "__copy__"
PULL = "__pregel_pull"
PUSH = "__pregel_push"


class Identity(msgspec.Struct, frozen=True):
    """What the double claims to be: the server version that its bytes are checked against."""

    api_version: str = "0.16.7"
    langgraph_version: str = "1.2.22"
    langchain_core_version: str = "1.7.2"
    plan: str = "enterprise"
    host: str = "self-hosted"


UPSTREAM = Identity()


# langgraph-api 0.16.7: its own namespace, one digit off uuid.NAMESPACE_URL.
_ASSISTANTS = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


def system_assistant_id(graph_id: str) -> str:
    """The id of the assistant that the real server makes for each graph at start-up."""
    return str(uuid.uuid5(_ASSISTANTS, graph_id))
