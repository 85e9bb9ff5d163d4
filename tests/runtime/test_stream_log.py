"""One log, any number of followers, each at its own pace."""

import asyncio

from mockgraph.runtime.stream_log import StreamLog


def part(number: int) -> tuple[str, bytes]:
    return "values", str(number).encode()


async def collected(log: StreamLog, position: int = 0) -> list[tuple[str, bytes]]:
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
