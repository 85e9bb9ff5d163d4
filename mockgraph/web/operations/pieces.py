"""What operations are made of: a few words of each, from which the document's full form is written."""

from typing import Any, NamedTuple

from mockgraph.web.schemas import SCHEMAS
from mockgraph.web.schemas.pieces import STRING, UUID, Schema, listed, record, ref

SSE = "text/event-stream"
JSON = "application/json"
TEXT = "text/plain"

# The graph of the examples: each server's document names one that it has instead.
GRAPH = "agent"
HELLO = {"messages": [{"role": "user", "content": "hello"}]}

# `{"error": …}`, where the real server says it so.
ERROR: Schema = record("error", error=STRING)

_PATH_PARAMETERS: dict[str, tuple[str, Schema]] = {
    "thread_id": ("The thread.", UUID),
    "run_id": ("The run.", UUID),
    "assistant_id": ("The assistant.", UUID),
    "checkpoint_id": ("The checkpoint.", UUID),
    "cron_id": ("The cron.", UUID),
    "graph": ("The graph.", STRING),
    "name": ("The name.", STRING),
    "number": ("The number of the entry.", STRING),
    "namespace": ("The checkpoint namespace of the subgraph.", STRING),
}
_REFUSALS = {
    400: "The graph refuses it, or it cannot be done",
    403: "Not allowed to whoever asks",
    404: "Not found",
    405: "Not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Not valid, or no stub matched the run",
}
_OF_BODIES = (400, 413, 422)
_PAGED = {
    "x-pagination-total": "How many there are, as far as this page tells.",
    "x-pagination-next": "The offset of the next page, if there is one.",
}


def selected(component: str) -> Schema:
    """A list of such components; where a request selects some of their properties, of what it selects."""
    part = {key: value for key, value in SCHEMAS[component].items() if key != "required"}
    return listed({"anyOf": [ref(component), part]})


def answering(told: str, **kinds: Schema) -> Schema:
    """An answer written out, with the schema of each content type: `json`, `text`."""
    names = {"json": JSON, "text": TEXT}
    content = {names[kind]: {"schema": schema} for kind, schema in kinds.items()}
    return {"description": told, **({"content": content} if content else {})}


class Operation(NamedTuple):
    """One method of one path.

    `body` names the component schema of a JSON body (or is a schema), with an `example`. `answer` is the schema of what
    comes back with `status` as `kind`, None for an empty answer; `besides` has the schemas of its further content types;
    `located` and `paged` say which headers it has. `query` and `headers` are the schemas of parameters, `needed` the
    names of those that are required, `ids` what a path parameter is where it is not the usual.
    `refusals` are the statuses of `{"detail": …}` answers, besides those that every body can meet; `others` further
    answers, by status, written out.
    """

    path: str
    method: str
    tag: str
    summary: str
    body: str | Schema | None = None
    example: Any = None
    answer: Schema | None = None
    status: int = 200
    kind: str = JSON
    besides: dict[str, Schema] = {}
    located: bool = False
    paged: bool = False
    query: dict[str, Schema] = {}
    headers: dict[str, Schema] = {}
    needed: tuple[str, ...] = ()
    ids: dict[str, Schema] = {}
    refusals: tuple[int, ...] = ()
    others: dict[int, Schema] = {}

    def wire(self, graph: str = GRAPH) -> Schema:
        """As the document has it; `graph` is what its examples run."""
        operation: Schema = {"tags": [self.tag], "summary": self.summary, "operationId": self.name}
        parameters = [*self._in_path(), *self._in("query", self.query), *self._in("header", self.headers)]
        if parameters:
            operation["parameters"] = parameters
        if self.body is not None:
            schema = ref(self.body) if isinstance(self.body, str) else self.body
            content = {"schema": schema, "example": _on(graph, self.example)}
            operation["requestBody"] = {"required": True, "content": {JSON: content}}
        operation["responses"] = {str(status): told for status, told in sorted(self._answers().items())}
        return operation

    @property
    def name(self) -> str:
        """Its name in generated clients."""
        words = self.path.strip("/").translate(str.maketrans("/-.", "___", "{}")).strip("_")
        return f"{self.method}_{words or 'root'}"

    def _answers(self) -> dict[int, Schema]:
        refused = {**self.others, self.status: self._success()}
        for status in (*self.refusals, *(_OF_BODIES if self.body is not None else ())):
            refused.setdefault(status, answering(_REFUSALS[status], json=ref("ErrorResponse")))
        return refused

    def _success(self) -> Schema:
        told: Schema = {"description": _REFUSALS.get(self.status, "Success")}
        kinds = {**({self.kind: self.answer} if self.answer is not None else {}), **self.besides}
        if kinds:
            told["content"] = {kind: {"schema": schema} for kind, schema in kinds.items()}
        headers = {"Content-Location": "Where the run is."} if self.located else _PAGED if self.paged else {}
        if headers:
            told["headers"] = {
                name: {"description": text, "schema": STRING} for name, text in headers.items()
            }
        return told

    def _in_path(self) -> list[Schema]:
        return [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": told,
                "schema": self.ids.get(name, schema),
            }
            for name, (told, schema) in _PATH_PARAMETERS.items()
            if f"{{{name}}}" in self.path
        ]

    def _in(self, place: str, schemas: dict[str, Schema]) -> list[Schema]:
        return [
            {"name": name, "in": place, "required": name in self.needed, "schema": schema}
            for name, schema in schemas.items()
        ]


def _on(graph: str, example: Any) -> Any:
    """An example, on a graph that there is."""
    if isinstance(example, dict):
        return {key: _on(graph, value) for key, value in example.items()}
    if isinstance(example, list):
        return [_on(graph, value) for value in example]
    return graph if example == GRAPH else example
