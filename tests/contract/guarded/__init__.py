"""Auth against the real server: importing this package registers every scenario."""

from tests.contract.guarded import agents, scenarios

__all__ = ["agents", "scenarios"]
