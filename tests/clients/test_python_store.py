"""Both Python clients with the store: every method of `client.store`."""

from typing import Any

import httpx
import pytest
from langgraph_sdk.client import SyncLangGraphClient

pytestmark = pytest.mark.timeout(30)

USERS = {"ada": "likes tea and chess", "bob": "likes coffee", "eve": "hates tea"}


def filled(client: SyncLangGraphClient) -> None:
    for name, text in USERS.items():
        client.store.put_item(
            ["users", name], key="profile", value={"name": name, "text": text, "n": len(text)}
        )


def keys(answer: Any) -> list[str]:
    return [item["namespace"][1] for item in answer["items"]]


def test_an_item_is_put_read_and_deleted(client: SyncLangGraphClient) -> None:
    client.store.put_item(
        ["users", "ada"], key="profile", value={"likes": ["tea"]}, index=["likes[*]"], ttl=60
    )
    item: Any = client.store.get_item(["users", "ada"], key="profile", refresh_ttl=True)
    assert item == {
        "namespace": ["users", "ada"],
        "key": "profile",
        "value": {"likes": ["tea"]},
        "created_at": "2024-01-01T00:00:00.000000+00:00",
        "updated_at": "2024-01-01T00:00:00.000000+00:00",
    }
    client.store.put_item(["users", "ada"], key="profile", value={}, index=False)
    assert client.store.get_item(["users", "ada"], key="profile")["value"] == {}
    client.store.delete_item(["users", "ada"], key="profile")
    gone: Any = client.store.get_item(["users", "ada"], key="profile")
    assert gone is None


def test_items_are_searched_by_prefix_filter_and_page(client: SyncLangGraphClient) -> None:
    filled(client)
    assert keys(client.store.search_items(["users"])) == ["ada", "bob", "eve"]
    assert keys(client.store.search_items(["users", "bob"])) == ["bob"]
    assert keys(client.store.search_items(["users"], filter={"name": "eve"})) == ["eve"]
    assert keys(client.store.search_items(["users"], filter={"n": {"$gt": 10, "$lt": 15}})) == ["bob"]
    assert keys(client.store.search_items(["users"], limit=1, offset=1)) == ["bob"]


def test_items_are_ranked_by_a_query(client: SyncLangGraphClient) -> None:
    filled(client)
    answer: Any = client.store.search_items(["users"], query="likes tea", refresh_ttl=False)
    assert [(item["namespace"][1], item["score"]) for item in answer["items"]] == [
        ("ada", 1.0),
        ("bob", 0.5),
        ("eve", 0.5),
    ]


def test_store_namespaces_are_listed(client: SyncLangGraphClient) -> None:
    filled(client)
    client.store.put_item(["teams", "red", "notes"], key="1", value={})
    answer: Any = client.store.list_namespaces()
    assert answer["namespaces"] == [
        ["teams", "red", "notes"],
        ["users", "ada"],
        ["users", "bob"],
        ["users", "eve"],
    ]
    narrowed: Any = client.store.list_namespaces(prefix=["users"], limit=1, offset=1)
    assert narrowed["namespaces"] == [["users", "bob"]]
    cut: Any = client.store.list_namespaces(suffix=["notes"], max_depth=2)
    assert cut["namespaces"] == [["teams", "red"]]


def test_labels_with_periods_are_refused(client: SyncLangGraphClient) -> None:
    with pytest.raises((ValueError, httpx.HTTPStatusError)):
        client.store.put_item(["users.ada"], key="profile", value={})
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.store.put_item([""], key="profile", value={})
    assert refused.value.response.status_code == 422
