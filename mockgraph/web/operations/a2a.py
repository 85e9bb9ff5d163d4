"""A2A: every operation. The names of methods with a slash are those of version 0.3, the others those of version 1."""

from mockgraph.web.operations.pieces import ERROR, SSE, Operation, answering
from mockgraph.web.schemas.pieces import INTEGER, OBJECT, STRING, UUID, Schema, enum, listed, record

_SOME_ID: Schema = {"type": ["string", "integer"]}
_METHODS = (
    *("message/send", "message/stream", "tasks/get", "tasks/cancel"),
    *("SendMessage", "SendStreamingMessage", "GetTask", "CancelTask", "ListTasks", "GetExtendedAgentCard"),
)
_MESSAGE = record(
    *("role", "parts", "messageId"),
    role=STRING,
    parts=listed(OBJECT),
    messageId=STRING,
    contextId=STRING,
    taskId=STRING,
)
_PARAMS = record(
    message=_MESSAGE,
    id=STRING,
    contextId=STRING,
    historyLength={"type": "integer", "minimum": 0, "maximum": 10},
)
_CALL = record(
    *("jsonrpc", "id", "method"), jsonrpc=enum("2.0"), id=_SOME_ID, method=enum(*_METHODS), params=_PARAMS
)
_RESULT = record(
    *("jsonrpc", "id"),
    jsonrpc=enum("2.0"),
    id={},
    result=OBJECT,
    error=record(code=INTEGER, message=STRING),
)
_NO_CARD = {400: answering("No such assistant", json=record("error", error=OBJECT))}
_CARD = "/.well-known/agent-card.json"


def _card(path: str, *, query: dict[str, Schema] | None = None) -> Operation:
    return Operation(
        path,
        "get",
        "A2A",
        "The agent card of an assistant",
        query=query or {},
        needed=tuple(query or ()),
        answer=OBJECT,
        others=_NO_CARD,
    )


OPERATIONS = [
    Operation(
        "/a2a/{assistant_id}",
        "post",
        "A2A",
        "A message of the Agent2Agent Protocol",
        body=_CALL,
        example={
            "jsonrpc": "2.0",
            "id": "1",
            "method": "message/send",
            "params": {
                "message": {
                    "role": "user",
                    "parts": [{"kind": "text", "text": "hello"}],
                    "messageId": "m-1",
                }
            },
        },
        headers={"Accept": STRING},
        needed=("Accept",),
        answer=_RESULT,
        besides={SSE: STRING},
        others={400: answering("Not what the client accepts", json=ERROR), 404: answering("Not found")},
    ),
    _card("/a2a/{assistant_id}"),
    _card("/a2a/{assistant_id}" + _CARD),
    _card("/a2a/{assistant_id}/.well-known/agent.json"),
    _card(_CARD, query={"assistant_id": UUID}),
]
