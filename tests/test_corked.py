"""What is written in one turn of the loop is sent together, and nothing is lost on the way."""

import asyncio
from typing import Any, cast

from mockgraph.corked import Corked


class Transport:
    """A transport that remembers what it was told to send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False
        self.stuck = 0

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.sent.append(data)

    def get_write_buffer_size(self) -> int:
        return self.stuck

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return f"the {name}"


def corked() -> tuple[Corked, Transport]:
    transport = Transport()
    return Corked(cast(asyncio.Transport, transport)), transport


def test_what_is_written_in_one_turn_is_sent_together() -> None:
    async def writing() -> list[bytes]:
        cork, transport = corked()
        cork.write(b"head ")
        cork.write(b"body")
        assert transport.sent == []
        await asyncio.sleep(0)
        cork.write(b"more")
        await asyncio.sleep(0)
        return transport.sent

    assert asyncio.run(writing()) == [b"head body", b"more"]


def test_what_waits_counts_as_not_sent() -> None:
    async def writing() -> None:
        cork, transport = corked()
        transport.stuck = 5
        cork.write(b"four")
        assert cork.get_write_buffer_size() == 9
        await asyncio.sleep(0)
        assert cork.get_write_buffer_size() == 5

    asyncio.run(writing())


def test_much_is_sent_at_once() -> None:
    async def writing() -> None:
        cork, transport = corked()
        cork.write(b"head")
        cork.write(bytes(70_000))
        assert list(map(len, transport.sent)) == [70_004]
        cork.write(b"tail")
        await asyncio.sleep(0)
        assert list(map(len, transport.sent)) == [70_004, 4]

    asyncio.run(writing())


def test_closing_sends_what_waits_first() -> None:
    async def writing() -> None:
        cork, transport = corked()
        cork.write(b"last words")
        cork.close()
        assert (transport.sent, transport.closed) == ([b"last words"], True)
        await asyncio.sleep(0)

    asyncio.run(writing())


def test_nothing_is_written_to_somebody_who_has_gone() -> None:
    async def writing() -> list[bytes]:
        cork, transport = corked()
        cork.write(b"too late")
        transport.closed = True
        await asyncio.sleep(0)
        return transport.sent

    assert asyncio.run(writing()) == []


def test_the_rest_is_the_transports_own() -> None:
    async def asking() -> None:
        cork, _ = corked()
        assert cork.get_extra_info("socket") == "the socket"

    asyncio.run(asking())
