"""A server on loopback with something on it, so that requests that nobody wrote by hand find what they ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mockgraph import MockGraph

GRAPH = "agent"
FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - name: anything
    play:
      - {node: think, update: {messages: [{ai: Let me see.}]}}
      - {node: agent, update: {messages: [{ai: Hello.}]}}
"""


class Seeds:
    """What requests may name. Things that requests delete are made anew for each of them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._standing = self._made()

    def of(self, method: str, path: str) -> dict[str, str]:
        """Values for the parameters of a path."""
        if path.endswith("/cancel"):
            return self._made(after_seconds=60)
        return self._made() if method == "DELETE" else self._standing

    def _made(self, **run: Any) -> dict[str, str]:
        thread_id = self._asked("/threads", {})["thread_id"]
        path = f"/threads/{thread_id}"
        asked = {"assistant_id": GRAPH, "input": {}, **run}
        run_id = self._asked(f"{path}/runs", asked)["run_id"]
        if not run:
            self.client.get(f"{path}/runs/{run_id}/join").raise_for_status()
        state = self.client.get(f"{path}/state").json()
        item = {"namespace": ["users", "ada"], "key": "profile", "value": {"likes": "tea"}}
        self.client.put("/store/items", json=item).raise_for_status()
        return {
            "thread_id": thread_id,
            "run_id": run_id,
            "checkpoint_id": state["checkpoint_id"] or thread_id,
            "assistant_id": self._asked("/assistants", {"graph_id": GRAPH})["assistant_id"],
            "cron_id": self._asked("/runs/crons", {"assistant_id": GRAPH, "schedule": "@yearly"})["cron_id"],
            "namespace": "agent",
            "graph": GRAPH,
            "name": "anything",
            "number": "1",
        }

    def _asked(self, path: str, body: Any) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()


@contextmanager
def seeded(folder: Path) -> Iterator[tuple[MockGraph, Seeds]]:
    """Such a server, and what is on it."""
    folder.joinpath("agent.yaml").write_text(FIXTURE)
    with MockGraph(folder) as mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        yield mock, Seeds(client)
