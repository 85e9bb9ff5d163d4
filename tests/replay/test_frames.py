"""mockgraph says on a WebSocket what the real server was captured saying, frame by frame."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from mockgraph import MockGraph
from tests.contract.normal import Names
from tests.contract.report import difference
from tests.replay.replaying import HERE, Ids

FRAMES = sorted((HERE / "frames").glob("*.json"))


def capture(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


@pytest.mark.timeout(40)
@pytest.mark.parametrize("path", FRAMES, ids=lambda path: path.stem)
def test_same_frames(path: Path) -> None:
    captured, ids = capture(path), Ids()
    ours: list[str] = []
    with MockGraph(HERE / "fixtures" / captured["graphs"], deterministic=False) as mock:
        place = f"ws{mock.url.removeprefix('http')}{captured['path']}"
        with connect(place) as socket:
            for frame in captured["frames"]:
                if "send" in frame:
                    ours.append(ids.ours(frame["send"]))
                    socket.send(ours[-1])
                    continue
                ours.append(str(socket.recv(timeout=10)))
                ids.learn(frame["recv"], ours[-1])
    theirs = [frame.get("send") or frame["recv"] for frame in captured["frames"]]
    mine, upstream = (Names().normal("\n".join(["", *told])) for told in (ours, theirs))
    assert mine == upstream, difference(upstream, mine)


def test_there_are_captures() -> None:
    assert FRAMES
