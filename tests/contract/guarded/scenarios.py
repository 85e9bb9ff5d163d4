"""What identities ask, of their own and of one another's."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from tests.contract.exchange import Answer, Ask

Scenario = Callable[[Ask], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}

RUN = {"assistant_id": "counter", "input": {"n": 1}}
UNKNOWN = "01a203a8-857f-7569-bf20-ee93d4db15a3"
WHO: dict[str, dict[str, str]] = {
    "alice": {"authorization": "Bearer alice"},
    "bob": {"x-api-key": "bob-key"},
    "guest": {"authorization": "Bearer guest"},
}
STRANGERS: dict[str, dict[str, str]] = {
    "nobody": {},
    "a stranger": {"authorization": "Bearer stranger"},
    "a token alone": {"authorization": "stranger"},
    "an empty token": {"authorization": ""},
    "somebody revoked": {"authorization": "Bearer old"},
    "a key that is none": {"x-api-key": "none"},
}


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    def register(play: Scenario) -> Scenario:
        assert name not in SCENARIOS
        SCENARIOS[name] = play
        return play

    return register


class As:
    """Somebody who asks."""

    def __init__(self, ask: Ask, who: str) -> None:
        self._ask = ask
        self._headers = WHO[who]

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return await self._ask(method, path, body, headers=self._headers, **more)


async def owned(ask: Ask) -> tuple[str, str]:
    """A thread of alice's, and a run on it."""
    alice = As(ask, "alice")
    thread_id = (await alice("POST", "/threads", {"metadata": {"a": 1}})).json()["thread_id"]
    run = (await alice("POST", f"/threads/{thread_id}/runs", RUN)).json()["run_id"]
    await alice("GET", f"/threads/{thread_id}/runs/{run}/join")
    return thread_id, run


PATHS = ("/threads/search", "/threads/abc", "/nope", "/ok", "/info", "/assistants/search", "/store/items")
for _who, _headers in STRANGERS.items():

    @scenario(f"auth: {_who}")
    async def stranger(ask: Ask, headers: dict[str, str] = _headers) -> None:
        for path in PATHS:
            await ask("GET", path, headers=headers)
            await ask("POST", path, {}, headers=headers)
        await ask("HEAD", "/threads/abc", headers=headers)


@scenario("auth: a preflight, and errors for other origins")
async def preflight(ask: Ask) -> None:
    origin = {"origin": "http://localhost:3000"}
    await ask("OPTIONS", "/threads", headers={**origin, "access-control-request-method": "POST"})
    await ask("POST", "/threads", {}, headers=origin)
    await ask("POST", "/threads", {}, headers={**origin, **WHO["guest"]})


for _who in WHO:

    @scenario(f"auth: an unknown route, asked by {_who}")
    async def no_route(ask: Ask, who: str = _who) -> None:
        somebody = As(ask, who)
        await somebody("GET", "/nope")
        await somebody("GET", "/threads")

    @scenario(f"auth: a thread of alice's, read by {_who}")
    async def read(ask: Ask, who: str = _who) -> None:
        thread_id, run = await owned(ask)
        somebody, one = As(ask, who), f"/threads/{thread_id}"
        for path in (one, f"{one}/state", f"{one}/history", f"{one}/runs", f"{one}/runs/{run}"):
            await somebody("GET", path)
        await somebody("POST", f"{one}/history", {})
        await somebody("POST", f"{one}/state/checkpoint", {"checkpoint": {}})
        await somebody("GET", f"{one}/runs/{run}/join")
        await somebody("GET", f"{one}/runs/{run}/stream")
        await somebody("GET", f"{one}/runs/{UNKNOWN}")
        await somebody("GET", "/threads/abc")

    @scenario(f"auth: a thread of alice's, searched by {_who}")
    async def searched(ask: Ask, who: str = _who) -> None:
        mark = str(uuid4())
        await As(ask, "alice")("POST", "/threads", {"metadata": {"mark": mark}})
        query = {"metadata": {"mark": mark}}
        await As(ask, who)("POST", "/threads/search", query)
        await As(ask, who)("POST", "/threads/count", query)

    @scenario(f"auth: a thread of alice's, changed by {_who}")
    async def changed(ask: Ask, who: str = _who) -> None:
        thread_id, _ = await owned(ask)
        somebody, one = As(ask, who), f"/threads/{thread_id}"
        await somebody("PATCH", one, {"metadata": {"z": 1}})
        await somebody("POST", f"{one}/state", {"values": {"n": 1}})
        await somebody("POST", f"{one}/runs/wait", RUN)
        await somebody("POST", f"{one}/runs/stream", RUN)
        await As(ask, "alice")("GET", one)
        await As(ask, "alice")("GET", f"{one}/state")
        await As(ask, "alice")("GET", f"{one}/runs")

    @scenario(f"auth: a run of alice's, stopped by {_who}")
    async def stopped(ask: Ask, who: str = _who) -> None:
        thread_id, run = await owned(ask)
        somebody, one = As(ask, who), f"/threads/{thread_id}"
        await somebody("POST", f"{one}/runs/{run}/cancel")
        await somebody("POST", "/runs/cancel", {"thread_id": thread_id, "run_ids": [run]})

    @scenario(f"auth: a run of alice's, deleted by {_who}")
    async def run_deleted(ask: Ask, who: str = _who) -> None:
        thread_id, run = await owned(ask)
        await As(ask, who)("DELETE", f"/threads/{thread_id}/runs/{run}")
        await As(ask, "alice")("GET", f"/threads/{thread_id}/runs/{run}")

    @scenario(f"auth: a thread of alice's, copied by {_who}")
    async def copied(ask: Ask, who: str = _who) -> None:
        thread_id, _ = await owned(ask)
        await As(ask, who)("POST", f"/threads/{thread_id}/copy")

    @scenario(f"auth: a thread of alice's, deleted by {_who}")
    async def deleted(ask: Ask, who: str = _who) -> None:
        thread_id, _ = await owned(ask)
        await As(ask, who)("POST", "/threads/prune", {"thread_ids": [thread_id]})
        await As(ask, who)("DELETE", f"/threads/{thread_id}")
        await As(ask, "alice")("GET", f"/threads/{thread_id}")

    @scenario(f"auth: an id that is alice's, taken by {_who}")
    async def taken(ask: Ask, who: str = _who) -> None:
        thread_id, _ = await owned(ask)
        for if_exists in ("raise", "do_nothing"):
            await As(ask, who)("POST", "/threads", {"thread_id": thread_id, "if_exists": if_exists})

    @scenario(f"auth: runs without a thread, made by {_who}")
    async def stateless(ask: Ask, who: str = _who) -> None:
        somebody = As(ask, who)
        await somebody("POST", "/runs/wait", RUN)
        kept = await somebody("POST", "/runs", {**RUN, "on_completion": "keep"})
        await somebody("POST", "/runs/batch", [RUN])
        if "thread_id" in kept.body:
            one = f"/threads/{kept.json()['thread_id']}"
            await somebody("GET", f"{one}/runs/{kept.json()['run_id']}/join")
            await somebody("GET", one)
            await somebody("GET", f"{one}/history?limit=9")

    @scenario(f"auth: a thread made by a run of {_who}'s")
    async def made_by_run(ask: Ask, who: str = _who) -> None:
        one, somebody = f"/threads/{uuid4()}", As(ask, who)
        await somebody("POST", f"{one}/runs/wait", {**RUN, "if_not_exists": "create", "metadata": {"m": 1}})
        await somebody("GET", one)
        await As(ask, "bob")("GET", one)

    @scenario(f"auth: assistants, asked for by {_who}")
    async def assistants(ask: Ask, who: str = _who) -> None:
        somebody = As(ask, who)
        await somebody("POST", "/assistants", {"graph_id": "counter"})
        found = (await somebody("POST", "/assistants/search", {"graph_id": "paced"})).json()
        await somebody("POST", "/assistants/count", {"graph_id": "paced"})
        one = f"/assistants/{found[0]['assistant_id']}"
        await somebody("GET", one)
        await somebody("GET", f"{one}/graph")
        await somebody("GET", "/assistants/paced/graph")
        await somebody("POST", f"{one}/versions", {})
        await somebody("GET", f"{one}/subgraphs")

    @scenario(f"auth: the store, asked by {_who}")
    async def store(ask: Ask, who: str = _who) -> None:
        somebody = As(ask, who)
        for namespace in ([who, str(uuid4())], ["carol", "x"]):
            item = {"namespace": namespace, "key": "k", "value": {"a": 1}}
            await somebody("PUT", "/store/items", item)
            await somebody("GET", f"/store/items?key=k&namespace={'.'.join(namespace)}")
            await somebody("POST", "/store/items/search", {"namespace_prefix": namespace})
            await somebody("POST", "/store/namespaces", {"prefix": namespace})
            await somebody("DELETE", "/store/items", {"namespace": namespace, "key": "k"})
        await somebody("PUT", "/store/items", {"namespace": [], "key": "k", "value": {}})
        await somebody("POST", "/store/items/search", {"namespace_prefix": []})
        await somebody("GET", "/store/items?key=k&namespace=")

    @scenario(f"auth: a cron of alice's, asked for by {_who}")
    async def crons(ask: Ask, who: str = _who) -> None:
        mark = str(uuid4())
        body = {"assistant_id": "counter", "schedule": "0 0 1 1 *", "metadata": {"mark": mark}}
        made = (await As(ask, "alice")("POST", "/runs/crons", body)).json()
        somebody, one = As(ask, who), f"/runs/crons/{made['cron_id']}"
        await somebody("POST", "/runs/crons/search", {"metadata": {"mark": mark}})
        await somebody("POST", "/runs/crons/count", {"metadata": {"mark": mark}})
        await somebody("GET", one)
        await somebody("PATCH", one, {"enabled": False})
        await somebody("DELETE", one)
        await As(ask, "alice")("DELETE", one)

    @scenario(f"auth: a cron on a thread of alice's, made by {_who}")
    async def thread_crons(ask: Ask, who: str = _who) -> None:
        thread_id = (await As(ask, "alice")("POST", "/threads", {})).json()["thread_id"]
        body = {"assistant_id": "counter", "schedule": "0 0 1 1 *"}
        made = await As(ask, who)("POST", f"/threads/{thread_id}/runs/crons", body)
        await As(ask, who)("POST", "/runs/crons/search", {"thread_id": thread_id})
        await As(ask, who)("POST", "/runs/crons/count", {"thread_id": thread_id})
        if "cron_id" in made.body:
            await As(ask, who)("DELETE", f"/runs/crons/{made.json()['cron_id']}")

    @scenario(f"auth: runs of alice's, stopped by their status by {_who}")
    async def stopped_by_status(ask: Ask, who: str = _who) -> None:
        if who == "alice":
            return
        thread_id = (await As(ask, "alice")("POST", "/threads", {})).json()["thread_id"]
        run = await As(ask, "alice")("POST", f"/threads/{thread_id}/runs", {**RUN, "after_seconds": 60})
        await As(ask, who)("POST", "/runs/cancel", {"status": "pending"})
        await As(ask, "alice")("GET", f"/threads/{thread_id}/runs/{run.json()['run_id']}")
        await As(ask, "alice")("DELETE", f"/threads/{thread_id}")

    @scenario(f"auth: a thread's stream, followed by {_who}")
    async def followed(ask: Ask, who: str = _who) -> None:
        thread_id, _ = await owned(ask)
        if who != "alice":
            await As(ask, who)("GET", f"/threads/{thread_id}/stream")


# --- graphs' own assistants, and which refusal comes first --------------------------------------------------

WHO |= {"barred": {"authorization": "Bearer barred"}, "reader": {"authorization": "Bearer reader"}}


@scenario("auth: a graph's own assistant, run by somebody who sees none")
async def own_assistants(ask: Ask) -> None:
    barred = As(ask, "barred")
    await barred("POST", "/assistants/search", {"graph_id": "counter"})
    await barred("POST", "/runs/wait", RUN)
    await barred("POST", "/runs/stream", RUN)
    thread_id = (await barred("POST", "/threads", {})).json()["thread_id"]
    await barred("POST", f"/threads/{thread_id}/runs/wait", RUN)
    for path in ("/runs/crons", f"/threads/{thread_id}/runs/crons"):
        cron = (await barred("POST", path, {**RUN, "schedule": "0 0 1 1 *"})).json()
        await barred("DELETE", f"/runs/crons/{cron.get('cron_id')}")


@scenario("auth: a graph's own assistant, deleted by somebody who may change no threads")
async def deleted_assistants(ask: Ask) -> None:
    for who in ("guest", "reader"):
        found = (await As(ask, "alice")("POST", "/assistants/search", {"graph_id": "counter"})).json()
        one = f"/assistants/{found[0]['assistant_id']}"
        await As(ask, who)("DELETE", one)
        await As(ask, who)("DELETE", f"{one}?delete_threads=true")
        await As(ask, who)("DELETE", f"/assistants/{UNKNOWN}?delete_threads=true")
        await As(ask, who)("GET", one)


BOTH = {"context": {"a": 1}, "config": {"configurable": {"b": 2}}}
ODD_RUNS: dict[str, dict[str, Any]] = {
    "an assistant that is none": {"assistant_id": "nope"},
    "an unknown assistant": {"assistant_id": UNKNOWN},
    "two contexts": BOTH,
    "a webhook": {"webhook": "nope"},
    "a checkpoint": {"checkpoint_id": "x"},
}
for _name, _odd in ODD_RUNS.items():
    for _who in ("guest", "barred", "bob"):

        @scenario(f"auth: a run with {_name}, asked by {_who}")
        async def odd_runs(ask: Ask, who: str = _who, odd: dict[str, Any] = _odd) -> None:
            thread_id = (await As(ask, "alice")("POST", "/threads", {})).json()["thread_id"]
            for path in (
                "/runs/wait",
                "/runs",
                f"/threads/{thread_id}/runs/wait",
                f"/threads/{UNKNOWN}/runs/wait",
            ):
                await As(ask, who)("POST", path, {**RUN, **odd})


ODD: list[tuple[str, str, Any]] = [
    ("POST", "/threads/abc/runs", RUN),
    ("POST", "/threads/abc/runs/wait", RUN),
    ("POST", "/threads", {"thread_id": "abc"}),
    ("DELETE", "/threads/abc", None),
    ("POST", "/threads/abc/state", {"values": None}),
    ("PATCH", f"/threads/{UNKNOWN}", {"metadata": {}}),
    ("POST", "/threads/prune", {"thread_ids": []}),
    ("POST", "/threads/prune", {"thread_ids": ["abc"]}),
    ("POST", "/runs/cancel", {"thread_id": "abc", "run_ids": ["x"]}),
    ("POST", "/runs/crons", {**RUN, "schedule": "0 0 1 1 *", "assistant_id": "nope"}),
    ("POST", "/runs/crons", {**RUN, "schedule": "0 0 1 1 *", "timezone": "zz"}),
    ("POST", "/runs/crons", {**RUN, "schedule": "bad"}),
    ("DELETE", "/runs/crons/abc", None),
    ("POST", "/assistants", {"graph_id": "nope"}),
    ("POST", "/assistants", {"graph_id": "counter", "assistant_id": "abc"}),
]
for _who in ("guest", "barred"):

    @scenario(f"auth: what is refused anyway, asked by {_who}")
    async def odd_requests(ask: Ask, who: str = _who) -> None:
        for method, path, body in ODD:
            await As(ask, who)(method, path, body)
