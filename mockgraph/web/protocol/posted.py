"""Commands over HTTP: each is a session of its own, which has seen nothing and is bound to nothing."""

from collections.abc import Awaitable, Callable
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
from mockgraph.web.protocol.filters import subscription_of
from mockgraph.web.protocol.starting import Asking


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
        result, afterwards = await _METHODS.get(command.method, _unknown)(asking, command)
    except Failed as failed:
        return json(envelopes.failure(command.id, failed))
    response = json(envelopes.success(command.id, result, seq=0))
    if afterwards is not None:
        response.background = BackgroundTask(_do, afterwards)
    return response


async def _do(afterwards: Any) -> None:
    afterwards()


Answer = tuple[dict[str, Any], Callable[[], None] | None]  # a result, and what is done once that is sent


async def _respond(asking: Asking, command: Command) -> Answer:
    return await starting.respond(asking, command, places=False)


async def _subscribe(asking: Asking, command: Command) -> Answer:
    subscription_of(command.params, method=command.method)
    subscription_id = asking.runner.namespace.ids.subscription(asking.thread_id)
    return {"subscription_id": subscription_id, "replayed_events": 0}, None


async def _unsubscribe(_asking: Asking, command: Command) -> Answer:
    raise unknown_subscription(command.params.get("subscription_id"))


async def _unbound(_asking: Asking, _command: Command) -> Answer:
    raise Failed("no_such_run", "No active run is bound to this thread.")


async def _unknown(_asking: Asking, command: Command) -> Answer:
    raise Failed("unknown_command", f"Unknown protocol command: {command.method}")


_METHODS: dict[str, Callable[[Asking, Command], Awaitable[Answer]]] = {
    "run.start": starting.start,
    "input.respond": _respond,
    "subscription.subscribe": _subscribe,
    "subscription.unsubscribe": _unsubscribe,
    "subscription.reconnect": _unbound,
    "agent.getTree": _unbound,
}
