"""MockGraph: a server in a thread of this process, to be used as a context manager or through the pytest fixture."""

import asyncio
import threading
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from mockgraph.front import PATIENCE, Front
from mockgraph.runtime import steering
from mockgraph.runtime.journal import ENTRIES, SIZE
from mockgraph.runtime.namespaces import Namespace
from mockgraph.runtime.options import Options
from mockgraph.script.loading import load
from mockgraph.serving import Server, address, bound, refusal
from mockgraph.web.app import app_of
from mockgraph.words.errors import MockgraphError

_SETTLING = 1.0  # seconds at the end of a test for runs that have not begun


class MockGraph(Front):
    """An Agent Server that plays fixtures, on a free port of the loopback interface.

    `paths` are fixture files and folders. With `deterministic` (the default here) the same requests get the same
    bytes: ids, times, order, as `seed` gives them. `clock` is `real` (`speed` times as fast as the machine's), `instant`
    or `held`. The journal keeps so many entries and bytes, in which `redact` names further credentials; there may be so
    many `namespaces`. Pages from the origins of `allow_control_from` may control it, beside those of loopback.
    `heartbeat` is the seconds between two signs of life of a long answer; `pace` those that
    clients of the newer thread protocol may take to read what a run said before they are told that it waits or has
    ended (0: none). Webhooks are posted to loopback, and to the hosts of `allow_webhooks_to`. Raises FixtureError for fixtures that cannot be used.

        with MockGraph("fixtures/") as mock:
            client = get_client(url=mock.url)
    """

    def __init__(
        self,
        *paths: str | Path,
        host: str = "127.0.0.1",
        port: int = 0,
        deterministic: bool = True,
        seed: str = "mockgraph",
        clock: str = "real",
        speed: float = 1.0,
        heartbeat: float = 5.0,
        pace: float = 0.1,
        journal_entries: int = ENTRIES,
        journal_size: int = SIZE,
        redact: Collection[str] = (),
        namespaces: int = 1000,
        allow_webhooks_to: Collection[str] = (),
        allow_control_from: Collection[str] = (),
    ) -> None:
        for name, given in {
            "allow_webhooks_to": allow_webhooks_to,
            "allow_control_from": allow_control_from,
            "redact": redact,
        }.items():
            if isinstance(given, str):
                raise TypeError(f"{name} is a list of texts: [{given!r}]")
        self.paths = tuple(paths)
        self._host = host
        self._port = port
        options = Options(
            deterministic=deterministic,
            seed=seed,
            time=clock,
            speed=speed,
            heartbeat=heartbeat,
            pace=pace,
            journal_entries=journal_entries,
            journal_size=journal_size,
            redact=redact,
            namespaces=namespaces,
            webhook_hosts=allow_webhooks_to,
            control_from=allow_control_from,
        )
        super().__init__(Namespace(load(paths), options=options))
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Where the server listens, without a trailing slash; raises MockgraphError before it does."""
        if self._url is None:
            raise MockgraphError("the server is not running; use it as a context manager, or call start()")
        return self._url

    def start(self) -> Self:
        """Start listening; returns when the first request can be sent. Raises MockgraphError."""
        if self._thread is not None:
            raise MockgraphError("the server is running already; stop() it first")
        try:
            listening = bound(self._host, self._port)
        except (OSError, OverflowError, TypeError) as error:
            said = refusal(error, self._host, self._port)
            raise MockgraphError(f"{said}; port=0 takes any free one") from None
        ready = threading.Event()
        server = Server(app_of(self._namespace), ready=ready.set)

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve(sockets=[listening])

        def run() -> None:
            try:
                with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                    runner.run(serve())
            finally:
                listening.close()
                ready.set()

        self._server = server
        self._thread = threading.Thread(target=run, name="mockgraph", daemon=True)
        self._thread.start()
        if not ready.wait(PATIENCE) or not server.started:
            raise MockgraphError("the server did not start; see the log")
        self._url = address(listening)
        return self

    def stop(self) -> None:
        """Stop listening; open streams are cut."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._server = self._thread = self._loop = self._url = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def namespace(self, name: str) -> "Within":
        """A world of its own at `<url>/ns/<name>`, which inherits the stubs of this one; made at its first use."""
        return Within(self, name)

    def begin_test(self) -> None:
        """Be as if fresh; called by the pytest fixture before each test."""
        self.reset()
        self._namespace.lost.clear()

    def end_test(self) -> dict[str, list[str]]:
        """Let runs that wait to be looked at begin, forget everything, and give what is wrong, by the option that allows it."""
        loop, root = self._loop, self._namespace
        if loop is not None and any(namespace.live for namespace in (root, *root.children.values())):
            asyncio.run_coroutine_threadsafe(root.settled(_SETTLING), loop).result(PATIENCE)

        def end() -> dict[str, list[str]]:
            left = steering.left_behind(root)
            left["allow_unmatched"][:0] = root.lost
            for within in root.children.values():
                for option, texts in steering.left_behind(within).items():
                    # What fixtures expect is held against all runs at once.
                    left[option] += texts if option != "allow_unmet" else []
            root.reset()
            return left

        return self._in_loop(end)

    @property
    def lints(self) -> list[str]:
        """What is odd about what clients asked for, here and in the namespaces within."""
        return [
            *self.journal.lints,
            *(lint for name in self._names() for lint in self.namespace(name).journal.lints),
        ]

    def _names(self) -> list[str]:
        return self._in_loop(lambda: list(self._namespace.children))


class Within(Front):
    """A namespace within a server."""

    def __init__(self, server: MockGraph, name: str) -> None:
        self._server = server
        self.name = name
        super().__init__(self._space)
        self._loop = server._loop

    @property
    def url(self) -> str:
        """Where clients find it, without a trailing slash; raises MockgraphError before it listens."""
        return f"{self._server.url}/ns/{self.name}"

    @property
    def _space(self) -> Namespace:
        return self._server._in_loop(lambda: self._server._namespace.child(self.name))

    def drop(self) -> None:
        """End it: its threads, runs and stubs are gone; used again, it is made anew."""
        self._in_loop(lambda: self._server._namespace.drop(self.name))
