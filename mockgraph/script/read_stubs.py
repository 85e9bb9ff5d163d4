"""Reading stubs: what a fixture may say, and a complaint for everything else.

The keys and their meaning stand in `script.words`; here is how each value is read. Reading never stops at the
first fault: whatever is wrong is noted, and the rest is read on.
"""

from mockgraph.meaning.channels import Channels
from mockgraph.script import words
from mockgraph.script.matching import Condition
from mockgraph.script.model import Play, Stub
from mockgraph.script.nodes import INVALID, Node, Reader, has
from mockgraph.script.places import Source
from mockgraph.script.read_play import PlayReader
from mockgraph.script.read_when import read_conditions


class StubReader:
    """Reads the stubs of one file for a graph whose channels are known."""

    def __init__(self, reader: Reader, graph_id: str, channels: Channels) -> None:
        self.reader = reader
        self.graph_id = graph_id
        self.plays = PlayReader(reader, channels)

    def stubs(self, node: Node) -> list[Stub]:
        """Every stub of a `stubs:` list, turns spelled out."""
        found: list[Stub] = []
        for at, item in enumerate(self.reader.sequence(node, "stubs", what="a list of stubs")):
            found.extend(self.stub(item, f"stubs[{at}]"))
        return found

    def stub(self, node: Node, path: str) -> list[Stub]:
        """A stub, or the several that its turns stand for."""
        reader = self.reader
        entries = reader.mapping(node, path, words.STUB, what="a stub (a mapping)")
        if entries is None:
            return []
        name = self._name(entries, node, path)
        after = reader.text(entries["after"][1], f"{path}.after") if "after" in entries else None
        after = None if after is INVALID else after
        source = Source(reader.file, node.line, node.column)
        if "turns" in entries:
            for key in ("play", "when", "times"):
                if key in entries:
                    reader.complain(
                        entries[key][0], path, f"'{key}' beside 'turns'", f"put '{key}' into a turn"
                    )
            return self._turns(entries["turns"][1], f"{path}.turns", name, after)
        if "play" not in entries and not has(node, "replay"):
            reader.complain(node, path, "a stub needs a 'play'", "'play: []' runs nothing")
        return [self._one(entries, path, name, after, source)]

    def _name(self, entries: dict[str, tuple[Node, Node]], node: Node, path: str) -> str:
        if "name" not in entries:
            self.reader.complain(node, path, "a stub needs a 'name'", "logs and reports call it by it")
            return ""
        name = self.reader.text(entries["name"][1], f"{path}.name")
        return "" if name is INVALID else str(name)

    def _turns(self, node: Node, path: str, name: str, after: str | None) -> list[Stub]:
        stubs: list[Stub] = []
        if node.kind == "list" and not node.items:
            self.reader.complain(node, path, "'turns' of no turns never play", "write at least one")
        for at, item in enumerate(self.reader.sequence(node, path, what="a list of turns")):
            turn = self.reader.mapping(item, f"{path}[{at}]", words.TURN, what="a turn (a mapping)")
            if turn is None:
                continue
            if "play" not in turn:
                self.reader.complain(
                    item, f"{path}[{at}]", "a turn needs a 'play'", "'play: []' runs nothing"
                )
            source = Source(self.reader.file, item.line, item.column)
            label = name if at == 0 else f"{name} (turn {at + 1})"
            stubs.append(self._one(turn, f"{path}[{at}]", label, after, source))
            after = label
        return stubs

    def _one(
        self, entries: dict[str, tuple[Node, Node]], path: str, name: str, after: str | None, source: Source
    ) -> Stub:
        when: tuple[Condition, ...] = ()
        if "when" in entries:
            when = read_conditions(self.reader, entries["when"][1], f"{path}.when")
        times = None
        if "times" in entries:
            times = self.reader.integer(entries["times"][1], f"{path}.times", least=1)
        play = (
            self.plays.play(
                entries["play"][1],
                f"{path}.play",
                resumes=any(condition.path.roots & {"resume", "command"} for condition in when),
            )
            if "play" in entries
            else Play((), True, frozenset())
        )
        roots = frozenset[str]().union(*(condition.path.roots for condition in when))
        return Stub(
            name=name,
            graph_id=self.graph_id,
            source=source,
            play=play,
            when=when,
            after=after,
            times=None if times is INVALID else times,
            roots=roots,
        )

    # --- play ---
