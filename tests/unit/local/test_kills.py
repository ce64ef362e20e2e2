from __future__ import annotations

import os
from pathlib import Path

import pytest

from execution_engine.local.kills import KEPT, Kill, Kills
from execution_engine.local.state_folder import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path / "state")
    made.prepare()
    return made


def heard(path: Path, at: float) -> None:
    path.touch()
    os.utime(path, (at, at))


def test_the_first_start_and_one_after_a_good_end_note_nothing(folder: StateFolder) -> None:
    kills = Kills(folder)
    kills.starting(100.0)
    heard(folder.saved, 150.0)
    kills.starting(200.0)
    assert not folder.kills.exists()
    assert kills.lost(120.0) is None


def test_what_was_recorded_between_a_start_and_the_next_is_lost_unless_it_was_saved(folder: StateFolder) -> None:
    kills = Kills(folder)
    kills.starting(100.0)
    heard(folder.log, 130.0)
    kills.starting(200.0)
    assert kills.lost(120.0) == Kill(100.0, 130.0, 200.0)
    assert kills.lost(99.5) is not None, "S3 tells whole seconds"
    assert kills.lost(90.0) is None
    assert kills.lost(201.0) is None


def test_a_kill_is_forgotten_when_all_objects_of_its_time_are(folder: StateFolder) -> None:
    kills = Kills(folder)
    for now in (100.0, 200.0, 200.0 + KEPT):
        kills.starting(now)
    assert kills.lost(150.0) is None
    assert kills.lost(300.0) is not None
