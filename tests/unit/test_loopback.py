"""Which hosts are this machine."""

from __future__ import annotations

import pytest

from execution_engine.loopback import is_below_localhost, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "a.localhost", "a1.execute-api.localhost"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "10.0.0.1", "localhost.example.com", "evil-localhost", "127.0.0.1.a.example"]
)
def test_others(host: str | None) -> None:
    assert not is_loopback(host)


def test_only_what_is_below_needs_no_resolver() -> None:
    assert is_below_localhost("a.localhost")
    assert not is_below_localhost("localhost")
