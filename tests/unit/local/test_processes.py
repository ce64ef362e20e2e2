from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

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


def test_a_function_may_lead_a_session_of_its_own(tmp_path: Path) -> None:
    """It is told to terminate, as the others are; whoever is no function is interrupted."""
    note = (
        "import pathlib, signal, sys\n"
        "for name in ('SIGINT', 'SIGTERM'):\n"
        "    heard = lambda number, frame, name=name: (pathlib.Path(sys.argv[1]).write_text(name), sys.exit())\n"
        "    signal.signal(getattr(signal, name), heard)\n"
        "print(1, flush=True); signal.pause()"
    )
    host = (
        "import subprocess, sys, time\n"
        "from execution_engine.local.processes import end_descendants\n"
        "import os\n"
        "made = [subprocess.Popen([sys.executable, '-c', sys.argv[1], f'{sys.argv[2]}/{place}'],"
        " start_new_session=True, stdout=subprocess.PIPE) for place in range(2)]\n"
        "[one.stdout.readline() for one in made]\n"
        "end_descendants(os.getpid(), 60, time.monotonic, time.sleep, lambda: {made[0].pid})"
    )
    subprocess.run([sys.executable, "-c", host, note, str(tmp_path)], check=True, timeout=300)
    assert [(tmp_path / str(place)).read_text() for place in range(2)] == ["SIGTERM", "SIGINT"]


def test_a_function_ends_its_commands_itself(tmp_path: Path) -> None:
    """A command hears nothing from here while its function lives."""
    program = (
        "import signal, subprocess, sys\n"
        "note = 'import signal, sys, pathlib; signal.signal(signal.SIGINT, lambda *_: pathlib.Path(sys.argv[1])."
        "write_text(chr(120))); print(1, flush=True); [signal.pause() for _ in range(9)]'\n"
        "command = subprocess.Popen([sys.executable, '-c', note, sys.argv[1]], start_new_session=True,"
        " stdout=subprocess.PIPE)\n"
        "command.stdout.readline()\n"
        "signal.signal(signal.SIGTERM, lambda *_: (command.kill(), command.wait(), sys.exit()))\n"
        "print(1, flush=True); signal.pause()"
    )
    host = "import subprocess, sys, time; subprocess.Popen([sys.executable, *sys.argv[1:]]); time.sleep(600)"
    arguments = [sys.executable, "-c", host, "-c", program, str(tmp_path / "interrupted")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end_descendants(process.pid, 60, time.monotonic, time.sleep)
        assert descendants(process.pid) == []
        process.kill()
    assert not (tmp_path / "interrupted").exists()


# The embedded AWS, a function in its process group, and a command of that in a session of its own.
FUNCTION = """
import signal, subprocess, sys, time
command = subprocess.Popen([sys.executable, "-c", {command!r}], start_new_session=True, stdout=subprocess.PIPE)
command.stdout.readline()
signal.signal(signal.SIGTERM, lambda number, frame: {on_term})
print(command.pid, flush=True)
while True: time.sleep(0.05)
"""
COUNTS = """
import signal, sys, time
def heard(number, frame): open({file!r}, "a").write("interrupted\\n")
signal.signal(signal.SIGINT, heard)
print("up", flush=True)
while True: time.sleep(0.05)
"""
AWS = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.mark.parametrize(("on_term", "heard"), [("command.send_signal(2)", 1), ("None", 0)], ids=["tells", "deaf"])
def test_a_command_is_interrupted_by_the_function_that_runs_it(tmp_path: Path, on_term: str, heard: int) -> None:
    """And by nobody else: a second interrupt makes some commands give up their clean end."""
    file = tmp_path / "heard"
    file.touch()
    function = FUNCTION.format(command=COUNTS.format(file=str(file)), on_term=on_term)
    with subprocess.Popen([sys.executable, "-c", AWS, function], stdout=subprocess.PIPE, text=True) as aws:
        assert aws.stdout is not None
        command = int(aws.stdout.readline())
        end_descendants(aws.pid, 2.0, time.monotonic, time.sleep)
        assert not is_alive(command)
    assert file.read_text() == "interrupted\n" * heard
