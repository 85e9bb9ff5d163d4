"""Who may see what, in code; `../fixtures/auth.yaml` says the same as data."""

from typing import Any

from langgraph_sdk import Auth

auth = Auth()

USERS: dict[str, dict[str, Any]] = {
    "alice": {"identity": "alice", "permissions": ["read", "write"], "email": "alice@example.com"},
    "bob": {"identity": "bob", "permissions": ["read", "write"]},
    "guest": {"identity": "guest", "permissions": ["read"]},
    "reader": {"identity": "alice", "permissions": ["read"]},
    "barred": {"identity": "barred", "permissions": ["write"]},
}


@auth.authenticate
async def authenticate(authorization: str | None, headers: dict[bytes, bytes]) -> Any:
    key = headers.get(b"x-api-key")
    if key == b"bob-key":
        return USERS["bob"]
    if key and not authorization:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Invalid token")
    if not authorization:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Missing token")
    token = authorization.removeprefix("Bearer ")
    if token == "old":
        raise Auth.exceptions.HTTPException(status_code=403, detail="Token revoked")
    if token not in USERS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Invalid token")
    return USERS[token]


@auth.on
async def others(ctx: Auth.types.AuthContext, value: Any) -> Any:
    if "write" not in ctx.permissions and ctx.action not in ("read", "search"):
        raise Auth.exceptions.HTTPException(status_code=403, detail=f"no {ctx.resource}:{ctx.action}")
    if isinstance(value, dict) and isinstance(value.setdefault("metadata", {}), dict):
        value["metadata"]["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.assistants
async def assistants(ctx: Auth.types.AuthContext, value: Any) -> Any:
    return False if ctx.action == "create" or "read" not in ctx.permissions else None


@auth.on.store
async def store(ctx: Auth.types.AuthContext, value: Any) -> None:
    labels = tuple(value.get("namespace") or ())
    if labels[:1] != (ctx.user.identity,):
        raise Auth.exceptions.HTTPException(status_code=403, detail="wrong namespace")
