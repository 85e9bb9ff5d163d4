"""One log, any number of followers, each at its own pace."""

import asyncio

import pytest

from mockgraph.runtime.stream_log import Numbers, Part, StreamLog, Tape


def part(number: int) -> Part:
    return Part("values", f"{number}\r\n\r\n".encode(), f"0-{number}")


async def collected(log: StreamLog, position: int = 0) -> list[Part]:
    return [found async for found in log.follow(position)]


def test_live_late_and_from_the_middle() -> None:
    async def main() -> None:
        log = StreamLog()
        log.extend([part(1)])
        live = asyncio.create_task(collected(log))
        await asyncio.sleep(0)
        log.extend([part(2), part(3)])
        await asyncio.sleep(0)
        middle = asyncio.create_task(collected(log, 2))
        log.end()
        everything = [part(1), part(2), part(3)]
        assert await live == everything
        assert await middle == everything[2:]
        assert await collected(log) == everything
        assert len(log) == 3

    asyncio.run(asyncio.wait_for(main(), 5))


def test_a_part_shows_its_id_where_it_is_asked_for() -> None:
    assert part(1).numbered == b"1\r\nid: 0-1\r\n\r\n"


def test_ids_are_scripted_milliseconds_and_a_count_within_each() -> None:
    numbers = Numbers(5_000_700)
    found = [numbers.next(), numbers.next()]
    numbers.wait(0.0002)
    found.append(numbers.next())
    numbers.wait(0.0002)
    found.append(numbers.next())
    assert found == ["5000-0", "5000-1", "5000-2", "5001-0"]


def test_a_tape_keeps_the_newest_and_lets_go_of_who_falls_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tape, "LENGTH", 4)

    async def main() -> None:
        tape = Tape()
        tape.extend(map(part, range(3)))
        slow = tape.follow(0)
        assert await anext(slow) == part(0)
        tape.extend(map(part, range(3, 5)))
        assert await anext(slow) == part(1)
        tape.extend(map(part, range(5, 9)))
        assert [found async for found in slow] == []  # 2 to 4 are gone
        quick = tape.follow(len(tape))
        waiting = asyncio.ensure_future(anext(quick))
        await asyncio.sleep(0)
        tape.extend([part(9)])
        assert await waiting == part(9)

    asyncio.run(asyncio.wait_for(main(), 5))
