"""A graph's state: its keys, their reducers, and how an input or a superstep's writes change the values.

Values are dicts that are never changed in place: every write makes a new one that shares what stayed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from mockgraph.meaning.messages import NewId, add_messages
from mockgraph.words.errors import GraphError

Values = dict[str, Any]


class Reducer(msgspec.Struct, frozen=True):
    """How a channel takes writes: what it starts from (None: it is absent) and how each is folded in.

    One without a fold keeps the last value, and takes one write in a superstep.
    """

    start: Any
    fold: Callable[[Any, Any, NewId], Any] | None


REDUCERS: dict[str, Reducer] = {
    "add_messages": Reducer([], lambda left, right, new_id: add_messages(left, right, new_id=new_id)),
    "append": Reducer([], lambda left, right, _new_id: left + right),
    "add": Reducer(0, lambda left, right, _new_id: left + right),
    "merge": Reducer({}, lambda left, right, _new_id: left | right),
    "last_value": Reducer(None, None),
}


class Channels(msgspec.Struct, frozen=True):
    """The schema of a graph's state.

    `declared` maps keys to reducer names, in order. With `closed`, keys that it lacks are dropped.
    `input_keys` and `output_keys` narrow what a run takes and what its views show; `starts` names the channels
    that are there before they are written (None: each whose reducer has a zero), and `zero` is how they are then;
    `folds` are those of the declared keys that have one.
    """

    declared: dict[str, str] = {}
    closed: bool = False
    input_keys: tuple[str, ...] | None = None
    output_keys: tuple[str, ...] | None = None
    starts: tuple[str, ...] | None = None
    zero: Values = {}
    folds: dict[str, tuple[Any, Callable[[Any, Any, NewId], Any]]] = {}

    def __post_init__(self) -> None:
        reducers = {key: REDUCERS[name] for key, name in self.declared.items()}
        folds = {key: (own.start, own.fold) for key, own in reducers.items() if own.fold is not None}
        msgspec.structs.force_setattr(self, "folds", folds)
        zero = {
            key: own.start
            for key, own in reducers.items()
            if own.start is not None and (self.starts is None or key in self.starts)
        }
        msgspec.structs.force_setattr(self, "zero", zero)

    def start(self) -> Values:
        """The values before anything was written: reducer channels at their zero."""
        return self.zero

    def found(self, before: Values | None) -> Values:
        """The values that a run begins with: those of its thread, as far as the schema knows them."""
        if before is None:
            return self.start()
        known = not self.closed or before.keys() <= self.declared.keys()
        if known and self.zero.keys() <= before.keys():
            return before
        if known:
            return self._in_order({**self.zero, **before})
        return {**self.start(), **{key: value for key, value in before.items() if key in self.declared}}

    def takes(self, given: Any) -> Values:
        """The keys of an input that the graph reads; raises what the real server fails such a run with."""
        if not isinstance(given, dict):
            got = given if isinstance(given, str) else repr(given)
            raise GraphError(
                "InvalidUpdateError",
                f"Expected dict, got {got}\nFor troubleshooting, visit: https://docs.langchain.com/oss/"
                "python/langgraph/errors/INVALID_GRAPH_NODE_RETURN_VALUE",
            )
        return {key: value for key, value in given.items() if self._reads(key)}

    def _reads(self, key: str) -> bool:
        if self.input_keys is not None:
            return key in self.input_keys
        return not self.closed or key in self.declared

    def write(self, values: Values, writes: Iterable[Mapping[str, Any]], *, new_id: NewId) -> Values:
        """The values after the writes of one superstep, in order."""
        changed, folds = dict(values), self.folds
        last: set[str] = set()
        for write in writes:
            for key, value in write.items():
                known = folds.get(key)
                if known is not None:
                    start, fold = known
                    try:
                        changed[key] = fold(changed.get(key, start), value, new_id)
                    except _RAISED as error:
                        # What a fold raises is what the graph's own reducer would have raised: Python's error.
                        raise GraphError(type(error).__name__, _said(error)) from None
                elif not self.closed or key in self.declared:
                    if key in last:
                        raise GraphError("InvalidUpdateError", _TWICE.format(key=key))
                    last.add(key)
                    changed[key] = value
        if self.declared and len(changed) != len(values):
            return self._in_order(changed)
        return changed

    def _in_order(self, values: Values) -> Values:
        ordered = {key: values[key] for key in self.declared if key in values}
        ordered.update(values)
        return ordered

    def whole(self) -> "Channels":
        """The same schema with nothing held back from its views."""
        return msgspec.structs.replace(self, output_keys=None)

    def output(self, values: Values) -> Values:
        """What streams and waits show of the values."""
        if self.output_keys is None:
            return values
        return {key: values[key] for key in self.output_keys if key in values}

    def shows(self, key: str) -> bool:
        """Whether streams and waits show a key."""
        return self.output_keys is None or key in self.output_keys

    def shows_any(self, writes: Iterable[Mapping[str, Any]] | None) -> bool:
        """Whether they show any of what was written; where nothing was, they show the values as they are."""
        if self.output_keys is None or writes is None:
            return True
        return any(self.shows(key) for write in writes for key in write)


_TWICE = (
    "At key '{key}': Can receive only one value per step. Use an Annotated key to handle multiple values.\n"
    "For troubleshooting, visit: https://docs.langchain.com/oss/python/langgraph/errors/"
    "INVALID_CONCURRENT_GRAPH_UPDATE"
)


_RAISED = (TypeError, ValueError, LookupError, AttributeError)


def _said(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
