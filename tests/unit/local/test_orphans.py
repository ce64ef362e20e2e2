from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution_engine.local.processes import descendants

# A host that adopts orphans, and a function of its own that dies and leaves a command in a session of its own.
HOST = """
import subprocess, sys, time
from execution_engine.local.orphans import Orphans
from execution_engine.local.processes import adopt_orphans
adopt_orphans()
kept = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
dies = "import subprocess, sys; child = subprocess.Popen(sys.argv[1:], start_new_session=True); print(child.pid)"
function = subprocess.Popen([sys.executable, "-c", dies, *sys.argv[1:]], stdout=subprocess.PIPE, text=True)
leads = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(kept.pid, leads.pid, function.stdout.readline(), flush=True)
function.wait()
orphans = Orphans(1.0, time.monotonic, lambda: {leads.pid})
while True:
    orphans.end()
    time.sleep(0.05)
"""
CLEANS_UP = "trap 'touch cleaned; exit' INT; touch up; while :; do sleep 0.05; done"
DEAF = "trap '' INT TERM; touch up; while :; do sleep 0.05; done"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[set[int], int]]:
    """The ids of the children that live (one leads a session of its own, and is spared) and of the orphan."""
    command = [sys.executable, "-c", HOST, "bash", "-c", request.param]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    with process:
        kept, leads, orphan = map(int, process.stdout.readline().split())
        yield {kept, leads}, orphan
        process.kill()
        for pid in (kept, leads):
            os.kill(pid, 9)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


@pytest.mark.parametrize("host", [CLEANS_UP, DEAF], indirect=True, ids=["cleans-up", "deaf"])
def test_what_lost_its_function_ends_and_what_has_one_does_not(host: tuple[set[int], int]) -> None:
    kept, orphan = host
    until(lambda: orphan not in descendants(0))
    assert kept <= set(descendants(0))
