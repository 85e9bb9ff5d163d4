"""mockgraph's answers to whoever may and may not, against those of the real server with a custom auth."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.contract.deviations import expected
from tests.contract.guarded.scenarios import SCENARIOS
from tests.contract.report import difference
from tests.contract.servers import HERE, mock_server, real_server
from tests.contract.test_contract import Transcripts, told_by_both

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Transcripts, Transcripts]:
    """What the two servers said."""
    work = tmp_path_factory.mktemp("guarded")
    folder = Path(shutil.copytree(HERE / "upstream", work / "graphs"))
    shutil.copytree(HERE / "guarded/upstream", folder, dirs_exist_ok=True)
    with (
        mock_server(HERE / "guarded/fixtures") as mock,
        real_server(folder, work / "server.log") as real,
    ):
        return asyncio.run(told_by_both(SCENARIOS, real, mock))


@pytest.mark.parametrize("name", SCENARIOS)
def test_same_bytes(name: str, told: tuple[Transcripts, Transcripts]) -> None:
    upstream, ours = (side[name] for side in told)
    assert "!!" not in upstream, upstream
    upstream = expected(name, upstream)
    if ours != upstream:
        pytest.fail(difference(upstream, ours), pytrace=False)
