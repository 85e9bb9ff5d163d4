"""One way to speak to both Python clients: the asynchronous one, called as if it were the synchronous one."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import SyncLangGraphClient


class Blocking:
    """An asynchronous object whose methods block: awaitables are awaited, asynchronous generators are drawn from.

    Between two calls nothing happens on the client's side.
    """

    def __init__(self, asked: object, loop: asyncio.AbstractEventLoop) -> None:
        self._asked = asked
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._asked, name)
        if not callable(found):
            return Blocking(found, self._loop)

        def called(*positional: Any, **named: Any) -> Any:
            answer = found(*positional, **named)
            if inspect.isawaitable(answer):
                answer = self._loop.run_until_complete(answer)
            return self._drawn(answer) if inspect.isasyncgen(answer) else answer

        return called

    def _drawn(self, stream: AsyncGenerator[Any, Any]) -> Iterator[Any]:
        over = object()
        try:
            while (part := self._loop.run_until_complete(_next(stream, over))) is not over:
                yield part
        finally:
            self._loop.run_until_complete(stream.aclose())


async def _next(stream: AsyncGenerator[Any, Any], over: object) -> Any:
    return await anext(stream, over)


@contextmanager
def opened(
    url: str, kind: str, *, answered: Callable[[], None] = lambda: None
) -> Iterator[SyncLangGraphClient]:
    """A client for a server: the `sync` one, or the `async` one in the same clothes.

    `answered` is called whenever an answer begins.
    """
    if kind == "sync":
        with get_sync_client(url=url) as client:
            client.http.client.event_hooks["response"].append(lambda _answer: answered())
            yield client
        return

    async def awaited(_answer: object) -> None:
        answered()

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        asynchronous = get_client(url=url)
        asynchronous.http.client.event_hooks["response"].append(awaited)
        try:
            yield cast(SyncLangGraphClient, Blocking(asynchronous, loop))
        finally:
            loop.run_until_complete(asynchronous.aclose())
