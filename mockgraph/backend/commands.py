"""What a run's `command` asks for: writes, nodes to go to, answers; as LangGraph reads them."""

from collections.abc import Mapping
from typing import Any

from mockgraph.engine.facts import Snapshot
from mockgraph.engine.setting import Command
from mockgraph.script.model import Graph

# langgraph 1.2.22: a mapping whose keys all look like interrupt ids answers by id.
_ID_LENGTH = 32
_HEX = frozenset("0123456789abcdef")

_SEVERAL = (
    "When there are multiple pending interrupts, you must specify the interrupt id when resuming. Docs: "
    "https://docs.langchain.com/oss/python/langgraph/interrupts#handling-multiple-interrupts."
)
# langgraph-api 0.16.7: a command of which it understands nothing trips over a variable of its own.
_NOTHING = ("UnboundLocalError", "cannot access local variable")


def by_id(resume: Any) -> bool:
    """Whether a resume is a mapping from interrupt ids to answers."""
    return isinstance(resume, dict) and all(len(key) == _ID_LENGTH and _HEX.issuperset(key) for key in resume)


def command_of(
    request: Mapping[str, Any], graph: Graph, ground: Snapshot | None, *, stateless: bool = False
) -> Command | None:
    """The command of a request, on the checkpoint where its run begins; None where it has none.

    `ground` is None where there is no checkpoint, and `stateless` says that there cannot be one.
    """
    given = request.get("command")
    if not given:
        return None
    resume, update = given.get("resume"), given.get("update")
    goto, sent = _goto(given.get("goto"), graph)
    if resume is None and not update and not given.get("goto"):
        return Command(error=_NOTHING)
    answers: dict[str, Any] | None = None
    loose: tuple[Any, ...] = ()
    error = None
    if by_id(resume):
        answers = resume
    if resume is not None and stateless:
        error = ("RuntimeError", "Cannot use Command(resume=...) without checkpointer")
    elif resume is not None and answers is None:
        waiting = ground.interrupts if ground is not None else ()
        if len(waiting) > 1:
            error = ("RuntimeError", _SEVERAL)
        answers = {waiting[0].id: resume} if waiting else {}
        loose = () if waiting else (resume,)
    return Command(_writes(update), goto, bool(given.get("goto")), sent, answers, loose, error)


def _writes(update: Any) -> tuple[Mapping[str, Any], ...]:
    """A mapping, or a list of key-value pairs, each a write of its own."""
    if isinstance(update, list):
        return tuple({key: value} for key, value in update)
    return (update,) if update else ()


def _goto(goto: Any, graph: Graph) -> tuple[tuple[tuple[str, Any], ...], bool]:
    """The nodes of the graph that are gone to, each with its input, and whether they are sent to."""
    items = goto if isinstance(goto, list) else [goto] if goto else []
    sent = any(isinstance(item, dict) for item in items)
    named = [(item["node"], item["input"]) if isinstance(item, dict) else (item, None) for item in items]
    if not sent:
        # langgraph 1.2.22: a node that is named twice runs once.
        named = list(dict.fromkeys(named))
    # langgraph 1.2.22: nodes that the graph does not have, and its end, are gone to in silence.
    return tuple((node, given) for node, given in named if node in graph.nodes), sent
