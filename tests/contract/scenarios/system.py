"""The server itself: whether it is up, what it counts, and how it says that there is no such route or method."""

from typing import Any

from tests.contract.scenarios.asking import Ask, scenario, several

THREAD = "018cc251-f400-7acf-80e7-6d440feec09e"
ORIGIN = {"origin": "http://localhost:3000"}

PATHS = {
    "assistants": ("/assistants", "/assistants/search", "/assistants/count", f"/assistants/{THREAD}"),
    "an assistant's": tuple(
        f"/assistants/{THREAD}/{what}"
        for what in ("graph", "schemas", "subgraphs", "subgraphs/a", "versions", "latest")
    ),
    "threads": ("/threads", "/threads/search", "/threads/count", "/threads/prune", f"/threads/{THREAD}"),
    "a thread's": tuple(
        f"/threads/{THREAD}/{what}"
        for what in ("state", "state/checkpoint", "history", "copy", "storage", "runs", "runs/wait")
    ),
    "runs": ("/runs", "/runs/wait", "/runs/stream", "/runs/batch", "/runs/cancel"),
    "a run's": tuple(
        f"/threads/{THREAD}/runs/{THREAD}{what}" for what in ("", "/join", "/stream", "/cancel")
    ),
    "crons": ("/runs/crons", "/runs/crons/search", "/runs/crons/count", f"/runs/crons/{THREAD}"),
    "the store": ("/store/items", "/store/items/search", "/store/namespaces"),
    "the server": ("/ok", "/", "/info", "/metrics", "/docs", "/openapi.json"),
}

for _what, _paths in PATHS.items():

    @scenario(f"system: wrong methods, {_what}")
    async def wrong_methods(ask: Ask, paths: tuple[str, ...] = _paths) -> None:
        for path in paths:
            await ask("TRACE", path)
            await ask("QUERY", path)
            await ask("OPTIONS", path)

    @scenario(f"system: a slash too many, {_what}")
    async def slashes(ask: Ask, paths: tuple[str, ...] = _paths) -> None:
        for path in paths:
            if path != "/":
                await ask("POST", f"{path}/", {})
                await ask("DELETE", f"{path}/?a=1")

    @scenario(f"system: a preflight, {_what}")
    async def preflight(ask: Ask, paths: tuple[str, ...] = _paths) -> None:
        for path in paths:
            for method in ("POST", "DELETE"):
                asked = {**ORIGIN, "access-control-request-method": method}
                await ask("OPTIONS", path, headers=asked)


@scenario("system: no such route")
async def no_route(ask: Ask) -> None:
    for path in (
        "/nope",
        "/threads/a/b/c/d",
        "/store",
        "/store/",
        "/runs/x",
        "/assistants/",
        "//",
        "/%00",
        "/ok/x",
    ):
        await ask("GET", path)
        await ask("POST", path, {}, headers=ORIGIN)


@scenario("system: is it up")
async def up(ask: Ask) -> None:
    for query in ("", "?check_db=0", "?check_db=1", "?check_db=x", "?check_db=", "?other=1"):
        await ask("GET", f"/ok{query}")
    await ask("HEAD", "/ok")
    await ask("GET", "/")
    await ask("HEAD", "/info")
    await ask("GET", "/info", headers={"x-api-key": "whatever", **ORIGIN})


def keys(value: Any) -> Any:
    """The names in an object, and in those inside it; of the counts, one."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in value.items()}
    return [keys(item) for item in value[:1]] if isinstance(value, list) else None


@scenario("system: what is counted")
async def counted(ask: Ask) -> None:
    await ask("POST", "/threads/count", {}, shown=lambda _: None)
    await ask("GET", "/metrics?format=json", shown=keys)


@scenario("system: preflights that are refused")
async def disallowed(ask: Ask) -> None:
    origin = {"origin": "http://localhost:3000"}
    private = {"access-control-request-private-network": "true"}
    for method in ("POST", "FOO", "", "post", "GET, POST"):
        for more in ({}, private, {"access-control-request-headers": "x-a"}):
            asked = {**origin, "access-control-request-method": method, **more}
            await ask("OPTIONS", "/threads", headers=asked)


@scenario("system: ids in paths are looked at before bodies")
async def paths_first(ask: Ask) -> None:
    for path in ("/threads/abc", "/assistants/abc"):
        for body in several({"metadata": 5}, [], {}):
            await ask("PATCH", path, body)
    for path in ("state", "history", "state/checkpoint"):
        for odd in several([], {"limit": "x", "values": 5, "checkpoint": 5}):
            await ask("POST", f"/threads/abc/{path}", odd)
    await ask("POST", "/assistants/abc/versions", [])
