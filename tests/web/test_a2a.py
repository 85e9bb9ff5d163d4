"""A2A where the contract tests cannot look: unmatched messages, deliberate differences, bodies of any kind."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from mockgraph.runtime.namespaces import Namespace
from mockgraph.web.a2a import parts
from mockgraph.web.a2a.methods import METHODS
from mockgraph.web.a2a.words import NEW, OLD, STATES
from mockgraph.web.app import app_of
from mockgraph.web.rpc import RpcError
from tests.playing import talk, world
from tests.web.calls import ACCEPT, AGENT, CHANNELS, CHAT, ODD, deep, rpc, said, told

SPEAKING = ["message/send", "message/stream", "SendMessage", "SendStreamingMessage"]


def chat() -> Namespace:
    return world(CHAT, head=CHANNELS)


async def sent(client: httpx.AsyncClient, text: str, **fields: Any) -> Any:
    """The task that a message begins or goes on with."""
    return (await rpc(client, AGENT, "message/send", said(text, **fields)))["result"]


async def state_of(client: httpx.AsyncClient, task: str) -> str:
    found: str = (await rpc(client, AGENT, "tasks/get", {"id": task}))["result"]["status"]["state"]
    return found


def under_way(client: httpx.AsyncClient, method: str, text: str, **fields: Any) -> "asyncio.Task[Any]":
    return asyncio.create_task(rpc(client, AGENT, method, said(text, **fields)))


# --- unmatched runs ---


@pytest.mark.parametrize("method", SPEAKING)
def test_an_unmatched_message_is_an_error_with_the_report(method: str) -> None:
    namespace = chat()

    async def ask(client: httpx.AsyncClient) -> None:
        answer = await rpc(client, AGENT, method, said("helo"))
        error = (answer[0] if isinstance(answer, list) else answer)["error"]
        assert error["code"] == -32602
        asked = f"POST {AGENT}  {method}  graph 'agent'"
        assert error["message"].startswith(f"Failed to create run: No stub matched this run.\n  {asked}")
        assert (await client.post("/threads/search", json={})).json() == []

    talk(namespace, ask)
    (report,) = namespace.journal.unmatched_reports
    assert "expected 'hello', got 'helo'" in report


def test_a_message_that_is_unmatched_when_its_turn_comes_fails_with_the_report() -> None:
    namespace = chat()

    async def ask(client: httpx.AsyncClient) -> None:
        context = str(uuid4())
        working = under_way(client, "message/send", "wait", contextId=context)
        await asyncio.sleep(0.05)
        waiting = under_way(client, "message/send", "helo", contextId=context, messageId="m2")
        streaming = under_way(client, "message/stream", "helo", contextId=context, messageId="m3")
        await asyncio.sleep(0.05)
        runs = (await client.get(f"/threads/{context}/runs")).json()
        await rpc(client, AGENT, "tasks/cancel", {"id": f"{context}:{runs[-1]['run_id']}"})
        await working
        status = (await waiting)["result"]["status"]
        text = status["message"]["parts"][0]["text"]
        assert (status["state"], text.split(".")[0]) == (
            "failed",
            "Error executing assistant: UnmatchedRun: No stub matched this run",
        )
        last = (await streaming)[-1]["result"]["status"]
        assert (last["state"], last["message"]["parts"][0]["text"].split(".")[0]) == (
            "failed",
            "No stub matched this run",
        )

    talk(namespace, ask)
    assert len(namespace.journal.unmatched_reports) == 2


def test_what_was_refused_leaves_no_trace_in_later_ids() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        namespace.stub("agent", {"play": []}, file="late.py", line=1)
        ids.append((await sent(client, "helo"))["id"])

    async def refused_first(client: httpx.AsyncClient) -> None:
        assert "error" in await rpc(client, AGENT, "message/send", said("helo"))
        await ask(client)

    ids: list[str] = []
    for play in (ask, refused_first):
        namespace = chat()
        talk(namespace, play)
    assert ids[0] == ids[1]


def test_the_same_calls_are_answered_with_the_same_bytes() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for text in ("hello", "hello", "ask"):
            for method in SPEAKING:
                message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": said(text)}
                answer = await client.post(AGENT, json=message, headers=ACCEPT)
                seen[-1].append(answer.content)
        task = await sent(client, "ask")
        for method in ("tasks/get", "GetTask", "tasks/cancel", "ListTasks"):
            seen[-1].append(json.dumps(await rpc(client, AGENT, method, {"id": task["id"]})).encode())

    seen: list[list[bytes]] = []
    for _ in range(2):
        seen.append([])
        talk(chat(), ask)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == len(seen[0])


# --- where mockgraph differs on purpose ---


def test_a_task_that_asks_can_be_answered_after_another_was_taken_back() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        first = await sent(client, "ask")
        await rpc(client, AGENT, "tasks/cancel", {"id": first["id"]})
        second = await sent(client, "ask", contextId=first["contextId"], messageId="m2")
        assert await state_of(client, first["id"]) == "canceled"
        assert await state_of(client, second["id"]) == "input-required"
        done = await sent(client, "Bo", taskId=second["id"], messageId="m3")
        assert done["artifacts"][0]["parts"] == [{"kind": "text", "text": "Hi Bo."}]

    talk(chat(), ask)


@pytest.mark.parametrize("method", ["message/stream", "SendStreamingMessage"])
def test_a_stream_says_why_its_run_was_refused(method: str) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        (part,) = await rpc(client, AGENT, method, said("hello", contextId="nope"))
        assert part["error"]["message"] == "Failed to create run: Invalid thread ID"
        (part,) = await rpc(client, AGENT, method, {**said("hello"), "context": 5})
        assert part["error"]["message"].startswith('Failed to create run: 5 is not of type "object"')
        (part,) = await rpc(
            client, AGENT, method, {"message": {"messageId": "m", "role": "user", "parts": 5}}
        )
        assert part["error"]["message"] == "Invalid params: 'parts' must be an array"

    talk(chat(), ask)


def test_the_stream_of_a_task_whose_turn_never_came_ends_like_any_other() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        context = str(uuid4())
        working = under_way(client, "message/send", "wait", contextId=context)
        await asyncio.sleep(0.05)
        waiting = under_way(client, "message/stream", "hello", contextId=context, messageId="m2")
        await asyncio.sleep(0.05)
        for run in (await client.get(f"/threads/{context}/runs")).json():
            await rpc(client, AGENT, "CancelTask", {"id": f"{context}:{run['run_id']}"})
        await working
        _, artifact, status = [part["result"] for part in await waiting]
        assert artifact["artifact"]["parts"] == [{"kind": "text", "text": ""}]
        assert (status["status"]["state"], status["final"]) == ("completed", True)

    talk(chat(), ask)


def test_what_the_real_servers_a2a_crashes_on_is_an_error_of_the_call() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        no_objects: list[Any] = [None, [], "x", 5, False]
        for method in ("tasks/get", "GetTask", "tasks/cancel", "CancelTask", "ListTasks"):
            for params in no_objects:
                message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                error = told(await client.post(AGENT, json=message, headers=ACCEPT))["error"]
                assert error == {"code": -32602, "message": "Invalid params: must be an object"}
        context = (await sent(client, "hello"))["contextId"]
        for method in ("tasks/get", "tasks/cancel"):
            error = (await rpc(client, AGENT, method, {"id": f"{context}:"}))["error"]
            assert error == {"code": -32001, "message": f"Task not found: {context}:"}
        error = (await rpc(client, AGENT, "message/send", said("hi", taskId="", contextId=context)))["error"]
        assert error["code"] == -32001
        error = (await rpc(client, AGENT, "ListTasks", {"pageToken": "-1"}))["error"]
        assert error["message"] == "Invalid pageToken."
        assert "error" in await rpc(client, AGENT, "ListTasks", {"status": []})
        assert (await rpc(client, AGENT, "ListTasks", {"contextId": ""}))["result"]["tasks"] == []

    talk(chat(), ask)


@pytest.mark.parametrize("levels", [240, 300, 1000])
@pytest.mark.parametrize("method", ["message/send", "message/stream"])
def test_data_that_is_nested_too_deeply_is_refused_or_fails_its_run(method: str, levels: int) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        body = (
            b'{"jsonrpc":"2.0","id":1,"method":"%b","params":{"message":{"role":"user","messageId":"m",'
            b'"parts":[{"data":{"mood":%b}}]}}}' % (method.encode(), deep(levels))
        )
        answer = told(await client.post(AGENT, content=body, headers=ACCEPT))
        last = answer[-1] if isinstance(answer, list) else answer
        assert "result" in last if levels == 240 else "error" in last or "failed" in str(last)

    talk(world("- {name: all, play: [{node: agent}]}", head=CHANNELS), ask)


AUTH = """
auth:
  tokens:
    alice: {identity: alice, permissions: [write]}
    reader: {identity: alice}
    barred: {identity: barred}
  rules:
    - {on: [threads.create_run, threads.update], needs: write, detail: "no {resource}:{action}", owner: owner}
    - {on: threads, owner: owner}
    - {on: assistants.search, needs: write}
"""


def test_what_auth_forbids_is_told_in_its_words() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        client.headers["authorization"] = "Bearer alice"
        task = await sent(client, "ask")
        context = str(uuid4())
        working = under_way(client, "message/send", "wait", contextId=context)
        await asyncio.sleep(0.05)
        run = (await client.get(f"/threads/{context}/runs")).json()[0]["run_id"]
        client.headers["authorization"] = "Bearer reader"
        for call in ({"contextId": task["contextId"]}, {"taskId": task["id"]}):
            for method in ("message/send", "message/stream"):
                told = await rpc(client, AGENT, method, said("hello", **call))
                error = (told if method == "message/send" else told[0])["error"]
                assert error == {"code": -32602, "message": "Access denied to assistant or thread"}
        for one, action in ((task["id"], "create_run"), (f"{context}:{run}", "update")):
            error = (await rpc(client, AGENT, "tasks/cancel", {"id": one}))["error"]
            assert error == {"code": -32603, "message": f"Failed to cancel task: no threads:{action}"}
        for method, params in (("tools/list", {}), ("tools/call", {"name": "agent"})):
            error = (await rpc(client, "/mcp", method, params))["error"]
            assert error == {"code": -32602, "message": "Forbidden"}
        client.headers["authorization"] = "Bearer alice"
        assert await state_of(client, task["id"]) == "input-required"
        await rpc(client, AGENT, "tasks/cancel", {"id": f"{context}:{run}"})
        await working

    talk(world(CHAT, head=CHANNELS + AUTH), ask)


def test_threads_that_nobody_may_read_are_refused_in_the_words_of_their_rule() -> None:
    rules = "[{on: threads.read, deny: true, detail: not yours}, {on: threads.search, deny: true}]"
    auth = f"\nauth: {{tokens: {{t: {{identity: a}}}}, rules: {rules}}}"

    async def ask(client: httpx.AsyncClient) -> None:
        client.headers["authorization"] = "Bearer t"
        task = await sent(client, "ask")
        one, context = task["id"], task["contextId"]
        calls: list[tuple[str, Any]] = [
            ("tasks/get", {"id": one}),
            ("tasks/cancel", {"id": one}),
            ("message/send", said("Bo", taskId=one)),
            ("ListTasks", {"contextId": context}),
        ]
        for method, params in calls:
            error = (await rpc(client, AGENT, method, params))["error"]
            assert error == {"code": -32602, "message": "not yours"}
        assert (await rpc(client, AGENT, "ListTasks", {}))["error"]["message"] == "Forbidden"

    talk(world(CHAT, head=CHANNELS + auth), ask)


# --- tasks ---


def test_what_is_deleted_is_no_task() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        task = await sent(client, "ask")
        context, run = task["id"].split(":")
        answered = await sent(client, "Bo", taskId=task["id"], messageId="m2")
        assert answered["id"] == task["id"]
        await client.delete(f"/threads/{context}/runs/{run}")
        assert "error" in await rpc(client, AGENT, "tasks/get", {"id": task["id"]})
        assert (await rpc(client, AGENT, "ListTasks", {"contextId": context}))["result"]["tasks"] == []
        other = await sent(client, "hello")
        await client.delete(f"/threads/{other['contextId']}")
        assert "error" in await rpc(client, AGENT, "tasks/get", {"id": other["id"]})

    talk(chat(), ask)


@pytest.mark.parametrize("mark", [5, [], "x", {"task_id": []}, {"task_id": "x"}, {"task_start_id": {}}])
def test_marks_that_a_client_made_up_do_no_harm(mark: Any) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        context = (await sent(client, "hello"))["contextId"]
        message = {"role": "user", "content": "hello", "id": "f", "additional_kwargs": {"a2a": mark}}
        run = {"assistant_id": "agent", "input": {"messages": [message]}, "metadata": {"a2a": mark}}
        await client.post(f"/threads/{context}/runs/wait", json=run)
        assert (await sent(client, "hello", contextId=context, messageId="m2"))["status"][
            "state"
        ] == "completed"
        for task in (await rpc(client, AGENT, "ListTasks"))["result"]["tasks"]:
            await state_of(client, task["id"])

    talk(chat(), ask)


def test_a_key_called_messages_need_not_hold_any() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for number, value in enumerate(
            ["text", 5, None, {"a": 1}, ["x", {"role": "agent"}, {"role": "user"}, {}]]
        ):
            data = {"kind": "data", "data": {"messages": value}}
            for method in SPEAKING:
                message = {"role": "user", "messageId": f"m{number}", "parts": [data]}
                assert "error" not in await rpc(client, AGENT, method, {"message": message})
        listed = (await rpc(client, AGENT, "ListTasks", {"historyLength": 2}))["result"]
        assert listed["totalSize"] == 20

    talk(world("- {name: all, play: [{node: agent}]}", head="channels: {messages: last_value}"), ask)


def test_a_client_that_goes_does_not_stop_its_task() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        context = str(uuid4())
        sending = under_way(client, "message/send", "wait", contextId=context)
        await asyncio.sleep(0.05)
        sending.cancel()
        (run,) = (await client.get(f"/threads/{context}/runs")).json()
        assert await state_of(client, f"{context}:{run['run_id']}") == "working"
        namespace.reset()

    namespace = chat()
    talk(namespace, ask)


# --- cards ---


def test_the_card_of_a_mounted_app_says_where_it_is() -> None:
    async def ask() -> None:
        transport = httpx.ASGITransport(Starlette(routes=[Mount("/mock", app_of(chat()))]))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            card = (await client.get(f"/mock{AGENT}/.well-known/agent-card.json")).json()
            assert card["url"].endswith(f"/mock{AGENT}")
            path = card["url"].partition("/mock")[2]
            assert (await rpc(client, f"/mock{path}", "message/send", said("hello")))["result"][
                "kind"
            ] == "task"

    asyncio.run(ask())


@pytest.mark.parametrize("schema", [{}, {"properties": []}, {"properties": {}, "required": None}, None])
def test_schemas_of_any_kind_have_a_card(schema: Any) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        card = (await client.get(AGENT)).json()
        assert card["skills"][0]["metadata"]["inputSchema"]["required"] == []
        await rpc(client, AGENT, "message/send", said("hello"))

    talk(world(CHAT, head=f"{CHANNELS}\nschemas: {{input: {json.dumps(schema)}}}"), ask)


@pytest.mark.parametrize("named", ["{}", "{0}", "%7B", "{assistant_id}", "é☃", "a" * 300, "%00"])
def test_ids_of_any_kind_are_no_cards(named: str) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for path in ("/.well-known/agent-card.json?assistant_id=", "/a2a/"):
            assert (await client.get(f"{path}{named}")).status_code in (400, 404)

    talk(chat(), ask)


# --- tables ---


def test_every_method_has_its_pair_but_two() -> None:
    old = [name for name, method in METHODS.items() if method.generation is OLD]
    new = [name for name, method in METHODS.items() if method.generation is NEW]
    assert (len(old), len(new)) == (4, 6)
    assert {METHODS[name].does for name in new} >= {METHODS[name].does for name in old}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_two_names(state: str) -> None:
    assert OLD.state(state) == state
    assert NEW.state(state) == "TASK_STATE_" + state.replace("-", "_").upper()


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("", []),
        (None, []),
        ("a", ["a"]),
        (["a", {"type": "text", "text": "b"}, {"type": "reasoning", "text": "c"}, 5, None, "d"], ["abd"]),
        ([{"type": "text"}, {"type": "text", "text": 5}, {"text": "x"}], []),
        ([{"type": "text", "text": ""}], []),
        ({"a": 1}, []),
    ],
)
def test_texts_of_a_content_stand_together(content: Any, shown: list[str]) -> None:
    assert [part["text"] for part in parts.shown(content)] == shown


@pytest.mark.parametrize(
    ("block", "file"),
    [
        ({"url": "u"}, {"uri": "u"}),
        ({"base64": "aGk"}, {"bytes": "aGk="}),
        ({"base64": "_-8", "url": "u"}, {"bytes": "/+8="}),
        ({"data": "a G k =", "mime_type": "m"}, {"bytes": "aGk=", "mimeType": "m"}),
        ({"url": "u", "extras": {"filename": "f"}, "filename": "g"}, {"uri": "u", "name": "g"}),
        ({"url": "u", "extras": 5, "mime_type": ""}, {"uri": "u"}),
    ],
)
def test_media_blocks_are_files(block: dict[str, Any], file: dict[str, Any]) -> None:
    assert parts.shown([{"type": "image", **block}]) == [{"kind": "file", "file": file}]


@pytest.mark.parametrize(
    "block", [{}, {"url": ""}, {"url": 5}, {"base64": "!"}, {"base64": 5}, {"url": "u", "mime_type": 5}]
)
def test_media_blocks_that_are_none_are_errors(block: dict[str, Any]) -> None:
    with pytest.raises(RpcError, match="Media content block"):
        parts.shown([{"type": "file", **block}])


# --- anything at all ---

BODIES = [
    deep(100_000),
    b'{"jsonrpc":"1.0","id":%b}' % deep(1000),
    b'{"jsonrpc":"2.0","id":1,"method":"message/send","params":%b}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":{"a":%b}}}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"id":%b}}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{"status":%b}}' % deep(900),
    b'{"jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":{"role":"user","messageId":%b,"parts":'
    b'[{"text":%b}]}}}' % (deep(200), deep(200)),
    b"\xff\xfe",
    b"{" * 1000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_the_server(body: bytes) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        for accept in (ACCEPT, {}):
            answer = await client.post(AGENT, content=body, headers=accept)
            assert answer.status_code in (200, 202, 400)

    talk(chat(), ask)


@pytest.mark.parametrize("method", METHODS)
def test_no_value_of_a_call_breaks_the_server(method: str) -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        task = await sent(client, "ask")
        full = {"messageId": "m", "role": "user", "parts": [{"text": "hello"}]}
        for odd in ODD:
            for params in (
                odd,
                {"message": odd, "id": odd},
                *(
                    {"message": {**full, key: odd}}
                    for key in ("messageId", "role", "parts", "contextId", "taskId")
                ),
                {"message": {**full, "metadata": odd}, "configuration": odd, "context": odd},
                {"message": {**full, "parts": [odd]}},
                *({"message": {**full, "parts": [{kind: odd}]}} for kind in ("text", "data", "file", "kind")),
                *({"message": {**full, "parts": [{"file": {key: odd}}]}} for key in ("uri", "bytes")),
                *(
                    {"message": {**full, "parts": [{"file": {"uri": "u", key: odd}}]}}
                    for key in ("mimeType", "name")
                ),
                {"message": {**full, "parts": [{"data": {"messages": odd}}]}},
                {"message": {**full, "parts": [{"data": {"messages": [odd]}}]}},
                {"message": full, "configuration": {"historyLength": odd, "historyScope": odd}},
                {"id": task["id"], "contextId": odd},
                {"id": task["id"], "historyLength": odd},
                {"id": task["id"], "historyScope": odd},
                *(
                    {key: odd}
                    for key in ("pageSize", "pageToken", "status", "statusTimestampAfter", "contextId")
                ),
                {"message": {**full, "parts": [{"data": {"resume": odd}}], "taskId": task["id"]}},
            ):
                message = {"jsonrpc": "2.0", "id": odd, "method": method, "params": params}
                answer = await client.post(AGENT, json=message, headers=ACCEPT)
                assert answer.status_code in (200, 400), (params, answer.text)

    talk(world(CHAT + "- {name: all, play: []}\n", head=CHANNELS), ask)
