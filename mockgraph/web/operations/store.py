"""The store: every operation."""

from mockgraph.web.operations.pieces import ERROR, Operation, answering
from mockgraph.web.schemas.pieces import BOOLEAN, NULL, STRING, listed, ref

_PROFILE = {"namespace": ["users", "ada"], "key": "profile"}
# langgraph-api 0.16.7: what is wrong with a label is said in plain text, without a content type.
_NOT_VALID = {422: answering("Not valid", json=ref("ErrorResponse"), text=STRING)}

OPERATIONS = [
    Operation(
        "/store/items",
        "put",
        "Store",
        "Store an item",
        body="StorePutRequest",
        example={**_PROFILE, "value": {"likes": "tea"}},
        status=204,
        others=_NOT_VALID,
        refusals=(400,),
    ),
    Operation(
        "/store/items",
        "get",
        "Store",
        "Get an item",
        query={"key": STRING, "namespace": listed(STRING), "refresh_ttl": BOOLEAN},
        needed=("key",),
        answer={"anyOf": [ref("Item"), NULL]},
        others={
            400: answering("No key", json={"anyOf": [ref("ErrorResponse"), ERROR]}),
            **_NOT_VALID,
        },
    ),
    Operation(
        "/store/items",
        "delete",
        "Store",
        "Delete an item",
        body="StoreDeleteRequest",
        example=_PROFILE,
        status=204,
        others=_NOT_VALID,
        refusals=(400,),
    ),
    Operation(
        "/store/items/search",
        "post",
        "Store",
        "Search items",
        body="StoreSearchRequest",
        example={"namespace_prefix": ["users"], "filter": {"likes": "tea"}, "limit": 10},
        answer=ref("SearchItemsResponse"),
        others=_NOT_VALID,
        refusals=(400,),
    ),
    Operation(
        "/store/namespaces",
        "post",
        "Store",
        "List store namespaces",
        body="StoreListNamespacesRequest",
        example={"prefix": ["users"], "max_depth": 2},
        # langgraph-api 0.16.7: its document has the list alone, as `ListNamespaceResponse`.
        answer={
            "type": "object",
            "properties": {"namespaces": ref("ListNamespaceResponse")},
            "required": ["namespaces"],
        },
        others=_NOT_VALID,
    ),
]
