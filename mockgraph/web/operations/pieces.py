"""What operations are made of: a few words of each, from which the document's full form is written."""

from typing import Any, NamedTuple

from mockgraph.web.schemas.pieces import UUID, Schema, ref

SSE = "text/event-stream"
FLAG: Schema = {"type": "boolean", "default": False}

_PATH_PARAMETERS: dict[str, tuple[str, Schema]] = {
    "thread_id": ("The thread.", UUID),
    "run_id": ("The run.", UUID),
    "assistant_id": ("The assistant.", UUID),
    "checkpoint_id": ("The checkpoint.", UUID),
    "cron_id": ("The cron.", UUID),
    "namespace": ("The checkpoint namespace of the subgraph.", {"type": "string"}),
}

_REFUSALS = {
    400: "The graph refuses it, or it cannot be done",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    422: "Not valid, or no stub matched the run",
    501: "Not built yet",
}


class Operation(NamedTuple):
    """One method of one path.

    `body` names the component schema of a JSON body, with an `example`; `answer` is the schema of what comes back
    with `status` as `kind`, None for an empty answer; `query` the schemas of its parameters; `refusals` the statuses
    of `{"detail": …}` answers; `others` further answers, by status, written out.
    """

    path: str
    method: str
    tag: str
    summary: str
    body: str | Schema | None = None
    example: Any = None
    answer: Schema | None = None
    status: int = 200
    kind: str = "application/json"
    query: dict[str, Schema] = {}
    needed: tuple[str, ...] = ()
    refusals: tuple[int, ...] = (422,)
    others: dict[int, Schema] = {}
    shown: Any = None

    def wire(self) -> Schema:
        """As the document has it."""
        operation: Schema = {"tags": [self.tag], "summary": self.summary, "operationId": self.name}
        if parameters := [*self._in_path(), *self._in_query()]:
            operation["parameters"] = parameters
        if self.body is not None:
            schema = ref(self.body) if isinstance(self.body, str) else self.body
            content: Schema = {"schema": schema}
            if self.example is not None:
                content["example"] = self.example
            operation["requestBody"] = {"required": True, "content": {"application/json": content}}
        told: Schema = {"description": "Success"}
        if self.answer is not None:
            told["content"] = {self.kind: {"schema": self.answer}}
            if self.shown is not None:
                told["content"][self.kind]["example"] = self.shown
        refused = {"content": {"application/json": {"schema": ref("ErrorResponse")}}}
        operation["responses"] = {
            str(self.status): told,
            **{str(status): other for status, other in self.others.items()},
            **{str(status): {"description": _REFUSALS[status], **refused} for status in self.refusals},
        }
        return operation

    @property
    def name(self) -> str:
        """Its name in generated clients."""
        words = self.path.replace("{", "").replace("}", "").strip("/").replace("/", "_").replace(".", "_")
        return f"{self.method}_{words.replace('-', '_')}"

    def _in_path(self) -> list[Schema]:
        return [
            {"name": name, "in": "path", "required": True, "description": told, "schema": schema}
            for name, (told, schema) in _PATH_PARAMETERS.items()
            if f"{{{name}}}" in self.path
        ]

    def _in_query(self) -> list[Schema]:
        return [
            {"name": name, "in": "query", "required": name in self.needed, "schema": schema}
            for name, schema in self.query.items()
        ]
