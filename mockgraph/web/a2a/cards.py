"""Agent cards: what an assistant says of itself."""

from typing import Any

from starlette.types import Scope

from mockgraph.backend.assistants import Assistant
from mockgraph.backend.schemas import schemas_of
from mockgraph.runtime.namespaces import Namespace
from mockgraph.script.model import Graph
from mockgraph.web.paths import api_url
from mockgraph.words.vocabulary import UPSTREAM

_MODES = ["application/json", "text/plain"]

_HISTORY_SCOPE = {
    "uri": "https://langchain.com/a2a/extensions/history-scope/v1",
    "description": "Choose task-only or full-context response history",
    "required": False,
    "params": {
        "header": "LangGraph-A2A-History-Scope",
        "values": ["context", "task"],
        "default": "context",
        "methods": ["SendMessage", "GetTask", "ListTasks"],
    },
}


def card(namespace: Namespace, assistant: Assistant, named: str, scope: Scope) -> dict[str, Any]:
    """The card of an assistant, whose id a client has spelled so."""
    name = assistant.now.name
    description = assistant.now.description or f"{name} assistant"
    url = f"{api_url(scope)}/a2a/{named}"
    return {
        "name": name,
        "description": description,
        "url": url,
        "supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "capabilities": {
            "streaming": True,
            "pushNotifications": False,
            "stateTransitionHistory": False,
            "extensions": [_HISTORY_SCOPE],
        },
        "defaultInputModes": _MODES,
        "defaultOutputModes": _MODES,
        "skills": [_skill(namespace, assistant, named, description)],
        "version": UPSTREAM.api_version,
    }


def fields_of(graph: Graph) -> list[str]:
    """The keys that a graph takes."""
    properties = _input_of(graph).get("properties")
    return list(properties) if isinstance(properties, dict) else []


def _input_of(graph: Graph) -> dict[str, Any]:
    """The schema of what a graph takes: that of its state where it states none for its input."""
    schemas = schemas_of(graph)
    stated = schemas["input_schema"] or schemas["state_schema"]
    return stated if isinstance(stated, dict) else {}


def _skill(namespace: Namespace, assistant: Assistant, named: str, description: str) -> dict[str, Any]:
    graph = namespace.graphs[assistant.graph_id]
    fields = fields_of(graph)
    return {
        "id": f"{named}-main",
        "name": f"{assistant.now.name} Capabilities",
        "description": description,
        "tags": ["assistant", "langgraph"],
        "examples": [],
        "inputModes": _MODES,
        "outputModes": _MODES,
        "metadata": {
            "inputSchema": {
                "required": _input_of(graph).get("required") or [],
                "properties": sorted(fields),
                "supportsA2A": "messages" in fields,
            }
        },
    }
