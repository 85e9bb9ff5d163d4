"""What is the server's to say: a client may send it, and it is dropped."""

from collections.abc import Mapping
from typing import Any

from mockgraph.words.vocabulary import RESERVED_METADATA

_CONFIGURABLE = (
    "langgraph_auth_user",
    "langgraph_auth_user_id",
    "langgraph_auth_permissions",
    "langgraph_request_id",
    "__after_seconds__",
    "__request_start_time_ms__",
)


def own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without what is the server's to say."""
    return {key: value for key, value in metadata.items() if key not in RESERVED_METADATA}


def own_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A `config` without what is the server's to say in its metadata and its configurable."""
    own = dict(config)
    if own.get("metadata"):
        own["metadata"] = own_metadata(own["metadata"])
    if own.get("configurable"):
        own["configurable"] = own_configurable(own["configurable"])
    return own


def own_configurable(configurable: Mapping[str, Any]) -> dict[str, Any]:
    """A `configurable`, or a `context`, without what is the server's to say."""
    return {
        key: value
        for key, value in configurable.items()
        if key not in _CONFIGURABLE and not key.startswith("__langsmith_")
    }
