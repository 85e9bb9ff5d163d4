"""The command line: serve, check, schema. What only one verb needs is imported when that verb runs."""

import argparse
import asyncio
import errno
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from mockgraph.runtime.namespaces import Namespace
    from mockgraph.script.model import Graph

DEFAULT_PORT = 2024  # as `langgraph dev`
_PORTS_TRIED = 100
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

ECHO = """\
mockgraph: 1
graph: echo
stubs:
  - name: echo a message
    when:
      input.messages[-1].content: {exists: true}
    play:
      - node: echo
        update:
          messages:
            - ai: "${input.messages[-1].content}"
  - name: echo anything
    play:
      - node: echo
        update:
          output: "${input}"
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    options = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    from mockgraph import __version__

    parser = argparse.ArgumentParser(
        prog="mockgraph", description="A test double for LangGraph's Agent Server.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"mockgraph {__version__}")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    serve = verbs.add_parser("serve", help="serve fixtures until Ctrl-C", allow_abbrev=False)
    serve.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="fixture files and folders; default: fixtures/, else an echo graph",
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    serve.add_argument(
        "--port",
        type=_port,
        help=f"the port; 0: any free one (default: {DEFAULT_PORT}, or the next free one)",
    )
    serve.add_argument("--reload", action="store_true", help="read the fixtures again when they change")
    serve.add_argument(
        "--log-level", choices=LOG_LEVELS, default="info", help="what to log on stderr (default: %(default)s)"
    )
    serve.add_argument(
        "--deterministic", action="store_true", help="the same requests get the same bytes: ids, times, order"
    )
    serve.add_argument(
        "--heartbeat",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="how often a long answer gives a sign of life (default: %(default)s)",
    )
    serve.add_argument(
        "--pace",
        type=_pace,
        default=0.1,
        metavar="SECONDS",
        help="how long clients of the newer thread protocol may take to read; 0: no time (default: %(default)s)",
    )
    serve.add_argument(
        "--allow-webhooks-to",
        action="append",
        default=[],
        metavar="HOST",
        help="post webhooks to this host too; without it, to loopback only (may be given several times)",
    )
    serve.add_argument(
        "--clock",
        choices=("real", "instant", "held"),
        default="real",
        help="how time passes: as on the machine, at once, or only when told to (default: %(default)s)",
    )
    serve.add_argument(
        "--speed",
        type=_seconds,
        default=1.0,
        metavar="FACTOR",
        help="how much faster than the machine's a real clock goes (default: %(default)s)",
    )
    serve.add_argument(
        "--seed",
        default="mockgraph",
        metavar="TEXT",
        help="what the ids of --deterministic are made of (default: %(default)s)",
    )
    serve.add_argument(
        "--journal-entries",
        type=_whole,
        default=10_000,
        metavar="N",
        help="how many requests the journal keeps (default: %(default)s)",
    )
    serve.add_argument(
        "--journal-size",
        type=_whole,
        default=8 * 2**20,
        metavar="BYTES",
        help="how large the journal may be (default: %(default)s)",
    )
    serve.add_argument(
        "--redact",
        action="append",
        default=[],
        metavar="NAME",
        help="a further header, query parameter or key whose value is a credential (may be given several times)",
    )
    serve.add_argument(
        "--namespaces",
        type=_whole,
        default=1000,
        metavar="N",
        help="how many namespaces there may be beside the root (default: %(default)s)",
    )
    serve.add_argument(
        "--allow-control-from",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="an origin beside loopback that may call /_mockgraph; '*' for all (may be given several times)",
    )
    serve.set_defaults(run=_serve)

    check = verbs.add_parser("check", help="check fixtures; exit status 1 on complaints", allow_abbrev=False)
    check.add_argument("paths", nargs="+", metavar="PATH", help="fixture files and folders")
    check.set_defaults(run=_check)

    schema = verbs.add_parser(
        "schema", help="print the JSON Schema of fixtures, for editors", allow_abbrev=False
    )
    schema.set_defaults(run=_schema)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"seconds are more than 0, got {text}")
    return seconds


def _pace(text: str) -> float:
    """A number of seconds, or none at all."""
    return 0.0 if text in ("0", "0.0") else _seconds(text)


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a number is 0 or more, got {number}")
    return number


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"a port is between 0 and 65535, got {port}")
    return port


# --- check and schema ------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    from mockgraph.runtime.namespaces import Namespace
    from mockgraph.script.loading import fixture_files, load, never_matching
    from mockgraph.words.errors import FixtureError

    try:
        graphs = load(options.paths)
        files = fixture_files(options.paths)
        Namespace(graphs)  # what they seed is sown
    except FixtureError as error:
        print(error, file=sys.stderr)
        return 1
    if not files:
        print(f"no fixtures in {', '.join(options.paths)}; they end in .yaml, .yml or .json", file=sys.stderr)
        return 1
    complaints = [complaint for graph in graphs.values() for complaint in never_matching(graph)]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        return 1
    stubs = sum(len(graph.stubs) for graph in graphs.values())
    print(f"{_count(len(files), 'file')}, {_count(len(graphs), 'graph')}, {_count(stubs, 'stub')}: all well.")
    return 0


def _schema(_options: argparse.Namespace) -> int:
    import orjson

    from mockgraph.script.words import json_schema

    print(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode())
    return 0


# --- serve -----------------------------------------------------------------------------------------------


def _serve(options: argparse.Namespace) -> int:
    import gc

    # Whatever is made until the server is ready stays for good: the collector need not look at it, now or later.
    gc.disable()
    from mockgraph.words.errors import MockgraphError

    paths = options.paths or (["fixtures"] if Path("fixtures").is_dir() else [])
    try:
        if options.reload:
            from mockgraph.runtime.reload import require

            require()
        namespace = _namespace(_graphs(paths), options)
    except MockgraphError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        listening, note = _listen(options.host, options.port)
    except OSError as error:
        from mockgraph.serving import refusal

        said = refusal(error, options.host, DEFAULT_PORT if options.port is None else options.port)
        taken = error.errno == errno.EADDRINUSE
        hint = "name another --port, or 0 for any free one" if taken else "check --host"
        print(f"{said}; {hint}", file=sys.stderr)
        return 1
    _log_to_stderr(options.log_level)
    print(_table(namespace.graphs), file=sys.stderr)
    return _serve_on(listening, namespace, options, paths, note)


def _namespace(graphs: dict[str, "Graph"], options: argparse.Namespace) -> "Namespace":
    from mockgraph.runtime.namespaces import Namespace
    from mockgraph.runtime.options import Options

    return Namespace(
        graphs,
        options=Options(
            deterministic=options.deterministic,
            heartbeat=options.heartbeat,
            pace=options.pace,
            webhook_hosts=options.allow_webhooks_to,
            seed=options.seed,
            time=options.clock,
            speed=options.speed,
            journal_entries=options.journal_entries,
            journal_size=options.journal_size,
            redact=options.redact,
            namespaces=options.namespaces,
            control_from=options.allow_control_from,
        ),
    )


def _graphs(paths: Sequence[str]) -> dict[str, "Graph"]:
    from mockgraph.script.loading import load, load_texts

    return load(paths) if paths else load_texts([("echo (built in)", ECHO)])


def _listen(host: str, port: int | None) -> tuple["socket.socket", str]:
    """A socket on the asked-for port, or on the first free one from the default on, with a note that says so."""
    from mockgraph.serving import bound

    if port is not None:
        return bound(host, port), ""
    for candidate in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        try:
            taken = "" if candidate == DEFAULT_PORT else f"  (port {DEFAULT_PORT} is taken)"
            return bound(host, candidate), taken
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return bound(host, DEFAULT_PORT), ""


def _serve_on(
    listening: "socket.socket",
    namespace: "Namespace",
    options: argparse.Namespace,
    paths: Sequence[str],
    note: str,
) -> int:
    import gc

    from mockgraph.serving import Server, address
    from mockgraph.web.app import app_of

    def ready() -> None:
        gc.freeze()
        gc.enable()
        print(f"mockgraph serves {address(listening)}{note}", flush=True)

    server = Server(app_of(namespace), ready=ready)

    async def serve() -> None:
        watching = None
        if options.reload and paths:
            from mockgraph.runtime.reload import watch

            watching = asyncio.create_task(watch(namespace, paths))
        try:
            await server.serve(sockets=[listening])
        finally:
            if watching is not None:
                watching.cancel()

    try:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(serve())
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
    return 0


def _log_to_stderr(level: str) -> None:
    import logging

    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
    logging.getLogger("mockgraph").setLevel(level.upper())


def _table(graphs: dict[str, "Graph"]) -> str:
    """What is served: a line for each graph, and one for each of its stubs."""
    if not graphs:
        return "no graphs: the fixtures name none"
    lines = []
    for graph in graphs.values():
        lines.append(f"{graph.graph_id}  ({_count(len(graph.stubs), 'stub')})")
        width = max((len(stub.name) for stub in graph.stubs), default=0)
        lines += [f"  {stub.name.ljust(width)}  {stub.source}" for stub in graph.stubs]
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
