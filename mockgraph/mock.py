"""MockGraph: a server in a thread of this process, to be used as a context manager or through the pytest fixture."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mockgraph.runtime.journal import LIMIT
from mockgraph.runtime.namespaces import Namespace, Options, caller
from mockgraph.script.loading import load
from mockgraph.serving import Server, address, bound, refusal
from mockgraph.web.app import app_of
from mockgraph.words.errors import MockgraphError

_PATIENCE = 30.0  # seconds until a thread that neither starts nor stops is given up
_SETTLING = 1.0  # seconds at the end of a test for runs that have not begun


class MockGraph:
    """An Agent Server that plays fixtures, on a free port of the loopback interface.

    `paths` are fixture files and folders. With `deterministic` (the default here) the same requests get the same
    bytes: ids, times, order. `heartbeat` is the seconds between two signs of life of a long answer; `pace` those that
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
        heartbeat: float = 5.0,
        pace: float = 0.1,
        allow_webhooks_to: Collection[str] = (),
    ) -> None:
        if isinstance(allow_webhooks_to, str):
            raise TypeError(f"allow_webhooks_to is a list of hosts: [{allow_webhooks_to!r}]")
        self.paths = tuple(paths)
        self._host = host
        self._port = port
        self._options = Options(
            deterministic=deterministic, heartbeat=heartbeat, pace=pace, webhook_hosts=allow_webhooks_to
        )
        self._namespace = Namespace(load(paths), options=self._options)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._url: str | None = None
        self._before_reset: deque[str] = deque(maxlen=LIMIT)

    @property
    def url(self) -> str:
        """Where the server listens, without a trailing slash; raises MockgraphError before it does."""
        if self._url is None:
            raise MockgraphError("the server is not running; use it as a context manager, or call start()")
        return self._url

    @property
    def unmatched(self) -> list[str]:
        """The reports on the runs that no stub matched since the last reset."""
        return list(self._namespace.journal.unmatched)

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
        if not ready.wait(_PATIENCE) or not server.started:
            raise MockgraphError("the server did not start; see the log")
        self._url = address(listening)
        return self

    def stop(self) -> None:
        """Stop listening; open streams are cut."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(_PATIENCE)
        self._server = self._thread = self._loop = self._url = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stub(
        self,
        graph: str,
        *,
        name: str | None = None,
        when: Mapping[str, Any] | None = None,
        after: str | None = None,
        times: int | None = None,
        play: Sequence[Any] | None = None,
        turns: Sequence[Any] | None = None,
    ) -> None:
        """Add a stub, in the words of the fixture language; it is tried before what files say.

        Stubs that are added in code are tried in the order in which they were added, until `reset()`. Raises
        FixtureError, with the place of this call, for words that are not of the language.
        """
        __tracebackhide__ = True
        file, line = caller(1)
        given = {"name": name, "when": when, "after": after, "times": times, "play": play, "turns": turns}
        words = {key: value for key, value in given.items() if value is not None}
        self._in_loop(lambda: self._namespace.stub(graph, words, file=file, line=line))

    def load(self, *paths: str | Path) -> None:
        """Add the stubs of more fixtures, behind those that are there, until `reset()`; raises FixtureError."""
        __tracebackhide__ = True
        self._in_loop(lambda: self._namespace.load(paths))

    def reset(self) -> None:
        """Forget threads, runs and whatever was added in code; the fixtures of `paths` are as they were."""
        self._before_reset.extend(self._namespace.journal.unmatched)
        self._in_loop(self._namespace.reset)

    def begin_test(self) -> None:
        """Be as if fresh; called by the pytest fixture before each test."""
        self.reset()
        self._before_reset.clear()

    def end_test(self) -> list[str]:
        """Let runs that wait to be looked at begin, forget everything, and give the reports of the whole test."""
        loop = self._loop
        if loop is not None and self._namespace.live:
            asyncio.run_coroutine_threadsafe(self._namespace.settled(_SETTLING), loop).result(_PATIENCE)
        self.reset()
        return list(self._before_reset)

    def _in_loop(self, change: Callable[[], None]) -> None:
        """Change the namespace where nothing else touches it: in the server's own thread, if there is one."""
        __tracebackhide__ = True
        loop = self._loop
        if loop is None or self._thread is None or not self._thread.is_alive():
            change()
            return
        done = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                change()
            except BaseException as error:
                failed.append(error)
            finally:
                done.set()

        loop.call_soon_threadsafe(run)
        if not done.wait(_PATIENCE):
            raise MockgraphError("the server does not answer; its thread may have died")
        if failed:
            raise failed[0]
