from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from execution_engine.local import state_folder
from execution_engine.local.state_folder import (
    StateFolder,
    default_state_folder,
    read_document,
    write_document,
)


def test_the_folder_follows_xdg() -> None:
    assert default_state_folder({"XDG_STATE_HOME": "/x", "HOME": "/me"}) == Path("/x/execution-engine")
    assert default_state_folder({"HOME": "/me"}) == Path("/me/.local/state/execution-engine")


def test_a_relative_xdg_folder_does_not_count() -> None:
    found = default_state_folder({"XDG_STATE_HOME": "x", "HOME": "/me"})
    assert found == Path("/me/.local/state/execution-engine")


def test_only_the_owner_may_look_in_also_when_it_was_open_before(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.mkdir(mode=0o755)
    StateFolder(root).prepare()
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_cleaning_empties_the_temporary_folder_and_keeps_a_small_log(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    (folder.tmp / "left").mkdir()
    folder.log.write_text("short")
    folder.clean()
    assert list(folder.tmp.iterdir()) == []
    assert folder.log.read_text() == "short"


def test_cleaning_sets_a_large_log_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_folder, "LOG_LIMIT", 3)
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    folder.log.write_text("long")
    folder.clean()
    assert not folder.log.exists()
    assert (folder.root / "ministack.log.1").read_text() == "long"


@pytest.mark.parametrize(("of", "limit"), [("build_logs", "BUILD_LOGS"), ("command_logs", "COMMAND_LOGS")])
def test_cleaning_keeps_the_newest_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, limit: str) -> None:
    monkeypatch.setattr(state_folder, limit, 2)
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    logs: Path = getattr(folder, of)
    for age, name in enumerate("abc"):
        path = logs / f"{name}.log"
        path.touch()
        os.utime(path, (1_000 - age, 1_000 - age))
    folder.clean()
    assert sorted(path.name for path in logs.iterdir()) == ["a.log", "b.log"]


def test_a_document_comes_back_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    write_document(path, {"a": 1})
    write_document(path, {"a": 2})
    assert read_document(path) == {"a": 2}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [None, "", "{", "[1]"])
def test_what_is_no_document_is_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "document.json"
    if content is not None:
        path.write_text(content)
    assert read_document(path) is None
