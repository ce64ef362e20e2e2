from __future__ import annotations

from pathlib import Path

import pytest

from execution_engine.identifiers import RandomIdentifiers
from execution_engine.local.names import Identity


def test_an_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    first = Identity.of(path, RandomIdentifiers())
    assert Identity.of(path, RandomIdentifiers()) == first


def test_two_machines_have_nothing_in_common(tmp_path: Path) -> None:
    one = Identity.of(tmp_path / "1", RandomIdentifiers())
    other = Identity.of(tmp_path / "2", RandomIdentifiers())
    assert one.access_key != other.access_key
    assert one.secret_key != other.secret_key
    assert one.role_path != other.role_path


def test_the_key_looks_like_one_of_aws(tmp_path: Path) -> None:
    """ministack takes a key of 12 digits for an account."""
    key = Identity.of(tmp_path / "identity.json", RandomIdentifiers()).access_key
    assert key.startswith("AKIA")
    assert len(key) == 20
    assert key == key.upper()


@pytest.mark.parametrize("content", ["{", '{"access_key": "x"}'])
def test_an_unreadable_identity_is_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "identity.json"
    path.write_text(content)
    fresh = Identity.of(path, RandomIdentifiers())
    assert Identity.of(path, RandomIdentifiers()) == fresh
