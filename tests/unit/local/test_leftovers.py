from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution_engine.local import leftovers
from execution_engine.local.leftovers import end_leftovers
from execution_engine.local.processes import descendants
from execution_engine.worker import environment

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of a process")

FOREVER = "while :; do sleep 0.05; done"
WRITES = 'echo $$ > "$1"; '
CALM = "import sys, time; open(sys.argv[-1], 'w').write('up'); time.sleep(600)"
DEAF = "import signal; [signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, signal.SIGTERM)]\n" + CALM
# A function, and a command of it in a session of its own; the file says that both are there.
FUNCTION = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {inner!r}, sys.argv[-1]], start_new_session=True)
time.sleep(600)
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def tmp(tmp_path: Path) -> Path:
    folder = tmp_path / "state" / "tmp"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts something and waits until it has written its file, whose name is its last argument."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: object, **environ: str) -> subprocess.Popen[bytes]:
        file = tmp_path / f"up-{len(started)}"
        line = [*map(str, arguments), str(file)]
        started.append(subprocess.Popen(line, start_new_session=True, env={**os.environ, **environ}))
        until(lambda: file.exists() and bool(file.read_text()))
        return started[-1]

    yield begin
    for process in started:
        for pid in (*descendants(process.pid), process.pid):
            if pid in descendants(0):
                os.kill(pid, 9)
        process.wait()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def end(tmp: Path, grace: float = 0.3) -> None:
    end_leftovers(tmp, grace, time.monotonic, time.sleep)


def pid_in(path: Path) -> int:
    until(lambda: path.exists() and bool(path.read_text()))
    return int(path.read_text())


def is_alive(pid: int) -> bool:
    return pid in descendants(0)


@pytest.mark.parametrize("inner", [CALM, DEAF], ids=["calm", "deaf"])
def test_functions_end_with_their_commands_and_no_others_do(tmp: Path, start: Start, inner: str) -> None:
    text = FUNCTION.format(inner=inner)
    ours = start(sys.executable, script(tmp / "function" / "_worker.py", text))
    other = start(sys.executable, script(tmp.parent / "tmp-not" / "_worker.py", text))
    commands = [*descendants(ours.pid), *descendants(other.pid)]
    end(tmp)
    assert [is_alive(pid) for pid in commands] == [False, True]
    assert (ours.poll() is None, other.poll() is None) == (False, True)


@pytest.mark.parametrize("deaf", ["", "trap '' INT; "], ids=["calm", "deaf"])
def test_a_command_without_its_function_ends(tmp: Path, start: Start, deaf: str) -> None:
    file = script(tmp / "order-x" / "commands" / "0001.sh", deaf + WRITES + FOREVER)
    command = start("bash", "--noprofile", "--norc", file)
    end(tmp)
    assert command.poll() is not None


def test_a_command_is_interrupted_once(tmp: Path, start: Start, tmp_path: Path) -> None:
    text = f"trap 'echo heard >> {tmp_path}/heard' INT; {WRITES}{FOREVER}"
    start("bash", "--noprofile", "--norc", script(tmp / "order-x" / "commands" / "0001.sh", text))
    end(tmp, 0.5)
    assert (tmp_path / "heard").read_text() == "heard\n"


def test_whoever_lost_its_parent_is_known_by_its_session(tmp: Path, start: Start, tmp_path: Path) -> None:
    text = f"( bash -c 'echo $$ > {tmp_path}/lost; {FOREVER}' & ) ; {WRITES}{FOREVER}"
    start("bash", "--noprofile", "--norc", script(tmp / "order-x" / "commands" / "0001.sh", text))
    lost = pid_in(tmp_path / "lost")
    end(tmp)
    assert not is_alive(lost)


@linux
def test_whoever_went_away_is_known_by_its_environment(tmp: Path, start: Start) -> None:
    gone = start("bash", "-c", f'echo up > "$0"; {FOREVER}', AWS_EXE_SYS_EVENTS_DIR=f"{tmp}/order-x/events")
    other = start("bash", "-c", f'echo up > "$0"; {FOREVER}', AWS_EXE_SYS_EVENTS_DIR=f"{tmp.parent}/order-x/events")
    end(tmp)
    assert (gone.poll() is None, other.poll() is None) == (False, True)


def test_what_an_instance_was_running_is_told_to_terminate(tmp: Path, start: Start, tmp_path: Path) -> None:
    """Its script cares for what is below it, under whichever name."""
    hear = f"lambda *_: (open({str(tmp_path / 'told')!r}, 'w'), sys.exit())"
    text = f"import signal, sys\nsignal.signal(signal.SIGTERM, {hear})"
    folder = tmp / "commands" / "c.web-1"
    becomes = script(folder / "tmp" / "x" / "launch.zip", f"{text}\n{CALM}")
    agent = start(sys.executable, "-I", becomes)
    shell = start("sh", script(folder / "_script.sh", WRITES + FOREVER))
    end(tmp)
    assert (agent.poll(), shell.poll()) == (0, -15)
    assert (tmp_path / "told").exists()


@linux
def test_what_an_instance_started_is_known_by_its_temporary_files(tmp: Path, start: Start) -> None:
    ours = start("bash", "-c", f'echo up > "$0"; {FOREVER}', TMPDIR=f"{tmp}/commands/c.web-1/tmp")
    other = start("bash", "-c", f'echo up > "$0"; {FOREVER}', TMPDIR=f"{tmp}/order-x")
    end(tmp)
    assert (ours.poll() is None, other.poll() is None) == (False, True)


def test_a_state_folder_behind_a_link(tmp: Path, start: Start, tmp_path: Path) -> None:
    """Commands have the true names of their scripts, functions those that the user gave."""
    (tmp_path / "link").symlink_to(tmp.parent)
    file = script(tmp / "order-x" / "commands" / "0001.sh", WRITES + FOREVER)
    command = start("bash", "--noprofile", "--norc", file)
    function = start(sys.executable, script(tmp_path / "link" / "tmp" / "_worker.py", FUNCTION.format(inner=CALM)))
    end(tmp_path / "link" / "tmp")
    assert command.poll() is not None
    assert function.poll() is not None


def test_who_asks_is_spared_also_below_a_command(tmp: Path, start: Start) -> None:
    """A command that itself calls the command line."""
    asks = (
        "import sys, time; from pathlib import Path; from execution_engine.local.leftovers import end_leftovers\n"
        f"end_leftovers(Path({str(tmp)!r}), 0.1, time.monotonic, time.sleep); open(sys.argv[1], 'w').write('done')"
    )
    text = f'{sys.executable} -c "{asks}" "$1"; {FOREVER}'
    command = start("bash", "--noprofile", "--norc", script(tmp / "order-x" / "commands" / "0001.sh", text))
    assert command.poll() is None


def test_the_variable_has_the_workers_name() -> None:
    assert leftovers.EVENTS_DIR == environment.EVENTS_DIR
