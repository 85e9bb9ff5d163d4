"""From paths to graphs: which files there are, in which order, and what they say together.

Two files may script one graph. All files are read before anybody complains, so that one look shows everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from mockgraph.meaning.channels import Channels
from mockgraph.script.given import Given, Seed, SeedThread
from mockgraph.script.model import Graph, Stub, steps_of
from mockgraph.script.nodes import Node, Reader, from_python, near
from mockgraph.script.read_head import Head, read_head
from mockgraph.script.read_stubs import StubReader
from mockgraph.script.yaml_nodes import read_yaml
from mockgraph.words.errors import Complaint, FixtureError
from mockgraph.words.ids import key_of, uuid4
from mockgraph.words.vocabulary import system_assistant_id

SUFFIXES = (".yaml", ".yml", ".json")


class _File(msgspec.Struct):
    reader: Reader
    head: Head


def fixture_files(paths: Sequence[str | Path]) -> list[Path]:
    """The files that the paths name, folders by name and in depth; raises FixtureError for what is not there."""
    files: list[Path] = []
    complaints = []
    for path in map(Path, paths):
        if path.is_dir():
            files.extend(sorted(found for found in path.rglob("*") if _is_fixture(found, path)))
        elif path.is_file():
            files.append(path)
        else:
            complaints.append(
                Complaint(str(path), None, None, "", "no such file or folder", f"looked from {Path.cwd()}")
            )
    if complaints:
        raise FixtureError(complaints)
    return files


def _is_fixture(path: Path, folder: Path) -> bool:
    """Whether a file in a folder is meant: editors want the schema beside the fixtures, and packages may be installed there."""
    if path.suffix not in SUFFIXES or path.name.endswith(".schema.json"):
        return False
    inside = path.relative_to(folder).parts
    return not any(part.startswith(".") or part == "node_modules" for part in inside) and path.is_file()


def load(paths: Sequence[str | Path], *, onto: Mapping[str, Graph] | None = None) -> dict[str, Graph]:
    """The graphs that the files script, by name, in file order; raises FixtureError with every complaint.

    `onto` are graphs that are there already: what the files say of them is added behind.
    """
    return load_texts([(str(path), _text(path)) for path in fixture_files(paths)], onto=onto)


def _text(path: Path) -> str | Complaint:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return Complaint(
            str(path), None, None, "", f"not UTF-8 (byte {error.start})", "save the file as UTF-8"
        )
    except OSError as error:
        return Complaint(
            str(path), None, None, "", f"cannot be read: {error.strerror}", "check its permissions"
        )


def load_texts(
    texts: Iterable[tuple[str, str | Complaint]], *, onto: Mapping[str, Graph] | None = None
) -> dict[str, Graph]:
    """The graphs of fixture texts, each with the file name that complaints call it by."""
    complaints: list[Complaint] = []
    files: list[_File] = []
    for name, text in texts:
        if isinstance(text, Complaint):
            complaints.append(text)
            continue
        reader = Reader(name)
        try:
            head = read_head(reader, read_yaml(text, name))
        except FixtureError as error:
            complaints.extend(error.complaints)
            continue
        if head is None:
            complaints.extend(reader.complaints)
        else:
            files.append(_File(reader, head))
    graphs: dict[str, Graph] = dict(onto or {})
    for graph_id in dict.fromkeys(file.head.graph_id for file in files):
        mine = [file for file in files if file.head.graph_id == graph_id]
        graphs[graph_id] = _graph(graph_id, mine, graphs.get(graph_id))
    complaints.extend(complaint for file in files for complaint in file.reader.complaints)
    complaints.extend(_second_auth(graphs))
    complaints.extend(_twins(graphs))
    if complaints:
        raise FixtureError(sorted(complaints, key=lambda c: (c.file, c.line or 0, c.column or 0)))
    return graphs


def _second_auth(graphs: Mapping[str, Graph]) -> list[Complaint]:
    """Auth is the server's: one graph's fixture says it for all."""
    given = [graph.given.auth for graph in graphs.values() if graph.given.auth is not None]
    return [
        Complaint(
            other.source.file,
            other.source.line,
            other.source.column,
            "auth",
            "a second 'auth' for the same server",
            f"the first is at {given[0].source}; keep one of the two",
        )
        for other in given[1:]
    ]


def _twins(graphs: Mapping[str, Graph]) -> list[Complaint]:
    """Assistants, seeded threads and store items of which another file has one of the same id."""
    own = {system_assistant_id(name): f"that of graph '{name}' itself" for name in graphs}
    first = {f"assistant {known}": whose for known, whose in own.items()}
    complaints = []
    for graph in graphs.values():
        given = graph.given
        for kind, known, what, source in [
            *(
                ("assistant", made.assistant_id, made.fields["name"], made.source)
                for made in given.assistants
            ),
            *(("thread", made.thread_id, made.thread_id, made.source) for made in given.seed.threads),
            *(("store item", made.id, made.id, made.source) for made in given.seed.items),
        ]:
            key = f"{kind} {known}"
            if key in first:
                cure = (
                    "another name, or an 'assistant_id'"
                    if kind == "assistant"
                    else "another id, or leave it out"
                )
                hint = f"the first is {first[key]}; give this one {cure}"
                complaints.append(
                    Complaint(source.file, source.line, source.column, "", f"a second {kind} '{what}'", hint)
                )
            first.setdefault(key, f"at {source}")
    return complaints


def _graph(graph_id: str, files: list[_File], base: Graph | None) -> Graph:
    channels = _channels(files, base)
    stubs: list[Stub] = list(base.stubs) if base else []
    for file in files:
        node = file.head.stubs
        if node is None:
            continue
        for stub in StubReader(file.reader, graph_id, channels).stubs(node):
            twin = next((other for other in stubs if other.name == stub.name), None)
            if twin is not None and stub.name:
                file.reader.complain(
                    Node("scalar", stub.source.line, stub.source.column),
                    "stubs",
                    f"a second stub '{stub.name}' of graph '{graph_id}'",
                    f"the first is at {twin.source}; give this one a name of its own",
                )
            stubs.append(stub)
    names = [stub.name for stub in stubs]
    for file in files:
        for stub in stubs:
            if (
                stub.source.file == file.reader.file
                and stub.after is not None
                and (stub.after not in names or stub.after == stub.name)
            ):
                file.reader.complain(
                    Node("scalar", stub.source.line, stub.source.column),
                    "stubs",
                    f"stub '{stub.name}' comes after '{stub.after}', which graph '{graph_id}' does not have",
                    near(stub.after, names) or "name a stub of the same graph",
                )
    before = frozenset(base.pause_before if base else ()).union(*(file.head.pause_before for file in files))
    after = frozenset(base.pause_after if base else ()).union(*(file.head.pause_after for file in files))
    emits = frozenset(base.transformers if base else ()).union(*(file.head.transformers for file in files))
    graph = Graph(
        graph_id,
        channels,
        pause_before=before,
        pause_after=after,
        given=_given(files, base),
        transformers=emits,
    )
    return with_stubs(graph, stubs)


def _given(files: list[_File], base: Graph | None) -> Given:
    """What the files say together beside their stubs: the drawing, schemas and auth in one of them."""
    given = base.given if base else Given()
    for file in files:
        more = file.head.given
        for key in ("nodes", "edges", "schemas", "auth", "latency"):
            if getattr(given, key) and getattr(more, key):
                file.reader.complain(
                    file.head.keys[key],
                    key,
                    f"graph '{file.head.graph_id}' has its '{key}' already",
                    "keep one of the two",
                )
        given = Given(
            nodes=given.nodes or more.nodes,
            edges=given.edges or more.edges,
            schemas=given.schemas or more.schemas,
            auth=given.auth or more.auth,
            latency=given.latency or more.latency,
            expects=given.expects + more.expects,
            assistants=given.assistants + more.assistants,
            seed=Seed(
                _with_ids(file.head.graph_id, given.seed.threads, more.seed.threads),
                given.seed.items + more.seed.items,
            ),
        )
    return given


def _with_ids(
    graph_id: str, before: tuple[SeedThread, ...], more: tuple[SeedThread, ...]
) -> tuple[SeedThread, ...]:
    """All of the seeded threads, those without an id with one that is made of their place."""
    threads = list(before)
    for thread in more:
        made = uuid4(key_of(f"{graph_id} seed {len(threads)}"))
        threads.append(msgspec.structs.replace(thread, thread_id=thread.thread_id or made))
    return tuple(threads)


def _channels(files: list[_File], base: Graph | None) -> Channels:
    given = [file for file in files if file.head.declared is not None]
    first = base.channels if base and base.channels.closed else None
    for other in given if first else given[1:]:
        assert other.head.channels_node is not None
        other.reader.complain(
            other.head.channels_node,
            "channels",
            f"graph '{other.head.graph_id}' has its channels already",
            "keep one of the two" if first else f"they stand in {given[0].reader.file}; keep one of the two",
        )
    if first:
        return first
    if not given:
        return OPEN_CHANNELS
    head = given[0].head
    return Channels(
        head.declared or {}, closed=True, input_keys=head.input_keys, output_keys=head.output_keys
    )


# Without `channels:` any key passes, and `messages` is a message list.
OPEN_CHANNELS = Channels({"messages": "add_messages"}, starts=())


def with_stubs(graph: Graph, stubs: Iterable[Stub]) -> Graph:
    """The graph with other stubs; an open schema has `messages` from the start once a play writes it."""
    stubs = tuple(stubs)
    channels = graph.channels
    if not channels.closed:
        writes = any(
            "messages" in getattr(step, "written", ())
            for stub in stubs
            for step in steps_of(stub.play.supersteps)
        )
        channels = msgspec.structs.replace(channels, starts=("messages",) if writes else ())
    roots = frozenset[str]().union(*(stub.roots for stub in stubs))
    return msgspec.structs.replace(graph, stubs=stubs, channels=channels, roots=roots)


def stubs_from_python(graph: Graph, words: dict[str, object], *, file: str, line: int) -> list[Stub]:
    """The stub, or the stubs of its turns, that a Python caller described with the words of the language."""
    try:
        node = from_python(words, line)
    except RecursionError:
        raise TypeError("a stub is made of JSON values; these are nested without end") from None
    return stubs_of(graph, node, file=file)


def stub_from_text(text: str, *, file: str) -> tuple[str, Node] | None:
    """The graph and the stub that a text describes; None where it is a fixture. Raises FixtureError."""
    node = read_yaml(text, file)
    named = {key.value: value for key, value in node.pairs}
    if node.kind != "mapping" or "mockgraph" in named:
        return None
    reader = Reader(file)
    if "graph" not in named:
        hint = "name it: 'graph: agent'; or begin a whole fixture with 'mockgraph: 1'"
        reader.complain(node, "", "a stub wants the 'graph' that it is of", hint)
        raise FixtureError(reader.complaints)
    graph_id = reader.text(named["graph"], "graph")
    if graph_id == "":
        reader.complain(named["graph"], "graph", "a graph's name cannot be empty")
    if reader.complaints:
        raise FixtureError(reader.complaints)
    pairs = [pair for pair in node.pairs if pair[0].value != "graph"]
    return graph_id, Node(node.kind, node.line, node.column, pairs=pairs)


def stubs_of(graph: Graph, node: Node, *, file: str) -> list[Stub]:
    """The stubs that a node describes, to be added to a graph; raises FixtureError."""
    reader = Reader(file)
    stubs = StubReader(reader, graph.graph_id, graph.channels).stub(node, "stub")
    taken = {stub.name: stub for stub in graph.stubs}
    names = taken.keys() | {stub.name for stub in stubs}
    for stub in stubs:
        if stub.name in taken:
            reader.complain(
                Node("scalar", node.line),
                "stub.name",
                f"a second stub '{stub.name}' of graph '{graph.graph_id}'",
                f"the first is at {taken[stub.name].source}; give this one a name of its own, or none",
            )
        if stub.after is not None and stub.after not in names:
            reader.complain(
                Node("scalar", node.line),
                "stub.after",
                f"graph '{graph.graph_id}' has no stub '{stub.after}'",
                near(stub.after, names) or "name a stub of the same graph",
            )
    if reader.complaints:
        raise FixtureError(reader.complaints)
    return stubs


def never_matching(graph: Graph) -> list[Complaint]:
    """Stubs that an earlier one always takes the run from: it fits whatever they fit, and never runs out."""
    complaints = []
    for at, stub in enumerate(graph.stubs):
        for earlier in graph.stubs[:at]:
            if earlier.times is not None or earlier.after != stub.after:
                continue
            if all(condition in stub.when for condition in earlier.when):
                complaints.append(
                    Complaint(
                        stub.source.file,
                        stub.source.line,
                        None,
                        "stubs",
                        f"stub '{stub.name}' can never match",
                        f"'{earlier.name}' ({earlier.source}) takes every run that it would; put it first, "
                        f"or give the other a narrower 'when' or a 'times'",
                    )
                )
                break
    return complaints
