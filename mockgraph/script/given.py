"""What a fixture says beside its stubs: how its graph is drawn, its schemas, assistants, seeds, and who may see what."""

from collections.abc import Mapping
from typing import Any

import msgspec

from mockgraph.script.expecting import Expectation
from mockgraph.script.latency import Latency
from mockgraph.script.places import Source


class DrawnNode(msgspec.Struct, frozen=True):
    """A node as `/graph` shows it."""

    name: str
    metadata: Mapping[str, Any] = {}


class DrawnEdge(msgspec.Struct, frozen=True):
    """An edge as `/graph` shows it; `label` stands at a conditional edge."""

    source: str
    target: str
    conditional: bool = False
    label: str | None = None


class GivenAssistant(msgspec.Struct, frozen=True):
    """One more assistant of a graph: the fields of a request that would make it."""

    assistant_id: str
    fields: Mapping[str, Any]
    source: Source


class SeedRun(msgspec.Struct, frozen=True):
    """A run that a seeded thread has had: the fields of its request, and where it was written."""

    fields: Mapping[str, Any]
    source: Source


class SeedThread(msgspec.Struct, frozen=True):
    """A thread that is there from the start: its runs are played, then `values` are written to it.

    One that is given no id gets one when all files of its graph are read.
    """

    thread_id: str
    source: Source
    metadata: Mapping[str, Any] = {}
    runs: tuple[SeedRun, ...] = ()
    values: Mapping[str, Any] | None = None
    as_node: str | None = None


class SeedItem(msgspec.Struct, frozen=True):
    """A store item that is there from the start."""

    namespace: tuple[str, ...]
    key: str
    value: Mapping[str, Any]
    source: Source

    @property
    def id(self) -> str:
        """What tells it from others."""
        return f"{'.'.join(self.namespace)} {self.key}"


class Seed(msgspec.Struct, frozen=True):
    """What is there from the start."""

    threads: tuple[SeedThread, ...] = ()
    items: tuple[SeedItem, ...] = ()


class Identity(msgspec.Struct, frozen=True):
    """Whom a credential stands for. `fields` is all of it, as graphs see their user."""

    identity: str
    permissions: tuple[str, ...] = ()
    fields: Mapping[str, Any] = {}


class Refused(msgspec.Struct, frozen=True):
    """A credential that is known and refused."""

    status: int
    detail: str


class Rule(msgspec.Struct, frozen=True):
    """What an identity may do with a resource.

    `needs` is a permission; `owner` the metadata key that says whose something is; `labels` the first label of the
    store namespaces that an identity may touch is its own name; `deny` the detail of a refusal of everybody. `detail`
    is said where the permission is missing.
    """

    resource: str
    action: str
    needs: str | None = None
    owner: str | None = None
    labels: bool = False
    deny: bool = False
    detail: str | None = None


class Auth(msgspec.Struct, frozen=True):
    """Who may call, and what they see."""

    source: Source
    tokens: Mapping[str, Identity | Refused] = {}
    keys: Mapping[str, Identity | Refused] = {}
    missing: str = "Missing credentials"
    invalid: str = "Invalid credentials"
    rules: tuple[Rule, ...] = ()


class Given(msgspec.Struct, frozen=True):
    """All of it, for one graph."""

    nodes: tuple[DrawnNode, ...] | None = None
    edges: tuple[DrawnEdge, ...] | None = None
    schemas: Mapping[str, Mapping[str, Any] | None] = {}
    assistants: tuple[GivenAssistant, ...] = ()
    seed: Seed = Seed()
    auth: Auth | None = None
    latency: Latency | None = None
    expects: tuple[Expectation, ...] = ()
