"""The graphs that the real server runs; `../fixtures` scripts the same ones."""

import asyncio
import itertools
import operator
from typing import Annotated, Any, TypedDict

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages


def chain(schema: type, *nodes: tuple[str, Any], **schemas: Any) -> Any:
    """A graph whose nodes run one after the other."""
    builder = StateGraph(schema, **schemas)
    for name, function in nodes:
        builder.add_node(name, function)
    names = [START, *(name for name, _ in nodes), END]
    for source, target in itertools.pairwise(names):
        builder.add_edge(source, target)
    return builder.compile()


class Chat(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    decision: str


class Counter(TypedDict, total=False):
    n: Annotated[int, operator.add]
    log: Annotated[list, operator.add]
    facts: Annotated[dict, operator.or_]
    name: str


class Log(TypedDict, total=False):
    log: Annotated[list, operator.add]
    x: Any


# --- chat: a message agent whose tokens stream, with a custom event, then a plain node


async def model(state: Chat):
    get_stream_writer()({"progress": 0.5})
    fake = GenericFakeChatModel(messages=iter([AIMessage(content="Hello there, friend.")]))
    return {"messages": [await fake.ainvoke(state["messages"])]}


chat = chain(Chat, ("model", model), ("decide", lambda state: {"decision": "done"}))

# --- counter: plain state with every reducer

counter = chain(
    Counter,
    ("inc", lambda state: {"n": 1, "log": ["inc"], "facts": {"inc": True}}),
    ("double", lambda state: {"n": state["n"], "log": ["double"], "facts": {"double": [1, 2.5, None]}}),
)

# --- parallel: two nodes side by side, the first by name ends last


async def zeta(state: Log):
    await asyncio.sleep(0.05)
    return {"log": ["zeta"]}


async def alpha(state: Log):
    get_stream_writer()("alpha begins")
    await asyncio.sleep(0.2)
    return {"log": ["alpha"]}


builder = StateGraph(Log)
builder.add_node("zeta", zeta)
builder.add_node("alpha", alpha)
builder.add_node("join", lambda state: {"log": ["join"]})
builder.add_edge(START, "zeta")
builder.add_edge(START, "alpha")
builder.add_edge(["zeta", "alpha"], "join")
builder.add_edge("join", END)
parallel = builder.compile()

# --- notes: custom payloads of every JSON kind


async def write(state: Log):
    tell = get_stream_writer()
    for payload in ("a text", 1, 2.5, None, True, [1, 2], {"type": "ui", "id": "u1"}, "two\nlines ☃"):
        tell(payload)
    return {"log": ["written"]}


notes = chain(Log, ("write", write))

# --- failing: a node that raises, with whatever the input names


class Custom(Exception):
    pass


ERRORS = {
    "value": ValueError("kaboom"),
    "key": KeyError("missing"),
    "empty": ValueError(),
    "custom": Custom("nobody sees this"),
    "zero": ZeroDivisionError("division by zero"),
    "timeout": TimeoutError("too late"),
    "lines": RuntimeError("café\nline two"),
}


async def boom(state: Log):
    get_stream_writer()("about to fail")
    raise ERRORS[state["x"]]


failing = chain(Log, ("first", lambda state: {"log": ["first"]}), ("boom", boom))

# --- quiet: nodes that return nothing

quiet = chain(
    Log, ("none", lambda state: None), ("empty", lambda state: {}), ("last", lambda state: {"x": None})
)

# --- returned: messages that no model streamed

returned = chain(
    Chat,
    ("named", lambda state: {"messages": [AIMessage(content="named", id="ai-1")]}),
    ("unnamed", lambda state: {"messages": AIMessage(content="unnamed", id="ai-2")}),
    ("plain", lambda state: {"messages": [{"role": "assistant", "content": "plain"}]}),
    (
        "tool",
        lambda state: {
            "messages": [ToolMessage(content="72F", tool_call_id="call_1", id="tool-1", name="weather")]
        },
    ),
    ("human", lambda state: {"messages": [HumanMessage(content="a human", id="h-1")]}),
    ("again", lambda state: {"messages": [AIMessage(content="named again", id="ai-1")]}),
    ("remove", lambda state: {"messages": [RemoveMessage(id="h-1")]}),
)

# --- coerce: keeps the messages it gets

coerce = chain(Chat, ("noop", lambda state: {"decision": "ok"}))

# --- narrow: separate input and output schemas, and a private key


class Question(TypedDict, total=False):
    q: str


class Answer(TypedDict, total=False):
    a: str


class Whole(Question, Answer):
    secret: str


narrow = chain(
    Whole,
    ("think", lambda state: {"secret": "s3"}),
    ("answer", lambda state: {"a": state["q"] + state["secret"]}),
    input_schema=Question,
    output_schema=Answer,
)

# --- models: chunks of a caller's choice, a model that does not stream, one whose answer stays inside


class ChunkModel(BaseChatModel):
    chunks: list = []

    @property
    def _llm_type(self):
        return "chunk-model"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        total = None
        for chunk in self.chunks:
            piece = AIMessageChunk(**chunk)
            total = piece if total is None else total + piece
        message = AIMessage(
            content=total.content,
            id=total.id,
            tool_calls=total.tool_calls,
            usage_metadata=total.usage_metadata,
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs):
        for chunk in self.chunks:
            generation = ChatGenerationChunk(message=AIMessageChunk(**chunk))
            if run_manager:
                await run_manager.on_llm_new_token(generation.text, chunk=generation)
            yield generation


class WholeModel(BaseChatModel):
    @property
    def _llm_type(self):
        return "whole-model"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="not streamed"))])


async def whole(state: Chat):
    return {"messages": [await WholeModel().ainvoke(state["messages"])]}


async def tagged(state: Chat):
    tagged_model = ChunkModel(chunks=[{"content": "a "}, {"content": "b"}]).with_config(
        tags=["t1"], metadata={"mm": 1}
    )
    return {"messages": [await tagged_model.ainvoke(state["messages"])]}


async def calling(state: Chat):
    chunks = [
        {"content": "Let me see. "},
        {
            "content": "",
            "tool_call_chunks": [
                {"name": "look", "args": "", "id": "call_1", "index": 0, "type": "tool_call_chunk"}
            ],
        },
        {
            "content": "",
            "tool_call_chunks": [
                {"name": None, "args": '{"city":', "id": None, "index": 0, "type": "tool_call_chunk"}
            ],
        },
        {
            "content": "",
            "tool_call_chunks": [
                {"name": None, "args": ' "SF"}', "id": None, "index": 0, "type": "tool_call_chunk"}
            ],
        },
        {"content": "", "usage_metadata": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}},
    ]
    return {"messages": [await ChunkModel(chunks=chunks).ainvoke(state["messages"])]}


async def inside(state: Chat):
    answer = await ChunkModel(chunks=[{"content": "inner "}, {"content": "voice"}]).ainvoke(state["messages"])
    return {"decision": answer.content}


models = chain(Chat, ("whole", whole), ("tagged", tagged), ("calling", calling), ("inside", inside))
