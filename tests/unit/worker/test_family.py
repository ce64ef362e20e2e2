"""The simpler of the two families; the other one is lived in test_sequence."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from execution_engine.worker.family import GroupFamily, LinuxFamily, family_here
from execution_engine.worker.guard import adopting_orphans, forbid_dumping

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")


def test_a_group_is_signalled_as_a_whole() -> None:
    family = GroupFamily()
    process = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60"], start_new_session=True)
    family.begin(process.pid)
    assert family.alive() == 1
    family.interrupt()
    family.nudge()
    family.kill()
    process.wait()
    until = time.monotonic() + 120
    while family.alive() and time.monotonic() < until:
        pass
    assert family.alive() == 0
    family.kill()  # nobody: nothing happens


@linux
def test_here_all_descendants_are_found() -> None:
    assert isinstance(family_here(), LinuxFamily)


def test_without_a_process_table_groups_have_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution_engine.worker.family.processes", dict)
    assert isinstance(family_here(), GroupFamily)


@linux
def test_orphans_are_adopted_meanwhile_only() -> None:
    code = (
        "from execution_engine.worker.guard import _adopts, adopting_orphans\n"
        "states = [_adopts()]\n"
        "with adopting_orphans() as done:\n"
        "    states += [done, _adopts()]\n"
        "    with adopting_orphans():\n"
        "        pass\n"
        "    states.append(_adopts())\n"
        "states.append(_adopts())\n"
        "assert states == [False, True, True, True, False], states\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@linux
def test_the_worker_can_be_made_undumpable() -> None:
    code = (
        "import ctypes\n"
        "from execution_engine.worker.guard import forbid_dumping\n"
        "assert forbid_dumping()\n"
        "assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_elsewhere_the_kernel_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not forbid_dumping()
    with adopting_orphans() as adopting:
        assert not adopting
