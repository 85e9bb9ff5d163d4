"""mockgraph answers the captured requests as the real server answered them, but for the deviations."""

import asyncio

import pytest

from mockgraph import MockGraph
from mockgraph.web import sse
from tests.contract.report import difference
from tests.replay.deviations import DEVIATIONS, Deviation
from tests.replay.replaying import CAPTURES, PLANS, Plan, Replay, captured_texts, load, replayed_texts


@pytest.mark.timeout(40)
@pytest.mark.parametrize("name", CAPTURES)
def test_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = load(name)
    deviations = [deviation for deviation in DEVIATIONS if name in deviation.steps]
    with MockGraph(*capture.fixtures, deterministic=False) as mock:
        replay = Replay(
            capture,
            mock.url,
            plan=PLANS.get(name, Plan()),
            extra={
                at: deviation.extra
                for deviation in deviations
                if deviation.extra
                for at in deviation.steps[name]
            },
            beat=lambda seconds: monkeypatch.setattr(sse, "HEARTBEAT", seconds),
        )
        asyncio.run(replay.run())
        unmatched = mock.unmatched
    upstream, ours = captured_texts(capture), replayed_texts(replay)
    expected = [_expected(text, name, at, deviations) for at, text in enumerate(upstream)]
    needless = [
        f"step {at}: '{deviation.name}' is not needed"
        for deviation in deviations
        for at in deviation.steps[name]
        if deviation.applied(upstream[at]) == upstream[at] or ours[at] == upstream[at]
    ]
    if needless or ours != expected:
        pytest.fail("\n".join([*needless, *_told(expected, ours), *unmatched]), pytrace=False)


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


def _expected(text: str, name: str, at: int, deviations: list[Deviation]) -> str:
    for deviation in deviations:
        if at in deviation.steps[name]:
            text = deviation.applied(text)
    return text


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.name)
def test_deviations_say_why_and_where(deviation: Deviation) -> None:
    assert deviation.why
    for name, steps in deviation.steps.items():
        assert name in CAPTURES
        assert steps
        assert max(steps) < len(captured_texts(load(name)))
