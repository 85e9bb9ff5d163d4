"""Webhooks: who is told of the end of a run, what they are told, how often it is tried, and who is never called."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockgraph import MockGraph
from mockgraph.runtime import webhooks
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.options import Options
from tests.playing import scripted, talk

pytestmark = pytest.mark.timeout(30)

HEAD = "channels: {kind: last_value, log: append}"
STUBS = """
- name: asked
  when: {input.kind: asking}
  play:
    - {node: begin, update: {log: [begun]}}
    - {node: ask, interrupt: "go on?"}
- name: broken
  when: {input.kind: broken}
  play:
    - {node: begin, update: {log: [begun]}}
    - {node: fall, error: {type: ValueError, message: kaboom}}
- name: endless
  when: {input.kind: endless}
  play:
    - {node: begin, update: {log: [begun]}}
    - {node: hold, do: [{delay: 60s}, {update: {log: [held]}}]}
- name: quick
  when: {input.kind: quick}
  play:
    - {node: begin, update: {log: [begun]}}
"""
KEYS = [
    "run_id",
    "thread_id",
    "assistant_id",
    "metadata",
    "status",
    "kwargs",
    "multitask_strategy",
    "created_at",
    "updated_at",
    "langsmith_session_name",
    "run_started_at",
    "run_ended_at",
    "webhook_sent_at",
    "values",
]
CANCELLED = "requested via POST /threads/{thread_id}/runs/{run_id}/cancel"


class Receiver:
    """Whoever is told: `answers` are the statuses of its answers, 200 when they are spent; `asked` what it was sent."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/told")
        self.answers: list[int] = []
        self.asked: list[Request] = []
        server.expect_request("/told").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.asked.append(request)
        return Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def bodies(self) -> list[Any]:
        """What was said, once for each attempt."""
        return [request.json for request in self.asked]


@pytest.fixture
def receiver(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Somebody on the loopback interface; attempts come without a pause."""
    monkeypatch.setattr(webhooks, "PAUSES", (0.001, 0.001))
    yield Receiver(httpserver)
    httpserver.check_assertions()


class World:
    """A server and a client of it."""

    def __init__(self, namespace: Namespace, client: httpx.AsyncClient) -> None:
        self.namespace = namespace
        self.client = client

    async def post(self, path: str, **body: Any) -> Any:
        """Ask for something that is granted."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def thread(self) -> str:
        """The path of a new thread."""
        return f"/threads/{(await self.post('/threads'))['thread_id']}"

    async def delivered(self) -> None:
        """Wait until nothing is left to be told."""
        while self.namespace.errands:
            await asyncio.gather(*self.namespace.errands)


def play(questions: Callable[[World], Awaitable[None]], *, allowed: tuple[str, ...] = ()) -> None:
    """Let a coroutine talk to a server that plays the stubs."""
    namespace = Namespace(
        scripted(STUBS, head=HEAD), options=Options(deterministic=True, webhook_hosts=allowed)
    )

    async def asked(client: httpx.AsyncClient) -> None:
        await questions(World(namespace, client))

    talk(namespace, asked)


def run(kind: str, url: str, **more: Any) -> dict[str, Any]:
    """What asks for a run of a kind."""
    return {"assistant_id": "agent", "input": {"kind": kind}, "webhook": url, **more}


# --- what is told ---


def test_the_body_is_the_run_with_its_end(receiver: Receiver) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        await world.post(f"{thread}/runs/wait", **run("quick", receiver.url, metadata={"mine": 1}))
        await world.delivered()

        (told,) = receiver.asked
        assert (told.method, told.headers["content-type"]) == ("POST", "application/json")
        assert told.headers["accept"] == "*/*"
        (body,) = receiver.bodies
        assert list(body) == KEYS
        (stored,) = (await world.client.get(f"{thread}/runs")).json()
        assert {key: body[key] for key in stored} == stored
        assert body["kwargs"]["webhook"] == receiver.url
        assert list(body["kwargs"]["config"]["configurable"])[-1] == "__pregel_node_finished"
        assert (body["status"], body["values"]) == ("success", {"kind": "quick", "log": ["begun"]})
        assert body["metadata"]["mine"] == 1
        times = [body[key] for key in ("created_at", "run_started_at", "run_ended_at", "webhook_sent_at")]
        assert times == sorted(times)
        assert {datetime.fromisoformat(time).utcoffset() for time in times} == {datetime.resolution * 0}

    play(questions)


def test_the_body_is_compact_json(receiver: Receiver) -> None:
    async def questions(world: World) -> None:
        await world.post("/runs/wait", **run("quick", receiver.url, metadata={"name": "Zoë"}))
        await world.delivered()
        text = receiver.asked[0].get_data().decode()
        assert ", " not in text
        assert '": ' not in text
        assert '"name":"Zoë"' in text

    play(questions)


BEGUN = {"log": ["begun"]}


@pytest.mark.parametrize("way", ["", "/wait", "/stream"])
@pytest.mark.parametrize(
    ("kind", "status", "more", "error"),
    [
        ("quick", "success", {}, None),
        ("asking", "success", {}, None),
        ("quick", "success", {"interrupt_before": "*"}, None),
        ("broken", "error", {}, {"error": "ValueError", "message": "kaboom"}),
    ],
    ids=["success", "interrupt", "breakpoint", "error"],
)
def test_every_end_is_told(
    receiver: Receiver, way: str, kind: str, status: str, more: dict[str, Any], error: Any
) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        answer = await world.client.post(f"{thread}/runs{way}", json=run(kind, receiver.url, **more))
        assert answer.status_code == 200
        if not way:
            await world.client.get(f"{thread}/runs/{answer.json()['run_id']}/join")
        await world.delivered()
        (body,) = receiver.bodies
        assert list(body) == (KEYS if error is None else [*KEYS, "error"])
        log = [] if more else ["begun"]
        assert (body["status"], body["values"]) == (status, {"kind": kind, "log": log})
        assert body.get("error") == error

    play(questions)


@pytest.mark.parametrize("way", ["", "/wait", "/stream"])
@pytest.mark.parametrize(
    ("completion", "values"), [("delete", None), ("keep", {"kind": "quick", "log": ["begun"]})]
)
def test_a_stateless_run_tells_its_values_only_if_it_is_kept(
    receiver: Receiver, way: str, completion: str, values: Any
) -> None:
    async def questions(world: World) -> None:
        given = run("quick", receiver.url, on_completion=completion)
        answer = await world.client.post(f"/runs{way}", json=given)
        assert answer.status_code == 200
        if not way:
            begun = answer.json()
            await world.client.get(f"/threads/{begun['thread_id']}/runs/{begun['run_id']}/join")
        await world.delivered()
        (body,) = receiver.bodies
        assert list(body) == KEYS
        assert (body["status"], body["values"]) == ("success", values)

    play(questions)


async def going(world: World, thread: str, url: str, **more: Any) -> str:
    """The path of a run that plays and does not end by itself."""
    begun = await world.post(f"{thread}/runs", **run("endless", url, **more))
    path = f"/threads/{begun['thread_id']}/runs/{begun['run_id']}"
    live = world.namespace.live[begun["run_id"]]
    live.release.set()
    async for part in live.log.follow():
        if part.event == "values" and b"begun" in part.body:
            break
    return path


@pytest.mark.parametrize(
    ("action", "status", "values", "error"),
    [
        ("interrupt", "interrupted", {"kind": "endless", "log": ["begun"]}, "UserInterrupt"),
        ("rollback", "rollback", None, "UserRollback"),
    ],
)
def test_a_cancelled_run_tells_who_stopped_it(
    receiver: Receiver, action: str, status: str, values: Any, error: str
) -> None:
    async def questions(world: World) -> None:
        path = await going(world, await world.thread(), receiver.url)
        await world.post(f"{path}/cancel?action={action}")
        await world.delivered()
        (body,) = receiver.bodies
        assert list(body) == [*KEYS, "error"]
        assert (body["status"], body["values"]) == (status, values)
        assert body["error"] == {"error": error, "message": f"{action} {CANCELLED}"}

    play(questions)


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
def test_a_run_that_never_began_tells_nothing(receiver: Receiver, action: str) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        begun = await world.post(f"{thread}/runs", **run("quick", receiver.url, after_seconds=60))
        await world.post(f"{thread}/runs/{begun['run_id']}/cancel?action={action}")
        await world.delivered()
        assert receiver.asked == []

    play(questions)


@pytest.mark.parametrize(
    ("completion", "values"), [("delete", None), ("keep", {"kind": "endless", "log": ["begun"]})]
)
def test_a_cancelled_stateless_run_tells_it_too(receiver: Receiver, completion: str, values: Any) -> None:
    async def questions(world: World) -> None:
        path = await going(world, "", receiver.url, on_completion=completion)
        await world.post(f"{path}/cancel")
        await world.delivered()
        (body,) = receiver.bodies
        assert (body["status"], body["values"]) == ("interrupted", values)
        assert body["error"]["error"] == "UserInterrupt"

    play(questions)


@pytest.mark.parametrize(
    ("strategy", "status", "error", "log"),
    [
        ("interrupt", "interrupted", "UserInterrupt", ["begun", "begun"]),
        ("rollback", "rollback", "UserRollback", ["begun"]),
    ],
)
def test_the_run_that_gives_way_and_the_one_that_follows_are_both_told(
    receiver: Receiver, strategy: str, status: str, error: str, log: list[str]
) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        await going(world, thread, receiver.url)
        await world.post(f"{thread}/runs/wait", **run("quick", receiver.url, multitask_strategy=strategy))
        await world.delivered()
        told = {body["status"]: body for body in receiver.bodies}
        assert set(told) == {status, "success"}
        said = f"superseded by run {told['success']['run_id']} (multitask_strategy={strategy})"
        assert told[status]["error"] == {"error": error, "message": said}
        assert told["success"]["values"] == {"kind": "quick", "log": log}

    play(questions)


# --- how often it is tried ---


@pytest.mark.parametrize("answer", [500, 502, 503, 429])
def test_a_receiver_in_trouble_is_asked_again(receiver: Receiver, answer: int) -> None:
    async def questions(world: World) -> None:
        receiver.answers = [answer, answer]
        await world.post("/runs/wait", **run("quick", receiver.url))
        await world.delivered()
        assert len(receiver.asked) == 3
        assert len({request.get_data() for request in receiver.asked}) == 1

    play(questions)


def test_three_attempts_are_enough(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    async def questions(world: World) -> None:
        receiver.answers = [500] * 10
        with caplog.at_level(logging.WARNING):
            await world.post("/runs/wait", **run("quick", receiver.url))
            await world.delivered()
        assert len(receiver.asked) == 3
        (said,) = [record.getMessage() for record in caplog.records if "webhook" in record.getMessage()]
        assert said == f"webhook {receiver.url} was not delivered: 500"

    play(questions)


@pytest.mark.parametrize("answer", [204, 302, 400, 404, 422])
def test_any_other_answer_is_final(receiver: Receiver, answer: int) -> None:
    async def questions(world: World) -> None:
        receiver.answers = [answer]
        await world.post("/runs/wait", **run("quick", receiver.url))
        await world.delivered()
        assert len(receiver.asked) == 1

    play(questions)


# --- receivers that are not there, or are slow ---


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL on the loopback interface where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/told"


@pytest.mark.parametrize("way", ["/wait", "/stream"])
def test_a_receiver_that_is_down_does_not_disturb_the_run(
    receiver: Receiver, nobody: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        plain = await world.client.post(
            f"/runs{way}", json={"assistant_id": "agent", "input": {"kind": "quick"}}
        )
        with caplog.at_level(logging.WARNING):
            answer = await world.client.post(f"{thread}/runs{way}", json=run("quick", nobody))
            await world.delivered()
        if way == "/wait":
            assert answer.json() == plain.json()
        assert (await world.client.get(thread)).json()["status"] == "idle"
        (stored,) = (await world.client.get(f"{thread}/runs")).json()
        assert stored["status"] == "success"
        said = [record.getMessage() for record in caplog.records]
        assert any(text.startswith(f"webhook {nobody} was not delivered: ConnectError") for text in said)

    play(questions)


@pytest.mark.parametrize("url", ["http://localhost:port/told", "http://127.0.0.1:9/to\nld"])
def test_an_address_that_nobody_can_have_is_refused_or_not_delivered(receiver: Receiver, url: str) -> None:
    async def questions(world: World) -> None:
        answer = await world.client.post("/runs/wait", json=run("quick", url))
        assert answer.status_code in (200, 422)
        await world.delivered()  # raises what an errand raised

    play(questions)


def test_nobody_waits_for_a_receiver_that_is_slow(httpserver: HTTPServer) -> None:
    async def questions(world: World) -> None:
        loop, answering, answer = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        def told(_request: Request) -> Response:
            loop.call_soon_threadsafe(answering.set)
            asyncio.run_coroutine_threadsafe(answer.wait(), loop).result(10)
            return Response()

        httpserver.expect_request("/slow").respond_with_handler(told)
        thread = await world.thread()
        values = await world.post(f"{thread}/runs/wait", **run("quick", httpserver.url_for("/slow")))
        assert values == {"kind": "quick", "log": ["begun"]}
        await answering.wait()
        assert (await world.client.get(thread)).json()["status"] == "idle"
        answer.set()
        await world.delivered()

    play(questions)


# --- who is called ---


@pytest.mark.parametrize(
    "way", ["/runs", "/runs/wait", "/runs/stream", "{thread}/runs", "{thread}/runs/wait"]
)
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/told", "'example.com' is not loopback"),
        ("https://10.0.0.1/told", "'10.0.0.1' is not loopback"),
        ("http://127.0.0.1.example.com/told", "'127.0.0.1.example.com' is not loopback"),
        ("http://user:pass@example.com/told", "'example.com' is not loopback"),
        ("ftp://127.0.0.1/told", "scheme 'ftp' not allowed"),
        ("not a url", "Invalid webhook hostname ''"),
        ("/told", "Loopback webhooks (relative URLs)"),
    ],
)
def test_a_receiver_elsewhere_is_refused_and_nothing_is_made(way: str, url: str, says: str) -> None:
    async def questions(world: World) -> None:
        thread = await world.thread()
        answer = await world.client.post(way.format(thread=thread), json=run("quick", url))
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert (await world.client.get(f"{thread}/runs")).json() == []
        assert len(world.namespace.threads) == 1
        assert world.namespace.errands == set()

    play(questions)


def test_a_receiver_elsewhere_is_refused_with_what_to_do(receiver: Receiver) -> None:
    async def questions(world: World) -> None:
        answer = await world.client.post("/runs/wait", json=run("quick", "http://hooks.test:8080/told"))
        assert answer.json()["detail"].endswith("unless it is started with --allow-webhooks-to hooks.test")

    play(questions)


def test_one_refused_receiver_refuses_a_whole_batch(receiver: Receiver) -> None:
    async def questions(world: World) -> None:
        batch = [run("quick", receiver.url), run("quick", "http://hooks.test/told")]
        answer = await world.client.post("/runs/batch", json=batch)
        assert answer.status_code == 422

    play(questions)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_loopback_interface_has_several_names(
    receiver: Receiver, httpserver: HTTPServer, host: str
) -> None:
    async def questions(world: World) -> None:
        url = f"http://{host}:{httpserver.port}/told"
        await world.post("/runs/wait", **run("quick", url))
        await world.delivered()
        assert [body["kwargs"]["webhook"] for body in receiver.bodies] == [url]

    play(questions)


def test_a_host_that_is_allowed_is_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def post(_client: httpx.AsyncClient, url: str, **_more: Any) -> httpx.Response:
        tried.append(url)
        return httpx.Response(200)

    async def questions(world: World) -> None:
        given = run("quick", "http://hooks.test/told")
        assert (await world.client.post("/runs/wait", json=given)).status_code == 200
        refused = await world.client.post("/runs/wait", json=run("quick", "http://other.test/told"))
        assert refused.status_code == 422
        with monkeypatch.context() as patched:
            patched.setattr(httpx.AsyncClient, "post", post)
            await world.delivered()
        assert tried == ["http://hooks.test/told"]

    play(questions, allowed=("hooks.test",))


def test_a_server_is_told_whom_it_may_call() -> None:
    with MockGraph(allow_webhooks_to=["Hooks.Test"]) as mock, httpx.Client(base_url=mock.url) as client:
        mock.stub("agent", play=[{"node": "hold", "delay": "60s"}])
        given = {"assistant_id": "agent", "input": {}}
        allowed = client.post("/runs", json=given | {"webhook": "http://hooks.test/told"})
        refused = client.post("/runs", json=given | {"webhook": "http://other.test/told"})
        assert (allowed.status_code, refused.status_code) == (200, 422)
    with pytest.raises(TypeError, match="is a list of texts"):
        MockGraph(allow_webhooks_to="hooks.test")


# --- the end of the world ---


def test_a_reset_forgets_what_was_still_to_be_told(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "PAUSES", (60.0, 60.0))

    async def questions(world: World) -> None:
        told = asyncio.Event()
        loop = asyncio.get_running_loop()

        def answer(_request: Request) -> Response:
            loop.call_soon_threadsafe(told.set)
            return Response(status=500)

        httpserver.expect_request("/told").respond_with_handler(answer)
        await world.post("/runs/wait", **run("quick", httpserver.url_for("/told")))
        await told.wait()
        (errand,) = world.namespace.errands
        world.namespace.reset()
        with pytest.raises(asyncio.CancelledError):
            await errand
        assert world.namespace.errands == set()

    play(questions)
