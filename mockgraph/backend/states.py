"""Thread state and history: checkpoints are not stored but played again from the script when somebody reads."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from mockgraph.backend.json import loads
from mockgraph.backend.runs import Description, Run
from mockgraph.backend.threads import Thread
from mockgraph.engine.facts import Fact
from mockgraph.engine.play import play
from mockgraph.engine.setting import Setting
from mockgraph.engine.snapshots import Snapshot, snapshots
from mockgraph.script.model import Play
from mockgraph.words.clock import iso
from mockgraph.words.ids import key_of
from mockgraph.words.vocabulary import TOKEN_MODES

NOTHING = Play((), instant=True, roots=frozenset())

EMPTY: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}


def setting(description: Description) -> Setting:
    """What a run's play is played on; the same whenever it is asked for."""
    run, request = description.run, description.request
    config = request.get("config") or {}
    return Setting(
        key=key_of(run.run_id),
        channels=run.graph.channels,
        play=run.stub.play if run.stub else NOTHING,
        given=request.get("input"),
        before=loads(run.before) if run.before is not None else None,
        step=run.step,
        parent=run.parent,
        start=run.start,
        streaming=not TOKEN_MODES.isdisjoint(description.modes),
        scope=loads(run.scope),
        **({"recursion_limit": config["recursion_limit"]} if "recursion_limit" in config else {}),
    )


def replayed(run: Run) -> Iterator[Fact]:
    """The facts of a run that clients have seen, once more."""
    if not run.started:
        return iter(())
    return islice(play(setting(Description(run))), run.told)


def history(thread: Thread) -> Iterator[dict[str, Any]]:
    """The thread's states, newest first."""
    for run in reversed(thread.runs):
        found = snapshots(replayed(run))
        if found:
            description = Description(run)
            for snapshot in reversed(found):
                yield _wire(snapshot, description)


def newest(thread: Thread) -> dict[str, Any]:
    """The thread's state now."""
    return next(history(thread), EMPTY)


def _wire(snapshot: Snapshot, description: Description) -> dict[str, Any]:
    def place(checkpoint_id: str | None) -> dict[str, str] | None:
        if checkpoint_id is None:
            return None
        return {"checkpoint_id": checkpoint_id, "thread_id": description.thread_id, "checkpoint_ns": ""}

    return {
        "values": snapshot.values,
        "next": list(snapshot.next),
        "tasks": snapshot.tasks,
        "metadata": _metadata(snapshot, description),
        "created_at": iso(snapshot.at),
        "checkpoint": place(snapshot.id),
        "parent_checkpoint": place(snapshot.parent),
        "interrupts": [],
        "checkpoint_id": snapshot.id,
        "parent_checkpoint_id": snapshot.parent,
    }


def _metadata(snapshot: Snapshot, description: Description) -> dict[str, Any]:
    """langgraph-api 0.16.7: scalar configurable first, then the run's metadata, then the checkpoint's own."""
    configurable = description.configurable
    given = {
        key: value
        for key, value in configurable.items()
        if not key.startswith(("__", "langgraph_"))
        and key not in ("run_id", "thread_id")
        and isinstance(value, str | int | float | bool)
    }
    return {
        **given,
        **description.metadata,
        "run_id": description.run_id,
        "thread_id": description.thread_id,
        "source": snapshot.source,
        "step": snapshot.step,
        "parents": {},
        "langgraph_auth_user_id": "",
        "langgraph_request_id": configurable["langgraph_request_id"],
    }
