"""Scripts as processes of this machine: what they see, how they end, and what becomes of what they leave behind."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from execution_engine.local.commands.agents import LOG_URL, Agents
from execution_engine.local.commands.command import Command
from execution_engine.local.commands.content import Script
from execution_engine.local.commands.errors import StartFailed
from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.commands.process import Process, interpreter
from execution_engine.local.processes import descendants, table

# What an instance's script leaves in a session of its own, with a command in another below it.
GUEST = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    command = subprocess.Popen(["sleep", "600"], start_new_session=True)
    open(sys.argv[1], "w").write(f"{os.getpid()} {command.pid}")
time.sleep(600)
"""


class Given:
    """Instances of a machine, in folders of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "logs").mkdir()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": "/home-of-somebody",
            "HTTPS_PROXY": "http://proxy",
            "AWS_ACCESS_KEY_ID": "AKIA",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "GATEWAY_PORT": "1",
        }
        self.started: list[Process] = []

    def start(self, text: str, grace: float = 0.3, **fields: Any) -> Process:
        command = Command("c", "d", "1", "step", "", "eu-west-1", 0.0, 30, 30, {})
        script = Script(text, fields.pop("variables", {}), 30, **fields)
        agents = Agents(self.environ, self.root / "commands", self.root / "logs", grace, time.monotonic)
        self.started.append(agents.start(Invocation(command, "web-1", "", script)))
        return self.started[-1]

    @property
    def log(self) -> str:
        return (self.root / "logs" / "c.web-1.log").read_text()


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    made = Given(tmp_path)
    yield made
    for one in made.started:
        one.look(table())
        one.kill_all()
        until(lambda one=one: one.is_gone(table()))


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + 120
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)
    return found


def ended(process: Process) -> int:
    until(lambda: process.exit_code() is not None)
    code = process.exit_code()
    assert code is not None
    until(lambda: process.is_gone(table()))
    process.close()
    return code


def with_guest(given: Given, grace: float = 0.3) -> tuple[Process, int, int]:
    """The process, its guest, and the guest's command."""
    note = given.root / "note"
    (given.root / "guest.py").write_text(GUEST)
    process = given.start(f"{sys.executable} {given.root}/guest.py {note} & wait", grace)
    guest, command = map(int, until(lambda: note.exists() and note.read_text()).split())
    return process, guest, command


def is_alive(pid: int) -> bool:
    return pid in descendants(0)


def test_a_script_sees_what_an_instance_has_and_no_more(given: Given) -> None:
    process = given.start("env; pwd; ps -o pgid= -p $$; echo $$", variables={"SSM_Say": 'a"$(b)`'})
    assert ended(process) == 0
    *lines, group, own = process.printed()[0].splitlines()
    environ = dict(line.split("=", 1) for line in lines if "=" in line)
    for name in ("PWD", "OLDPWD", "SHLVL", "_"):
        environ.pop(name, None)
    folder = given.root / "commands" / "c.web-1"
    assert environ == {
        "PATH": os.environ["PATH"],
        "HOME": "/home-of-somebody",
        "HTTPS_PROXY": "http://proxy",
        "TMPDIR": str(folder / "tmp"),
        "AWS_SSM_INSTANCE_ID": "web-1",
        "AWS_SSM_REGION_NAME": "eu-west-1",
        "SSM_Say": 'a"$(b)`',
        LOG_URL: (given.root / "logs" / "c.web-1.log").as_uri(),
    }
    assert lines[-1] == str(folder / "work")
    assert group.strip() == own
    assert not folder.exists()


def test_what_it_prints_is_kept_apart_and_logged_together(given: Given) -> None:
    process = given.start("echo out; echo err >&2; exit 7")
    assert ended(process) == 7
    assert process.printed() == ("out\n", "err\n")
    assert sorted(given.log.splitlines()) == ["err", "out"]


def test_only_the_beginning_is_kept_but_all_is_logged(given: Given) -> None:
    process = given.start(f"{sys.executable} -X utf8 -c 'print(\"é\" * 100_000)'; printf 'the end'")
    assert ended(process) == 0
    assert process.printed()[0] == "é" * 24_000
    assert given.log == "é" * 100_000 + "\nthe end"


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("#!/bin/bash\nx", ["/bin/bash"]),
        ("#! /usr/bin/env -S bash -e\nx", ["/usr/bin/env", "-S bash -e"]),
        ("x\n#!/bin/bash", ["sh"]),
        ("#!\nx", ["sh"]),
        ("", ["sh"]),
    ],
)
def test_the_first_line_may_name_who_runs_it(text: str, program: list[str]) -> None:
    assert interpreter(text) == program


def test_a_script_runs_as_its_first_line_says(given: Given) -> None:
    process = given.start("#!/bin/bash\narray=(a b); echo ${array[1]} $0")
    assert ended(process) == 0
    assert process.printed()[0].startswith("b ")
    assert process.printed()[0].endswith("/_script.sh\n")


def test_a_script_that_a_signal_ended_has_no_code(given: Given) -> None:
    assert ended(given.start("kill -9 $$")) == -1


def test_it_has_not_ended_while_somebody_holds_its_output(given: Given) -> None:
    go = given.root / "go"
    process = given.start(f"while [ ! -e {go} ]; do sleep 0.05; done & echo $$")
    script = int(until(lambda: process.printed()[0]))
    until(lambda: not is_alive(script))
    assert process.exit_code() is None
    go.touch()
    assert ended(process) == 0


def test_killing_it_kills_its_group_at_once(given: Given) -> None:
    process = given.start("trap '' TERM INT; sleep 600 & echo $!; while :; do sleep 0.1; done")
    child = int(until(lambda: process.printed()[0]))
    process.look(table())
    process.kill()
    until(lambda: not is_alive(child))
    until(lambda: process.is_gone(table()))


def test_a_guest_survives_the_kill_and_may_end_by_itself(given: Given) -> None:
    process, guest, command = with_guest(given, grace=60)
    process.look(table())
    (script,) = process.pids
    process.kill()
    until(lambda: not is_alive(script))
    for _ in range(3):
        assert not process.is_gone(table())
    assert is_alive(guest)
    assert is_alive(command)
    assert process.pids == {guest}
    for pid in (command, guest):
        os.kill(pid, 9)
    until(lambda: process.is_gone(table()))
    assert process.pids == set()


def test_who_does_not_end_by_itself_is_killed(given: Given) -> None:
    process, guest, command = with_guest(given)
    process.look(table())
    process.kill()
    until(lambda: process.is_gone(table()))
    assert not is_alive(guest)
    assert not is_alive(command)


def test_nothing_lives_on_where_its_instance_is_gone(given: Given) -> None:
    process, guest, command = with_guest(given, grace=60)
    process.look(table())
    process.kill_all()
    until(lambda: not any(map(is_alive, (guest, command))))
    until(lambda: process.is_gone(table()))


def test_no_guest_of_a_lost_instance_lives_to_see_its_script_die(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    process, guest, command = with_guest(given, grace=60)
    process.look(table())
    killed: list[int] = []
    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, _noting(killed, getattr(os, name)))
    (script,) = process.pids
    process.kill_all()
    assert killed.index(guest) < killed.index(script)
    assert {guest, command} <= set(killed)


@pytest.mark.parametrize(
    "options",
    [
        {"text": "x", "folder": "/no/such/folder"},
        {"text": "\ud800"},
        {"text": "x", "variables": {"SSM_A": "\ud800x\0"}},
    ],
    ids=["folder", "no-text", "no-value"],
)
def test_what_can_not_be_started_leaves_nothing(given: Given, options: Any) -> None:
    with pytest.raises(StartFailed, match="failed to run commands"):
        given.start(**options)
    assert not list((given.root / "commands").iterdir())


def _noting(killed: list[int], kill: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def noted(pid: int, number: int) -> None:
        killed.append(pid)
        kill(pid, number)

    return noted
