"""Reading `auth:`: credentials, whom they stand for, and what identities may do."""

from collections.abc import Mapping
from typing import Any

from mockgraph.script import words
from mockgraph.script.fields import read_fields
from mockgraph.script.given import Auth, Identity, Refused, Rule
from mockgraph.script.nodes import INVALID, Node, Reader, near, under
from mockgraph.script.places import Source
from mockgraph.words.vocabulary import RESERVED_METADATA

# langgraph-api 0.16.7: the resources that a custom auth can say something about, and their actions.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "threads": ("create", "read", "update", "delete", "search", "create_run"),
    "assistants": ("create", "read", "update", "delete", "search"),
    "crons": ("create", "read", "update", "delete", "search"),
    "store": ("put", "get", "delete", "search", "list_namespaces"),
}
_EVERY_ACTION = tuple(dict.fromkeys(action for actions in ACTIONS.values() for action in actions))


def read_auth(reader: Reader, node: Node) -> Auth:
    """The credentials and the rules."""
    entries = reader.mapping(node, "auth", words.AUTH) or {}
    source = Source(reader.file, node.line, node.column)
    texts = {
        key: text
        for key in ("missing", "invalid")
        if key in entries and (text := reader.text(entries[key][1], f"auth.{key}")) is not INVALID
    }
    tokens, keys = (
        _credentials(reader, entries[kind][1], f"auth.{kind}") if kind in entries else {}
        for kind in ("tokens", "keys")
    )
    if len(entries) == len(node.pairs) and node.kind == "mapping" and not entries.keys() & {"tokens", "keys"}:
        reader.complain(node, "auth", "nobody could ever call", "give 'tokens' or 'keys'")
    rules = _rules(reader, entries["rules"][1]) if "rules" in entries else ()
    return Auth(source, tokens, keys, rules=rules, **texts)


def _credentials(reader: Reader, node: Node, path: str) -> dict[str, Identity | Refused]:
    found: dict[str, Identity | Refused] = {}
    for credential, (_, value) in (reader.mapping(node, path) or {}).items():
        # Complaints do not repeat the credential.
        if not credential or credential != credential.strip():
            what = "a credential is a text without spaces around it"
            reader.complain(value, f"{path}.…", what, "no client could send it otherwise")
        elif path == "auth.tokens" and credential.lower().startswith("bearer "):
            what = "'Bearer' is the scheme, not part of a token"
            reader.complain(value, f"{path}.…", what, "leave it out: clients send it in front")
        read = _credential(reader, value, f"{path}.…")
        if read is not None:
            found[credential] = read
    return found


def _credential(reader: Reader, node: Node, path: str) -> Identity | Refused | None:
    named = {key.value for key, _ in node.pairs}
    if "status" in named:
        fields = read_fields(reader, node, path, words.REFUSED, needed=("status", "detail"))
        if fields is None:
            return None
        if fields["status"] not in (401, 403):
            what = f"expected the number 401 or 403, got {fields['status']!r}"
            reader.complain(under(node, "status"), f"{path}.status", what)
        return Refused(fields["status"], fields["detail"])
    known = {**words.IDENTITY, **{name: words.Key("", {}) for name in named if isinstance(name, str)}}
    known |= words.IDENTITY
    fields = read_fields(reader, node, path, known, needed=("identity",))
    if fields is None:
        return None
    if not fields["identity"]:
        what = "an identity cannot be empty"
        reader.complain(under(node, "identity"), f"{path}.identity", what, "name whom it stands for")
    return Identity(fields["identity"], tuple(fields.get("permissions", ())), fields)


# --- rules -----------------------------------------------------------------------------------------------


def _rules(reader: Reader, node: Node) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for at, item in enumerate(reader.sequence(node, "auth.rules", what="a list of rules")):
        path = f"auth.rules[{at}]"
        fields = read_fields(reader, item, path, words.RULE, needed=("on",))
        if fields is None:
            continue
        named = fields.pop("on")
        labels = fields.pop("own_namespace", False)
        if not labels and not set(fields) - {"detail"}:
            reader.complain(
                item, path, "a rule that says nothing", "add 'needs', 'owner', 'own_namespace' or 'deny'"
            )
        where = under(item, "on")
        for on in _places(reader, where, f"{path}.on", named):
            place = _place(reader, where, f"{path}.on", on)
            if place is None:
                continue
            if any((rule.resource, rule.action) == place for rule in rules):
                reader.complain(
                    where, f"{path}.on", f"a second rule for '{on}'", "the first alone would apply"
                )
            if labels and place[0] != "store":
                reader.complain(item, path, f"'own_namespace' says nothing about '{on}'", "it is for 'store'")
            if fields.get("owner") in (*RESERVED_METADATA, "graph_id"):
                what = f"'{fields['owner']}' is the server's to say"
                reader.complain(under(item, "owner"), f"{path}.owner", what, "owner: owner")
            if "owner" in fields and place[0] == "store":
                reader.complain(
                    item, path, "store items have no metadata with an owner", "use 'own_namespace'"
                )
            rules.append(Rule(*place, labels=labels, **fields))
    return tuple(rules)


def _places(reader: Reader, node: Node, path: str, named: Any) -> list[str]:
    places = named if isinstance(named, list) else [named]
    if not all(isinstance(place, str) for place in places):
        reader.complain(
            node, path, "expected a resource or a list of them", "on: threads, or on: [threads.read]"
        )
        return []
    return places


def _place(reader: Reader, node: Node, path: str, on: str) -> tuple[str, str] | None:
    resource, _, action = on.partition(".")
    action = action or "*"
    if resource != "*" and resource not in ACTIONS:
        what = f"expected one of {', '.join(ACTIONS)} or '*' as resource, got {resource!r}"
        reader.complain(node, path, what, near(resource, ACTIONS))
        return None
    actions = _EVERY_ACTION if resource == "*" else ACTIONS[resource]
    if action != "*" and action not in actions:
        what = f"expected one of {', '.join(actions)} or '*' as action, got {action!r}"
        reader.complain(node, path, what, near(action, actions))
        return None
    return resource, action
