"""A2A: cards, messages sent and streamed, tasks looked at, answered and cancelled, in both generations."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from mockgraph.words.vocabulary import system_assistant_id
from tests.contract.exchange import Answer, Open
from tests.contract.scenarios.asking import Ask, look, scenario, several

JSON = {"accept": "application/json"}
STREAM = {"accept": "text/event-stream"}
UNKNOWN = "5c96685b-9fa7-4b62-9213-6ec0ad03905f"
TEXT = {"kind": "text", "text": "hello"}

SEND = {"old": "message/send", "new": "SendMessage"}
STREAMED = {"old": "message/stream", "new": "SendStreamingMessage"}
GET = {"old": "tasks/get", "new": "GetTask"}
CANCEL = {"old": "tasks/cancel", "new": "CancelTask"}


def agent(graph: str) -> str:
    return f"/a2a/{system_assistant_id(graph)}"


def message(*parts: Any, **fields: Any) -> dict[str, Any]:
    """A message of these parts, or texts."""
    given = [{"kind": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "messageId": "m1", "parts": given, **fields}


async def call(
    ask: Ask, graph: str, method: str, params: Any = None, *, headers: Any = None, call_id: Any = 1
) -> Answer:
    body = {"jsonrpc": "2.0", "id": call_id, "method": method}
    if params is not None:
        body["params"] = params
    usual = STREAM if method in STREAMED.values() else JSON
    path = graph if graph.startswith("/") else agent(graph)
    return await ask("POST", path, body, headers={**usual, **(headers or {})})


async def say(
    ask: Ask, graph: str, *parts: Any, method: str = "message/send", headers: Any = None, **params: Any
) -> Any:
    """A message with these parts; `contextId` and the like are the message's. What came back is a task."""
    own = ("contextId", "taskId", "messageId", "metadata", "role")
    fields = {key: params.pop(key) for key in own if key in params}
    told = await call(ask, graph, method, {"message": message(*parts, **fields), **params}, headers=headers)
    if method in STREAMED.values():
        return json.loads(told.chunks[0].partition("data: ")[2])
    result = told.json().get("result", {})
    return result.get("task", result)


async def begin(ask: Ask, graph: str, *parts: Any, method: str = "message/send", **fields: Any) -> Any:
    """The same with an answer that arrives in the background."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"message": message(*parts, **fields)}}
    headers = STREAM if method in STREAMED.values() else JSON
    return asyncio.create_task(ask.begin("POST", agent(graph), body, headers=headers))


async def ended(sent: "asyncio.Task[Open]") -> Answer:
    return await (await sent).end()


async def get(
    ask: Ask, graph: str, task: str, method: str = "tasks/get", headers: Any = None, **params: Any
) -> Any:
    return await call(ask, graph, method, {"id": task, **params}, headers=headers)


def data(**given: Any) -> dict[str, Any]:
    return {"kind": "data", "data": given}


def file(**given: Any) -> dict[str, Any]:
    return {"kind": "file", "file": given}


# --- cards -----------------------------------------------------------------------------------------------


@scenario("a2a: cards at every place")
async def cards(ask: Ask) -> None:
    one = system_assistant_id("parrot")
    for path in (
        f"/.well-known/agent-card.json?assistant_id={one}",
        f"/a2a/{one}/.well-known/agent-card.json",
        f"/a2a/{one}/.well-known/agent.json",
        f"/a2a/{one}",
        f"/a2a/{one}/",
        f"/a2a/{one.upper()}",
        f"/a2a/{one.replace('-', '')}",
        f"/a2a/{one}/.well-known/agent-card.json/",
        f"/a2a/{one}/other",
        f"/.well-known/agent.json?assistant_id={one}",
        "/a2a/",
        "/a2a",
    ):
        await ask("GET", path)
    await call(ask, "parrot", "GetExtendedAgentCard")
    for params in several({}, [], "x", None):
        await call(ask, "parrot", "GetExtendedAgentCard", params)


@scenario("a2a: cards of other graphs")
async def other_cards(ask: Ask) -> None:
    for graph in ("counter", "chat", "oracle", "mute_dial", "chairs"):
        await ask("GET", agent(graph))


@scenario("a2a: the card of an assistant")
async def described_card(ask: Ask) -> None:
    assistant = {"graph_id": "parrot", "name": 'A "parrot" é', "description": "Says\nthings."}
    made = (await ask("POST", "/assistants", assistant, shown=len)).json()["assistant_id"]
    await ask("GET", f"/a2a/{made}")


@scenario("a2a: cards that there are not")
async def no_cards(ask: Ask) -> None:
    for named in ("", "parrot", UNKNOWN, UNKNOWN.upper()):
        await ask("GET", f"/.well-known/agent-card.json?assistant_id={named}")
        if named:
            await ask("GET", f"/a2a/{named}")
            await ask("GET", f"/a2a/{named}/.well-known/agent.json")
            await call(ask, f"/a2a/{named}", "GetExtendedAgentCard")
    await ask("GET", "/.well-known/agent-card.json")


@scenario("a2a: other methods of HTTP")
async def routing(ask: Ask) -> None:
    one = system_assistant_id("parrot")
    for method in ("HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"):
        await ask(method, f"/a2a/{one}", headers=JSON)
        await ask(method, f"/a2a/{one}/.well-known/agent-card.json", headers=JSON)
        await ask(method, f"/.well-known/agent-card.json?assistant_id={one}", headers=JSON)


# --- envelopes -------------------------------------------------------------------------------------------

ENVELOPES: dict[str, list[Any]] = {
    "no JSON": [b"", b"{", b"\xff", b"NaN", b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"nope"}'],
    "no objects": [b"null", [], 5, "x", [{"jsonrpc": "2.0", "id": 1, "method": "nope"}]],
    "other versions": [
        {},
        {"jsonrpc": "1.0", "id": []},
        {"jsonrpc": 2.0, "id": 7},
        {"id": {}, "method": "nope"},
    ],
    "no methods": [
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "id": 7},
        {"jsonrpc": "2.0", "id": 7, "method": None},
        {"jsonrpc": "2.0", "id": None, "method": None},
        {"jsonrpc": "2.0", "result": {}},
    ],
    "responses": [
        {"jsonrpc": "2.0", "id": 7, "result": {}},
        {"jsonrpc": "2.0", "id": 7, "error": None, "method": None},
        {"jsonrpc": "2.0", "id": 7, "result": 1, "method": "nope"},
    ],
    "other methods": [
        {"jsonrpc": "2.0", "id": 7, "method": method}
        for method in several(
            "",
            "nope",
            "tasks/list",
            "tasks/resubscribe",
            "sendmessage",
            5,
            ["a"],
            {},
            "SubscribeToTask",
        )
    ],
    "ids": [
        {"jsonrpc": "2.0", "id": call_id, "method": "nope"}
        for call_id in several(0, "", 1.5, 1e300, 10**30, -3, True, None, "é☃\u2028\x7f", [], {}, [1])
    ],
    "notifications": [
        {"jsonrpc": "2.0", "method": "nope"},
        {"jsonrpc": "2.0", "method": "message/send"},
        {"jsonrpc": "2.0", "method": 5},
    ],
}


def envelopes(name: str, bodies: list[Any]) -> None:
    @scenario(f"a2a: {name}")
    async def sent(ask: Ask) -> None:
        for body in bodies:
            await ask("POST", agent("parrot"), body, headers=JSON)


for _name, _bodies in ENVELOPES.items():
    envelopes(_name, _bodies)


@scenario("a2a: what clients accept")
async def accepted(ask: Ask) -> None:
    for accept in (
        "application/json",
        "text/event-stream",
        "*/*",
        "application/*",
        "text/*",
        "",
        "APPLICATION/JSON",
        "text/html, text/event-stream;q=0",
        "application/jsonx",
    ):
        for method in ("message/send", "SendStreamingMessage", "GetTask"):
            params = {"message": message("hi"), "id": "x"}
            await call(ask, "/a2a/parrot", method, params, headers={"accept": accept})
    body = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": {"role": "user"}}}
    await ask("POST", "/a2a/parrot", body)


@scenario("a2a: parameters that are none")
async def parameters(ask: Ask) -> None:
    for method in (*SEND.values(), *STREAMED.values()):
        for params in several(None, {}, [], "x", 5, {"message": None}, {"message": []}, {"message": {}}):
            await call(ask, "parrot", method, params)
    for method in (*GET.values(), *CANCEL.values()):
        for given in several(
            {}, {"id": None}, {"id": ""}, {"id": 5}, {"id": "x", "contextId": 5}, {"id": []}
        ):
            await call(ask, "parrot", method, given)


@scenario("a2a: assistants that there are not")
async def no_assistants(ask: Ask) -> None:
    for named in ("parrot", UNKNOWN):
        for method in (*SEND.values(), *STREAMED.values(), *GET.values(), "ListTasks"):
            await call(
                ask, f"/a2a/{named}", method, {"message": message("hi"), "id": "x:y", "contextId": UNKNOWN}
            )


# --- messages --------------------------------------------------------------------------------------------


def conversations(generation: str, text: str) -> None:
    @scenario(f"a2a: {text!r} is sent, {generation}")
    async def sent(ask: Ask) -> None:
        task = await say(ask, "parrot", text, method=SEND[generation])
        await get(ask, "parrot", task["id"], GET[generation])
        await look(ask, f"/threads/{task['contextId']}")

    @scenario(f"a2a: {text!r} is streamed, {generation}")
    async def streamed(ask: Ask) -> None:
        context = str(uuid4())
        await say(ask, "parrot", text, method=STREAMED[generation], contextId=context)
        await ask("GET", f"/threads/{context}/runs")


for _generation in SEND:
    for _text in ("hello", "ask", "boom"):
        conversations(_generation, _text)
for _text in ("line", "half", "empty boom", "roles", "blocks", "silence", "something", ""):
    conversations("old", _text)


@scenario("a2a: a picture that cannot be told")
async def broken_picture(ask: Ask) -> None:
    context = str(uuid4())
    await say(ask, "parrot", "broken picture", contextId=context)
    await say(ask, "parrot", "broken picture", contextId=context, messageId="m2", method="message/stream")
    await call(ask, "parrot", "ListTasks", {"contextId": context})


@scenario("a2a: graphs of other kinds")
async def other_graphs(ask: Ask) -> None:
    for graph in ("chat", "approval", "talker", "returned"):
        await say(ask, graph, "hi")
        await say(ask, graph, "hi", method="message/stream")


@scenario("a2a: a graph without messages")
async def no_messages(ask: Ask) -> None:
    for method in ("message/send", "message/stream", "SendMessage"):
        for part in ("hi", file(uri="u"), {"text": 1, "file": 2}, {"file": 2}):
            await say(ask, "oracle", part, method=method)
        await say(ask, "oracle", data(question="why"), method=method)
        await say(ask, "oracle", data(question="why"), method=method, context={"tone": "kind"})


PARTS: dict[str, list[list[Any]]] = {
    "texts": [
        ["a", "b"],
        ["", "b"],
        ["  "],
        [{"text": "no kind"}],
        [{"kind": "data", "text": "another kind"}],
    ],
    "texts that are none": [[{"text": None}], [{"text": 5}], [{"text": ["a", "b"]}], [{"text": {}}]],
    "data": [[data(dial=1)], [{"data": {"dial": 2}}], [data(dial=1, other=2), data(dial=3)], [data(other=1)]],
    "text and data": [["hi", data(dial=1)], [data(dial="one"), "hi"], ["hi", data()], [data(), data()]],
    "messages as data": [
        [data(messages=[{"role": "user", "content": "from data"}], dial=1)],
        ["hi", data(messages="text", dial=1)],
        ["hi", data(messages=[], dial=1)],
        ["hi", data(messages=None)],
    ],
    "files": [
        [file(uri="https://files.example/y.png", mimeType="image/png", name="y.png")],
        [file(bytes="aGk=", mimeType="audio/wav")],
        [file(bytes="aG k", mimeType="application/pdf"), file(bytes="_-8=")],
        ["a", file(uri="u", mimeType="VIDEO/mp4"), "b", "c", data(dial=1)],
        [file(uri="u", mimeType="", name=""), {"text": None}],
        [file(bytes="", uri=None)],
    ],
    "files that cannot be told": [
        [file(bytes="not base64 ??")],
        [file(bytes=5)],
        [file(uri="")],
        [file(uri="u", mimeType=5)],
        [file(uri="u", name=5)],
    ],
    "files that are none": [
        [file(uri="u", bytes="aGk=")],
        [file()],
        [{"file": None}],
        [{"file": []}],
        [{"file": "x"}],
        [file(bytes=None)],
    ],
    "no parts": [[None], ["hi", None], [{}], [{"kind": "video"}], [{"kind": "text"}], [{"url": "u"}], [5]],
    "parts of two kinds": [
        [{"text": "a", "data": {}}],
        [{"data": {}, "file": {}, "text": ""}],
        ["hi", {"file": 1, "data": 2}],
    ],
    "data that is none": [[{"data": None}], [{"data": [1]}], [{"data": "x"}], ["hi", {"data": 5}]],
}


def parts(name: str, given: list[list[Any]]) -> None:
    @scenario(f"a2a: parts, {name}")
    async def sent(ask: Ask) -> None:
        for each in given:
            task = await say(ask, "dial", *each)
            if "contextId" in task:
                await ask("GET", f"/threads/{task['contextId']}/runs")
                await get(ask, "dial", task["id"])
            if each != [5]:
                await say(ask, "dial", *each, method="message/stream")


for _name, _parts in PARTS.items():
    parts(_name, _parts)


@scenario("a2a: messages that lack something")
async def lacking(ask: Ask) -> None:
    for method in ("message/send", "message/stream"):
        for lacking_message in (
            {"role": "user", "parts": [TEXT]},
            {"messageId": "", "role": "user", "parts": [TEXT]},
            {"messageId": "m", "parts": [TEXT]},
            {"messageId": "m", "role": None, "parts": [TEXT]},
            {"messageId": "m", "role": [], "parts": [TEXT]},
            {"messageId": "m", "role": "user"},
            {"messageId": "m", "role": "user", "parts": []},
            {"parts": [], "contextId": 5},
        ):
            await call(ask, "parrot", method, {"message": lacking_message})


@scenario("a2a: in which order a message is refused")
async def order(ask: Ask) -> None:
    full = {"messageId": "m", "role": "user"}
    for refused in (
        {**full, "parts": [{}], "contextId": 5, "taskId": 5},
        {**full, "parts": [{}], "taskId": 5},
        {**full, "parts": [{}], "taskId": "q", "metadata": 5},
        {**full, "parts": [{}], "metadata": 5, "contextId": "nope"},
        {**full, "parts": [{}, TEXT], "contextId": "nope"},
        {**full, "parts": [data(resume=1), data(resume=2), {}]},
        {**full, "parts": [data(resume=1), data(resume=2)]},
        {**full, "parts": [data(resume=1)]},
        {**full, "parts": [data()], "metadata": [1]},
        {**full, "parts": [TEXT], "contextId": "nope"},
    ):
        await call(ask, "parrot", "SendMessage", {"message": refused})
        await call(ask, "oracle", "SendMessage", {"message": refused})
    for params in (
        {"message": message("hi"), "configuration": []},
        {"message": {**full, "parts": 5}, "configuration": 5},
        {"message": {**full, "parts": {}}},
        {"message": {**full, "parts": None}},
        {"message": {"parts": []}, "configuration": {"historyLength": -1, "historyScope": "x"}},
        {"message": {"parts": []}, "configuration": {"historyScope": "x"}},
    ):
        await call(ask, "parrot", "message/send", params)


@scenario("a2a: roles and metadata")
async def roles(ask: Ask) -> None:
    for role in ("agent", "ROLE_USER", "ROLE_AGENT", "assistant", "system", 5):
        task = await say(ask, "coerce", "hi", role=role)
        await ask("GET", f"/threads/{task['contextId']}/runs")
    for metadata in ({"a": {"b": [1, None]}}, {}, None, [], 5, "x", [1]):
        for method in ("message/send", "message/stream"):
            context = str(uuid4())
            await say(ask, "coerce", "hi", metadata=metadata, method=method, contextId=context)
            await ask("GET", f"/threads/{context}/runs")


@scenario("a2a: what else a call may say")
async def parameters_beside(ask: Ask) -> None:
    for params in several(
        {"context": {"tone": "kind"}},
        {"context": {}},
        {"context": None},
        {"metadata": {"a": 1}, "config": {"tags": ["x"]}, "tenant": "t"},
        {"configuration": {"blocking": False, "returnImmediately": True, "acceptedOutputModes": ["x"]}},
        {"configuration": None},
    ):
        task = await say(ask, "coerce", "hi", **params)
        await ask("GET", f"/threads/{task['contextId']}/runs")
        await ask("GET", f"/threads/{task['contextId']}")
    for context in several(5, "x", [], True):
        await say(ask, "coerce", "hi", context=context)


@scenario("a2a: contexts by id")
async def contexts(ask: Ask) -> None:
    context = str(uuid4())
    for spelled in (context, context.upper(), context.replace("-", ""), f"{{{context}}}"):
        await say(ask, "parrot", "hello", contextId=spelled)
    for odd in several(None, "", 5, [], True, "nope"):
        await say(ask, "parrot", "hello", contextId=odd)
    for odd in (None, "", 5):
        await say(ask, "parrot", "hello", contextId=odd, method="message/stream")
    await look(ask, f"/threads/{context}")


# --- histories -------------------------------------------------------------------------------------------


@scenario("a2a: two tasks in a context")
async def two_tasks(ask: Ask) -> None:
    first = await say(ask, "parrot", "hello")
    context = first["contextId"]
    second = await say(ask, "parrot", "blocks", contextId=context, messageId="m2")
    task = {"langgraph-a2a-history-scope": "task"}
    for each in (first, second):
        await get(ask, "parrot", each["id"])
        await get(ask, "parrot", each["id"], "GetTask", historyScope="task")
        await get(ask, "parrot", each["id"], headers=task)
    await say(ask, "parrot", "roles", contextId=context, messageId="m3", headers=task)
    scope = {"historyScope": "task"}
    await say(ask, "parrot", "hello", contextId=context, messageId="m4", configuration=scope)
    await call(ask, "parrot", "ListTasks", {"contextId": context})
    await call(ask, "parrot", "ListTasks", {"contextId": context, "historyScope": "task"})


@scenario("a2a: a message takes the place of another")
async def replaced(ask: Ask) -> None:
    first = await say(ask, "parrot", "hello")
    second = await say(ask, "parrot", "something", contextId=first["contextId"])
    for each in (first, second):
        await get(ask, "parrot", each["id"])
        await get(ask, "parrot", each["id"], historyScope="task")


@scenario("a2a: how much history")
async def lengths(ask: Ask) -> None:
    task = await say(ask, "parrot", "roles")
    for length in several(0, 1, 3, 10, 11, -1, None, "1", 1.5, True, [], 10**30):
        await get(ask, "parrot", task["id"], historyLength=length)
        await say(ask, "coerce", "hi", configuration={"historyLength": length})
    await say(ask, "parrot", "boom", configuration={"historyLength": 0})
    for scope in ("context", "task", "bad", "", 5, None):
        await get(ask, "parrot", task["id"], "GetTask", historyScope=scope)
        header = {"langgraph-a2a-history-scope": str(scope)}
        await say(ask, "coerce", "hi", headers=header)
        await say(ask, "coerce", "hi", headers=header, method="message/stream")
    await get(ask, "parrot", task["id"], headers={"langgraph-a2a-history-scope": "bad"}, historyScope="task")


@scenario("a2a: tasks of data alone")
async def wordless(ask: Ask) -> None:
    for graph in ("dial", "mute_dial"):
        first = await say(ask, graph, "hi", data(dial=1))
        context = first["contextId"]
        given = (data(dial=2),), (data(dial="nothing"),), (data(dial=3),), ("and", data(dial=4))
        tasks = [first]
        for number, each in enumerate((*given, (data(messages=[], dial=5),))):
            tasks += [await say(ask, graph, *each, contextId=context, messageId=f"n{number}")]
        for task in tasks:
            await get(ask, graph, task["id"])
            await get(ask, graph, task["id"], historyScope="task")
        await say(ask, graph, data(dial=6), contextId=context, method="message/stream")
        await say(ask, graph, data(dial="nothing"), contextId=context, method="message/stream")


@scenario("a2a: two assistants in a context")
async def two_assistants(ask: Ask) -> None:
    first = await say(ask, "parrot", "hello")
    context = first["contextId"]
    second = await say(ask, "coerce", "hi", contextId=context, messageId="m2")
    for graph in ("parrot", "coerce"):
        for task in (first, second):
            await get(ask, graph, task["id"])
        await call(ask, graph, "ListTasks", {"contextId": context})
    await ask("GET", f"/threads/{context}/runs")


@scenario("a2a: a thread of classic runs")
async def classic(ask: Ask) -> None:
    thread = (await ask("POST", "/threads", {"metadata": {"mine": 1}})).json()["thread_id"]
    run = {
        "assistant_id": "parrot",
        "input": {"messages": [{"role": "user", "content": "hello", "id": "c1"}]},
    }
    await ask("POST", f"/threads/{thread}/runs/wait", run)
    runs = (await ask("GET", f"/threads/{thread}/runs")).json()
    task = f"{thread}:{runs[0]['run_id']}"
    await get(ask, "parrot", task)
    await get(ask, "parrot", task, "CancelTask")
    await call(ask, "parrot", "ListTasks", {"contextId": thread})
    await say(ask, "parrot", "something", contextId=thread)
    await say(ask, "parrot", "something", contextId=thread, taskId=task)
    await get(ask, "parrot", task)
    await call(ask, "parrot", "ListTasks", {"contextId": thread})
    await look(ask, f"/threads/{thread}")


# --- tasks that ask --------------------------------------------------------------------------------------


def answers(
    name: str, generation: str, graph: str, text: str, *answer: Any, method: str | None = None
) -> None:
    @scenario(f"a2a: {graph} asks and is answered, {name}, {generation}")
    async def answered(ask: Ask) -> None:
        task = await say(ask, graph, text, method=SEND[generation])
        place = {"contextId": task["contextId"], "taskId": task["id"]}
        await get(ask, graph, task["id"], GET[generation])
        await say(ask, graph, *answer, **place, messageId="m2", method=method or SEND[generation])
        await get(ask, graph, task["id"], GET[generation])
        await say(ask, graph, *answer, **place, messageId="m3", method=method or SEND[generation])
        await look(ask, f"/threads/{task['contextId']}")


for _generation in SEND:
    answers("text", _generation, "parrot", "ask", "Bo")
    answers("text", _generation, "desk", "hi", "well")
    answers("streamed", _generation, "desk", "hi", "well", method=STREAMED[_generation])
answers("texts", "old", "parrot", "ask", "Bo", "and", "Ba")
answers("empty text", "old", "desk", "hi", "")
answers("text and data", "old", "desk", "hi", "well", data(other=1))
answers("text and file", "old", "desk", "hi", "well", file(uri="u"))
answers("resume", "old", "desk", "hi", data(resume="as data"))
answers("resume and text", "new", "desk", "hi", "well", data(resume=7, other=1))
answers("resume streamed", "old", "desk", "hi", data(resume="as data"), method="message/stream")
answers("another question", "old", "parrot", "ask twice", "one")
answers("by a role", "old", "desk", "hi", "well")


@scenario("a2a: a question is answered without its context")
async def only_task(ask: Ask) -> None:
    task = await say(ask, "desk", "hi")
    await say(ask, "desk", "well", taskId=task["id"], messageId="m2")
    task = await say(ask, "desk", "hi")
    await say(ask, "desk", "well", taskId=task["id"], contextId=None, messageId="m2")


@scenario("a2a: a question is followed by what is no answer")
async def no_answer(ask: Ask) -> None:
    for part in (file(uri="u"), data(mood="glad"), data(resume=None), data(messages=[])):
        task = await say(ask, "desk", "hi")
        place = {"contextId": task["contextId"], "taskId": task["id"]}
        await say(ask, "desk", part, **place, messageId="m2", metadata={"k": 1})
        await get(ask, "desk", task["id"])
        await ask("GET", f"/threads/{task['contextId']}/runs")


@scenario("a2a: a question is left open, and another task begins")
async def left_open(ask: Ask) -> None:
    first = await say(ask, "desk", "hi")
    context = first["contextId"]
    second = await say(ask, "desk", "again", contextId=context, messageId="m2")
    for each in (first, second):
        await get(ask, "desk", each["id"])
        await say(ask, "desk", "well", contextId=context, taskId=each["id"], messageId="m3")
    await call(ask, "desk", "ListTasks", {"contextId": context})


@scenario("a2a: two questions at once")
async def two_questions(ask: Ask) -> None:
    await say(ask, "chairs", "hi", method="message/stream")
    task = await say(ask, "chairs", "hi")
    await say(ask, "chairs", "left or right?", taskId=task["id"])
    await get(ask, "chairs", task["id"])


@scenario("a2a: two questions at once, answered one by one")
async def one_by_one(ask: Ask) -> None:
    task = await say(ask, "chairs", "hi")
    questions = [part["data"]["id"] for part in task["artifacts"][0]["parts"]]
    for number, question in enumerate(questions):
        resume = data(resume={question: f"answer {number}"})
        await say(ask, "chairs", resume, taskId=task["id"], contextId=task["contextId"])
        await get(ask, "chairs", task["id"])
    await look(ask, f"/threads/{task['contextId']}")


@scenario("a2a: one answers beside one who asks")
async def beside(ask: Ask) -> None:
    await say(ask, "bench", "hi", method="message/stream")
    task = await say(ask, "bench", "hi")
    await get(ask, "bench", task["id"])
    await say(ask, "bench", "fine", taskId=task["id"])
    await get(ask, "bench", task["id"])


@scenario("a2a: a breakpoint is no question, but waits")
async def breakpoint_(ask: Ask) -> None:
    await say(ask, "porch", "hi", method="message/stream")
    task = await say(ask, "porch", "hi")
    await get(ask, "porch", task["id"])
    await say(ask, "porch", "go on", taskId=task["id"], messageId="m2")
    await get(ask, "porch", task["id"])


@scenario("a2a: a task of data alone asks")
async def wordless_question(ask: Ask) -> None:
    for graph in ("dial", "mute_dial"):
        first = await say(ask, graph, "hi", data(dial=1))
        context = first["contextId"]
        task = await say(ask, graph, data(dial="ask"), contextId=context)
        await get(ask, graph, task["id"])
        await say(ask, graph, "this", contextId=context, taskId=task["id"])
        await get(ask, graph, task["id"])
        await get(ask, graph, task["id"], historyScope="task")


@scenario("a2a: tasks that there are not")
async def no_tasks(ask: Ask) -> None:
    task = await say(ask, "parrot", "ask")
    context, run = task["id"].split(":")
    for named in (
        run,
        context,
        "nope",
        f":{run}",
        f"{context}:nope",
        f"nope:{run}",
        f"{task['id']}:x",
        f"{context}:{uuid4()}",
        f"{uuid4()}:{run}",
        "x" * 300,
    ):
        await get(ask, "parrot", named)
        await get(ask, "parrot", named, "CancelTask")
        await say(ask, "parrot", "Bo", taskId=named, method="SendStreamingMessage")
    for method in ("tasks/get", "tasks/cancel"):
        await get(ask, "parrot", task["id"], method, contextId=str(uuid4()))
        await get(ask, "parrot", run, method, contextId="nope")
        await get(ask, "coerce", task["id"], method)
    await say(ask, "coerce", "Bo", taskId=task["id"])
    await say(ask, "parrot", "Bo", taskId=task["id"], contextId=str(uuid4()))
    await get(ask, "parrot", run, contextId=context)
    for odd in several(5, [], True):
        await say(ask, "parrot", "Bo", taskId=odd)
    resume = data(resume=1)
    await say(ask, "parrot", resume, contextId=context)
    await say(ask, "parrot", resume, taskId="nope")


# --- tasks that are under way ----------------------------------------------------------------------------


async def newest(ask: Ask, context: str, *statuses: str) -> str:
    """The id of a context's newest task, once its runs have these statuses, newest first."""

    def so(answer: Answer) -> bool:
        found = answer.json()
        return isinstance(found, list) and [run["status"] for run in found] == list(statuses)

    # When the rest of a run's row changes is a matter of milliseconds.
    path = f"/threads/{context}/runs"
    found = await ask.poll("GET", path, until=so, shown=lambda runs: [run["run_id"] for run in runs])
    return f"{context}:{found.json()[0]['run_id']}"


@scenario("a2a: a task at work, and one behind it")
async def at_work(ask: Ask) -> None:
    context = str(uuid4())
    sent = await begin(ask, "parrot", "wait", contextId=context)
    first = await newest(ask, context, "running")
    await get(ask, "parrot", first)
    behind = await begin(ask, "parrot", "hello", contextId=context, messageId="m2")
    second = await newest(ask, context, "pending", "running")
    await get(ask, "parrot", second)
    for status in ("submitted", "TASK_STATE_WORKING"):
        await call(ask, "parrot", "ListTasks", {"contextId": context, "status": status})
    await ended(sent)
    await ended(behind)
    for over in ("completed", None):
        await call(ask, "parrot", "ListTasks", {"contextId": context, "status": over})
    for task in (first, second):
        await get(ask, "parrot", task)
    await look(ask, f"/threads/{context}")


@scenario("a2a: a word more for a task at work")
async def a_word_more(ask: Ask) -> None:
    context = str(uuid4())
    sent = await begin(ask, "parrot", "wait", contextId=context)
    task = await newest(ask, context, "running")
    more = await begin(ask, "parrot", "hello", taskId=task, messageId="m2")
    await newest(ask, context, "pending", "running")
    await get(ask, "parrot", task)
    await ended(sent)
    await ended(more)
    await get(ask, "parrot", task)
    await call(ask, "parrot", "ListTasks", {"contextId": context})


def cancelled(generation: str) -> None:
    @scenario(f"a2a: a task at work is cancelled, {generation}")
    async def at_work_cancelled(ask: Ask) -> None:
        context = str(uuid4())
        sent = await begin(ask, "parrot", "wait", contextId=context, method=SEND[generation])
        task = await newest(ask, context, "running")
        await get(ask, "parrot", task, CANCEL[generation])
        await ended(sent)
        await get(ask, "parrot", task, GET[generation])
        await get(ask, "parrot", task, CANCEL[generation])
        await say(ask, "parrot", "hello", taskId=task, messageId="m2")
        await ask("GET", f"/threads/{context}")
        await say(ask, "parrot", "hello", contextId=context, messageId="m2")
        await ask("GET", f"/threads/{context}")
        await ask("GET", f"/threads/{context}/runs")

    @scenario(f"a2a: a streamed task is cancelled, {generation}")
    async def streamed_cancelled(ask: Ask) -> None:
        context = str(uuid4())
        sent = await begin(ask, "parrot", "wait", contextId=context, method=STREAMED[generation])
        task = await newest(ask, context, "running")
        await get(ask, "parrot", task, CANCEL[generation])
        await ended(sent)
        await get(ask, "parrot", task, GET[generation])

    @scenario(f"a2a: a question is taken back, {generation}")
    async def asking_cancelled(ask: Ask) -> None:
        task = await say(ask, "desk", "hi", method=SEND[generation])
        await get(ask, "desk", task["id"], CANCEL[generation])
        await get(ask, "desk", task["id"], GET[generation])
        await get(ask, "desk", task["id"], CANCEL[generation])
        await say(ask, "desk", "well", taskId=task["id"], messageId="m2")
        await call(ask, "desk", "ListTasks", {"contextId": task["contextId"]})
        await look(ask, f"/threads/{task['contextId']}")


for _generation in SEND:
    cancelled(_generation)


@scenario("a2a: a task that waits for its turn is cancelled")
async def pending_cancelled(ask: Ask) -> None:
    context = str(uuid4())
    sent = await begin(ask, "parrot", "wait", contextId=context)
    await newest(ask, context, "running")
    behind = await begin(ask, "parrot", "hello", contextId=context, messageId="m2")
    task = await newest(ask, context, "pending", "running")
    await get(ask, "parrot", task, "tasks/cancel")
    await ended(behind)
    await get(ask, "parrot", task)
    await ended(sent)


@scenario("a2a: a second question is taken back")
async def second_cancelled(ask: Ask) -> None:
    task = await say(ask, "parrot", "ask twice")
    await say(ask, "parrot", "one", taskId=task["id"], messageId="m2")
    await get(ask, "parrot", task["id"])
    await get(ask, "parrot", task["id"], "tasks/cancel")
    await ask("GET", f"/threads/{task['contextId']}/runs")


@scenario("a2a: what is over is not cancelled")
async def not_cancelled(ask: Ask) -> None:
    for text in ("hello", "boom"):
        task = await say(ask, "parrot", text)
        for method in CANCEL.values():
            await get(ask, "parrot", task["id"], method)
            await get(ask, "parrot", task["id"], method, contextId=task["contextId"])


# --- lists -----------------------------------------------------------------------------------------------


@scenario("a2a: pages of tasks")
async def pages(ask: Ask) -> None:
    context = str(uuid4())
    for number in range(3):
        await say(ask, "coerce", "hi", contextId=context, messageId=f"m{number}")
    for params in (
        {"pageSize": 2},
        {"pageSize": 2, "pageToken": "2"},
        {"pageSize": True},
        {"pageSize": 100, "pageToken": ""},
        {"pageToken": "99"},
        {"pageToken": " 1"},
        {"pageToken": None, "pageSize": None},
        {"historyLength": 0},
        {"historyLength": 1, "pageSize": 1},
        {"status": "completed", "pageSize": 1},
        {"status": "TASK_STATE_FAILED"},
        {"status": None, "includeArtifacts": True, "pageSize": 1},
        {"statusTimestampAfter": "2020-01-01T00:00:00Z", "pageSize": 1},
        {"statusTimestampAfter": "2099-01-01", "pageSize": 1},
        {"tenant": "t", "lastUpdatedAfter": 5, "pageSize": 1},
    ):
        await call(ask, "coerce", "ListTasks", {"contextId": context, **params})
    for other in (context.upper(), context.replace("-", ""), str(uuid4()), "nope"):
        await call(ask, "coerce", "ListTasks", {"contextId": other, "pageSize": 1})


@scenario("a2a: lists that are refused")
async def refused_lists(ask: Ask) -> None:
    for params in (
        *({"pageSize": size} for size in several(0, -1, 101, "2", 1.5, [], 10**30)),
        *({"pageToken": token} for token in several("x", "1.5", 5, [])),
        *({"status": status} for status in ("nope", "", 5, "TASK_STATE_CANCELLED")),
        *({"statusTimestampAfter": since} for since in ("bad", "", 5, "2020", " 2020-01-01")),
        *({"contextId": context} for context in several(5, [], True)),
        {"historyLength": -1},
        {"historyLength": 11},
        {"historyScope": "x"},
        {"pageSize": 0, "contextId": 5},
        {"contextId": 5, "status": "x"},
        {"pageToken": 5, "status": "x"},
        {"status": "x", "historyLength": -1},
        {"status": "x", "statusTimestampAfter": "x"},
        {"status": "x", "historyScope": "x"},
        {"pageSize": 0, "historyLength": -1},
        {"historyLength": -1, "historyScope": "x", "statusTimestampAfter": "x"},
        {"historyScope": "x", "statusTimestampAfter": "x"},
        {"statusTimestampAfter": "x", "contextId": 5},
        {"pageToken": "x", "contextId": 5},
    ):
        await call(ask, "coerce", "ListTasks", params)


@scenario("a2a: those that changed last come first")
async def changed_last(ask: Ask) -> None:
    assistant = {"graph_id": "desk", "name": f"a2a-{uuid4()}"}
    made = (await ask("POST", "/assistants", assistant, shown=len)).json()["assistant_id"]
    path = f"/a2a/{made}"
    first = (await call(ask, path, "message/send", {"message": message("hi")})).json()["result"]
    await call(ask, path, "message/send", {"message": message("hi")})
    await call(ask, path, "ListTasks")
    await call(ask, path, "message/send", {"message": message("well", taskId=first["id"], messageId="m2")})
    await call(ask, path, "ListTasks")
    await call(ask, path, "ListTasks", {"status": "input-required"})
