"""Graphs for the newer thread protocol: with transformers, with tools, with models that stream in every manner."""

import asyncio
from typing import Annotated, Any, TypedDict

from graphs import Chat, ChunkModel, Log, chain, chat, counter, failing, notes, quiet
from humans import approval, innermost, pair, side_by_side, step
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolCallTransformer, ToolNode, ToolRuntime
from langgraph.stream.transformers import CustomTransformer, UpdatesTransformer
from langgraph.types import Send, interrupt
from shapes import fan, leaver, nested_twice

WIDE = [ToolCallTransformer, UpdatesTransformer, CustomTransformer]


def wide(graph: Any, *transformers: Any) -> Any:
    """The same graph, with what it says told more widely."""
    return graph.builder.compile(transformers=list(transformers) or WIDE)


# --- wide_…: graphs of other pages, with every transformer

wide_approval = wide(approval)
wide_chat = wide(chat)
wide_failing = wide(failing)
wide_fan = wide(fan)
wide_innermost = wide(innermost)
wide_leaver = wide(leaver)
wide_nested = wide(nested_twice)
wide_notes = wide(notes)
wide_pair = wide(pair)
wide_quiet = wide(quiet)
just_updates = wide(counter, UpdatesTransformer)
just_custom = wide(notes, CustomTransformer)

# --- scored: payloads with names


async def score(state: Log):
    tell = get_stream_writer()
    for payload in ({"name": "score", "payload": 1}, {"name": "other"}, {"payload": 2}, "score", {"name": 5}):
        tell(payload)
    return {"log": ["scored"]}


scored = wide(chain(Log, ("score", score)), CustomTransformer)

# --- voices: a model that says what the last human message names


class Spoken(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


class Voice(ChunkModel):
    """Streams its chunks, and tells of what is not text as well."""

    provider: str | None = None
    fails: bool = False

    def _get_ls_params(self, stop=None, **kwargs):
        known = {"ls_provider": self.provider, "ls_model_name": f"{self.provider}-1"} if self.provider else {}
        return {"ls_model_type": "chat", **known}

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in self.chunks:
            generation = ChatGenerationChunk(message=AIMessageChunk(**chunk))
            if run_manager:
                await run_manager.on_llm_new_token(generation.text, chunk=generation)
            yield generation
        if self.fails:
            raise ValueError("the voice broke")


def piece(args: str, index: int = 0, **first: Any) -> dict:
    return {"name": None, "id": None, **first, "args": args, "index": index, "type": "tool_call_chunk"}


def usage(into: int, out: int) -> dict:
    return {"input_tokens": into, "output_tokens": out, "total_tokens": into + out}


NAMED = {"response_metadata": {"model_name": "voice-1", "model_provider": "voice"}}
VOICES: dict[str, list[dict]] = {
    "ids": [{"content": "my ", "id": "own-1"}, {"content": "own", "id": "own-1"}],
    "named": [{"content": "I am ", "name": "Vera"}, {"content": "Vera"}],
    "metadata": [
        {"content": "who ", **NAMED},
        {"content": "I am", "response_metadata": {"finish_reason": "stop"}, "usage_metadata": usage(3, 2)},
    ],
    "late metadata": [{"content": "who? "}, {"content": "I", **NAMED}],
    "usage alone": [{"content": "", "usage_metadata": usage(1, 0)}],
    "usage twice": [
        {"content": "a", "usage_metadata": {**usage(3, 1), "input_token_details": {"cache_read": 2}}},
        {"content": "b", "usage_metadata": usage(0, 1)},
    ],
    "nothing": [{"content": ""}],
    "blanks": [{"content": ""}, {"content": " "}, {"content": ""}, {"content": "x"}, {"content": ""}],
    "reasoning": [
        {"content": [{"type": "reasoning", "reasoning": "Let me ", "index": 0}]},
        {"content": [{"type": "reasoning", "reasoning": "think.", "index": 0}]},
        {"content": [{"type": "text", "text": "So ", "index": 1}]},
        {"content": [{"type": "text", "text": "be it.", "index": 1}]},
    ],
    "blocks": [
        {"content": [{"type": "text", "text": "one", "index": 0}]},
        {"content": [{"type": "text", "text": "two", "index": 1}]},
        {"content": [{"type": "text", "text": " more", "index": 1}]},
    ],
    "unnumbered": [
        {"content": [{"type": "text", "text": "Hel"}]},
        {"content": [{"type": "text", "text": "lo"}]},
    ],
    "tool": [
        {"content": "Let me see. "},
        {"content": "", "tool_call_chunks": [piece("", name="look", id="call_1")]},
        {"content": "", "tool_call_chunks": [piece('{"city":')]},
        {"content": "", "tool_call_chunks": [piece(' "SF"}')]},
        {"content": "", "usage_metadata": usage(5, 7)},
    ],
    "tools": [
        {
            "content": "",
            "tool_call_chunks": [
                piece('{"city": "Rome"}', name="look", id="call_1"),
                piece("{}", 1, name="wait", id="call_2"),
            ],
        }
    ],
    "tool alone": [{"content": "", "tool_call_chunks": [piece("{}", name="look", id="call_1")]}],
    "invalid tool": [
        {"content": "", "tool_call_chunks": [piece('{"city":', name="look", id="call_1")]},
    ],
    "unicode": [{"content": "héllo "}, {"content": '☃\u2028line\n"q"'}],
    "last": [{"content": "The "}, {"content": "end.", "chunk_position": "last"}],
    "kwargs": [{"content": "x", "additional_kwargs": {"refusal": None, "extra": [1]}}],
}


async def speak(state: Spoken):
    text = state["messages"][-1].content
    if text == "still":
        model = ChunkModel(chunks=[{"content": "never "}, {"content": "streamed"}], disable_streaming=True)
    elif text == "nostream":
        model = ChunkModel(chunks=[{"content": "not "}, {"content": "told"}]).with_config(tags=["nostream"])
    elif text == "broken":
        model = Voice(chunks=[{"content": "par"}, {"content": "tial"}], fails=True)
    elif text == "provided":
        model = Voice(chunks=[{"content": "a "}, {"content": "b"}], provider="acme")
    elif text == "two":
        first = await Voice(chunks=[{"content": "first"}]).ainvoke(state["messages"])
        second = await Voice(chunks=[{"content": "second"}]).ainvoke(state["messages"])
        return {"messages": [first, second]}
    elif text == "kept":
        await Voice(chunks=[{"content": "to "}, {"content": "myself"}]).ainvoke(state["messages"])
        return {"messages": []}
    elif text == "both":
        said = await Voice(chunks=[{"content": "spoken"}]).ainvoke(state["messages"])
        return {"messages": [said, HumanMessage("yes?", id="human-1")]}
    else:
        model = Voice(chunks=VOICES[text])
    return {"messages": [await model.ainvoke(state["messages"])]}


voices = chain(Spoken, ("speak", speak))

# --- letters: a subgraph whose messages no model wrote


async def write(state: Spoken):
    return {
        "messages": [
            AIMessage(
                "Dear", id="letter-1", name="Ann", tool_calls=[{"name": "post", "args": {}, "id": "p1"}]
            ),
            ToolMessage("posted", tool_call_id="p1", id="letter-2", name="post", artifact={"stamp": 1}),
        ]
    }


letters = chain(Spoken, ("office", chain(Spoken, ("write", write))), ("sent", step(messages=[])))

# --- duet: two models that stream at once, a subgraph and a plain node


class Paced(Voice):
    pauses: list = []

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for pause, chunk in zip(self.pauses, self.chunks, strict=True):
            await asyncio.sleep(pause)
            generation = ChatGenerationChunk(message=AIMessageChunk(**chunk))
            await run_manager.on_llm_new_token(generation.text, chunk=generation)
            yield generation


async def low(state: Chat):
    model = Paced(chunks=[{"content": "L1 "}, {"content": "L2"}], pauses=[0, 0.6])
    return {"messages": [await model.ainvoke(state["messages"])]}


async def high(state: Chat):
    model = Paced(chunks=[{"content": "H1 "}, {"content": "H2"}], pauses=[0.3, 0.6])
    return {"messages": [await model.ainvoke(state["messages"])]}


duet = side_by_side(Chat, ("low", chain(Chat, ("sing", low))), ("high", high))

# --- toolbox, plain_toolbox: an agent that calls the tools that the last human message names


@tool
async def weather(city: str) -> str:
    """Tell the weather."""
    get_stream_writer()({"looks": city})
    return f"Sunny in {city}."


@tool
async def report(city: str, runtime: ToolRuntime) -> str:
    """Tell it bit by bit."""
    runtime.emit_output_delta("first ")
    runtime.emit_output_delta({"then": [2]})
    return f"long {city}"


@tool
async def fail(x: int) -> str:
    """Fail."""
    raise ValueError(f"failed on {x}")


@tool
async def ask(q: str) -> str:
    """Ask a person."""
    return f"human said {interrupt({'q': q})}"


@tool(response_format="content_and_artifact")
async def picture(city: str) -> Any:
    """Give more than a text."""
    return [{"type": "text", "text": f"See {city}."}], {"pixels": [1, 2]}


async def study(state: Spoken):
    return {
        "messages": [
            await Voice(chunks=[{"content": "It is "}, {"content": "so."}]).ainvoke(state["messages"])
        ]
    }


studying = chain(Spoken, ("study", study))
named = studying.builder.compile(name="scholar").with_config({"metadata": {"lc_agent_name": "scholar"}})


@tool
async def delegate(q: str) -> str:
    """Hand over to a named sub-agent."""
    result = await named.ainvoke({"messages": [HumanMessage(q, id="q-1")]})
    return f"scholar says: {result['messages'][-1].text}"


@tool
async def inquire(q: str) -> str:
    """Hand over to a graph without a name."""
    result = await studying.ainvoke({"messages": [HumanMessage(q, id="q-1")]})
    return f"they say: {result['messages'][-1].text}"


CITY, ASK = {"city": "Rome"}, {"q": "why?"}
CALLS: dict[str, list[tuple[str, dict]]] = {
    "weather": [("weather", CITY)],
    "report": [("report", CITY)],
    "fail": [("fail", {"x": 3})],
    "ask": [("ask", ASK)],
    "picture": [("picture", CITY)],
    "delegate": [("delegate", ASK)],
    "inquire": [("inquire", ASK)],
    "unknown": [("nowhere", CITY)],
    "two": [("weather", CITY), ("weather", {"city": "Oslo"})],
    "report and ask": [("report", CITY), ("ask", ASK)],
}


async def choose(state: Spoken):
    if state["messages"][-1].type == "tool":
        return {"messages": [AIMessage("Done.", id="done-1")]}
    calls = [
        {"name": name, "args": args, "id": f"call_{number}"}
        for number, (name, args) in enumerate(CALLS[state["messages"][-1].content], 1)
    ]
    return {"messages": [AIMessage("", id="calls-1", tool_calls=calls)]}


def each_alone(state: Spoken):
    calls = getattr(state["messages"][-1], "tool_calls", None)
    if not calls:
        return END
    kind = "tool_call_with_context"
    return [Send("tools", {"__type": kind, "tool_call": call, "state": state}) for call in calls]


def together(state: Spoken):
    return "tools" if getattr(state["messages"][-1], "tool_calls", None) else END


TOOLS = [weather, report, fail, ask, picture, delegate, inquire]


def tool_agent(handles: bool, route: Any, transformers: list[Any]) -> Any:
    builder = StateGraph(Spoken)
    builder.add_node("agent", choose)
    builder.add_node("tools", ToolNode(TOOLS, handle_tool_errors=handles))
    builder.add_edge(START, "agent")
    builder.add_conditional_edges("agent", route, ["tools", END])
    builder.add_edge("tools", "agent")
    return builder.compile(transformers=transformers)


toolbox = tool_agent(True, together, WIDE)
toolbox_raising = tool_agent(False, each_alone, WIDE)
toolbox_plain = tool_agent(True, together, [])

# --- limits: errors and endings inside subgraphs


async def breaks(state: Log):
    raise ValueError("deep down")


async def waits(state: Log):
    get_stream_writer()({"tick": 0})
    await asyncio.sleep(60)
    return {"log": ["waited"]}


breaking = chain(
    Log, ("outer", chain(Log, ("inner", chain(Log, ("begin", step(log=["begin"])), ("breaks", breaks)))))
)
waiting = chain(
    Log, ("outer", chain(Log, ("begin", step(log=["begin"])), ("waits", waits))), ("end", step(log=["end"]))
)
