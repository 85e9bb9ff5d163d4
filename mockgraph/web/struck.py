"""Faults as they are seen on the socket: an answer that is another, stops, breaks, or comes in other pieces.

Theory of operation. An answer is a row of parts: the chunks of its body but for heartbeats, which is each event of a
stream, and the whole of a JSON body; or the messages of a WebSocket. A fault lets parts pass until the one it is for, strikes
there, and from then on either nothing passes (the answer is over) or everything does. For the last part (of an event,
or of all) parts are held back until it is known which that is.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import orjson
from starlette.types import Message, Receive, Scope, Send

from mockgraph.backend.json import dumps_in_full
from mockgraph.runtime.namespaces import Namespace
from mockgraph.script.faults import AT_THE_END, Fault
from mockgraph.web.noting import entry_of
from mockgraph.web.sse import BEATS

CONNECTION = "mockgraph.connection"


class Line(Protocol):
    """The connection that a request came on, as the server has it."""

    transport: Any

    def refuse(self, seconds: float) -> None:
        """Accept no other connection for so long."""
        ...


class Struck:
    """An ASGI `send` with a fault in it."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        fault: Fault,
        namespace: Namespace,
        *,
        told: Callable[[], None] | None = None,
    ) -> None:
        self.fault = fault
        self._tell = told  # None: inside a play
        self._scope = scope
        self._receive = receive
        self._send = send
        self._timeline = namespace.timeline
        self._heartbeat = namespace.options.heartbeat
        self._beat = BEATS[0]
        self._seen = 0
        self._struck = False
        self._over = False
        self._stalled = False
        self._changes = False  # everything from here on is sent in another form
        self._held: list[Message] = []
        self._behind: Message | None = None

    async def instead(self) -> bool:
        """Strike before any route sees the request; whether that was the whole answer."""
        fault = self.fault
        self._note()
        if fault.kind == "status":
            await self._answer(fault)
        elif fault.kind == "stall":
            await self._stall()
            return self._over
        else:
            if fault.kind == "refuse" and self._line is not None:
                self._line.refuse(fault.seconds or 0.0)
            await self._end("cut" if fault.kind == "cut" else "reset")
        return True

    @property
    def has_struck(self) -> bool:
        """Whether it has."""
        return self._struck

    def _note(self) -> None:
        """It strikes: the journal tells of it, and so does whoever counts."""
        self._struck = True
        entry = entry_of(self._scope)
        if entry is not None:
            entry.fault = self.fault.name
        if self._tell is not None:
            self._tell()

    async def __call__(self, message: Message) -> None:
        if self._over:
            return
        kind = message["type"]
        if kind == "http.response.start":
            if self.fault.kind in _OTHER_LENGTH and not self._struck:
                kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
                message = {**message, "headers": kept}
            if dict(message["headers"]).get(b"content-type", b"").startswith(b"application/json"):
                self._beat = BEATS[1]
            await self._send(message)
        elif kind in ("http.response.body", "websocket.send"):
            await self._body(message)
        elif kind == "websocket.close":
            await self._last()
            if not self._over:
                await self._send(message)
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        body = _bytes(message)
        more = message.get("more_body", False)
        if body in BEATS and more:
            if not self._stalled:
                await self._send(message)
            return
        if body:
            await self._part({**message, "more_body": True} if "body" in message else message)
        if message["type"] == "http.response.body" and not more and not self._over:
            await self._close()

    async def _part(self, message: Message) -> None:
        if self._struck:
            await self._pass(message)
            return
        self._seen += 1
        at, named = self.fault.at, _event(_bytes(message))
        if at.last:
            if not at.event or named == at.event:
                await self._release()
                self._held = [message]
            elif self._held:
                self._held.append(message)
            else:
                await self._send(message)
        elif named == at.event if at.event else self._seen == at.number:
            await self._strike(message)
        else:
            await self._send(message)

    async def _release(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._pass(message)

    async def _close(self) -> None:
        await self._last()
        if not self._struck and self._tell is None and self.fault.kind in AT_THE_END:
            await self._strike({"type": "http.response.body", "body": b"", "more_body": True})
        if not self._over:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _last(self) -> None:
        """What was held back is let go: now it is known which part was the last."""
        if self._held:
            first, *rest = self._held
            self._held = []
            await self._strike(first)
            for message in rest:
                if not self._over:
                    await self._pass(message)
        if self._behind is not None:
            behind, self._behind = self._behind, None
            await self._send(behind)

    async def _pass(self, message: Message) -> None:
        """A part behind the one that was struck."""
        if self._changes:
            await _FORMS[self.fault.kind](self._send, message)
        else:
            await self._send(message)
        if self._behind is not None:
            behind, self._behind = self._behind, None
            await self._send(behind)

    async def _strike(self, message: Message) -> None:
        self._note()
        await _STRIKES[self.fault.kind](self, message)

    # --- what strikes do ---

    async def _broken_off(self, message: Message) -> None:
        where, body = self.fault.where, _bytes(message)
        if where != "before":
            size = len(body) if where == "after" else _inside(body, character=where == "in_character")
            await self._send(_with(message, body[:size]))
        if self.fault.kind == "truncate":
            closing: Message = {"type": "http.response.body", "body": b"", "more_body": False}
            if self._scope["type"] == "websocket":
                closing = {"type": "websocket.close", "code": 1000}
            await self._send(closing)
            self._over = True
            await self._ended()
        else:
            await self._end(self.fault.kind)

    async def _refused(self, _message: Message) -> None:
        if self._line is not None:
            self._line.refuse(self.fault.seconds or 0.0)
        await self._end("reset")

    async def _stalled_at(self, message: Message) -> None:
        await self._stall()
        await self._send(message)

    async def _malformed(self, message: Message) -> None:
        await self._send(_with(message, _broken(_bytes(message))))

    async def _twice(self, message: Message) -> None:
        await self._send(message)
        await self._send(message)

    async def _later(self, message: Message) -> None:
        self._behind = message

    async def _dropped(self, _message: Message) -> None:
        pass

    async def _changed(self, message: Message) -> None:
        self._changes = True
        await _FORMS[self.fault.kind](self._send, message)

    # --- with what they do it ---

    async def _answer(self, fault: Fault) -> None:
        body = (
            fault.body if fault.body is not None else {"detail": f"mockgraph: fault 'status: {fault.status}'"}
        )
        text = isinstance(body, str)
        told = body.encode() if isinstance(body, str) else dumps_in_full(body)
        headers = {"content-type": "text/plain; charset=utf-8" if text else "application/json"}
        if fault.status in (204, 304):
            told, headers = b"", {}
        headers |= {name.lower(): value for name, value in fault.headers.items()}
        if fault.status not in (204, 304):
            headers.setdefault("content-length", str(len(told)))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        kind = "http"
        if self._scope["type"] == "websocket":
            if "websocket.http.response" not in self._scope.get("extensions", {}):
                await self._send({"type": "websocket.close", "code": 1000})
                return
            kind = "websocket.http"
        await self._send({"type": f"{kind}.response.start", "status": fault.status, "headers": raw})
        await self._send({"type": f"{kind}.response.body", "body": told})

    async def _stall(self) -> None:
        self._stalled = True
        beating = asyncio.ensure_future(self._beats()) if self.fault.heartbeats else None
        try:
            await self._still()
        finally:
            if beating is not None:
                beating.cancel()
        self._stalled = False

    async def _beats(self) -> None:
        """The heartbeats of an answer that stalls."""
        due = self._timeline.time()
        while self._scope["type"] == "http":
            due += self._heartbeat
            await self._timeline.pass_by(due)
            await self._send({"type": "http.response.body", "body": self._beat, "more_body": True})

    async def _still(self) -> None:
        if self.fault.seconds is not None:
            await self._timeline.sleep(self.fault.seconds)
        else:
            while (await self._receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                pass
            self._over = True

    @property
    def _line(self) -> Line | None:
        line: Line | None = self._scope.get(CONNECTION)
        return line

    async def _end(self, how: str) -> None:
        """The connection is gone; the app goes on, and is not heard."""
        self._over = True
        await self._ended()
        line = self._line
        if line is None:
            raise ConnectionResetError(f"mockgraph: fault '{self.fault.name}'")
        transport = line.transport
        while transport.get_write_buffer_size():
            await asyncio.sleep(0.001)
        if how == "reset":
            _linger_not(transport)
            transport.abort()
        else:
            transport.close()
        with contextlib.suppress(TimeoutError):
            # The server takes note; until then it would complain of an answer that was never given.
            async with asyncio.timeout(1):
                while (await self._receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                    pass

    async def _ended(self) -> None:
        entry = entry_of(self._scope)
        if entry is not None:
            entry.ended = f"fault: {self.fault.name}"


# Faults that leave a body of another length than its header says.
_OTHER_LENGTH = ("truncate", "malformed", "duplicate", "drop", "lf", "bytewise", "cut", "reset", "stall")

_STRIKES: dict[str, Callable[[Struck, Message], Awaitable[None]]] = {
    "reset": Struck._broken_off,
    "cut": Struck._broken_off,
    "refuse": Struck._refused,
    "stall": Struck._stalled_at,
    "truncate": Struck._broken_off,
    "malformed": Struck._malformed,
    "duplicate": Struck._twice,
    "reorder": Struck._later,
    "drop": Struck._dropped,
    "lf": Struck._changed,
    "bytewise": Struck._changed,
}


async def _lines(send: Send, message: Message) -> None:
    await send(_with(message, _bytes(message).replace(b"\r\n", b"\n")))


async def _bytewise(send: Send, message: Message) -> None:
    if "body" not in message:
        await send(message)
        return
    for byte in _bytes(message):
        await send({**message, "body": bytes([byte])})
        await asyncio.sleep(0)


_FORMS: dict[str, Callable[[Send, Message], Awaitable[None]]] = {"lf": _lines, "bytewise": _bytewise}


def _bytes(message: Message) -> bytes:
    """What a part says."""
    if message["type"] == "websocket.send":
        text = message.get("text")
        return text.encode() if text is not None else message.get("bytes") or b""
    body: bytes = message.get("body", b"")
    return body


def _with(message: Message, body: bytes) -> Message:
    if message["type"] == "websocket.send":
        return {"type": "websocket.send", "text": body.decode("utf-8", "replace")}
    return {**message, "body": body}


def _event(body: bytes) -> str:
    """The event name of a part: of SSE, or of a message on a WebSocket."""
    if body.startswith(b"event: "):
        return body[7:].partition(b"\n")[0].strip().decode()
    if body.startswith(b"{"):
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            return ""
        method = told.get("method") if isinstance(told, dict) else None
        return method if isinstance(method, str) else ""
    return ""


def _inside(body: bytes, *, character: bool) -> int:
    """A place inside the bytes: the middle, or the middle of the first character of several bytes."""
    if character:
        for at, byte in enumerate(body):
            if byte >= 0xC0:
                return at + 1
    return max(1, len(body) // 2)


def _broken(body: bytes) -> bytes:
    """The part without the end of its JSON; what frames it stays."""
    inner = body.rstrip(b"\r\n")
    head, data, rest = inner.partition(b"data: ")
    end = body[len(inner) :]
    if data:
        value, line, more = rest.partition(b"\r\n")
        return head + data + value[:-1] + b"," + line + more + end
    return inner[:-1] + b","


def _linger_not(transport: Any) -> None:
    """Have the socket's end be a reset."""
    there = transport.get_extra_info("socket")
    if there is None:
        return
    with socket.socket(fileno=os.dup(there.fileno())) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
