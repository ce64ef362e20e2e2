from __future__ import annotations

from pathlib import Path

from execution_engine.local.file_lock import FileLock


def test_one_holder_at_a_time_even_in_one_process(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


def test_a_block_holds_it(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"):
        assert not FileLock(tmp_path / "lock").try_acquire()
    probe = FileLock(tmp_path / "lock")
    assert probe.try_acquire()
    probe.release()


def test_the_holder_says_who_it_is_and_replaces_what_was_said(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    lock.write("longer than")
    lock.write("42")
    assert (tmp_path / "lock").read_text() == "42"
    lock.release()


def test_releasing_twice_is_releasing_once(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    lock.release()
    lock.release()
    assert lock.try_acquire()
    lock.release()
