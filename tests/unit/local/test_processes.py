from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from execution_engine.local.processes import descendants, end_descendants

# A child that starts a grandchild in a session of its own, and tells its id.
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {inner!r}], start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""
CALM = "import time; print('up', flush=True); time.sleep(600)"
DEAF = (
    "import signal, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True); time.sleep(600)"
)


@pytest.fixture
def family(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], int]]:
    program = FAMILY.format(inner=request.param)
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child:
        yield child, int(child.stdout.readline())
        child.kill()


def is_alive(pid: int) -> bool:
    return pid in descendants(0)


@pytest.mark.parametrize("family", [CALM], indirect=True)
def test_a_grandchild_in_another_session_is_found(family: tuple[subprocess.Popen[str], int]) -> None:
    child, grandchild = family
    assert descendants(child.pid) == [grandchild]
    assert {child.pid, grandchild} <= set(descendants(os.getpid()))
    os.kill(grandchild, 9)


@pytest.mark.parametrize("family", [CALM, DEAF], indirect=True, ids=["calm", "deaf"])
def test_all_end_also_what_hears_nothing(family: tuple[subprocess.Popen[str], int]) -> None:
    child, grandchild = family
    end_descendants(child.pid, 0.3, time.monotonic, time.sleep)
    assert not is_alive(grandchild)
    assert child.poll() is None
