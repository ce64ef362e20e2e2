"""The document that instances run: one, whose newest content counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.local.commands.stand import CONTENT, Stand

from execution_engine import resources
from execution_engine.local.names import VALUES, Identity
from execution_engine.local.provisioning import Provisioning


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def provision(stand: Stand, monkeypatch: pytest.MonkeyPatch, description: str) -> Any:
    monkeypatch.setattr(resources, "ssm_document", lambda: {**CONTENT, "description": description})
    clients: Any = {"ssm": stand.client}.__getitem__
    Provisioning(clients, Identity("a", "b", "/c/"), tunings={}, handlers={})._document()
    return stand.client.get_document(Name=VALUES["ssm_document"])


def test_a_new_content_is_the_default_version(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, description in enumerate(("first", "second"), 1):
        found = provision(stand, monkeypatch, description)
        assert (found["DocumentVersion"], json.loads(found["Content"])["description"]) == (str(number), description)


def test_the_same_content_is_no_new_version(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    provision(stand, monkeypatch, "first")
    provision(stand, monkeypatch, "first")
    assert stand.client.describe_document(Name=VALUES["ssm_document"])["Document"]["LatestVersion"] == "1"


def test_another_fault_is_none_of_ours(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(stand.client.exceptions.MaxDocumentSizeExceeded):
        provision(stand, monkeypatch, "x" * 70_000)
