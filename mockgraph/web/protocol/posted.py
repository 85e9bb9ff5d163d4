"""Commands over HTTP: each is a session of its own, which has seen nothing and is bound to nothing."""

from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.noting import entry_of
from mockgraph.web.paths import api_url
from mockgraph.web.protocol import envelopes, starting
from mockgraph.web.protocol.envelopes import Command, Failed, unknown_subscription
from mockgraph.web.protocol.filters import Unusable, subscription_of
from mockgraph.web.protocol.starting import Asking

_UNBOUND = ("agent.getTree", "subscription.reconnect")


async def answer(runner: Runner, request: Request, command: Command) -> Response:
    """The answer to a command, an error or not: 200."""
    asking = Asking(
        runner,
        request.path_params["thread_id"],
        headers=request.scope["headers"],
        access=access_of(request.scope),
        api_url=api_url(request.scope),
        entry=entry_of(request.scope),
    )
    try:
        result, afterwards = await _result(asking, command)
    except Failed as failed:
        return json(envelopes.failure(command.id, failed))
    response = json(envelopes.success(command.id, result, seq=0))
    if afterwards is not None:
        response.background = BackgroundTask(_do, afterwards)
    return response


async def _do(afterwards: Any) -> None:
    afterwards()


async def _result(asking: Asking, command: Command) -> tuple[dict[str, Any], Any]:
    if command.method == "run.start":
        return await starting.start(asking, command)
    if command.method == "input.respond":
        return await starting.respond(asking, command, places=False)
    if command.method == "subscription.subscribe":
        try:
            subscription_of(command.params, method=command.method)
        except Unusable as error:
            raise Failed("invalid_argument", str(error)) from None
        subscription_id = asking.runner.namespace.ids.subscription(asking.thread_id)
        return {"subscription_id": subscription_id, "replayed_events": 0}, None
    if command.method == "subscription.unsubscribe":
        raise unknown_subscription(command.params.get("subscription_id"))
    if command.method in _UNBOUND:
        raise Failed("no_such_run", "No active run is bound to this thread.")
    raise Failed("unknown_command", f"Unknown protocol command: {command.method}")
