"""The protocol's methods by name, in both generations, and what is expected of every call."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mockgraph.runtime.runner import Runner
from mockgraph.web import answers, rpc
from mockgraph.web.a2a import cards, listing, sending, stopping
from mockgraph.web.a2a.calls import Call
from mockgraph.web.a2a.envelopes import NEITHER, Envelope, opened
from mockgraph.web.a2a.streaming import stream
from mockgraph.web.a2a.tasks import explained, remembered
from mockgraph.web.a2a.words import NEW, OLD, Generation
from mockgraph.web.bodies import Disconnected, read
from mockgraph.web.rpc import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, RpcError
from mockgraph.words.ids import canonical


async def _get(call: Call) -> dict[str, Any]:
    """`tasks/get`, `GetTask`."""
    task = call.task(naming_context=True)
    view = call.view(call.params.get("historyLength"), call.params.get("historyScope"))
    told = explained(task, call.namespace, call.generation)
    return {**told, **remembered(task, call.assistant_id, view, call.generation)}


async def _card(call: Call) -> dict[str, Any]:
    """`GetExtendedAgentCard`."""
    return cards.card(call.namespace, call.assistant(), call.assistant_id, call.scope)


class Method(NamedTuple):
    """A method: its generation, and what it does; None where its answer is a stream."""

    generation: Generation
    does: Callable[[Call], Awaitable[dict[str, Any]]] | None

    @property
    def speaks(self) -> bool:
        """Whether it takes a message."""
        return self.does in (None, sending.send)


METHODS = {
    "message/send": Method(OLD, sending.send),
    "message/stream": Method(OLD, None),
    "tasks/get": Method(OLD, _get),
    "tasks/cancel": Method(OLD, stopping.cancel),
    "SendMessage": Method(NEW, sending.send),
    "SendStreamingMessage": Method(NEW, None),
    "GetTask": Method(NEW, _get),
    "CancelTask": Method(NEW, stopping.cancel),
    "ListTasks": Method(NEW, listing.list_tasks),
    "GetExtendedAgentCard": Method(NEW, _card),
}


async def answer(runner: Runner, scope: Scope, receive: Receive, send: Send) -> None:
    """`POST /a2a/{assistant_id}`."""
    try:
        body = await read(scope, receive)
    except Disconnected:
        return
    envelope = opened(body)
    if envelope.method is None and envelope.error is None:
        await Response(status_code=202)(scope, receive, send)
        return
    try:
        method, params = _called(envelope)
        accepted = _accepted(scope, method)
        if accepted is not None:
            await accepted(scope, receive, send)
            return
        named = scope["path_params"]["assistant_id"]
        if canonical(named) is None:
            raise RpcError(INVALID_PARAMS, "Invalid assistant ID: must be a UUID")
        call = Call(runner, scope, body, named, method.generation, envelope.method or "", params)
        if method.does is None:
            await stream(call, envelope.call_id, receive, send)
            return
        told = rpc.result(envelope.call_id, await method.does(call))
    except RpcError as error:
        told = rpc.failure(envelope.call_id, error)
    await rpc.told(told)(scope, receive, send)


def _called(envelope: Envelope) -> tuple[Method, dict[str, Any]]:
    """The method and its parameters; raises RpcError."""
    if envelope.error is not None:
        raise envelope.error
    method = METHODS.get(envelope.method or "")
    if method is None:
        raise RpcError(METHOD_NOT_FOUND, f"Method not found: {envelope.method}")
    params = envelope.message.get("params", {})
    if method.does is _card:
        return method, {}
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "Invalid params: must be an object")
    message = params.get("message")
    if method.speaks and (not isinstance(message, dict) or not message):
        raise RpcError(INVALID_PARAMS, "Missing or invalid 'message' in params")
    if envelope.call_id is None:
        raise RpcError(INVALID_REQUEST, NEITHER)
    return method, params


def _accepted(scope: Scope, method: Method) -> Response | None:
    """What is told a client that does not take the answer; None for one that does."""
    taken = {
        media.partition(";")[0].strip().lower() for media in Headers(scope=scope).get("accept", "").split(",")
    }
    kind, told = ("text/event-stream", " for streaming") if method.does is None else ("application/json", "")
    if taken & {kind, f"{kind.partition('/')[0]}/*", "*/*"}:
        return None
    return answers.json({"error": f"Accept header must include {kind}{told}"}, status=400)
