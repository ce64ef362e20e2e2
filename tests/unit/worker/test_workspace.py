from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from execution_engine.worker.workspace import Workspace

NOBODY = 65534


@contextmanager
def without_roots_powers() -> Iterator[None]:
    """Root may write anywhere, which would make these tests say nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_folders_are_fresh_and_only_ours(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a" / "b") as one, Workspace(tmp_path / "a" / "b") as two:
        assert one.folder != two.folder
        for folder in (one.folder, one.code, one.events, one.commands):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not {one.events, one.commands, one.packed.parent} & {one.code, *one.code.parents} - {one.folder}
        assert list(one.code.iterdir()) == []
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_command_is_written_as_it_is(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        file = workspace.command_file(1, "echo 'ö'\ncat \ud800")
        assert file.read_bytes() == "echo 'ö'\ncat ".encode() + b"\xed\xa0\x80\n"
        assert file.parent == workspace.commands


def test_what_commands_made_unwritable_is_removed_too() -> None:
    with without_roots_powers(), tempfile.TemporaryDirectory(dir="/tmp") as parent:  # everybody's: TMPDIR may not be
        workspace = Workspace(Path(parent))
        deep = workspace.code / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "file").write_text("x")
        (deep / "file").chmod(0)
        for folder in (deep, deep.parent, workspace.code):
            folder.chmod(0o000 if folder is deep.parent else 0o555)
        workspace.remove()
        assert os.listdir(parent) == []


def test_what_links_point_at_is_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    outside.chmod(0o555)
    with Workspace(tmp_path / "orders") as workspace:
        (workspace.code / "link").symlink_to(outside)
        workspace.events.rmdir()
        workspace.events.symlink_to(outside)
    assert (outside / "kept").exists()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o555


def test_what_can_not_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    monkeypatch.setattr("shutil.rmtree", lambda *args, **more: None)
    with capture_logs() as logs:
        workspace.remove()
    assert logs[0]["folder"] == str(workspace.folder)
