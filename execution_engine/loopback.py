"""Which hosts are this machine, whatever a resolver says (RFC 6761, section 6.3)."""

from __future__ import annotations

ADDRESS = "127.0.0.1"
NAMED = (ADDRESS, "localhost", "::1")
"""Names that every resolver takes for this machine."""


def is_loopback(host: str | None) -> bool:
    """Whether a request to ``host`` never leaves this machine: nobody else reads it, no proxy is asked."""
    return host is not None and (host in NAMED or is_below_localhost(host))


def is_below_localhost(host: str) -> bool:
    """``api.localhost``: this machine by law, but not every resolver knows it, and one might ask others."""
    return host.endswith(".localhost")
