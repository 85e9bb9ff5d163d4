"""No journal entry, log line, near-miss report or failure text ever contains a credential that was sent.

Theory. A place is where a client may put a credential; it says what is sent beside a request. For every place the same
requests are made, on all kinds of routes, of runs that a stub takes and of runs that none does. Then everything that
the server tells about them is read, and the credential is in none of it: neither as it is, nor percent-encoded, nor in
the base64 of a Basic header. What the API itself answers is not looked at: a thread's metadata is the client's own.
"""

import base64
import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mockgraph import MockGraph

FIXTURE = """
mockgraph: 1
graph: agent
stubs:
  - {name: greets, when: {input.text: {starts_with: hello}}, play: [{node: a, update: {said: hi}}]}
  - {name: asks, when: {input.text: {starts_with: ask}}, play: [{node: a, interrupt: {question: sure}}]}
  - {name: works, when: {input.text: {starts_with: work}}, play: [{node: a, delay: 1s, update: {said: done}}]}
  - name: signed
    when:
      headers.authorization: Bearer nobody
      headers.cookie: {contains: nobody}
      headers.x_api_key: {not: {starts_with: ""}}
    play: []
  - name: configured
    when: {config.configurable: {api_key: nobody}, metadata.secret: {matches: "^nobody$"}, input.deep: []}
    play: []
  - {name: beneath, when: {input.credentials.value: nobody, input.x_tenant: nobody}, play: []}
  - {name: answered, when: {resume.api_key: nobody, context.api_key: nobody}, play: []}
"""
LOGGERS = ("mockgraph", "uvicorn", "uvicorn.asgi", "uvicorn.error", "uvicorn.access")
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~+/="
# Of so many different characters that it stands in no text by chance; texts would be taken from sources, too.
CREDENTIALS = (
    st.lists(st.sampled_from(CHARACTERS), min_size=8, max_size=40)
    .filter(lambda found: len(set(found)) > 6)
    .map("".join)
)
# A shorter credential would tell no more of what went wrong.
EXAMPLES = settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Sent(NamedTuple):
    """What is sent beside a request: headers, a query, more of the body of a run, and more of its input."""

    headers: list[tuple[str, str]] = []
    query: str = ""
    body: dict[str, Any] = {}
    input: dict[str, Any] = {}


def basic(credential: str) -> str:
    """User and password as a Basic header has them."""
    return base64.b64encode(f"user:{credential}".encode()).decode()


def called(args: dict[str, Any]) -> dict[str, Any]:
    """An input whose last message calls a tool."""
    call = {"name": "search", "args": args, "id": "call_1", "type": "tool_call"}
    return {"messages": [{"role": "assistant", "content": "", "tool_calls": [call]}]}


def in_config(key: str) -> Callable[[str], Sent]:
    return lambda credential: Sent(body={"config": {"configurable": {key: credential}}})


def in_header(name: str, before: str = "") -> Callable[[str], Sent]:
    return lambda credential: Sent(headers=[(name, before + credential)])


def in_query(name: str) -> Callable[[str], Sent]:
    return lambda credential: Sent(query=f"?limit=3&{name}={quote(credential, safe='')}")


PLACES: dict[str, Callable[[str], Sent]] = {
    "Authorization: Bearer": in_header("Authorization", "Bearer "),
    "Authorization: Basic": lambda credential: Sent(
        headers=[("Authorization", f"Basic {basic(credential)}")]
    ),
    "Authorization, bare": in_header("authorization"),
    "Proxy-Authorization": in_header("Proxy-Authorization", "Bearer "),
    "X-Api-Key": in_header("X-Api-Key"),
    "X-Auth-Token": in_header("X-Auth-Token"),
    "Cookie": in_header("Cookie", "session="),
    "one of several cookies": lambda credential: Sent(
        headers=[("Cookie", f"theme=dark; session={credential}; lang=en")]
    ),
    "Cookie, twice": lambda credential: Sent(
        headers=[("Cookie", "theme=dark"), ("Cookie", f"session={credential}")]
    ),
    "a header that `redact` names": in_header("X-Tenant"),
    "?api_key=": in_query("api_key"),
    "?token=": in_query("token"),
    "?access_token=": in_query("access_token"),
    "a parameter that `redact` names": in_query("x-tenant"),
    "a webhook's user": lambda credential: Sent(
        body={"webhook": f"http://{quote(credential, safe='')}@127.0.0.1:9/hook"}
    ),
    "a webhook's password": lambda credential: Sent(
        body={"webhook": f"http://user:{quote(credential, safe='')}@127.0.0.1:9/hook"}
    ),
    "config.configurable.api_key": in_config("api_key"),
    "config.configurable.x-api-key": in_config("x-api-key"),
    "config.configurable.openai_api_key": in_config("openai_api_key"),
    "config.configurable, as `redact` names it": in_config("x_tenant"),
    "config.metadata": lambda credential: Sent(body={"config": {"metadata": {"password": credential}}}),
    "metadata": lambda credential: Sent(body={"metadata": {"secret": credential, "deep": [{"pass": 1}]}}),
    "context": lambda credential: Sent(body={"context": {"api_key": credential}}),
    "nested in the input": lambda credential: Sent(input={"deep": [{"user": {"client_secret": credential}}]}),
    "a mapping under such a key": lambda credential: Sent(input={"credentials": {"login": [credential]}}),
    "the arguments of a tool call": lambda credential: Sent(input=called({"apiKey": credential, "q": 1})),
    "a webhook's query": lambda credential: Sent(
        body={"webhook": f"http://127.0.0.1:9/hook?token={quote(credential, safe='')}"}
    ),
    "a user with two signs in a URL": lambda credential: Sent(
        input={"link": f"http://u:p@{quote(credential, safe='')}@127.0.0.1:9/"}
    ),
    "Referer": lambda credential: Sent(
        headers=[("Referer", f"http://127.0.0.1/?token={quote(credential, safe='')}")]
    ),
    "another header as well": lambda credential: Sent(
        headers=[("X-Other", credential), ("Authorization", f"Bearer {credential}")]
    ),
    "?api%5Fkey=": in_query("api%5Fkey"),
    "a quoted cookie": lambda credential: Sent(headers=[("Cookie", f'session="{credential}"')]),
    "in camel case": lambda credential: Sent(input={"accessKey": credential, "privateKey": credential}),
    "a list of tokens": lambda credential: Sent(input={"api_tokens": [credential]}),
    "JSON in a text": lambda credential: Sent(input={"arguments": f'{{"api_key": "{credential}"}}'}),
    "beneath a matcher's path": lambda credential: Sent(input={"credentials": {"value": credential}}),
    "where `redact` names what a matcher looks at": lambda credential: Sent(input={"x_tenant": credential}),
    "command.resume": lambda credential: Sent(body={"command": {"resume": {"api_key": credential}}}),
}
# In the input's text as well.
ECHOED = [name for name in PLACES if "Authorization:" in name or "X-" in name or "ookie" in name]


# --- requests, on every kind of route ------------------------------------------------------------------------


class Asking:
    """A client that sends something beside every request, and keeps what it is told of runs that no stub took."""

    def __init__(self, client: httpx.Client, sent: Sent, *, echo: str = "") -> None:
        self._client = client
        self.sent = sent
        self._echo = echo
        self.refused: list[str] = []

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer, which is never the server's fault."""
        headers = [*self.sent.headers, ("content-type", "application/json")]
        answer = self._client.request(method, path + self.sent.query, json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 422 and "No stub matched" in answer.text:
            self.refused.append(answer.text)
        return answer

    def run(self, text: str) -> dict[str, Any]:
        """The body that asks for a run."""
        given = {"text": f"{text} {self._echo}".strip(), **self.sent.input}
        return {"assistant_id": "agent", "input": given, **self.sent.body}

    def thread(self) -> str:
        """The path of a new thread, whose metadata has what a run's has."""
        made = self.ask("POST", "/threads", {"metadata": self.sent.body.get("metadata", {})})
        return f"/threads/{made.json()['thread_id']}"


def stateless(asking: Asking) -> None:
    for text in ("hello", "nobody knows"):
        for path in ("/runs/stream", "/runs/wait", "/runs"):
            asking.ask("POST", path, asking.run(text))
    asking.ask("POST", "/runs/batch", [asking.run("hello"), asking.run("hello again")])
    asking.ask("POST", "/runs/batch", [asking.run("hello"), asking.run("nobody knows")])


def stateful(asking: Asking) -> None:
    path = asking.thread()
    # It waits for an answer, which a place may bring and no stub takes.
    asking.ask("POST", f"{path}/runs/wait", {"assistant_id": "agent", "input": {"text": "ask"}})
    for text in ("nobody knows", "hello", "ask"):
        for end in ("stream", "wait"):
            asking.ask("POST", f"{path}/runs/{end}", asking.run(text))
    asking.ask("POST", f"{path}/runs/wait", {**asking.run("ask"), "input": None, "command": {"resume": "no"}})
    asking.ask("POST", f"{path}/state", {"values": asking.run("hello")["input"]})


def late(asking: Asking) -> None:
    """A run that no stub takes when its turn comes."""
    path, control = asking.thread(), "/_mockgraph/clock"
    asking.ask("PUT", control, {"mode": "held"})
    for text in ("work", "nobody knows"):
        asked = {**asking.run(text), "multitask_strategy": "enqueue"}
        asked.pop("command", None)
        made = asking.ask("POST", f"{path}/runs", asked)
        assert made.status_code == 200
    asking.ask("PUT", control, {"mode": "instant"})
    asking.ask("GET", f"{path}/runs/{made.json()['run_id']}/join")


def threads(asking: Asking) -> None:
    path, metadata = asking.thread(), asking.sent.body.get("metadata", {})
    asking.ask("GET", path)
    asking.ask("PATCH", path, {"metadata": metadata})
    asking.ask("POST", "/threads/search", {"metadata": metadata})
    asking.ask("DELETE", path)


def items(asking: Asking) -> None:
    value = {**asking.sent.input, **asking.sent.body, "text": asking.run("hello")["input"]["text"]}
    asking.ask("PUT", "/store/items", {"namespace": ["users"], "key": "ada", "value": value})
    asking.ask("POST", "/store/items/search", {"namespace_prefix": ["users"], "filter": asking.sent.input})
    asking.ask("DELETE", "/store/items", {"namespace": ["users"], "key": "ada"})


def crons(asking: Asking) -> None:
    asked = {**asking.run("nobody knows"), "schedule": "@yearly"}
    asking.ask("POST", "/runs/crons", asked)
    asking.ask("POST", "/runs/crons/search", {})


def tools(asking: Asking) -> None:
    def call(name: str, arguments: dict[str, Any]) -> None:
        params = {"name": name, "arguments": arguments}
        asking.ask("POST", "/mcp/", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})

    for text in ("hello", "nobody knows"):
        call("agent", asking.run(text)["input"])


def agents(asking: Asking) -> None:
    parts = [
        {"kind": "text", "text": asking.run("nobody knows")["input"]["text"]},
        {"kind": "data", "data": {**asking.sent.input, **asking.sent.body}},
    ]
    message = {"role": "user", "messageId": "1", "kind": "message", "parts": parts}
    call = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}
    asking.ask("POST", "/a2a/agent", call)


def commands(asking: Asking) -> None:
    for text in ("hello", "nobody knows"):
        call = {"id": 1, "method": "run.start", "params": asking.run(text)}
        asking.ask("POST", f"{asking.thread()}/commands", call)


ROUTES = (stateless, stateful, late, threads, items, crons, tools, agents, commands)


# --- everything that is told ---------------------------------------------------------------------------------

EXPECTED: tuple[dict[str, Any], ...] = (
    {"times": 99},
    *(
        {"when": {path: "somebody else"}, "times": 99}
        for path in (
            "input",
            "input.text",
            "input.deep",
            "config",
            "config.configurable.api_key",
            "metadata",
            "context",
            "command",
            "resume",
            "headers",
            "headers.authorization",
            "headers.x_api_key",
        )
    ),
)


def failure(check: Callable[[], None]) -> str:
    """The text that a check fails with."""
    with pytest.raises(AssertionError) as failed:
        check()
    return str(failed.value)


def everything(mock: MockGraph, client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Whatever the server tells about what was asked of it, by where it stands."""

    def got(path: str) -> str:
        answer = client.get(f"/_mockgraph/{path}").raise_for_status()
        assert int(answer.headers["content-length"]) == len(answer.content)
        return answer.text

    yield "the journal", got("journal?limit=1000")
    yield "the journal of runs", got("journal?kind=runs&limit=1000")
    for entry in mock.journal:
        yield f"entry {entry.number}", got(f"journal/{entry.number}")
        yield f"entry {entry.number}, printed", f"{entry!s} {entry!r}"
        yield f"its report {entry.number}", str(entry.report)
        yield f"its request {entry.number}", f"{entry.query} {entry.headers!r} {entry.body!r}"
        yield f"its input {entry.number}", f"{entry.json} {entry.input} {entry.resume}"
        yield f"what it missed {entry.number}", "\n".join(mock.journal.missed(entry))
    yield "unmatched", "\n".join(mock.unmatched)
    yield "lints", "\n".join(mock.journal.lints)
    for expected in EXPECTED:
        yield "verify", failure(lambda expected=expected: mock.verify("agent", **expected))  # type: ignore[misc]
        yield "verify, over HTTP", client.post("/_mockgraph/verify", json=expected).text
    yield "verify_no_more", failure(mock.verify_no_more)
    yield "assert_all_played", failure(mock.assert_all_played)
    yield "left behind", got("left_behind")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockGraph, httpx.Client]]:
    file = tmp_path_factory.mktemp("credentials") / "agent.yaml"
    file.write_text(FIXTURE)
    mock = MockGraph(file, clock="instant", redact=["X-Tenant"])
    with mock, httpx.Client(base_url=mock.url, timeout=20) as client:
        yield mock, client


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def nothing_tells(
    server: tuple[MockGraph, httpx.Client],
    logged: pytest.LogCaptureFixture,
    place: str,
    credential: str,
    *,
    echo: str = "",
) -> None:
    """Send the credential everywhere, and find it nowhere."""
    mock, client = server
    mock.reset()
    logged.clear()
    # Stubs of the test's own, which nobody plays: they are told with what came near.
    mock.stub("agent", name="mine", when={"headers.authorization": "Bearer mine"}, play=[])
    mock.stub("agent", name="keyed", when={"config.configurable.api_key": "mine", "input.x": 1}, play=[])
    asking = Asking(client, PLACES[place](credential), echo=echo)
    for route in ROUTES:
        route(asking)
    assert mock.journal.runs(stub="greets") or "command" in asking.sent.body
    assert mock.unmatched
    assert asking.refused
    told = [*everything(mock, client), ("the log", log_of(logged)), ("422", "\n".join(asking.refused))]
    for wanted in {credential, quote(credential, safe=""), basic(credential)}:
        assert [where for where, text in told if wanted in text] == []


def log_of(logged: pytest.LogCaptureFixture) -> str:
    """What the server logged; the test's own client logs too."""
    said = [record.getMessage() for record in logged.records if record.name in LOGGERS]
    assert said
    return "\n".join(said)


@pytest.mark.parametrize("place", PLACES)
@EXAMPLES
@given(credential=CREDENTIALS)
def test_a_credential_is_told_nowhere(
    server: tuple[MockGraph, httpx.Client], logged: pytest.LogCaptureFixture, place: str, credential: str
) -> None:
    nothing_tells(server, logged, place, credential)


@pytest.mark.parametrize("place", ECHOED)
@EXAMPLES
@given(credential=CREDENTIALS)
def test_nor_is_one_of_a_header_that_the_input_repeats(
    server: tuple[MockGraph, httpx.Client], logged: pytest.LogCaptureFixture, place: str, credential: str
) -> None:
    echo = basic(credential) if place.endswith("Basic") else credential
    nothing_tells(server, logged, place, credential, echo=f"my key is {echo}, do you see?")


@EXAMPLES
@given(credential=CREDENTIALS)
def test_nor_is_one_that_a_thread_keeps(server: tuple[MockGraph, httpx.Client], credential: str) -> None:
    mock, client = server
    mock.reset()
    made = client.post("/threads", json={"metadata": {"api_key": credential}})
    path = f"/threads/{made.json()['thread_id']}"
    run = {"assistant_id": "agent", "input": {"text": "hello", "deep": {"token": credential}}}
    for _ in range(2):
        client.post(f"{path}/runs/wait", json=run).raise_for_status()
    for whole in ("thread", "thread.metadata", "values", "values.deep"):
        said = failure(lambda whole=whole: mock.verify("agent", when={whole: "somebody else"}))  # type: ignore[misc]
        assert "got {" in said
        assert credential not in said
