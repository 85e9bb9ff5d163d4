"""A WebSocket on a thread: commands in, answers and events out, all in one order.

Theory of operation. One task reads the tape behind what the socket has passed and sends whatever some subscription
wants, each event once. Another reads commands and answers them in turn. They take turns at a lock, so that what is told
again to a new subscription comes before the answer to it, and what is new after.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from mockgraph.backend.json import dumps
from mockgraph.runtime.event_entries import Entry, Filter
from mockgraph.runtime.event_tapes import EventTape, Follower, follow, told_before
from mockgraph.web.protocol import starting
from mockgraph.web.protocol.envelopes import (
    NO_JSON,
    Command,
    Failed,
    command_of,
    failure,
    id_of,
    success,
    unknown_subscription,
)
from mockgraph.web.protocol.filters import since_of, subscription_of
from mockgraph.web.protocol.starting import Asking
from mockgraph.web.protocol.trees import Tree
from mockgraph.words.ids import canonical

Told = tuple[dict[str, Any], Callable[[], None] | None]


class Session:
    """One WebSocket, from its acceptance to its end."""

    def __init__(self, socket: WebSocket, asking: Asking, tape: EventTape) -> None:
        self.socket = socket
        self.asking = asking
        self.tape = tape
        self.tree = Tree()
        self._subscriptions: dict[str, Filter] = {}
        self._follower = Follower(control=True, seen=tape.length)
        self._passed = self._joined = tape.length
        self._seq = 0
        self._commands = False
        self._turn = asyncio.Lock()
        for item in self._told_before(tape.begun):
            self.tree.take(item)

    async def run(self) -> None:
        """Serve the socket until either side leaves."""
        self.tape.followers.append(self._follower)
        sending = asyncio.create_task(self._send_events())
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, receiving):
                task.cancel()
            self.tape.let_go(self._follower)
        for task in (sending, receiving):
            if task.done() and not task.cancelled():
                with contextlib.suppress(WebSocketDisconnect):
                    task.result()
        if not receiving.done():
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self.socket.close()

    async def _send_events(self) -> None:
        namespace, thread_id = self.asking.runner.namespace, canonical(self.asking.thread_id)
        assert thread_id is not None
        async for item in follow(self.tape, thread_id, namespace, self._passed):
            wanted = [chosen for chosen in self._subscriptions.values() if chosen.wants(item)]
            if wanted and item.ends:
                await self.tape.held(item, pace=namespace.options.pace, control=self._watches)
            async with self._turn:
                self._passed = item.seq
                self.tree.take(item)
                if any(chosen.wants(item) for chosen in self._subscriptions.values()):
                    await self._send_event(item.seq, item.body)
                self._follower.handed(item.seq)

    async def _send_event(self, seq: int, body: bytes) -> None:
        await self.socket.send_text(body.decode())
        self._seq = max(self._seq, seq)

    async def _receive(self) -> None:
        while True:
            try:
                text = await self._text()
            except WebSocketDisconnect:
                return
            afterwards = None
            async with self._turn:
                told, afterwards = await self._answer(text)
                await self.socket.send_text(dumps(told).decode())
            if afterwards is not None:
                afterwards()

    async def _text(self) -> str | bytes:
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1000)
        given: str | bytes | None = message.get("text")
        return given if given is not None else message.get("bytes") or b""

    async def _answer(self, text: str | bytes) -> Told:
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError:
            return failure(None, Failed("invalid_argument", NO_JSON)), None
        try:
            command = command_of(data)
            method = _METHODS.get(command.method)
            if method is None:
                raise Failed("unknown_command", f"Unknown protocol command: {command.method}")
            seq = self._seq
            result, afterwards = await method(self, command)
        except Failed as failed:
            about = isinstance(data, dict) and str(data.get("method")).startswith("subscription.")
            return failure(id_of(data), failed, seq=self._seq if about and self.tape.length else None), None
        return success(command.id, result, seq=seq), afterwards

    # --- commands ---

    async def start(self, command: Command) -> Told:
        """`run.start`."""
        self._commands = True
        return await starting.start(self.asking, command)

    async def respond(self, command: Command) -> Told:
        """`input.respond`."""
        self._commands = True
        return await starting.respond(self.asking, command, places=True)

    async def subscribe(self, command: Command) -> Told:
        """`subscription.subscribe`: what the current run has told is told again, what comes is told once.

        langgraph-api 0.16.7 heeds no `since` here; a client that comes back with one gets what it has missed.
        """
        chosen = subscription_of(command.params, method=command.method)
        since = since_of(command.params) if "since" in command.params else self.tape.begun
        return await self._subscribed(command, chosen, since)

    async def reconnect(self, command: Command) -> Told:
        """`subscription.reconnect`: the same, behind what the client has seen of the current run."""
        if not self.tape.length:
            raise Failed("no_such_run", "No active run is bound to this thread.")
        chosen = subscription_of(command.params, method=command.method)
        since = command.params.get("since")
        if not isinstance(since, int) or isinstance(since, bool) or since < 0:
            message = "subscription.reconnect requires a non-negative integer since."
            raise Failed("invalid_argument", message)
        oldest = self.tape.begun + 1
        if since + 1 < oldest:
            message = f"resume gap: since={since} is older than min_available_seq={oldest}"
            raise Failed("resume_gap", message, since=since, min_available_seq=oldest)
        return await self._subscribed(command, chosen, since)

    async def _subscribed(self, command: Command, chosen: Filter, since: int) -> Told:
        named = command.params.get("subscription_id")
        subscription_id = named if isinstance(named, str) and named else None
        if subscription_id is None:
            subscription_id = self.asking.runner.namespace.ids.subscription(self.asking.thread_id)
        told = 0
        for item in self._told_before(since):
            if chosen.wants(item):
                if item.ends and chosen.control and self._watches:
                    pace = self.asking.runner.namespace.options.pace
                    await self.tape.held(item, pace=pace, control=True)
                await self._send_event(item.seq, item.body)
                told += 1
        self._subscriptions[subscription_id] = chosen
        self._judge()
        self._follower.handed(self._passed)
        return {"subscription_id": subscription_id, "replayed_events": told}, self._looked

    def _told_before(self, since: int) -> Iterator[Entry]:
        namespace, thread_id = self.asking.runner.namespace, canonical(self.asking.thread_id)
        assert thread_id is not None
        return told_before(self.tape, thread_id, namespace, since, self._passed, joined=self._joined)

    def _looked(self) -> None:
        if not self._follower.control:
            self.asking.runner.followed(self.asking.thread_id, reading=True)

    @property
    def _watches(self) -> bool:
        """Whether the client only watches how runs stand, and reads what they say, and commands, elsewhere."""
        return self._follower.control and not self._commands

    def _judge(self) -> None:
        self._follower.control = all(chosen.control for chosen in self._subscriptions.values())

    async def unsubscribe(self, command: Command) -> Told:
        """`subscription.unsubscribe`."""
        named = command.params.get("subscription_id")
        if not isinstance(named, str) or named not in self._subscriptions:
            raise unknown_subscription(named)
        del self._subscriptions[named]
        self._judge()
        return {}, None

    async def get_tree(self, _command: Command) -> Told:
        """`agent.getTree`: the run's graphs, and how each stands."""
        told = self.tree.wire()
        if told is None:
            raise Failed("no_such_run", "No active run is bound to this thread.")
        return {"tree": told}, None


_METHODS: dict[str, Any] = {
    "run.start": Session.start,
    "input.respond": Session.respond,
    "subscription.subscribe": Session.subscribe,
    "subscription.reconnect": Session.reconnect,
    "subscription.unsubscribe": Session.unsubscribe,
    "agent.getTree": Session.get_tree,
}
