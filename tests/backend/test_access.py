"""Rules of access: which one applies, what it allows, and what is seen."""

import pytest

from mockgraph.backend.access import Access, authenticated, sees
from mockgraph.script.given import Auth, Identity, Refused, Rule
from mockgraph.script.places import Source
from mockgraph.words.errors import Refusal

ALICE = Identity("alice", ("read",), {"identity": "alice", "permissions": ["read"], "email": "a@x.y"})


def access(*rules: Rule) -> Access:
    return Access(ALICE, rules)


def said(play: object) -> tuple[int, str]:
    with pytest.raises(Refusal) as raised:
        play()  # type: ignore[operator]
    return raised.value.status, raised.value.detail


@pytest.mark.parametrize(
    ("places", "owner"),
    [
        ([("*", "*", "a"), ("threads", "*", "b")], "b"),
        ([("*", "*", "a"), ("*", "read", "b")], "b"),
        ([("*", "read", "a"), ("threads", "*", "b")], "b"),
        ([("threads", "*", "a"), ("threads", "read", "b")], "b"),
        ([("threads", "*", "a"), ("threads", "*", "b")], "a"),
        ([("threads", "create", "a"), ("store", "*", "b")], None),
    ],
)
def test_the_narrowest_rule_alone_applies(places: list[tuple[str, str, str]], owner: str | None) -> None:
    rules = [Rule(resource, action, owner=name) for resource, action, name in places]
    assert access(*rules).allow("threads", "read") == ({} if owner is None else {owner: "alice"})


def test_without_a_rule_everything_is_seen() -> None:
    assert access().allow("threads", "delete") == {}


def test_a_missing_permission_is_a_403_in_the_fixtures_words() -> None:
    rule = Rule("*", "*", needs="write", detail="no {resource}:{action}")
    assert said(lambda: access(rule).allow("crons", "create")) == (403, "no crons:create")
    assert said(lambda: access(Rule("*", "*", needs="write")).allow("crons", "create")) == (403, "Forbidden")
    assert access(Rule("*", "*", needs="read")).allow("crons", "create") == {}


def test_deny_is_for_everybody() -> None:
    assert said(lambda: access(Rule("threads", "*", deny=True)).allow("threads", "read")) == (
        403,
        "Forbidden",
    )


@pytest.mark.parametrize("labels", [(), ("bob",), ("bob", "alice")])
def test_a_store_namespace_begins_with_its_owner(labels: tuple[str, ...]) -> None:
    rule = Rule("store", "*", labels=True, detail="wrong namespace")
    assert said(lambda: access(rule).allow_labels("put", labels)) == (403, "wrong namespace")
    access(rule).allow_labels("put", ("alice", *labels))


def test_what_is_seen_is_told_by_metadata() -> None:
    assert sees({}, b"{}")
    assert sees({"owner": "alice"}, b'{"owner":"alice","a":1}')
    assert not sees({"owner": "alice"}, b'{"owner":"bob"}')
    assert not sees({"owner": "alice"}, b"{}")


def test_the_user_as_graphs_see_it() -> None:
    assert access().user() == {
        "identity": "alice",
        "is_authenticated": True,
        "display_name": "alice",
        "permissions": ["read"],
        "email": "a@x.y",
    }


AUTH = Auth(
    Source("auth.yaml", 1),
    tokens={"t": ALICE, "old": Refused(403, "Token revoked")},
    keys={"k": ALICE},
    missing="Missing",
    invalid="Invalid",
)


@pytest.mark.parametrize(
    ("authorization", "key"), [("Bearer t", None), ("bearer  t", None), (None, "k"), ("Bearer x", "k")]
)
def test_credentials_that_are_known(authorization: str | None, key: str | None) -> None:
    assert authenticated(AUTH, authorization=authorization, key=key).identity is ALICE


@pytest.mark.parametrize(
    ("authorization", "key", "refusal"),
    [
        (None, None, (401, "Missing")),
        ("", "", (401, "Missing")),
        ("Bearer ", None, (401, "Invalid")),
        ("Bearer x", None, (401, "Invalid")),
        ("t", None, (401, "Invalid")),
        ("Basic t", None, (401, "Invalid")),
        (None, "x", (401, "Invalid")),
        ("Bearer old", None, (403, "Token revoked")),
    ],
)
def test_credentials_that_are_not(
    authorization: str | None, key: str | None, refusal: tuple[int, str]
) -> None:
    assert said(lambda: authenticated(AUTH, authorization=authorization, key=key)) == refusal
