"""What identities ask of agents and tools, and of one another's tasks."""

from uuid import uuid4

from tests.contract.exchange import Ask
from tests.contract.guarded.scenarios import WHO, scenario
from tests.contract.scenarios.a2a import agent, call, get, say

CALLERS = {
    **WHO,
    "a reader": {"authorization": "Bearer reader"},  # alice too, but may not write
    "a stranger to assistants": {"authorization": "Bearer barred"},
}
ACCEPT = {"accept": "application/json, text/event-stream"}
ALICE = WHO["alice"]


async def looked_at(ask: Ask, context: str) -> None:
    for part in ("", "/runs", "/state"):
        await ask("GET", f"/threads/{context}{part}", headers=ALICE)


for _who, _headers in CALLERS.items():

    @scenario(f"auth: cards, asked for by {_who}")
    async def cards(ask: Ask, headers: dict[str, str] = _headers) -> None:
        one = agent("desk")
        for path in (one, f"{one}/.well-known/agent-card.json", f"{one}/.well-known/agent.json"):
            await ask("GET", path, headers=headers)
        await ask(
            "GET", f"/.well-known/agent-card.json?assistant_id={one.rpartition('/')[2]}", headers=headers
        )
        await call(ask, "desk", "GetExtendedAgentCard", headers=headers)
        await call(ask, "desk", "nope", headers=headers)
        await ask("GET", "/mcp", headers=headers)
        await ask(
            "POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers={**ACCEPT, **headers}
        )

    @scenario(f"auth: a message of {_who}")
    async def message(ask: Ask, headers: dict[str, str] = _headers) -> None:
        context = str(uuid4())
        await say(ask, "desk", "hi", contextId=context, headers=headers)
        await call(ask, "desk", "ListTasks", {"contextId": context}, headers=headers)
        for part in ("", "/runs", "/state"):
            await ask("GET", f"/threads/{context}{part}", headers=headers)

    @scenario(f"auth: a task of alice's, asked for by {_who}")
    async def task(ask: Ask, headers: dict[str, str] = _headers) -> None:
        made = await say(ask, "desk", "hi", headers=ALICE)
        context, one = made["contextId"], made["id"]
        await get(ask, "desk", one, headers=headers)
        await get(ask, "desk", one, contextId=context, headers=headers)
        await get(ask, "desk", one, "GetTask", headers=headers)
        await call(ask, "desk", "ListTasks", {"contextId": context}, headers=headers)
        await say(ask, "desk", "well", taskId=one, messageId="m2", headers=headers)
        await say(ask, "desk", "hi", contextId=context, messageId="m3", headers=headers)
        await looked_at(ask, context)

    @scenario(f"auth: a question to alice, taken back by {_who}")
    async def taken_back(ask: Ask, headers: dict[str, str] = _headers) -> None:
        made = await say(ask, "desk", "hi", headers=ALICE)
        await get(ask, "desk", made["id"], "tasks/cancel", headers=headers)
        await get(ask, "desk", made["id"], headers=ALICE)
        await looked_at(ask, made["contextId"])


for _who in ("alice", "bob"):

    @scenario(f"auth: a streamed message of {_who}")
    async def streamed(ask: Ask, headers: dict[str, str] = WHO[_who]) -> None:
        await say(ask, "desk", "hi", method="message/stream", headers=headers)

    @scenario(f"auth: a tool, called by {_who}")
    async def called(ask: Ask, headers: dict[str, str] = WHO[_who]) -> None:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "desk", "arguments": {}},
        }
        await ask("POST", "/mcp", message, headers={**ACCEPT, **headers})


@scenario("auth: agents and tools, asked for by nobody")
async def nobody(ask: Ask) -> None:
    await ask("GET", agent("desk"))
    await call(ask, "desk", "message/send", {})
    await call(ask, "desk", "message/stream", {})
    await ask("POST", "/mcp", {}, headers=ACCEPT)
    await ask("GET", "/.well-known/agent-card.json")


@scenario("auth: a run of alice's at work, cancelled as a task by others")
async def at_work(ask: Ask) -> None:
    thread = (await ask("POST", "/threads", {}, headers=ALICE)).json()["thread_id"]
    body = {"assistant_id": "paced", "input": {}, "after_seconds": 60}
    run = (await ask("POST", f"/threads/{thread}/runs", body, headers=ALICE)).json()["run_id"]
    for who in ("bob", "guest", "alice"):
        await get(ask, "paced", f"{thread}:{run}", "tasks/cancel", headers=WHO[who])
    await ask("GET", f"/threads/{thread}/runs/{run}", headers=ALICE)
