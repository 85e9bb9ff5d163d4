"""What the server counts of itself: answers by route and status, runs that wait and play."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from mockgraph.runtime.namespaces import Namespace

# langgraph-api 0.16.7: how many runs one server plays at once. Here as many as there are.
_WORKERS = 10
# langgraph-api 0.16.7: what asks about the server itself is not counted, but for its root.
_UNCOUNTED = frozenset({"/ok", "/info", "/metrics", "/docs", "/openapi.json"})
_LABELS = {
    "deployment_type": "",
    "otel_scope_name": "lsd_langgraph_api",
    "otel_scope_schema_url": "",
    "otel_scope_version": "",
    "project_id": "",
    "revision_id": "",
}


class Metrics:
    """The counts of one namespace's server."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._seen: Counter[tuple[str, Any, int]] = Counter()
        self.routes: Iterable[BaseRoute] = ()

    def seen(self, scope: Scope, status: int) -> None:
        """Count an answer, if a route gave it."""
        endpoint = scope.get("endpoint")
        if endpoint is not None:
            self._seen[scope["method"], endpoint, status] += 1

    def wire(self) -> dict[str, Any]:
        """The object of `GET /metrics?format=json`."""
        from statistics import median

        live = list(self._namespace.live.values())
        waiting = [running.run for running in live if not running.run.started]
        now = self._namespace.options.clock.now()
        waits = [max(0, now - run.created_at) / 1_000_000 for run in waiting]
        active = len(live) - len(waiting)
        pending, running = {"n_pending": len(waiting)}, {"n_running": active}
        times = {
            "pending_runs_wait_time_max_secs": max(waits, default=None),
            "pending_runs_wait_time_med_secs": median(waits) if waits else None,
            "pending_unblocked_runs_wait_time_max_secs": max(waits, default=None),
        }
        return {
            # langgraph-api 0.16.7: an empty queue has another order.
            "queue": {**pending, **running, **times} if live else {**pending, **times, **running},
            "api": {
                "http_requests_total": [
                    {"method": method, "path": path, "status": status, "count": count}
                    for method, path, status, count in self._requests()
                ]
            },
            "workers": {"max": _WORKERS, "active": active, "available": max(0, _WORKERS - active)},
        }

    def text(self) -> str:
        """The same for Prometheus."""
        told = self.wire()
        lines = ["# HELP lg_api_http_requests_total ", "# TYPE lg_api_http_requests_total counter"]
        for row in told["api"]["http_requests_total"]:
            count = row.pop("count")
            lines.append(f"lg_api_http_requests_total{_labelled(row)} {count:.1f}")
        for name, count in told["workers"].items():
            lines += [
                f"# HELP lg_api_workers_{name} ",
                f"# TYPE lg_api_workers_{name} gauge",
                f"lg_api_workers_{name}{_labelled({})} {count:.1f}",
            ]
        return "\n".join([*lines, ""])

    def _requests(self) -> list[tuple[str, str, int, int]]:
        paths = {route.endpoint: route.path_format for route in self.routes if isinstance(route, Route)}
        return [
            (method, paths[endpoint], status, count)
            for (method, endpoint, status), count in self._seen.items()
            if endpoint in paths and paths[endpoint] not in _UNCOUNTED
        ]


def _labelled(own: dict[str, Any]) -> str:
    """Labels as Prometheus reads them, by name."""
    labels = sorted({**_LABELS, **own}.items())
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}"
