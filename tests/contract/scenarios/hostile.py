"""Bodies that nobody sends by accident, to each kind of route that takes one."""

import json
from urllib.parse import urlencode

from tests.contract.scenarios.asking import Ask, scenario, thread
from tests.hostile import ACCIDENTS, REFUSED, TAKEN

_RUN = b'{"assistant_id":"counter","input":{"n":1},"metadata":{"hostile":%b}}'
# What each route is asked, with a value in it.
_ROUTES = {
    "/threads": b'{"metadata":{"hostile":%b}}',
    "/threads/search": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/assistants/search": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/assistants/count": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/threads/count": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/threads/prune": b'{"thread_ids":[],"hostile":%b}',
    "/runs/crons/search": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/runs/crons/count": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/store/items/search": b'{"namespace_prefix":["hostile"],"hostile":%b}',
    "/store/namespaces": b'{"prefix":["hostile"],"hostile":%b}',
    "/runs": _RUN,
    "/runs/wait": _RUN,
    "/runs/cancel": b'{"run_ids":[],"thread_id":"","hostile":%b}',
}
_OF_A_THREAD = {
    "/runs": _RUN,
    "/runs/wait": _RUN,
    "/runs/stream": _RUN,
    "/state": b'{"values":{"name":"ada"},"hostile":%b}',
    "/history": b'{"metadata":{"hostile":%b,"not":"there"}}',
    "/state/checkpoint": b'{"checkpoint":{"checkpoint_map":{"hostile":%b}}}',
}


def refused(name: str, body: bytes, *, accident: bool) -> None:
    @scenario(f"hostile: {name}", accident=accident)
    async def asked(ask: Ask) -> None:
        for path in (*_ROUTES, "/assistants", "/runs/crons", "/runs/stream", "/runs/batch"):
            await ask("POST", path, body)
        for method in ("PUT", "DELETE"):
            await ask(method, "/store/items", body)
        of_thread = f"/threads/{await thread(ask)}"
        for path in _OF_A_THREAD:
            await ask("POST", of_thread + path, body)
        await ask("PATCH", of_thread, body)
        await ask("POST", f"{of_thread}/runs/crons", body)


def taken(name: str, value: bytes) -> None:
    @scenario(f"hostile: {name} where there is none")
    async def asked(ask: Ask) -> None:
        for path, body in _ROUTES.items():
            await ask("POST", path, body % value)

    # What is nested that deeply cannot be listed there.
    @scenario(f"hostile: {name} on a thread", accident=name.startswith("250 "))
    async def asked_of_thread(ask: Ask) -> None:
        made = await ask("POST", "/threads", b'{"metadata":{"hostile":%b}}' % value)
        path = f"/threads/{made.json()['thread_id']}"
        await ask("GET", path)
        await ask("PATCH", path, b'{"metadata":{"more":%b}}' % value)
        await ask("POST", f"{path}/runs/wait", _RUN % value)
        await ask("POST", f"{path}/state", b'{"values":{"name":%b}}' % value)
        for view in ("", "/state", "/runs"):
            await ask("GET", path + view)
        await ask("POST", f"{path}/history", b'{"limit":9}')

    @scenario(f"hostile: {name} in the store")
    async def stored(ask: Ask) -> None:
        where = f"hostile {name}".replace(".", " ")
        place = b'"namespace":[%b],"key":"k"' % json.dumps(where).encode()
        await ask("PUT", "/store/items", b'{%b,"value":{"hostile":%b}}' % (place, value))
        await ask("GET", f"/store/items?{urlencode({'namespace': where, 'key': 'k'})}")
        await ask("DELETE", "/store/items", b"{%b}" % place)


for _name, _case in REFUSED.items():
    refused(_name, _case[0], accident=_name in ACCIDENTS)
for _name, _value in TAKEN.items():
    taken(_name, _value)


@scenario("hostile: integers that are written as floats")
async def written_as_floats(ask: Ask) -> None:
    for path in ("/threads/search", "/assistants/search"):
        for body in (
            b'{"limit":2.0,"metadata":{"not":"there"}}',
            b'{"offset":1e300,"metadata":{"not":"there"}}',
        ):
            await ask("POST", path, body)
    path = f"/threads/{await thread(ask)}"
    await ask("POST", f"{path}/runs/wait", b'{"assistant_id":"counter","input":{"n":1}}')
    await ask("POST", f"{path}/history", b'{"limit":2.0}')
    await ask("POST", f"{path}/history", b'{"limit":2.5}')
