"""What the server counts of itself: answers by route and status, runs that wait and play."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from mockgraph.runtime.namespaces import Namespace

# langgraph-api 0.16.7: how many runs one server plays at once. Here as many as there are.
_WORKERS = 10
# langgraph-api 0.16.7: what asks about the server itself is not counted.
_UNCOUNTED = frozenset({"/ok", "/", "/info", "/metrics", "/docs", "/openapi.json"})


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
        return {
            "queue": {
                "n_pending": len(waiting),
                "pending_runs_wait_time_max_secs": max(waits, default=None),
                "pending_runs_wait_time_med_secs": median(waits) if waits else None,
                "pending_unblocked_runs_wait_time_max_secs": max(waits, default=None),
                "n_running": active,
            },
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
            labels = f'method="{row["method"]}",path="{row["path"]}",status="{row["status"]}"'
            lines.append(f"lg_api_http_requests_total{{{labels}}} {row['count']:.1f}")
        for name, count in told["workers"].items():
            lines += [
                f"# HELP lg_api_workers_{name} ",
                f"# TYPE lg_api_workers_{name} gauge",
                f"lg_api_workers_{name} {count:.1f}",
            ]
        return "\n".join([*lines, ""])

    def _requests(self) -> list[tuple[str, str, int, int]]:
        paths = {route.endpoint: route.path_format for route in self.routes if isinstance(route, Route)}
        found = [
            (method, paths[endpoint], status, count)
            for (method, endpoint, status), count in self._seen.items()
            if endpoint in paths and paths[endpoint] not in _UNCOUNTED
        ]
        return sorted(found)
