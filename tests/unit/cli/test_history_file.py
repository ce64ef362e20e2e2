"""``history TRACE --export FILE``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from unit.cli.stand import TRACE, Stand


@pytest.fixture
def ran(stand: Stand) -> Stand:
    stand.begin("build")
    stand.tell("0001", "running", attempt=1)
    stand.log("0001", b"one\n")
    stand.tell("0001", "succeeded", attempt=1)
    stand.complete("succeeded", succeeded=1)
    return stand


def test_lines(ran: Stand, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    result = ran.call("history", TRACE, "--export", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"3 events in {file}" in result.stderr
    kinds = [json.loads(line)["event_type"] for line in file.read_text().splitlines()]
    assert kinds == ["queued", "running", "succeeded"]


def test_a_page(ran: Stand, tmp_path: Path) -> None:
    file = tmp_path / "trace.HTML"
    result = ran.call("history", TRACE, "--export", file, "--json")
    assert json.loads(result.stdout) == {"file": str(file), "events": 3}
    assert file.read_text("utf-8").lstrip().startswith("<!doctype html>")
    assert ">one<" in file.read_text("utf-8")


def test_the_name_says_what_it_is_to_be(ran: Stand, tmp_path: Path) -> None:
    result = ran.call("history", TRACE, "--export", tmp_path / "trace.txt")
    assert result.exit_code == 2 and "has to end in .jsonl" in result.stderr
    assert ran.opened == []


def test_nobody_finds_half_a_file(ran: Stand, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("before")
    result = ran.call("history", "nothing", "--export", file)
    assert result.exit_code == 2
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_as_readable_as_any(ran: Stand, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    mask = os.umask(0o027)
    try:
        ran.call("history", TRACE, "--export", file)
    finally:
        os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there_is_said(ran: Stand, tmp_path: Path) -> None:
    result = ran.call("history", TRACE, "--export", tmp_path / "no" / "trace.jsonl")
    assert result.exit_code == 2 and "can't be written" in result.stderr
