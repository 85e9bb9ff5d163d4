"""Reading `seed:`: threads and store items that are there from the start."""

from typing import Any

from mockgraph.script import words
from mockgraph.script.fields import read_fields, read_id
from mockgraph.script.given import Seed, SeedItem, SeedRun, SeedThread
from mockgraph.script.nodes import Node, Reader, under
from mockgraph.script.places import Source
from mockgraph.script.read_requests import read_command, read_config


def read_seed(reader: Reader, node: Node) -> Seed:
    """The threads and the store items."""
    entries = reader.mapping(node, "seed", words.SEED, what="a mapping of threads and items") or {}
    threads = _items(reader, entries, "threads", "a list of threads")
    items = _items(reader, entries, "items", "a list of store items")
    return Seed(
        tuple(
            thread
            for at, item in enumerate(threads)
            if (thread := _thread(reader, item, f"seed.threads[{at}]"))
        ),
        tuple(found for at, item in enumerate(items) if (found := _item(reader, item, f"seed.items[{at}]"))),
    )


def _items(reader: Reader, entries: dict[str, tuple[Node, Node]], key: str, what: str) -> list[Node]:
    return reader.sequence(entries[key][1], f"seed.{key}", what=what) if key in entries else []


def _thread(reader: Reader, node: Node, path: str) -> SeedThread | None:
    if node.kind == "mapping":
        runs = next((value for key, value in node.pairs if key.value == "runs"), None)
        rest = Node(
            "mapping",
            node.line,
            node.column,
            pairs=[pair for pair in node.pairs if pair[0].value != "runs"],
            flow=node.flow,
        )
    else:
        runs, rest = None, node
    fields = read_fields(reader, rest, path, words.SEED_THREAD)
    if fields is None:
        return None
    if "as_node" in fields and "values" not in fields:
        reader.complain(node, path, "'as_node' without 'values'", "say what that node wrote")
    known = read_id(reader, node, path, key="thread_id", given=fields.pop("thread_id", None))
    return SeedThread(
        known or "",
        Source(reader.file, node.line, node.column),
        runs=_runs(reader, runs, f"{path}.runs") if runs is not None else (),
        **fields,
    )


def _runs(reader: Reader, node: Node, path: str) -> tuple[SeedRun, ...]:
    found = []
    for at, item in enumerate(reader.sequence(node, path, what="a list of runs")):
        fields: dict[str, Any] | None = read_fields(reader, item, f"{path}[{at}]", words.SEED_RUN)
        if fields is not None:
            read_config(reader, item, f"{path}[{at}]", fields)
            read_command(reader, under(item, "command"), f"{path}[{at}].command", fields.get("command"))
            found.append(SeedRun(fields, Source(reader.file, item.line, item.column)))
    return tuple(found)


def _item(reader: Reader, node: Node, path: str) -> SeedItem | None:
    fields = read_fields(reader, node, path, words.SEED_ITEM, needed=("namespace", "key", "value"))
    if fields is None:
        return None
    labels = fields["namespace"]
    if not labels or any(not label or "." in label for label in labels):
        what = "a store namespace is a list of labels, each a text without dots"
        reader.complain(
            under(node, "namespace"),
            f"{path}.namespace",
            what,
            "write [users, u1] for what a client calls users.u1",
        )
    elif labels[0] == "langgraph":
        what = "'langgraph' is the server's own root label"
        reader.complain(under(node, "namespace"), f"{path}.namespace", what, "use another one")
    source = Source(reader.file, node.line, node.column)
    return SeedItem(tuple(labels), fields["key"], fields["value"], source)
