"""The ids that a namespace gives: hashes of what asked for them where it is deterministic, random bits elsewhere."""

import os
from collections import Counter

from mockgraph.backend.threads import Thread
from mockgraph.runtime.options import Options
from mockgraph.words.ids import digest, key_of, uuid4, uuid7


class NewIds:
    """Gives ids, each once."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._asked: Counter[bytes] = Counter()

    # --- for what clients make ---

    def thread(self, request: bytes) -> str:
        """The id of a thread that `POST /threads` makes: the next one for such a request."""
        return uuid7(self._options.clock.now(), self._bits(b"thread " + request))

    def copy(self, thread: Thread) -> str:
        """The id of a copy of a thread: its next one."""
        return uuid4(self._bits(b"copy " + thread.thread_id.encode()))

    def assistant(self, request: bytes) -> str:
        """The id of an assistant that `POST /assistants` makes."""
        return uuid4(self._bits(b"assistant " + request))

    def cron(self, thread_id: str | None, request: bytes) -> str:
        """The id of a cron: the next one for such a request."""
        return uuid7(
            self._options.clock.now(), self._bits(b"cron %b " % (thread_id or "").encode() + request)
        )

    def run(self, thread: Thread | None, request: bytes, now: int) -> tuple[str, str]:
        """The ids of a run and of its thread; a stateless run brings its own thread."""
        if not self._options.deterministic:
            fresh = os.urandom(32)
            bits, more = fresh[:16], fresh[16:]
        elif thread is None:
            bits = self._bits(b"stateless " + request)
            more = digest(bits, "thread")
        else:
            bits, more = digest(self._options.seed, f"{thread.thread_id} run {thread.made}"), b""
        return uuid7(now, bits), thread.thread_id if thread is not None else uuid7(now, more)

    def subscription(self, thread_id: str) -> str:
        """The id of a subscription to a thread's events."""
        return uuid4(self._bits(b"subscription " + thread_id.encode()))

    # --- of A2A ---

    def context(self, request: bytes) -> str:
        """The id of a thread that an A2A message begins: the next one for such a message."""
        return uuid4(self._bits(b"context " + request))

    def unused(self, request: bytes) -> None:
        """Nothing came of the message that `context` was asked for: the next one like it gets its id."""
        asked = key_of((b"context " + request).decode("utf-8", "replace"))
        self._asked[asked] -= 1
        if self._asked[asked] <= 0:
            del self._asked[asked]

    def task_start(self, thread_id: str, made: int) -> str:
        """What marks the messages of an A2A task that begins on a thread, with `made` runs and edits before it."""
        return uuid7(self._options.clock.now(), digest(self._options.seed, f"{thread_id} task {made}"))

    def status(self, task_id: str) -> str:
        """The id of a message that says how an A2A task stands: another one whenever somebody asks."""
        return uuid4(self._bits(b"status " + task_id.encode()))

    # --- what they are made of ---

    def _bits(self, request: bytes) -> bytes:
        """A hash of the request and of how often it was made; or random bits."""
        if not self._options.deterministic:
            return os.urandom(16)
        asked = key_of(request.decode("utf-8", "replace"))
        self._asked[asked] += 1
        return digest(self._options.seed, f"{asked.hex()} {self._asked[asked]}")
