"""mockgraph's bytes against the real server's, scenario by scenario.

A run costs the real server about a second whether it is alone or one of forty, so all scenarios are played to
both servers at once, before the first comparison. With pytest-xdist they belong into one worker: `--dist loadfile`.
"""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.contract.deviations import expected
from tests.contract.exchange import Ask
from tests.contract.normal import Names
from tests.contract.report import difference
from tests.contract.scenarios import SCENARIOS, Scenario
from tests.contract.servers import HERE, mock_server, real_server

pytestmark = pytest.mark.timeout(900)

AT_ONCE = 32
PATIENCE = 150.0  # seconds for a scenario
FEW = 60
Transcripts = dict[str, str]


async def transcript(play: Scenario, address: tuple[str, int]) -> str:
    """All answers of a scenario as one text."""
    names = Names()
    told: list[str] = []

    async with Ask(address, lambda text: told.append(names.normal(text))) as ask:
        try:
            async with asyncio.timeout(PATIENCE):
                await play(ask)
        except Exception as error:
            told.append(f"!! {type(error).__name__}: {error}")
    return "\n\n".join(told)


async def transcripts(chosen: dict[str, Scenario], address: tuple[str, int]) -> Transcripts:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(play: Scenario) -> str:
        async with places:
            return await transcript(play, address)

    return dict(zip(chosen, await asyncio.gather(*map(one, chosen.values())), strict=True))


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Transcripts, Transcripts]:
    """What the real server and mockgraph said in the scenarios that were chosen."""
    names = {
        item.callspec.params["name"]
        for item in request.session.items
        if hasattr(item, "callspec") and item.path == request.path
    }
    chosen = {name: play for name, play in SCENARIOS.items() if name in names}
    work = tmp_path_factory.mktemp("upstream")
    folder = Path(shutil.copytree(HERE / "upstream", work / "graphs"))
    with mock_server() as mock, real_server(folder, work / "server.log") as real:
        return asyncio.run(told_by_both(chosen, real, mock))


async def told_by_both(
    chosen: dict[str, Scenario], real: tuple[str, int], mock: tuple[str, int]
) -> tuple[Transcripts, Transcripts]:
    """Both servers' transcripts. A few that differ are asked once more, with nothing beside them.

    Under load the real server's event loop lets a custom payload pass the callback before it: mockgraph says
    what it says when it is at rest.
    """
    upstream, ours = await asyncio.gather(transcripts(chosen, real), transcripts(chosen, mock))
    differing = {name: play for name, play in chosen.items() if expected(name, upstream[name]) != ours[name]}
    if len(differing) <= FEW:
        for name, play in differing.items():
            upstream[name], ours[name] = await transcript(play, real), await transcript(play, mock)
    return upstream, ours


@pytest.mark.parametrize("name", SCENARIOS)
def test_same_bytes(name: str, told: tuple[Transcripts, Transcripts]) -> None:
    upstream, ours = (side[name] for side in told)
    assert "!!" not in upstream, upstream
    upstream = expected(name, upstream)
    if ours != upstream:
        pytest.fail(difference(upstream, ours), pytrace=False)
