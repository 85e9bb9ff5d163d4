"""Every method of the Python clients' assistants, threads, store and crons: one that a newer SDK has is missed here."""

import inspect
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from langgraph_sdk import get_client, get_sync_client

pytestmark = pytest.mark.timeout(30)

PARTS = ("assistants", "threads", "store", "crons")
HELLO = {"messages": [{"role": "user", "content": "I am Bagatur", "id": "h1"}]}

# What the newer thread protocol speaks, which is not built.
NEWER = {"threads.stream"}


def methods(client: Any) -> set[str]:
    """The public methods of the parts of a client."""
    return {
        f"{part}.{name}"
        for part in PARTS
        for name, _ in inspect.getmembers(getattr(client, part), inspect.isroutine)
        if not name.startswith("_")
    }


PLAYS: dict[str, Callable[[Any], None]] = {}


def plays(*names: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def register(play: Callable[[Any], None]) -> Callable[[Any], None]:
        PLAYS.update(dict.fromkeys(names, play))
        return play

    return register


@plays("assistants.create", "assistants.get", "assistants.update", "assistants.delete")
def assistants_are_made_changed_and_deleted(client: Any) -> None:
    made = client.assistants.create(
        "agent", context={"tone": "formal"}, metadata={"team": "legal"}, name="Formal", description="d"
    )
    assert (
        client.assistants.create("agent", assistant_id=made["assistant_id"], if_exists="do_nothing") == made
    )
    assert client.assistants.get(made["assistant_id"]) == made
    changed = client.assistants.update(made["assistant_id"], name="Stiff", metadata={"more": 1})
    assert (changed["name"], changed["version"]) == ("Stiff", 2)
    assert changed["metadata"] == {"team": "legal", "more": 1}
    client.assistants.delete(made["assistant_id"], delete_threads=True)
    assert client.assistants.search(metadata={"team": "legal"}) == []


@plays("assistants.search", "assistants.count")
def assistants_are_searched(client: Any) -> None:
    made = client.assistants.create("agent", name="Zed", metadata={"mark": "z"})
    found = client.assistants.search(graph_id="agent", name="zed", sort_by="name", sort_order="asc", limit=5)
    assert found == [made]
    page = client.assistants.search(limit=1, select=["name"], response_format="object")
    assert page["next"] == "1"
    assert len(page["assistants"]) == 1
    assert client.assistants.count(metadata={"mark": "z"}) == 1


@plays("assistants.get_versions", "assistants.set_latest")
def assistants_have_versions(client: Any) -> None:
    made = client.assistants.create("agent", config={"tags": ["a"]})
    client.assistants.update(made["assistant_id"], config={"tags": ["b"]})
    versions = client.assistants.get_versions(made["assistant_id"])
    assert [(version["version"], version["config"]) for version in versions] == [
        (2, {"tags": ["b"]}),
        (1, {"tags": ["a"]}),
    ]
    assert client.assistants.set_latest(made["assistant_id"], 1)["config"] == {"tags": ["a"]}


@plays("assistants.get_graph", "assistants.get_schemas", "assistants.get_subgraphs")
def assistants_are_drawn_and_described(client: Any) -> None:
    own = client.assistants.search(graph_id="agent", metadata={"created_by": "system"})[0]
    drawn = client.assistants.get_graph(own["assistant_id"], xray=True)
    assert drawn["nodes"][0]["id"] == "__start__"
    assert "messages" in client.assistants.get_schemas(own["assistant_id"])["state_schema"]["properties"]
    assert client.assistants.get_subgraphs(own["assistant_id"], recurse=True) == {}
    assert client.assistants.get_subgraphs(own["assistant_id"], namespace="nobody") == {}


@plays("threads.create", "threads.get", "threads.update", "threads.delete")
def threads_are_made_changed_and_deleted(client: Any) -> None:
    own = str(uuid4())
    steps = [{"updates": [{"values": HELLO, "as_node": "__input__"}]}]
    made = client.threads.create(
        thread_id=own, graph_id="agent", metadata={"a": 1}, supersteps=steps, if_exists="raise", ttl=5
    )
    assert (made["thread_id"], made["status"]) == (own, "interrupted")
    assert client.threads.update(own, metadata={"b": 2}, ttl={"ttl": 7})["metadata"]["b"] == 2
    client.threads.update(own, metadata={"c": 3}, return_minimal=True)
    assert client.threads.get(own, include=["ttl"])["metadata"]["c"] == 3
    client.threads.delete(own)
    assert client.threads.search(ids=[own]) == []


@plays("threads.search", "threads.count", "threads.copy", "threads.prune")
def threads_are_searched_copied_and_pruned(client: Any) -> None:
    made = client.threads.create(metadata={"mark": str(uuid4())})
    client.runs.wait(made["thread_id"], "agent", input=HELLO)
    marked = {"mark": made["metadata"]["mark"]}
    found = client.threads.search(
        metadata=marked, status="idle", extract={"last": "values.messages[-1].type"}, select=["thread_id"]
    )
    assert found == [{"thread_id": made["thread_id"], "extracted": {"last": "ai"}}]
    client.threads.copy(made["thread_id"])
    assert client.threads.count(metadata=marked) == 2
    others = [thread["thread_id"] for thread in client.threads.search(metadata=marked)]
    assert client.threads.prune(others) == {"pruned_count": 2}


@plays("threads.get_state", "threads.update_state", "threads.get_history")
def the_state_is_read_and_written(client: Any) -> None:
    made = client.threads.create()["thread_id"]
    client.runs.wait(made, "agent", input=HELLO)
    told = client.threads.update_state(made, {"messages": [{"role": "user", "content": "more", "id": "h2"}]})
    state = client.threads.get_state(made, subgraphs=True)
    assert state["checkpoint"] == told["checkpoint"]
    assert state["values"]["messages"][-1]["content"] == "more"
    assert client.threads.get_state(made, checkpoint=told["checkpoint"])["values"] == state["values"]
    assert client.threads.get_state(made, checkpoint_id=told["checkpoint_id"])["values"] == state["values"]
    history = client.threads.get_history(made, limit=10)
    assert history[0]["values"] == state["values"]
    older = client.threads.get_history(made, limit=10, before={"configurable": told["checkpoint"]})
    assert older == history[1:]


@plays("threads.join_stream")
def a_thread_is_followed(client: Any) -> None:
    made = client.threads.create()["thread_id"]
    run = client.runs.create(made, "agent", input=HELLO, stream_mode="updates", stream_resumable=True)
    client.runs.join(made, run["run_id"])
    for part in client.threads.join_stream(made, last_event_id="-", stream_mode="run_modes"):
        if part.data.get("status") == "run_done":
            assert part.data["run_id"] == run["run_id"]
            return


@plays("store.put_item", "store.get_item", "store.delete_item")
def items_are_put_and_deleted(client: Any) -> None:
    client.store.put_item(["users", "u1"], key="k", value={"a": 1}, index=False, ttl=5)
    assert client.store.get_item(["users", "u1"], key="k", refresh_ttl=True)["value"] == {"a": 1}
    client.store.delete_item(["users", "u1"], key="k")
    assert client.store.get_item(["users", "u1"], key="k") is None


@plays("store.search_items", "store.list_namespaces")
def items_are_searched(client: Any) -> None:
    client.store.put_item(["docs", "d1"], key="k", value={"a": 1})
    assert len(client.store.search_items(["docs"], filter={"a": {"$gte": 1}}, query="one")["items"]) == 1
    assert client.store.list_namespaces(prefix=["docs"], max_depth=1) == {"namespaces": [["docs"]]}


@plays("crons.create", "crons.search", "crons.count", "crons.update", "crons.delete")
def crons_are_made_changed_and_deleted(client: Any) -> None:
    made = client.crons.create("agent", schedule="0 0 1 1 *", input=HELLO, metadata={"k": "v"})
    assert client.crons.search(limit=5)[0]["cron_id"] == made["cron_id"]
    assert client.crons.count() == 1
    assert client.crons.update(made["cron_id"], enabled=False)["enabled"] is False
    client.crons.delete(made["cron_id"])
    assert client.crons.count() == 0


@plays("crons.create_for_thread")
def crons_are_made_for_a_thread(client: Any) -> None:
    thread_id = client.threads.create()["thread_id"]
    made = client.crons.create_for_thread(thread_id, "agent", schedule="@daily", timezone="Europe/Berlin")
    assert made["thread_id"] == thread_id


def test_every_method_is_played() -> None:
    there = methods(get_client(url="http://127.0.0.1:1")) | methods(get_sync_client(url="http://127.0.0.1:1"))
    assert there == PLAYS.keys() | NEWER


@pytest.mark.parametrize("name", sorted(PLAYS))
def test_it_works(name: str, client: Any) -> None:
    PLAYS[name](client)
