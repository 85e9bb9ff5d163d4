"""The newer thread protocol: the tapes of graphs of every shape, and of models of every kind."""

from typing import Any

from tests.contract.scenarios.asking import HELLO, Ask, look, scenario
from tests.contract.scenarios.taping import COMPLETED, FAILED, at_rest, fresh, human, start, tape

X: dict[str, Any] = {"x": 1}
BEHIND = {True: COMPLETED, False: FAILED}


def tells(name: str, graph: str, given: Any, *, well: bool = True, **params: Any) -> None:
    @scenario(f"protocol: tape of {name}")
    async def tape_of(ask: Ask) -> None:
        path = fresh()
        live = await tape(ask, path)
        await start(ask, path, graph, given, **params)
        await live.drop(after=BEHIND[well])
        await at_rest(ask, path)
        if not well:  # The error is told live, and never again.
            await (await tape(ask, path)).drop(after=FAILED)
        if graph != "clash":  # What clashes cannot be read.
            await ask("GET", f"{path}/state")
        await ask("GET", path)


# --- as they are compiled by default

tells("chat", "chat", HELLO)
tells("an empty input", "chat", {})
tells("every reducer", "counter", {"n": 1})
tells("parallel nodes", "parallel", X)
tells("custom payloads that nobody tells", "notes", X)
tells("nodes that return nothing", "quiet", X)
tells("messages that no model wrote", "returned", HELLO)
tells("messages that no model wrote, in a subgraph", "letters", HELLO)
tells("schemas of input and output", "narrow", {"q": "a"})
tells("schemas and a subgraph", "narrow_team", {"q": "why?"})
tells("a subgraph", "nested", HELLO)
tells("a subgraph in a subgraph", "nested_twice", HELLO)
tells("a subgraph that a node calls", "worker", X)
tells("a subgraph twice at once", "twins", {"names": []})
tells("a child that goes to its parent's node", "leaver", X)
tells("what was sent", "fan", X)
tells("a command that sends", "sender", X)
tells("a command that goes to two", "router", {"x": "both"})
tells("a list of commands", "commands", X)
tells("messages removed", "forgetful", HELLO)
tells("odd models", "odd_models", HELLO)
tells("two models at once", "chorus", HELLO)
tells("two models at once, one in a subgraph", "duet", HELLO)

# --- with transformers

tells("chat, told widely", "wide_chat", HELLO)
tells("a subgraph in a subgraph, told widely", "wide_nested", HELLO)
tells("a child that goes to its parent's node, told widely", "wide_leaver", X)
tells("what was sent, told widely", "wide_fan", X)
tells("custom payloads, told widely", "wide_notes", X)
tells("nodes that return nothing, told widely", "wide_quiet", X)
tells("updates alone", "just_updates", {"n": 1})
tells("custom payloads alone", "just_custom", X)
tells("payloads with names", "scored", X)

# --- failures

tells("a failure", "failing", {"x": "value"}, well=False)
tells("a failure without a text", "failing", {"x": "empty"}, well=False)
tells("a failure with a key", "failing", {"x": "key"}, well=False)
tells("a failure of two lines", "failing", {"x": "lines"}, well=False)
tells("a failure, told widely", "wide_failing", {"x": "value"}, well=False)
tells("a failure beside others", "half", X, well=False)
tells("a failure at once beside another", "rough_step", X, well=False)
tells("a failure in a subgraph", "moody_child", {"x": "bad"}, well=False)
tells("a failure deep down", "breaking", X, well=False)
tells("the limit of recursion", "steps", X, well=False, config={"recursion_limit": 2})
tells("a model that fails", "dying", HELLO, well=False)

# --- models, by what they say

VOICES = (
    "ids",
    "named",
    "metadata",
    "late metadata",
    "usage alone",
    "usage twice",
    "nothing",
    "blanks",
    "reasoning",
    "blocks",
    "unnumbered",
    "tool",
    "tools",
    "tool alone",
    "invalid tool",
    "unicode",
    "last",
    "kwargs",
    "still",
    "nostream",
    "provided",
    "two",
    "kept",
    "both",
)
for _voice in VOICES:
    tells(f"a voice: {_voice}", "voices", human(_voice))
tells("a voice: broken", "voices", human("broken"), well=False)


@scenario("protocol: a voice, its history and the run's classic streams")
async def voice_history(ask: Ask) -> None:
    path = fresh()
    await start(ask, path, "voices", human("tool"))
    await at_rest(ask, path)
    await look(ask, path)


@scenario("protocol: a failed thread goes on")
async def goes_on(ask: Ask) -> None:
    path = fresh()
    await start(ask, path, "moody", {"x": "bad"})
    await at_rest(ask, path)
    await start(ask, path, "moody", {"x": "fine"})
    await at_rest(ask, path)
    await (await tape(ask, path)).drop(after=COMPLETED)
    await look(ask, path)


@scenario("protocol: a failed thread goes on without input")
async def goes_on_as_it_was(ask: Ask) -> None:
    path = fresh()
    await start(ask, path, "moody", {"x": "bad"})
    await at_rest(ask, path)
    await start(ask, path, "moody")
    await (await tape(ask, path)).drop(after=FAILED, times=2)
    await at_rest(ask, path)
    await look(ask, path)
