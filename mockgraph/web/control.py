"""The front door over HTTP: `/_mockgraph/…`, for tests in any language; in front of it `/ns/<name>` as of any route.

Pages of other origins than loopback, and callers from other machines, are refused unless an option lets them: whoever
may call this may say what the server answers.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mockgraph.backend.json import loads, raw
from mockgraph.runtime import repeating, steering, verifying
from mockgraph.runtime.journal import Entry
from mockgraph.runtime.lints import lints
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.webhooks import LOOPBACK
from mockgraph.web.answers import json
from mockgraph.web.bodies import read_request
from mockgraph.web.known_keys import known_keys
from mockgraph.words.clock import iso
from mockgraph.words.errors import FixtureError, MockgraphError, Refusal

_FILE = "POST /_mockgraph"
_LIMIT = 100  # entries of the journal in one answer, if it does not say


async def answered(namespace: Namespace, root: Namespace, name: str, request: Request) -> Response:
    """What the endpoint of this name answers those who may control the namespace; `root` is that of the server."""
    refuse_strangers(request, namespace.options.control_from)
    endpoint = getattr(Control(namespace, root), name)
    try:
        answer: Response = await endpoint(request)
    except Refusal:
        raise
    except FixtureError as error:
        raise Refusal(422, str(error)) from None
    except RecursionError:
        raise Refusal(422, "Nested too deeply") from None
    except (MockgraphError, ValueError, TypeError) as error:
        raise Refusal(422, str(error)) from None
    return answer


def refuse_strangers(request: Request, allowed: Collection[str]) -> None:
    """Refuse pages of other origins, and callers from other machines; raises Refusal."""
    if "*" in allowed:
        return
    origin = request.headers.get("origin")
    if origin is not None and origin not in allowed and not _loopback(_host(origin)):
        raise Refusal(
            403,
            f"Origin '{origin}' may not control this server; "
            f"start it with --allow-control-from {origin}, or allow_control_from=['{origin}']",
        )
    host = request.headers.get("host", "")
    if host and not _loopback(_host(f"http://{host}")) and f"http://{host}" not in allowed:
        raise Refusal(
            403,
            f"Host '{host}' is not loopback, so it may not be controlled under that name; "
            f"start it with --allow-control-from http://{host}",
        )
    client = request.client
    if client is not None and not _loopback(client.host) and not allowed:
        raise Refusal(
            403,
            f"{client.host} is another machine and may not control this server; "
            "start it with --allow-control-from '*', which lets everybody",
        )


def _loopback(host: str) -> bool:
    if host in LOOPBACK:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Control:
    """The endpoints."""

    def __init__(self, namespace: Namespace, root: Namespace) -> None:
        self.namespace = namespace
        self.root = root

    # --- stubs ---

    async def stubs(self, _request: Request) -> Response:
        """`GET /_mockgraph/stubs`: every stub in the order of trial, and how often each has played."""
        return json([self._stub(stub) for graph in self.namespace.graphs.values() for stub in graph.stubs])

    def _stub(self, stub: Any) -> dict[str, Any]:
        return {
            "graph": stub.graph_id,
            "name": stub.name,
            "source": str(stub.source),
            "after": stub.after,
            "times": stub.times,
            "played": self.namespace.played[stub],
            "added": any(stub is own for own in self.namespace.added),
        }

    async def add_stubs(self, request: Request) -> Response:
        """`POST /_mockgraph/stubs`: a stub, or a fixture, as YAML or JSON."""
        try:
            text = (await read_request(request)).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refusal(422, f"Expected UTF-8: byte {error.start} is none") from None
        added = self.namespace.stubs_from_text(text, file=_FILE + "/stubs")
        return json([self._stub(stub) for stub in added], status=201)

    async def remove_stub(self, request: Request) -> Response:
        """`DELETE /_mockgraph/stubs/{graph}/{name}`: one that was added."""
        graph, name = request.path_params["graph"], request.path_params["name"]
        if not self.namespace.unstub(graph, name):
            raise Refusal(404, f"No stub '{name}' was added to graph '{graph}'; those of files stay")
        return Response(status_code=204)

    async def latency(self, request: Request) -> Response:
        """`PUT /_mockgraph/latency/{graph}`: what its runs take; `null` for nothing."""
        words = await _json(request)
        if words is not None and not isinstance(words, dict):
            raise Refusal(422, 'A latency is a mapping such as {"node": "200ms"}, or null')
        steering.set_latency(
            self.namespace, request.path_params["graph"], words, file=_FILE + "/latency", line=1
        )
        return Response(status_code=204)

    # --- the journal ---

    async def journal(self, request: Request) -> Response:
        """`GET /_mockgraph/journal`: the newest entries, oldest first, as the query narrows them."""
        query = request.query_params
        _only(dict(query), "kind", "graph", "thread", "stub", "status", "method", "path", "limit")
        if query.get("kind", "runs") not in ("runs", "requests"):
            raise Refusal(422, f"'kind' is runs or requests, got '{query['kind']}'")
        names = ("graph", "thread", "stub", "status")
        runs = query.get("kind") == "runs" or any(name in query for name in names if name != "status")
        for name in ("limit", *(() if runs else ("status",))):
            if name in query and not query[name].removeprefix("-").isdecimal():
                raise Refusal(422, f"'{name}' is a whole number, got '{query[name]}'")
        if runs:
            found = self.namespace.journal.runs(**{name: query.get(name) for name in names})
        else:
            status = query.get("status")
            found = self.namespace.journal.requests(
                method=query.get("method"), path=query.get("path"), status=int(status) if status else None
            )
        limit = int(query.get("limit", _LIMIT))
        odd = lints(self.namespace.journal, known_keys)
        return json([self._entry(entry, odd) for entry in (found[-limit:] if limit > 0 else [])])

    def _entry(self, entry: Entry, odd: list[tuple[str, Entry, str]]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "number": entry.number,
            "at": iso(entry.at),
            "method": entry.method,
            "path": entry.path,
            "query": entry.query,
            "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in entry.headers},
            "body": raw(entry.body) if entry.json is not None else None,
            "status": entry.status,
            "ended": entry.ended,
            "fault": entry.fault,
            "lints": [{"name": name, "what": said} for name, of, said in odd if of is entry],
            "run": None,
        }
        if entry.graph is not None:
            told["run"] = {
                "graph": entry.graph,
                "run_id": entry.run_id,
                "thread_id": entry.thread,
                "stub": entry.stub,
                "source": entry.source,
                "status": entry.run_status,
                "report": entry.report,
            }
        return told

    def _found(self, request: Request) -> Entry:
        number = request.path_params["number"]
        for entry in self.namespace.journal:
            if str(entry.number) == number:
                return entry
        kept = [entry.number for entry in self.namespace.journal]
        there = f"it has {kept[0]} to {kept[-1]}" if kept else "it is empty"
        raise Refusal(404, f"The journal has no entry {number}; {there}")

    async def entry(self, request: Request) -> Response:
        """`GET /_mockgraph/journal/{number}`: one entry, with why the other stubs did not take its run."""
        entry = self._found(request)
        told = self._entry(entry, lints(self.namespace.journal, known_keys))
        missed = verifying.missed(self.namespace, entry) if entry.graph is not None else []
        return json(
            {**told, "missed": [verifying.why(miss, self.namespace.journal.hiding(())) for miss in missed]}
        )

    async def parts(self, request: Request) -> Response:
        """`GET /_mockgraph/journal/{number}/parts`: the parts of the run's stream, told again from its script."""
        run = self._found(request).run
        sent = [] if run is None else repeating.sent(self.namespace, run)
        return json(
            [{"event": part.event, "data": loads(part.body.partition(b"\r\ndata: ")[2])} for part in sent]
        )

    async def clear_journal(self, _request: Request) -> Response:
        """`DELETE /_mockgraph/journal`: forget what was asked; runs and threads stay."""
        self.namespace.journal.clear()
        return Response(status_code=204)

    # --- verification ---

    async def verify(self, request: Request) -> Response:
        """`POST /_mockgraph/verify`: whether as many runs fit as are expected; 200 either way."""
        words = await _mapping(request)
        graph = words.pop("graph", None)
        failure = steering.verify(self.namespace, graph, words, file=_FILE + "/verify", line=1)
        return json({"ok": failure is None, "failure": failure})

    async def no_more(self, _request: Request) -> Response:
        """`POST /_mockgraph/verify/no_more`: whether every run has been verified."""
        failure = verifying.no_more(self.namespace)
        return json({"ok": failure is None, "failure": failure})

    async def left_behind(self, _request: Request) -> Response:
        """`GET /_mockgraph/left_behind`: what fails a test with the pytest fixture, by the option that would allow it."""
        return json(steering.left_behind(self.namespace))

    # --- faults and time ---

    async def faults(self, _request: Request) -> Response:
        """`GET /_mockgraph/faults`: those that are still to strike."""
        return json(
            [
                {"fault": strikes.fault.name, "left": strikes.left, "source": str(strikes.fault.source)}
                for strikes in self.namespace.faults.laid
            ]
        )

    async def add_fault(self, request: Request) -> Response:
        """`POST /_mockgraph/faults`: lay one over the next requests."""
        words = await _mapping(request)
        fault = steering.lay_fault(self.namespace, words, file=_FILE + "/faults", line=1)
        return json({"fault": fault.name, "left": fault.times, "source": str(fault.source)}, status=201)

    async def clear_faults(self, _request: Request) -> Response:
        """`DELETE /_mockgraph/faults`: lay them off."""
        self.namespace.faults.clear()
        return Response(status_code=204)

    def _clock(self) -> dict[str, Any]:
        timeline = self.namespace.timeline
        return {
            "mode": timeline.mode,
            "speed": timeline.speed,
            "now": iso(self.namespace.options.clock.now()),
            "waiting": timeline.waiting,
        }

    async def clock(self, _request: Request) -> Response:
        """`GET /_mockgraph/clock`: how time passes, the date, and how many delays and parts wait."""
        return json(self._clock())

    async def set_clock(self, request: Request) -> Response:
        """`PUT /_mockgraph/clock`: let time pass otherwise: `{mode, speed}`."""
        words = await _mapping(request)
        _only(words, "mode", "speed")
        self.namespace.set_clock(
            words.get("mode", self.namespace.timeline.mode), speed=_number(words, "speed", 1.0)
        )
        return json(self._clock())

    async def advance(self, request: Request) -> Response:
        """`POST /_mockgraph/clock/advance`: let `{seconds}` pass, with all that is due in them."""
        words = await _mapping(request)
        _only(words, "seconds")
        await self.namespace.timeline.advance(_number(words, "seconds", None))
        return json(self._clock())

    async def next_part(self, request: Request) -> Response:
        """`POST /_mockgraph/clock/next_part`: on a held clock, let time pass until one more part is told."""
        words = await _mapping(request)
        _only(words, "timeout")
        await self.namespace.timeline.next_part(patience=min(_number(words, "timeout", 5.0), 60.0))
        return json(self._clock())

    # --- the namespace itself ---

    async def reset(self, _request: Request) -> Response:
        """`POST /_mockgraph/reset`: forget threads, runs, journal, and whatever was added."""
        self.namespace.reset()
        return Response(status_code=204)

    async def namespaces(self, _request: Request) -> Response:
        """`GET /_mockgraph/ns`: the namespaces that there are."""
        return json(
            [
                {"name": name, "threads": len(found.threads), "runs": len(found.journal.runs())}
                for name, found in self.root.children.items()
            ]
        )

    async def drop(self, request: Request) -> Response:
        """`DELETE /_mockgraph/ns/{name}`: end a namespace."""
        name = request.path_params["name"]
        if not self.root.drop(name):
            known = ", ".join(sorted(self.root.children)) or "none"
            raise Refusal(404, f"There is no namespace '{name}'; there are: {known}")
        return Response(status_code=204)


async def _json(request: Request) -> Any:
    body = await read_request(request)
    try:
        return orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refusal(422, f"Expected JSON: {error}") from None


async def _mapping(request: Request) -> dict[str, Any]:
    words = await _json(request)
    if not isinstance(words, dict):
        raise Refusal(
            422, f"Expected a JSON object, got {orjson.dumps(words)[:40].decode('utf-8', 'replace')}"
        )
    return words


def _only(words: dict[str, Any], *known: str) -> None:
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise Refusal(422, f"Unknown key '{unknown[0]}'; expected one of: {', '.join(known)}")


def _number(words: dict[str, Any], name: str, default: float | None) -> float:
    value = words.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(422, f"'{name}' is a number, got {orjson.dumps(value).decode()}")
    return float(value)
