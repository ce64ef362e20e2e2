from __future__ import annotations

from pathlib import Path

import pytest
from unit.cli.stand import JOB, Stand

from execution_engine.cli import console_command


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job file in a folder of its own, with some code beside it."""
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "Makefile").write_text("all:\n")
    path = folder / "job.yaml"
    path.write_text(JOB)
    return path


@pytest.fixture(autouse=True)
def _log_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever configures it in a test would leave loggers behind that write to what pytest captured there."""
    monkeypatch.setattr(console_command, "configure", lambda **_: None)
