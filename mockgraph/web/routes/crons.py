"""Crons: made on a thread or without one, read, changed, deleted, searched, counted."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mockgraph.backend.access import Seen, allowed, sees
from mockgraph.backend.assistants import Assistant
from mockgraph.runtime import webhooks
from mockgraph.runtime.runner import Runner
from mockgraph.web.answers import json
from mockgraph.web.auth import access_of
from mockgraph.web.bodies import parsed, read_request
from mockgraph.web.paths import api_url, seen_threads, uuid_of
from mockgraph.words.errors import Refusal


def routes(runner: Runner) -> list[BaseRoute]:
    """The routes of a namespace's crons, the more specific path first."""
    crons = Crons(runner)
    return [
        Route("/runs/crons", crons.create, methods=["POST"]),
        Route("/runs/crons/search", crons.search, methods=["POST"]),
        Route("/runs/crons/count", crons.count, methods=["POST"]),
        Route("/runs/crons/{cron_id}", crons.get, methods=["GET"]),
        Route("/runs/crons/{cron_id}", crons.patch, methods=["PATCH"]),
        Route("/runs/crons/{cron_id}", crons.delete, methods=["DELETE"]),
        Route("/threads/{thread_id}/runs/crons", crons.create_on_thread, methods=["POST"]),
    ]


class Crons:
    """The endpoints."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.namespace = runner.namespace

    def _set_alarm(self) -> None:
        from mockgraph.runtime.firing import Firing

        Firing(self.runner, parsed=parsed).set_alarm()

    async def create(self, request: Request) -> Response:
        """`POST /runs/crons`: each run gets a thread of its own."""
        return await self._created(request, "CronCreate", None)

    async def create_on_thread(self, request: Request) -> Response:
        """`POST /threads/{thread_id}/runs/crons`."""
        thread_id = uuid_of(request.path_params["thread_id"], "thread")
        return await self._created(request, "ThreadCronCreate", thread_id)

    async def _created(self, request: Request, schema: str, thread_id: str | None) -> Response:
        from mockgraph.backend.crons import planned

        body = await read_request(request)
        data = parsed(body, schema)
        self._check_webhook(data)
        assistant = self._assistant(data["assistant_id"])
        cron = planned(
            data,
            cron_id=self.namespace.ids.cron(thread_id, body),
            assistant_id=assistant.assistant_id,
            thread_id=thread_id,
            api_url=api_url(request.scope),
            now=self.namespace.options.clock.now(),
            access=access_of(request.scope),
        )
        _seen(request, "create")
        if not assistant.own and not sees(
            allowed(access_of(request.scope), "assistants", "read"), assistant.inherited
        ):
            raise _no_assistant(data["assistant_id"])
        if thread_id is not None:
            seen = seen_threads(request.scope, "read")
            if self.namespace.threads.find(thread_id, seen=seen) is None:
                raise Refusal(404, _NO_THREAD.format(thread_id=thread_id))
        cron.told = self.namespace.journal.cleaned(cron.payload, request.scope["headers"])
        self.namespace.crons.add(cron)
        self._set_alarm()
        return json(cron.wire())

    def _assistant(self, named: str) -> Assistant:
        """The assistant that a cron names by graph or by id."""
        try:
            found = self.namespace.assistants.named(named)
        except Refusal:
            found = None
        if found is None:
            raise _no_assistant(named)
        return found

    def _check_webhook(self, data: dict[str, str]) -> None:
        webhooks.check(data.get("webhook"), self.namespace.options.webhook_hosts)

    async def get(self, request: Request) -> Response:
        """`GET /runs/crons/{cron_id}`."""
        seen = _seen(request, "read")
        return json(self.namespace.crons.get(request.path_params["cron_id"], seen=seen).wire())

    async def patch(self, request: Request) -> Response:
        """`PATCH /runs/crons/{cron_id}`."""
        cron_id = request.path_params["cron_id"]
        uuid_of(cron_id, "cron")
        data = parsed(await read_request(request), "CronPatch")
        if not data:
            raise Refusal(400, "Request body cannot be empty")
        self._check_webhook(data)
        now, seen = self.namespace.options.clock.now(), _seen(request, "update")
        cron = self.namespace.crons.patch(cron_id, data, now=now, seen=seen)
        self._set_alarm()
        return json(cron.wire())

    async def delete(self, request: Request) -> Response:
        """`DELETE /runs/crons/{cron_id}`."""
        uuid_of(request.path_params["cron_id"], "cron")
        self.namespace.crons.delete(request.path_params["cron_id"], seen=_seen(request, "delete"))
        self._set_alarm()
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """`POST /runs/crons/search`."""
        query = parsed(await read_request(request), "CronSearch")
        found, headers = self.namespace.crons.search(query, seen=_seen(request, "search"))
        return json(found, headers=headers)

    async def count(self, request: Request) -> Response:
        """`POST /runs/crons/count`."""
        query = parsed(await read_request(request), "CronCountRequest")
        return json(len(self.namespace.crons.matching(query, seen=_seen(request, "search"))))


def _no_assistant(named: str) -> Refusal:
    return Refusal(404, f"Assistant '{named}' not found")


def _seen(request: Request, action: str) -> Seen:
    return allowed(access_of(request.scope), "crons", action)


_NO_THREAD = (
    "Thread with ID '{thread_id}' not found. Please verify the ID is correct and the thread hasn't been deleted or "
    "expired."
)
