"""Time that passes by itself, at once, or when it is told to: what waits comes in the order in which it is due."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from mockgraph.runtime.steering import seconds_of
from mockgraph.runtime.timeline import MODES, Timeline
from mockgraph.words.clock import FixedClock
from mockgraph.words.errors import MockgraphError

Story = Callable[[Timeline, list[str]], Awaitable[None]]


def told(story: Story, mode: str = "instant", *, speed: float = 1.0) -> list[str]:
    """What a story wrote down, on a fresh timeline."""
    written: list[str] = []

    async def main() -> None:
        await story(Timeline(FixedClock(), mode=mode, speed=speed), written)

    asyncio.run(asyncio.wait_for(main(), 10))
    return written


async def _sleeps(timeline: Timeline, written: list[str], name: str, *seconds: float) -> None:
    for pause in seconds:
        await timeline.sleep(pause)
        written.append(f"{name} {timeline.time():g}")


@pytest.mark.parametrize(("mode", "speed"), [("instant", 1.0), ("real", 10_000.0)])
def test_delays_keep_their_order(mode: str, speed: float) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        slow, quick = _sleeps(timeline, written, "slow", 60), _sleeps(timeline, written, "quick", 20, 30)
        await asyncio.gather(slow, quick)
        names = [line.split()[0] for line in written]
        assert names == ["quick", "quick", "slow"]

    told(story, mode, speed=speed)


def test_an_instant_clock_tells_the_time_of_what_waited() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        await asyncio.gather(
            _sleeps(timeline, written, "a", 60, 60), _sleeps(timeline, written, "b", 90, 90), asyncio.sleep(0)
        )

    assert told(story) == ["a 60", "b 90", "a 120", "b 180"]


def test_an_instant_clock_leaves_the_date() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        await timeline.sleep(3600)
        assert timeline.clock.now() == FixedClock.START

    told(story)


def test_what_drives_nothing_comes_only_as_time_goes_by() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        async def beats() -> None:
            due = 0.0
            while True:
                due += 5
                await timeline.pass_by(due)
                written.append(f"beat {timeline.time():g}")

        beating = asyncio.create_task(beats())
        await asyncio.sleep(0.01)
        assert written == []
        await _sleeps(timeline, written, "slept", 17)
        beating.cancel()

    assert told(story) == ["beat 5", "beat 10", "beat 15", "slept 17"]


def test_a_held_clock_stands_still_until_it_is_advanced() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        sleeping = asyncio.create_task(_sleeps(timeline, written, "a", 2, 2, 2))
        await asyncio.sleep(0.01)
        assert (written, timeline.waiting) == ([], 1)
        await timeline.advance(5)
        assert written == ["a 2", "a 4"]
        assert (timeline.time(), timeline.clock.now() - FixedClock.START) == (5, 5_000_000)
        await timeline.advance(1)
        await sleeping

    assert told(story, "held") == ["a 2", "a 4", "a 6"]


def test_a_held_clock_releases_part_by_part() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        async def parts() -> None:
            for name in ("one", "two"):
                await timeline.part()
                written.append(name)
            await timeline.sleep(30)
            await timeline.part()
            written.append("three")

        playing = asyncio.create_task(parts())
        seen = []
        for _ in range(3):
            await timeline.next_part(patience=1)
            seen.append(list(written))
        assert seen == [["one"], ["one", "two"], ["one", "two", "three"]]
        assert timeline.time() == 30
        await playing

    told(story, "held")


def test_next_part_waits_for_whoever_is_on_the_way() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        async def late() -> None:
            await asyncio.sleep(0.05)
            await timeline.part()
            written.append("part")

        playing = asyncio.create_task(late())
        await timeline.next_part(patience=5)
        await playing

    assert told(story, "held") == ["part"]


def test_next_part_says_that_none_comes() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        with pytest.raises(MockgraphError, match="no part is to come"):
            await timeline.next_part(patience=0.02)

    told(story, "held")


@pytest.mark.parametrize(
    ("mode", "what"), [("real", "advance"), ("real", "next_part"), ("instant", "next_part")]
)
def test_what_a_clock_cannot_do_is_refused(mode: str, what: str) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        with pytest.raises(MockgraphError, match=f"clock is {mode}"):
            await (timeline.advance(1) if what == "advance" else timeline.next_part(patience=0))

    told(story, mode)


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_time_does_not_run_backwards(seconds: float) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        with pytest.raises(MockgraphError, match="0 seconds or more"):
            await timeline.advance(seconds)

    told(story, "held")


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("then", ["instant", "real"])
def test_whatever_waits_goes_on_when_the_clock_is_another(first: str, then: str) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        sleeping = asyncio.create_task(_sleeps(timeline, written, "a", 0.2))
        await asyncio.sleep(0)
        timeline.set(then, speed=100)
        await sleeping
        assert len(written) == 1

    told(story, first)


@pytest.mark.parametrize(("mode", "speed"), [("quick", 1.0), ("real", 0.0), ("real", float("nan"))])
def test_a_clock_that_there_is_not_is_refused(mode: str, speed: float) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        with pytest.raises(ValueError, match=r"a clock is|speed is"):
            timeline.set(mode, speed=speed)

    told(story)


@pytest.mark.parametrize("mode", MODES)
def test_who_no_longer_waits_leaves_nothing(mode: str) -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        for _ in range(200):
            waiting = [asyncio.create_task(timeline.pass_by(3600)) for _ in range(10)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert len(timeline._heap) < 50
        assert timeline.waiting == 0

    told(story, mode)


def test_an_end_forgets_what_waits() -> None:
    async def story(timeline: Timeline, written: list[str]) -> None:
        sleeping = asyncio.create_task(_sleeps(timeline, written, "a", 5))
        await asyncio.sleep(0)
        timeline.end()
        await timeline.advance(10)
        assert (written, timeline.waiting) == ([], 0)
        sleeping.cancel()

    told(story, "held")


@pytest.mark.parametrize(
    ("time", "seconds"),
    [(5, 5), (0.5, 0.5), ("250ms", 0.25), ("90s", 90), ("2 m", 120), ("24h", 86_400), ("7d", 604_800)],
)
def test_times_as_a_test_writes_them(time: object, seconds: float) -> None:
    assert seconds_of(time) == seconds


def test_a_timedelta_is_a_time() -> None:
    assert seconds_of(timedelta(days=1, seconds=1)) == 86_401


@pytest.mark.parametrize("time", ["90", "a day", True, None, [5]])
def test_what_is_no_time(time: object) -> None:
    with pytest.raises(MockgraphError) as refused:
        seconds_of(time)
    assert str(refused.value).startswith(f"expected a time, got {time!r}; give seconds as a number")
