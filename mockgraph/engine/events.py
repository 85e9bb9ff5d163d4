"""The `events` mode: LangChain's v2 event stream. The order of the keys differs by kind of event, as it does there."""

from collections.abc import Iterator
from typing import Any

from mockgraph.engine import facts
from mockgraph.engine.view import Part, Stage


def _root(fact: facts.RunStarted, stage: Stage) -> Iterator[Part]:
    run = stage.view.run
    yield (
        "events",
        {
            "event": "on_chain_start",
            "data": {"input": fact.given if fact.command is None else stage.view.run.command},
            "name": run.name,
            "tags": run.tags,
            "run_id": run.run_id,
            "metadata": stage.view.root_metadata,
            "parent_ids": [],
        },
    )


def _entered(fact: facts.NodeEntered, stage: Stage) -> Iterator[Part]:
    yield (
        "events",
        {
            "event": "on_chain_start",
            "data": {"input": fact.input},
            "name": fact.task.node,
            "tags": _node_tags(fact.task, stage),
            "run_id": stage.view.node_run_id(fact.task.id),
            "metadata": stage.view.node_metadata(fact.task),
            "parent_ids": stage.view.parents(fact.task),
        },
    )


def _returned(fact: facts.NodeReturned, stage: Stage) -> Iterator[Part]:
    yield (
        "events",
        {
            "event": "on_chain_stream",
            "run_id": stage.view.node_run_id(fact.task.id),
            "name": fact.task.node,
            "tags": _node_tags(fact.task, stage),
            "metadata": stage.view.node_metadata(fact.task),
            "data": {"chunk": fact.output},
            "parent_ids": stage.view.parents(fact.task),
        },
    )


def _left(fact: facts.NodeLeft, stage: Stage) -> Iterator[Part]:
    yield (
        "events",
        {
            "event": "on_chain_end",
            "data": {"output": fact.output, "input": fact.input},
            "run_id": stage.view.node_run_id(fact.task.id),
            "name": fact.task.node,
            "tags": _node_tags(fact.task, stage),
            "metadata": stage.view.node_metadata(fact.task),
            "parent_ids": stage.view.parents(fact.task),
        },
    )


def _graph_entered(fact: facts.GraphEntered, stage: Stage) -> Iterator[Part]:
    run = _graph(fact.task, stage)
    yield (
        "events",
        {
            "event": "on_chain_start",
            "data": {"input": fact.input},
            **{key: run[key] for key in ("name", "tags", "run_id", "metadata", "parent_ids")},
        },
    )


def _graph_returned(fact: facts.GraphReturned, stage: Stage) -> Iterator[Part]:
    run = _graph(fact.task, stage)
    yield (
        "events",
        {
            "event": "on_chain_end",
            "data": {"output": fact.values, "input": fact.input},
            **{key: run[key] for key in ("run_id", "name", "tags", "metadata", "parent_ids")},
        },
    )


def _graph(task: facts.Task, stage: Stage) -> dict[str, Any]:
    """What LangChain says of a graph that runs inside a node. langgraph 1.2.22: its name is always the same."""
    view = stage.view
    return {
        "name": "LangGraph",
        "tags": ["seq:step:1", *view.run.tags],
        "run_id": view.graph_run_id(task.id),
        "metadata": {**view.node_metadata(task), "checkpoint_ns": task.namespace.partition("|")[0]},
        "parent_ids": [*view.parents(task), view.node_run_id(task.id)],
    }


def _called(fact: facts.ModelCalled, stage: Stage) -> Iterator[Part]:
    yield (
        "events",
        {
            "event": "on_chat_model_start",
            "data": {"input": {"messages": [fact.messages]}},
            "name": fact.call.model.name,
            **_call(fact.call, stage),
        },
    )


def _chunk(fact: facts.ChunkStreamed, stage: Stage) -> Iterator[Part]:
    call = _call(fact.call, stage)
    yield (
        "events",
        {
            "event": "on_chat_model_stream",
            "data": {"chunk": fact.chunk},
            "run_id": call["run_id"],
            "name": fact.call.model.name,
            **{key: call[key] for key in ("tags", "metadata", "parent_ids")},
        },
    )


def _answered(fact: facts.ModelAnswered, stage: Stage) -> Iterator[Part]:
    call = _call(fact.call, stage)
    yield (
        "events",
        {
            "event": "on_chat_model_end",
            "data": {"output": fact.message, "input": {"messages": [fact.messages]}},
            "run_id": call["run_id"],
            "name": fact.call.model.name,
            **{key: call[key] for key in ("tags", "metadata", "parent_ids")},
        },
    )


def _node_tags(task: facts.Task, stage: Stage) -> list[str]:
    return [f"graph:step:{task.step}", *stage.view.run.tags]


def _call_tags(call: facts.Call, stage: Stage) -> list[str]:
    """langchain-core 1.7.2: a model's own tags and the run's are merged, which sorts them."""
    tags = ["seq:step:1", *stage.view.run.tags]
    if not (stage.view.run.tags and call.model.tags):
        return [*tags, *call.model.tags]
    return sorted({*tags, *call.model.tags})


def _call(call: facts.Call, stage: Stage) -> dict[str, Any]:
    return {
        "tags": _call_tags(call, stage),
        "run_id": call.run_id,
        "metadata": stage.view.call_metadata(call),
        "parent_ids": [*stage.view.parents(call.task), stage.view.node_run_id(call.task.id)],
    }


def _finished(fact: facts.RunFinished, stage: Stage) -> Iterator[Part]:
    run = stage.view.run
    yield (
        "events",
        {
            "event": "on_chain_end",
            "data": {"output": stage.view.channels.output(fact.values)},
            "run_id": run.run_id,
            "name": run.name,
            "tags": run.tags,
            "metadata": stage.view.root_metadata,
            "parent_ids": [],
        },
    )


EVENTS: dict[type, Any] = {
    facts.RunStarted: _root,
    facts.NodeEntered: _entered,
    facts.GraphEntered: _graph_entered,
    facts.GraphReturned: _graph_returned,
    facts.NodeReturned: _returned,
    facts.NodeLeft: _left,
    facts.ModelCalled: _called,
    facts.ChunkStreamed: _chunk,
    facts.ModelAnswered: _answered,
    facts.RunFinished: _finished,
}
