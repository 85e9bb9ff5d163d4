"""The store: items, filters, pages, store namespaces, and what is refused. Each scenario has a root label of its own."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.contract.scenarios import asking
from tests.contract.scenarios.asking import Ask, Scenario

ITEMS = "/store/items"
SEARCH = "/store/items/search"
NAMESPACES = "/store/namespaces"


def scenario(name: str) -> Callable[[Scenario], Scenario]:
    """One at a time: the real server's store answers requests in batches, and all of a batch with the error of one."""
    return lambda play: asking.scenario(name)(asking.in_turn(play))


class Shelf:
    """A store namespace that nobody else knows, and what is done in it."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.root = str(uuid4())

    async def put(self, key: str, value: Any, *labels: str, **more: Any) -> None:
        body = {"namespace": [self.root, *labels], "key": key, "value": value, **more}
        await self.ask("PUT", ITEMS, body)

    async def get(self, key: str, *labels: str, more: str = "") -> None:
        namespace = quote(".".join([self.root, *labels]))
        await self.ask("GET", f"{ITEMS}?namespace={namespace}&key={quote(key)}{more}")

    async def delete(self, key: str, *labels: str) -> None:
        await self.ask("DELETE", ITEMS, {"namespace": [self.root, *labels], "key": key})

    async def search(self, *labels: str, **query: Any) -> None:
        await self.ask("POST", SEARCH, {"namespace_prefix": [self.root, *labels], **query})

    async def namespaces(self, *labels: str, **query: Any) -> None:
        await self.ask("POST", NAMESPACES, {"prefix": [self.root, *labels], **query})


# --- items -------------------------------------------------------------------------------------------------


@scenario("store: an item is put, read, put again, deleted")
async def item(ask: Ask) -> None:
    shelf = Shelf(ask)
    await shelf.get("profile", "users")
    await shelf.put("profile", {"name": "Ada", "tags": ["a", "b"], "n": 1.5, "none": None}, "users")
    await shelf.get("profile", "users")
    await shelf.put("profile", {"name": "Ada Lovelace"}, "users")
    await shelf.get("profile", "users")
    await shelf.get("profile")
    await shelf.delete("profile", "users")
    await shelf.get("profile", "users")
    await shelf.delete("profile", "users")


@scenario("store: odd keys, labels and values")
async def odd(ask: Ask) -> None:
    shelf = Shelf(ask)
    for key, labels, value in (
        ("a b/c?d&e=f", ("ünï", " "), {"text": "é\u2028\u0000", "": {"": []}}),
        (".", ("*",), {"deep": [[{"a": {"b": [None, True, -0.0, 1e100]}}]]}),
        ("k", ("langgraph",), {}),
        ("", ("x",), {"no": "key"}),
    ):
        await shelf.put(key, value, *labels)
        await shelf.get(key, *labels)
    await shelf.search(limit=100)


@scenario("store: index and ttl are taken")
async def index_and_ttl(ask: Ask) -> None:
    shelf = Shelf(ask)
    for number, index in enumerate((False, None, [], ["name", "tags[*]", "a.b", "$", "("])):
        await shelf.put(f"index {number}", {"name": "Ada"}, index=index)
    for ttl in (None, 0, -1, 0.0001, 60, 1e300):
        await shelf.put("ttl", {"ttl": ttl}, ttl=ttl)
        await shelf.get("ttl")
    for flag in ("true", "false", "", "bogus"):
        await shelf.get("ttl", more=f"&refresh_ttl={flag}")
    for refresh in (True, False, None):
        await shelf.search(refresh_ttl=refresh)


@scenario("store: of several namespaces in a query the last is read")
async def repeated(ask: Ask) -> None:
    shelf = Shelf(ask)
    await shelf.put("k", {"n": 1}, "a")
    await shelf.get("k", "a", more="&namespace=elsewhere")
    await ask("GET", f"{ITEMS}?namespace=elsewhere&namespace={shelf.root}.a&key=k")


@scenario("store: HEAD, wrong methods, a slash too much")
async def methods(ask: Ask) -> None:
    shelf = Shelf(ask)
    await shelf.put("k", {})
    await ask("HEAD", f"{ITEMS}?namespace={shelf.root}&key=k")
    for method in ("POST", "PATCH", "OPTIONS"):
        await ask(method, ITEMS)
    for path in (SEARCH, NAMESPACES):
        for method in ("GET", "PUT", "DELETE"):
            await ask(method, path)
    await ask("GET", "/store")
    await ask("POST", f"{ITEMS}/")


@scenario("store: items stay where they were, and come back last")
async def order(ask: Ask) -> None:
    shelf = Shelf(ask)
    for key, label in (("1", "b"), ("2", "a"), ("3", "b"), ("1", "b")):
        await shelf.put(key, {"key": key}, label)
    await shelf.search()
    await shelf.delete("1", "b")
    await shelf.search()
    await shelf.put("1", {}, "b")
    await shelf.search()


# --- searching ---------------------------------------------------------------------------------------------


async def full(ask: Ask) -> Shelf:
    shelf = Shelf(ask)
    for number in range(12):
        await shelf.put(f"k{number}", {"n": number, "even": number % 2 == 0}, *["a", "b", "c"][: number % 4])
    return shelf


@scenario("store: pages of a search")
async def pages(ask: Ask) -> None:
    shelf = await full(ask)
    for query in (
        {},
        {"limit": 3},
        {"limit": 3, "offset": 10},
        {"offset": 5},
        {"offset": 100},
        {"limit": 100},
        {"limit": 0},
        {"limit": -1},
        {"limit": 1, "offset": -1},
        {"limit": 2.0, "offset": 0},
        {"limit": 10**15},
    ):
        await shelf.search(**query)


@scenario("store: prefixes of a search are whole labels")
async def prefixes(ask: Ask) -> None:
    shelf = await full(ask)
    for labels in (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"], ["b"], ["*"], ["A"]):
        await shelf.search(*labels, limit=100)
    await ask("POST", SEARCH, {"namespace_prefix": [shelf.root[:-1]]})
    await ask("POST", SEARCH, {"namespace_prefix": ["langgraph"]})


@scenario("store: a filter and a page")
async def filtered_pages(ask: Ask) -> None:
    shelf = await full(ask)
    await shelf.search(filter={"even": True}, limit=2, offset=1)
    await shelf.search("a", filter={"n": {"$gte": 5}, "even": False})
    await shelf.search(filter={}, limit=1)
    await shelf.search(filter=None, limit=1)
    await shelf.search(query=None, limit=1)
    await shelf.search(query="", limit=1, unknown="field")


VALUES: dict[str, Any] = {
    "int": {"n": 1},
    "float": {"n": 1.0},
    "two": {"n": 2},
    "text": {"n": "1"},
    "true": {"n": True},
    "null": {"n": None},
    "none": {"m": 1},
    "mapping": {"n": {"a": 1, "b": 2}},
    "deep": {"n": {"a": {"b": 5}}},
    "list": {"n": [1, 2]},
    "list of mappings": {"n": [{"a": 1, "b": 2}]},
    "dotted": {"n.a": 1},
    "dollar": {"$eq": 1},
}
FILTERS: dict[str, list[Any]] = {
    "scalars": [
        {"n": 1},
        {"n": True},
        {"n": "1"},
        {"n": 1.5},
        {"m": 1, "n": 1},
        {"": 1},
        {"n.a": 1},
        {"$eq": 1},
    ],
    "null": [{"n": None}, {"x": None}, {"n": {"a": None}}, {"x": {"$eq": None}}, {"n": {"$ne": None}}],
    "mappings": [{"n": {}}, {"n": {"a": 1}}, {"n": {"a": 1, "b": 2}}, {"n": {"a": {"b": 5}}}, {"x": {}}],
    "lists": [{"n": [1, 2]}, {"n": [1]}, {"n": [True, 2.0]}, {"n": [{"a": 1}]}, {"n": []}, {"n": [[1], 2]}],
    "equal": [
        {"n": {"$eq": 1}},
        {"n": {"$eq": {"a": 1}}},
        {"n": {"$eq": {"a": 1, "b": 2}}},
        {"n": {"$eq": [1, 2]}},
    ],
    "unequal": [{"n": {"$ne": 1}}, {"x": {"$ne": 1}}, {"n": {"$ne": {"a": 1}}}, {"n": {"$eq": 1, "$ne": 2}}],
    "inside": [{"n": {"a": {"$eq": 1}}}, {"n": [{"a": {"$gt": 0}}]}, {"n": [{"$eq": 1}, {"$gte": 2}]}],
    "nothing at all": [
        {"m": 1, "n": {"$in": [1]}},
        {"x": 1, "y": {"$gt": "a"}},
        {"n": {"$eq": 99, "$in": 1}},
    ],
}


def filters(name: str) -> None:
    @scenario(f"store: filters, {name}")
    async def filtered(ask: Ask) -> None:
        shelf = Shelf(ask)
        for key, value in VALUES.items():
            await shelf.put(key, value)
        for wanted in FILTERS[name]:
            await shelf.search(filter=wanted, limit=100)


for _name in FILTERS:
    filters(_name)


def compares(name: str, values: list[Any], operands: list[Any]) -> None:
    @scenario(f"store: filters that compare, {name}")
    async def compared(ask: Ask) -> None:
        shelf = Shelf(ask)
        for number, value in enumerate(values):
            await shelf.put(f"k{number}", {"n": value})
        for operand in operands:
            for sign in ("$gt", "$gte", "$lt", "$lte"):
                await shelf.search(filter={"n": {sign: operand}})
        await shelf.search(filter={"n": {"$gt": operands[0], "$lt": operands[-1]}})


compares("numbers", [1, 2, 3, 2.5, -7, 1e100], [2, 2.5, True, -1e300, 3])
compares(
    "numbers and texts that are numbers", [1, 2, "3", " 4 ", "1e1", "1_0"], ["2", " 2 ", "nan", "-inf", 4]
)
compares("booleans", [True, False], [0, 1, False, True])
compares("a text that is no number", [1, "b"], [0, "0", "x"])
compares("with a text that is no number", [1, 2], ["a", "", "1,5"])


@scenario("store: operators that there are not")
async def no_operators(ask: Ask) -> None:
    shelf = Shelf(ask)
    await shelf.put("k", {"n": 5, "o": {"x": 1}})
    for condition in (
        {"$in": [5]},
        {"$": 1},
        {"$eq": 5, "a": 1},
        {"a": 1, "$eq": 5},
        {"$not": {"$eq": 1}},
        {"$GT": 1},
    ):
        await shelf.search(filter={"n": condition})
    await shelf.search(filter={"o": {"x": {"$exists": True}}})
    await shelf.search(filter={"absent": {"$in": 1}})
    await shelf.search(filter={"n": [{"$in": 1}]})
    await shelf.search("nowhere", filter={"n": {"$in": 1}})


# --- store namespaces --------------------------------------------------------------------------------------

PLACES = ["a", "a b", "a b c", "b c", "c", "a c b", "a b c d e"]


async def tree(ask: Ask) -> Shelf:
    shelf = Shelf(ask)
    for place in PLACES:
        await shelf.put("k", {}, *place.split())
    return shelf


@scenario("store namespaces: all of them, and prefixes")
async def listed(ask: Ask) -> None:
    shelf = await tree(ask)
    for labels in (
        [],
        ["a"],
        ["a", "b"],
        ["b"],
        ["*"],
        ["*", "c"],
        ["a", "*", "c"],
        ["a", "b", "c", "d", "e", "f"],
    ):
        await shelf.namespaces(*labels)
    await ask("POST", NAMESPACES, {"prefix": ["*", "a"], "suffix": [shelf.root, "a"]})


@scenario("store namespaces: suffixes")
async def suffixes(ask: Ask) -> None:
    shelf = await tree(ask)
    for suffix in (
        [],
        ["c"],
        ["b", "c"],
        ["*", "c"],
        ["*"],
        ["a", "*"],
        [shelf.root],
        [shelf.root, "a"],
        ["*"] * 6,
    ):
        await shelf.namespaces(suffix=suffix)
    await shelf.namespaces("a", suffix=["a", "b"])


@scenario("store namespaces: cut to a depth")
async def depths(ask: Ask) -> None:
    shelf = await tree(ask)
    for depth in (1, 2, 3, 4, 99, 0, -1):
        await shelf.namespaces(max_depth=depth)
    await shelf.namespaces(max_depth=2, suffix=["c"])
    await shelf.namespaces("a", max_depth=1)


@scenario("store namespaces: pages")
async def pages_of_namespaces(ask: Ask) -> None:
    shelf = await tree(ask)
    for query in (
        {"limit": 2},
        {"limit": 2, "offset": 1},
        {"limit": 2, "max_depth": 2, "offset": 2},
        {"limit": 0},
        {"limit": -1},
        {"offset": -1},
        {"offset": 100},
    ):
        await shelf.namespaces(**query)


# --- what is refused ---------------------------------------------------------------------------------------

PUT: dict[str, Any] = {"namespace": ["a"], "key": "k", "value": {}}


def refuses(name: str, method: str, path: str, bodies: list[Any]) -> None:
    @scenario(f"store, refused: {name}")
    async def refused(ask: Ask) -> None:
        for body in bodies:
            await ask(method, path, body)


NOT_JSON: list[Any] = [b"{", b"", b"\xff", b"null", b"5", [], "text"]
LABELS: list[Any] = [
    [""],
    ["a", ""],
    ["a.b"],
    ["a", "b."],
    ["'."],
    ["it's."],
    ['".'],
    ["\n."],
    ["é."],
    ["", "."],
]

refuses("put, not an object", "PUT", ITEMS, NOT_JSON)
refuses(
    "put, something is missing", "PUT", ITEMS, [{key: PUT[key] for key in PUT if key != gone} for gone in PUT]
)
WRONG: list[tuple[str, Any]] = [
    ("namespace", "a"),
    ("namespace", None),
    ("namespace", [5]),
    ("key", 5),
    ("key", None),
    ("value", 5),
    ("value", None),
    ("value", []),
    ("index", True),
    ("index", "x"),
    ("index", [5]),
    ("index", {}),
    ("ttl", "x"),
    ("ttl", True),
]
NEITHER: list[Any] = ["x", None, [5], {}, 1.5]
WRONG_SEARCH: list[tuple[str, Any]] = [
    ("namespace_prefix", "a"),
    ("namespace_prefix", [5]),
    ("filter", []),
    ("filter", "x"),
    ("limit", None),
    ("limit", "5"),
    ("limit", 1.5),
    ("offset", None),
    ("offset", []),
    ("query", 5),
    ("refresh_ttl", "x"),
]
refuses("put, wrong types", "PUT", ITEMS, [{**PUT, key: value} for key, value in WRONG])
refuses("put, labels", "PUT", ITEMS, [{**PUT, "namespace": labels} for labels in LABELS])
refuses(
    "put, roots",
    "PUT",
    ITEMS,
    [
        {**PUT, "namespace": labels}
        for labels in ([], ["langgraph"], ["langgraph", "it's"], ["langgraph", ""])
    ],
)
refuses("delete, not an object", "DELETE", ITEMS, NOT_JSON)
refuses(
    "delete",
    "DELETE",
    ITEMS,
    [
        {},
        {"namespace": ["a"]},
        {"key": 5},
        {"key": "k", "namespace": None},
        {"key": "k", "namespace": "a"},
        {"key": "k", "namespace": [5]},
        *({"key": "k", "namespace": labels} for labels in LABELS),
        {"key": "k"},
        {"key": "k", "namespace": []},
        {"key": "k", "namespace": ["langgraph"]},
    ],
)
refuses("search, not an object", "POST", SEARCH, NOT_JSON)
refuses(
    "search, wrong types",
    "POST",
    SEARCH,
    [{"namespace_prefix": ["a"], key: value} for key, value in WRONG_SEARCH],
)
refuses("search, labels", "POST", SEARCH, [{"namespace_prefix": labels} for labels in LABELS])
refuses("namespaces, not an object", "POST", NAMESPACES, NOT_JSON)
refuses(
    "namespaces, wrong types",
    "POST",
    NAMESPACES,
    [{key: value} for key in ("prefix", "suffix", "max_depth", "limit", "offset") for value in NEITHER],
)
refuses(
    "namespaces, labels",
    "POST",
    NAMESPACES,
    [{key: labels} for key in ("prefix", "suffix") for labels in LABELS],
)


@scenario("store, refused: reading")
async def unread(ask: Ask) -> None:
    for query in (
        "",
        "?namespace=a",
        "?namespace=a&key=",
        "?key=x",
        "?namespace=&key=x",
        "?namespace=a..b&key=x",
    ):
        await ask("GET", f"{ITEMS}{query}")
    for query in (
        "?namespace=a.&key=x",
        "?namespace=a..b",
        "?namespace=langgraph&key=x",
        "?namespace=%20&key=x",
    ):
        await ask("GET", f"{ITEMS}{query}")
    await ask("DELETE", f"{ITEMS}?namespace=a&key=x")


@scenario("store: NUL in a label")
async def nul(ask: Ask) -> None:
    labels = [str(uuid4()), "nul\u0000"]
    await ask("PUT", ITEMS, {"namespace": labels, "key": "k", "value": {}})
    await ask("POST", SEARCH, {"namespace_prefix": labels})
    await ask("POST", NAMESPACES, {"prefix": labels})
