"""Which keys a request may bring, as far as its schema says: for lints on what clients ask for."""

from collections.abc import Collection
from functools import cache

from mockgraph.runtime.journal import Entry

# The component schemas of bodies, by how the paths of their requests end: none of these is the end of another.
_STREAMS = ("RunCreateStreamingStateful", "RunCreateStreamingStateless")
_SCHEMAS = {
    "/runs/stream": _STREAMS,
    "/runs/wait": _STREAMS,
    "/runs": ("RunCreateStateful", "RunCreateStateless"),
    "/runs/crons": ("CronCreate", "ThreadCronCreate"),
    "/threads": ("ThreadCreate",),
    "/assistants": ("AssistantCreate",),
}


def known_keys(entry: Entry) -> Collection[str]:
    """The keys that a request may bring; none where nothing says which."""
    for end, names in _SCHEMAS.items():
        if entry.method == "POST" and entry.path.endswith(end):
            return _properties(names)
    return ()


@cache
def _properties(names: tuple[str, ...]) -> frozenset[str]:
    from mockgraph.web.schemas import SCHEMAS

    found: set[str] = set()
    waiting = [SCHEMAS[name] for name in names]
    while waiting:
        schema = waiting.pop()
        found.update(schema.get("properties", {}))
        waiting += schema.get("allOf", [])
        if "$ref" in schema:
            waiting.append(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    # langgraph-api 0.16.7: read by the server, though its document does not know it.
    return frozenset({*found, "checkpoint_id"})
