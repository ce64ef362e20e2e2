"""An embedded AWS in which nothing is made yet: what a deployment is rehearsed on."""

from __future__ import annotations

from execution_engine.local.clients import Clients
from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import Identity

FOLDER = "empty"
"""Where it keeps its state, below the state folder of the one that has the engine in it."""


class EmptyAws(EmbeddedAws):
    """As its base, signatures and policies enforced, but without tables, buckets, functions, roles: whoever is inside
    makes them. What was made is there the next time. ``settings`` names none of the engine's."""

    def _provision(self, clients: Clients, identity: Identity, others: bool) -> dict[str, str]:
        return {}

    def _expire(self, clients: Clients) -> None:
        """No bucket is known here, and none of them is ours to look through."""
