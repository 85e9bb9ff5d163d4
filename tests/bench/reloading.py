"""(l) Resident memory through many reloads of fixtures, and namespaces that are made, used and dropped."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.effort import Effort
from tests.bench.report import Row, say

_FLAT = 0.02  # the share that a process may grow by and still be called flat: allocators breathe
_FIXTURE = """\
mockgraph: 1
graph: counter
channels: {{n: add}}
stubs:
  - name: count {turn}
    play: [{{node: inc, update: {{n: 1}}}}]
"""


def measure(effort: Effort) -> list[Row]:
    """A process of its own does it, and says how large it was on the way."""
    command = [sys.executable, "-m", "tests.bench.reloading", str(effort.reloads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    sizes: list[float] = json.loads(done.stdout)
    growth = sizes[-1] - sizes[0]
    say(f"  MiB after each tenth of {effort.reloads}: {' '.join(format(size, '.1f') for size in sizes)}")
    return [
        Row(
            f"(l) growth from the first tenth of {effort.reloads} reloads and namespaces to the last",
            f"{growth:+.2f} MiB ({growth / sizes[0]:+.1%})",
            f"flat: at most {_FLAT:.0%}",
            growth <= _FLAT * sizes[0],
        )
    ]


async def _go_through(count: int) -> list[float]:
    from mockgraph.runtime.namespaces import Namespace
    from mockgraph.runtime.reload import reload
    from mockgraph.script.loading import load
    from mockgraph.web.app import app_of

    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counter.yaml"
        path.write_text(_FIXTURE.format(turn=0))
        root = Namespace(load([folder]))
        app = app_of(root)
        for turn in range(1, count + 1):
            path.write_text(_FIXTURE.format(turn=turn % 7))
            reload(root, [folder])
            name = f"n{turn}"
            thread = json.loads(await _asked(app, f"/ns/{name}/threads", {}))["thread_id"]
            body = {"assistant_id": "counter", "input": {"n": 1}}
            answer = await _asked(app, f"/ns/{name}/threads/{thread}/runs/wait", body)
            assert json.loads(answer) == {"n": 2}, answer
            assert root.drop(name)
            if turn % (count // 10) == 0:
                sizes.append(processes.resident(os.getpid()))
    return sizes


async def _asked(app: Any, path: str, body: Any) -> bytes:
    """A POST, straight to the app."""
    sent: list[bytes] = []
    given = json.dumps(body).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": given, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    return b"".join(sent)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_go_through(int(sys.argv[1])))))
