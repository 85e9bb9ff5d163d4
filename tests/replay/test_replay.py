"""mockgraph answers the captured requests as the real server answered them, but for the deviations."""

import asyncio

import pytest

from mockgraph import MockGraph
from tests.contract.report import difference
from tests.replay.deviations import DEVIATIONS, Deviation
from tests.replay.replaying import (
    CAPTURES,
    NOT_YET_REPLAYED,
    PLANS,
    Capture,
    Plan,
    Replay,
    captured_texts,
    load,
    replayed_texts,
)


@pytest.mark.timeout(40)
@pytest.mark.parametrize("name", [name for name in CAPTURES if name not in NOT_YET_REPLAYED])
def test_same_bytes(name: str) -> None:
    capture, plan = load(name), PLANS.get(name, Plan())
    here = [(at, deviation) for deviation in DEVIATIONS for at in deviation.steps.get(name, ())]
    with MockGraph(*capture.fixtures, deterministic=False, heartbeat=plan.heartbeat) as mock:
        extra = {at: deviation.extra for at, deviation in here if deviation.extra}
        replay = Replay(capture, mock.url, plan=plan, extra=extra)
        asyncio.run(replay.run())
        unmatched = mock.unmatched
    ours, expected = replayed_texts(replay), _expected(capture, here)
    needless = [
        f"step {at}: '{deviation.name}' is not needed" for at, deviation in _needless(capture, here, ours)
    ]
    if needless or ours != expected:
        pytest.fail("\n".join([*needless, *_told(expected, ours), *unmatched]), pytrace=False)


Here = list[tuple[int, Deviation]]


def _expected(capture: Capture, here: Here) -> list[str]:
    """What the real server said, but for the deviations."""

    def change(step: int, body: str) -> str:
        for at, deviation in here:
            body = deviation.body(step, body) if at == step else body
        return body

    texts = captured_texts(capture, change)
    for at, deviation in here:
        texts[at] = deviation.answer(texts[at])
    return texts


def _needless(capture: Capture, here: Here, ours: list[str]) -> Here:
    """Deviations that change nothing, or without which mockgraph answers as captured."""
    return [
        (at, deviation)
        for at, deviation in here
        if (without := _expected(capture, [other for other in here if other != (at, deviation)]))[at]
        == ours[at]
        or without == _expected(capture, here)
    ]


def _told(expected: list[str], ours: list[str]) -> list[str]:
    """The first steps that differ; later ones often differ because of these."""
    pairs = list(zip(expected, ours, strict=False))
    differing = [at for at, (theirs, mine) in enumerate(pairs) if theirs != mine]
    told = [
        f"step {at}: {pairs[at][0].partition(chr(10))[0]}\n{difference(*pairs[at])}" for at in differing[:3]
    ]
    told.append(f"{len(differing)} of {len(expected)} steps differ: {', '.join(map(str, differing))}")
    told += [f"nobody expected:\n{text}" for text in ours[len(expected) :]]
    return told


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_deviations_say_why_and_where(deviation: Deviation) -> None:
    assert deviation.why
    for name, steps in deviation.steps.items():
        assert name in CAPTURES
        assert steps
        assert max(steps) < len(captured_texts(load(name)))
