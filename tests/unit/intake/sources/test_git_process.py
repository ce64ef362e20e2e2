"""Small scripts in git's place."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from execution_engine.intake.sources.git_faults import GitFailed, TooLarge, TooSlow
from execution_engine.intake.sources.git_process import Bounds, GitProcess, disk_usage


def process(
    folder: Path,
    script: str,
    *,
    seconds: float = 30.0,
    size: int = 1_000_000,
    now: Callable[[], float] = time.monotonic,
) -> GitProcess:
    program = folder.parent / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "A": "b"}
    return GitProcess("the repository", folder, environment, Bounds(seconds, size), now() + seconds, now, str(program))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def test_what_it_says_and_how_it_ends_is_told(folder: Path) -> None:
    said = process(folder, 'echo "$A $1"; echo oops >&2; umask; pwd; exit "$2"').run("x y", "3")
    assert (said.ok, said.out, said.err) == (False, f"b x y\n0022\n{folder}\n", "oops\n")
    assert process(folder, "exit 0").run().ok


def test_it_sees_nothing_of_our_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in process(folder, "env").run().out


def test_much_output_is_kept_in_part(folder: Path) -> None:
    said = process(
        folder, "head -c 300000 /dev/zero | tr '\\0' x; (head -c 300000 /dev/zero | tr '\\0' y; echo last) >&2"
    ).run()
    assert len(said.out) == len(said.err) == 256 * 1024
    assert said.err.endswith("last\n")


def test_all_of_it_is_ended_when_the_time_is_over(folder: Path) -> None:
    with pytest.raises(TooSlow, match=r"the repository was not fetched within 0.3 s"):
        process(folder, "sleep 60 & echo $! > child; echo $$ > self; wait", seconds=0.3).run()
    for name in ("child", "self"):
        assert is_gone(int((folder / name).read_text()))


def test_all_of_it_is_ended_when_the_disk_is_used_up(folder: Path) -> None:
    with pytest.raises(TooLarge, match=r"the repository takes more than the 100,000 bytes .*git_folder"):
        process(folder, "mkdir -p a/b; sleep 60 & echo $! > child; yes > a/b/c", size=100_000).run()
    assert is_gone(int((folder / "child").read_text()))


def test_what_was_large_at_the_end_is_too_large(folder: Path) -> None:
    with pytest.raises(TooLarge):
        process(folder, "head -c 200000 /dev/zero > a", size=100_000).run()


def test_an_interrupt_ends_it(folder: Path) -> None:
    own = folder / "self"

    def now() -> float:
        if own.exists() and own.read_text().endswith("\n"):
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        process(folder, "echo $$ > self; sleep 60", now=now).run()
    assert is_gone(int(own.read_text()))


def test_without_git_that_is_said(folder: Path) -> None:
    made = GitProcess("the repository", folder, {}, Bounds(1, 1), time.monotonic() + 1, time.monotonic, "/nowhere/git")
    with pytest.raises(GitFailed, match="the repository can't be fetched: git can't be run here"):
        made.run()


def test_disk_usage_counts_files_and_follows_no_link(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "b").write_bytes(b"x" * 1000)
    (folder / "link").symlink_to("/")
    assert disk_usage(folder) == 1001
    assert disk_usage(folder / "missing") == 0


def is_gone(pid: int) -> bool:
    """Ended, or only waiting for somebody to take notice. A killed process may take a moment."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if state.stdout.strip()[:1] in ("", "Z"):
            return True
    return False
