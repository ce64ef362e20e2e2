"""The drawn lifecycle is the one that decides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from execution_engine.orders.lifecycle import draw
from execution_engine.orders.machine import TRANSITIONS
from execution_engine.orders.status import TERMINAL, Status

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "lifecycle.md"


def test_the_document_is_fresh() -> None:
    assert DOCUMENT.read_text("utf-8") == draw(), "docs/lifecycle.md is stale: run `make lifecycle`"


def test_the_command_prints_the_document() -> None:
    command = [sys.executable, "-m", "execution_engine.orders.lifecycle"]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=60)
    assert printed.stdout == draw()


def test_every_transition_is_drawn_once_per_source() -> None:
    lines = draw().splitlines()
    for row in TRANSITIONS:
        for source in row.sources:
            assert lines.count(f"    {source} --> {row.target}: {row.trigger}") == 1


def test_what_is_final_leads_nowhere_else() -> None:
    lines = draw().splitlines()
    for status in Status:
        ways_out = [line for line in lines if line.startswith(f"    {status} -->")]
        assert (ways_out == [f"    {status} --> [*]"]) is (status in TERMINAL)


def test_dropping_a_row_shows() -> None:
    assert draw(TRANSITIONS[1:]) != draw()
