from __future__ import annotations

import os
import subprocess
import sys

import pytest

from execution_engine.worker import process_table
from execution_engine.worker.process_table import Process, ignores_interrupt, parse, processes

ROW = b"%d (%s) %s 10 20 30 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 %d 0 777 0 0"


@pytest.mark.parametrize("name", [b"bash", b"a b", b"evil) Z 1 1 1 (", b"", b"\xff"])
def test_a_name_says_nothing(name: bytes) -> None:
    assert parse(ROW % (5, name, b"S", 1)) == Process(5, 10, 20, 30, 777, dead=False)


@pytest.mark.parametrize(
    ("state", "threads", "dead"), [(b"Z", 1, True), (b"X", 0, True), (b"Z", 3, False), (b"T", 1, False)]
)
def test_a_leader_with_living_threads_lives(state: bytes, threads: int, dead: bool) -> None:
    assert parse(ROW % (5, b"x", state, threads)).dead is dead


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_the_real_table() -> None:
    me = processes()[os.getpid()]
    assert (me.parent, me.group, me.session) == (os.getppid(), os.getpgrp(), os.getsid(0))
    with subprocess.Popen(["bash", "-c", "trap '' INT; echo; read"], stdin=-1, stdout=-1) as deaf:
        assert deaf.stdout
        deaf.stdout.readline()
        assert ignores_interrupt(deaf.pid)
        deaf.kill()
    assert not ignores_interrupt(deaf.pid)
    assert not ignores_interrupt(os.getpid())


def test_elsewhere_the_table_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_table, "PROC", "/no/such/folder")
    assert processes() == {}
