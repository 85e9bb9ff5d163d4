"""A transport that gathers what is written in one turn of the event loop and sends it together.

The head of an answer and each part of its body are written one by one. A system call for each costs more than the parts
themselves, and wakes the client for a head without a body.
"""

import asyncio
from typing import Any

_FULL = 65_536  # bytes: more than this is sent at once


class Corked:
    """What is written to it goes to `transport` at the end of the turn, or as soon as there is much of it."""

    __slots__ = ("_call_soon", "_size", "_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._call_soon = asyncio.get_running_loop().call_soon
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send soon; the protocol is paused as `transport` does it."""
        if not self._waiting:
            self._call_soon(self.flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _FULL:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        waiting, transport = self._waiting, self._transport
        if waiting:
            self._waiting, self._size = [], 0
            # Whoever was to read it may have gone since it was written.
            if not transport.is_closing():
                transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))

    def get_write_buffer_size(self) -> int:
        """The bytes that are not sent yet."""
        return self._size + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close when everything is sent."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
