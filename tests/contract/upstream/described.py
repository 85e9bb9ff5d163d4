"""A graph whose schemas of input, output and context are its own."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Question(TypedDict):
    question: str


class Verdict(TypedDict):
    answer: str


class Thinking(TypedDict, total=False):
    question: str
    answer: str
    scratch: int | None


class Taste(TypedDict, total=False):
    model: str
    temperature: float


def think(state: Thinking) -> dict[str, object]:
    return {"answer": "42", "scratch": 1}


typed = (
    StateGraph(Thinking, context_schema=Taste, input_schema=Question, output_schema=Verdict)
    .add_node("think", think)
    .add_edge(START, "think")
    .add_edge("think", END)
    .compile()
)
