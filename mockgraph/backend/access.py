"""Who may do what: the rules of a fixture, applied to one identity.

Where a fixture says nothing of auth there is no access at all (None), and everybody may do everything.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from mockgraph.backend.json import loads
from mockgraph.backend.search import contains
from mockgraph.script.given import Auth, Identity, Refused, Rule
from mockgraph.words.errors import Refusal

Seen = Mapping[str, str]
"""Metadata that something has to have to be seen; empty where everything is."""

EVERYTHING: Seen = {}


def sees(seen: Seen, metadata: bytes) -> bool:
    """Whether something with this metadata (JSON) is seen."""
    return not seen or contains(loads(metadata), dict(seen))


class Access(msgspec.Struct, frozen=True):
    """What an identity may do."""

    identity: Identity
    rules: tuple[Rule, ...] = ()

    def user(self) -> dict[str, Any]:
        """The user as graphs see it, in the real server's key order."""
        own = self.identity
        return {
            "identity": own.identity,
            "is_authenticated": True,
            "display_name": own.identity,
            "permissions": list(own.permissions),
            **{key: value for key, value in own.fields.items() if key not in ("identity", "permissions")},
        }

    def allow(self, resource: str, action: str) -> Seen:
        """What of a resource is seen in an action; raises Refusal (403) where it may not be done."""
        rule = self._rule(resource, action)
        if rule is None:
            return EVERYTHING
        if rule.deny or (rule.needs is not None and rule.needs not in self.identity.permissions):
            raise _forbidden(rule, resource, action)
        return {rule.owner: self.identity.identity} if rule.owner is not None else EVERYTHING

    def allow_labels(self, action: str, labels: tuple[str, ...]) -> None:
        """Refuse a store namespace that is another's."""
        self.allow("store", action)
        rule = self._rule("store", action)
        if rule is not None and rule.labels and labels[:1] != (self.identity.identity,):
            raise _forbidden(rule, "store", action)

    def _rule(self, resource: str, action: str) -> Rule | None:
        """The narrowest of those that fit, the first of equally narrow ones."""
        for place in ((resource, action), (resource, "*"), ("*", action), ("*", "*")):
            for rule in self.rules:
                if (rule.resource, rule.action) == place:
                    return rule
        return None


def _forbidden(rule: Rule, resource: str, action: str) -> Refusal:
    said = rule.detail or "Forbidden"
    return Refusal(403, said.replace("{resource}", resource).replace("{action}", action))


def allowed(access: Access | None, resource: str, action: str) -> Seen:
    """What of a resource somebody sees in an action; everything where nobody asks who it is."""
    return EVERYTHING if access is None else access.allow(resource, action)


def authenticated(auth: Auth, *, authorization: str | None, key: str | None) -> Access:
    """Whom the credentials of a request stand for; raises Refusal (401, or what the fixture says)."""
    found: Identity | Refused | None = None
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        found = auth.tokens.get(token.strip())
    if found is None and key:
        found = auth.keys.get(key)
    if found is None:
        given = bool(authorization and auth.tokens) or bool(key and auth.keys)
        raise Refusal(401, auth.invalid if given else auth.missing)
    if isinstance(found, Refused):
        raise Refusal(found.status, found.detail)
    return Access(found, auth.rules)


def access_as(auth: Auth | None, name: str) -> Access | None:
    """What somebody may do whom the server knows by name; raises Refusal (403) for whom it does not know any more."""
    if auth is None:
        return None
    for known in (*auth.tokens.values(), *auth.keys.values()):
        if isinstance(known, Identity) and known.identity == name:
            return Access(known, auth.rules)
    raise Refusal(403, f"'{name}' is nobody whom the fixtures let in")
