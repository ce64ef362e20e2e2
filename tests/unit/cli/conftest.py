from __future__ import annotations

from pathlib import Path

import pytest
from unit.cli.stand import JOB, Stand


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
