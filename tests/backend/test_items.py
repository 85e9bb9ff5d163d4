"""The store: what a filter lets through, how a query ranks, which store namespaces there are."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgraph.backend.filters import OPERATORS, fits
from mockgraph.backend.items import Items, labels_of
from mockgraph.backend.likeness import likeness, words
from mockgraph.words.errors import PlainRefusal, Refusal
from tests.playing import talk, world

STUBS = "- {name: all, play: []}"
Place = tuple[str, ...]


def put(items: Items, *labels: str, key: str = "k", at: int = 1, **request: Any) -> None:
    items.put({"namespace": list(labels), "key": key, "value": {}, **request}, now=at)


def found(items: Items, **query: Any) -> list[tuple[str, float | None]]:
    return [(item["key"], item["score"]) for item in items.search(query)]


# --- items -------------------------------------------------------------------------------------------------


def test_an_item_that_is_put_again_keeps_its_first_time() -> None:
    items = Items()
    put(items, "a", at=1_000_000)
    put(items, "a", at=2_000_000, value={"n": 2})
    item = items.get(("a",), key="k")
    assert item is not None
    assert (item.created_at, item.updated_at, item.value) == (1_000_000, 2_000_000, b'{"n":2}')
    put(items, "a", at=2_000_000)
    again = items.get(("a",), key="k")
    assert again is not None
    assert again.updated_at == 2_000_001


def test_a_store_namespace_without_items_is_not_listed() -> None:
    items = Items()
    assert items.get(("ghost",), key="k") is None
    items.delete(("ghost",), key="k")
    put(items, "a")
    items.delete(("a",), key="other")
    assert items.namespaces({}) == [("a",)]
    items.delete(("a",), key="k")
    assert items.namespaces({}) == []


def test_ttl_ends_nothing() -> None:
    items = Items()
    put(items, "a", ttl=0.0001)
    put(items, "b", at=10**15, ttl=-1)
    assert len(items.search({"refresh_ttl": False})) == 2


@pytest.mark.parametrize("labels", [[""], ["a", ""], ["a.b"], ["."]])
def test_labels_have_no_periods(labels: list[str]) -> None:
    with pytest.raises(PlainRefusal) as refused:
        labels_of(labels)
    assert refused.value.status == 422
    assert refused.value.detail.endswith("must be a non-empty string without periods")


# --- filters -----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.sampled_from(["", "a", "1", " 2 "]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
VALUES = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
SIGNS = st.sampled_from([*OPERATORS, "$in", "a"])
CONDITIONS = st.recursive(
    JSON | st.dictionaries(SIGNS, JSON, min_size=1, max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)


@given(VALUES, st.dictionaries(st.sampled_from("abc"), CONDITIONS, max_size=3))
def test_any_filter_is_answered_or_refused(value: dict[str, Any], wanted: dict[str, Any]) -> None:
    told: list[int] = []
    try:
        fits(value, wanted)
    except Refusal as refusal:
        told.append(refusal.status)
    assert told in ([], [400])


@given(VALUES)
def test_a_value_fits_itself(value: dict[str, Any]) -> None:
    assert fits(value, value)
    assert fits(value, {key: {"$eq": inner} for key, inner in value.items()})
    assert not any(fits(value, {key: {"$ne": inner}}) for key, inner in value.items())


@given(VALUES, VALUES)
def test_a_filter_of_two_is_both(value: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert fits(value, wanted) == all(fits(value, {key: inner}) for key, inner in wanted.items())


@given(st.floats(-5, 5), st.floats(-5, 5), st.booleans())
def test_numbers_are_compared_as_numbers(number: float, other: float, spelled: bool) -> None:
    held, operand = ({"n": str(number)}, str(other)) if spelled else ({"n": number}, other)
    outcome = [fits(held, {"n": {sign: operand}}) for sign in ("$gt", "$gte", "$lt", "$lte")]
    assert outcome == [number > other, number >= other, number < other, number <= other]


@pytest.mark.parametrize("sign", ["$gt", "$gte", "$lt", "$lte"])
def test_comparing_what_is_no_number(sign: str) -> None:
    values: list[dict[str, Any]] = [{}, {"n": None}, {"n": [1]}, {"n": {"a": 1}}, {"n": {}}]
    for value in values:
        assert not fits(value, {"n": {sign: 1}})
        assert not fits(value, {"m": {"n": {sign: 1}}})
    for operand in (None, [1], {"a": 1}):
        with pytest.raises(Refusal, match=rf"\{sign} compares numbers, expected a number, got ") as refused:
            fits({"n": 1}, {"n": {sign: operand}})
        assert refused.value.status == 400
    with pytest.raises(Refusal, match=r"could not convert string to float: 'b'"):
        fits({"n": "b"}, {"n": {sign: None}})


def test_deep_filters_are_answered() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"a": [deep]}

    async def ask(client: httpx.AsyncClient) -> None:
        await client.put("/store/items", json={"namespace": ["a"], "key": "k", "value": {"v": deep}})
        answer = await client.post("/store/items/search", json={"filter": {"v": deep}, "query": "a"})
        assert answer.status_code in (200, 400)
        assert (await client.get("/ok")).status_code == 200

    talk(world(STUBS), ask)


# --- queries -----------------------------------------------------------------------------------------------

TEXTS = {
    "fox": {"text": "The quick red fox", "tags": ["Animal"]},
    "bag": {"text": "A red bag", "n": 5},
    "sky": {"text": "blue", "more": {"deep": [{"note": "RED"}]}},
    "empty": {},
}


def library() -> Items:
    items = Items()
    for key, value in TEXTS.items():
        put(items, "texts", key=key, value=value)
    return items


def test_a_query_ranks_by_shared_words() -> None:
    items = library()
    assert found(items, query="Red fox!") == [("fox", 1.0), ("bag", 0.5), ("sky", 0.5), ("empty", 0.0)]
    shares = [("fox", 0.6667), ("bag", 0.6667), ("sky", 0.3333), ("empty", 0.0)]
    assert found(items, query="a red fox") == shares
    assert found(items, query="red red red")[0] == ("fox", 1.0)
    assert found(items, query="re fo") == [(key, 0.0) for key in TEXTS]


@pytest.mark.parametrize("query", [None, "", "  ", "?!"])
def test_without_a_word_nothing_is_ranked(query: str | None) -> None:
    assert found(library(), query=query) == [(key, None) for key in TEXTS]


def test_a_query_a_filter_and_a_page() -> None:
    items = library()
    assert found(items, query="red", filter={"n": 5}) == [("bag", 1.0)]
    assert found(items, query="blue", limit=1) == [("sky", 1.0)]
    assert found(items, query="blue", limit=2, offset=1) == [("fox", 0.0), ("bag", 0.0)]


@pytest.mark.parametrize(
    ("index", "score"),
    [
        (None, 1.0),
        ([], 1.0),
        (["text"], 0.5),
        (["tags[*]"], 0.5),
        (["tags[0]", "text"], 1.0),
        (["$"], 1.0),
        (["absent"], 0.0),
        (["("], 0.0),
        (["length(n)", "sort_by(@, &x)", "a" * 3000], 0.0),
    ],
)
def test_index_says_which_texts_are_looked_at(index: list[str] | None, score: float) -> None:
    items = Items()
    put(items, "a", value=TEXTS["fox"], index=index)
    assert found(items, query="fox animal") == [("k", score)]


def test_an_item_that_is_not_indexed_comes_last() -> None:
    items = Items()
    put(items, "a", key="hidden", value={"text": "red"}, index=False)
    put(items, "a", key="other", value={"text": "blue"})
    assert found(items, query="red") == [("other", 0.0), ("hidden", None)]


@given(JSON, st.text("abAB _1é", max_size=12))
def test_likeness_is_a_share(value: Any, query: str) -> None:
    asked = words(query)
    if asked:
        assert 0 <= likeness(value, query=asked) <= 1
        assert likeness({"all": [value, query]}, query=asked) == 1


# --- store namespaces --------------------------------------------------------------------------------------

LABEL = st.sampled_from("abc")
PATHS = st.lists(LABEL, min_size=1, max_size=4).map(tuple)
PARTS = st.lists(st.sampled_from("abc*"), max_size=3)


@given(
    st.sets(PATHS, max_size=8),
    PARTS,
    PARTS,
    st.none() | st.integers(1, 4),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_namespaces_are_those_of_a_naive_model(
    places: set[Place], prefix: list[str], suffix: list[str], depth: int | None, limit: int, offset: int
) -> None:
    items = Items()
    for place in places:
        put(items, *place)
    query: dict[str, Any] = {"prefix": prefix, "suffix": suffix, "limit": limit, "offset": offset}
    if depth is not None:
        query["max_depth"] = depth
    assert items.namespaces(query) == _naive(places, prefix, suffix, depth)[offset : offset + limit]


def _naive(places: set[Place], prefix: list[str], suffix: list[str], depth: int | None) -> list[Place]:
    listed: list[Place] = []
    for place in sorted(places):
        beginning, end = place[: len(prefix)], place[len(place) - len(suffix) :] if suffix else ()
        if len(beginning) != len(prefix) or len(end) != len(suffix) or len(suffix) > len(place):
            continue
        wanted = zip((*prefix, *suffix), (*beginning, *end), strict=True)
        if all(label == "*" or label == there for label, there in wanted):
            listed.append(place if depth is None else place[:depth])
    return sorted(set(listed))


@given(st.lists(st.tuples(PATHS, LABEL), max_size=10), PATHS)
def test_a_search_finds_what_is_below_its_prefix(put_there: list[tuple[Place, str]], prefix: Place) -> None:
    items = Items()
    for place, key in put_there:
        put(items, *place, key=key)
    below = {(place, key) for place, key in put_there if place[: len(prefix)] == prefix}
    answered = items.search({"namespace_prefix": list(prefix), "limit": 100})
    assert {(tuple(item["namespace"]), item["key"]) for item in answered} == below
    assert len(answered) == len(below)


# --- over HTTP ---------------------------------------------------------------------------------------------


def test_what_the_real_store_crashes_on() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        await client.put("/store/items", json={"namespace": ["a", "b"], "key": "k", "value": {}})
        for query in ({}, {"namespace_prefix": None}):
            answer = await client.post("/store/items/search", json=query)
            assert [item["key"] for item in answer.json()["items"]] == ["k"]
        whole = {"limit": 1.0, "offset": 0.0, "max_depth": 1.0}
        assert (await client.post("/store/namespaces", json=whole)).json() == {"namespaces": [["a"]]}

    talk(world(STUBS), ask)


def test_a_refusal_is_nobody_elses() -> None:
    async def ask(client: httpx.AsyncClient) -> None:
        item = {"namespace": ["a"], "key": "k", "value": {"n": 1}}
        await client.put("/store/items", json=item)
        bad = {"filter": {"n": {"$in": [1]}}}
        asked = [
            client.put("/store/items", json=item)
            if number % 2
            else client.post("/store/items/search", json=bad)
            for number in range(20)
        ]
        assert [answer.status_code for answer in await asyncio.gather(*asked)] == [400, 204] * 10

    talk(world(STUBS), ask)


def test_a_reset_empties_the_store() -> None:
    namespace = world(STUBS)
    put(namespace.items, "a")
    namespace.reset()
    assert namespace.items.search({}) == []


def test_the_same_requests_get_the_same_bytes() -> None:
    told: list[list[bytes]] = []

    async def ask(client: httpx.AsyncClient) -> None:
        for n in range(3):
            await client.put(
                "/store/items", json={"namespace": ["a", str(n)], "key": "k", "value": {"t": "x y"}}
            )
        answers = [await client.post("/store/items/search", json={"query": "y z"})]
        answers.append(await client.post("/store/namespaces", json={}))
        told.append([answer.content for answer in answers])

    for _ in range(2):
        talk(world(STUBS), ask)
    assert told[0] == told[1]
