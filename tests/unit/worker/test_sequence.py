"""Real bash, real processes: what commands do, how they are ended, and that nobody of theirs is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from execution_engine.worker.family import family_here
from execution_engine.worker.guard import adopting_orphans
from execution_engine.worker.log_stream import LogStream, LogSummary
from execution_engine.worker.masking import Secrets
from execution_engine.worker.sequence import CommandSequence, Ending, Shell
from execution_engine.worker.stop import Limit, Stop, StopRequest
from execution_engine.worker.workspace import Workspace

BASH = "/bin/bash"
FAR = 60.0


@dataclass
class Bench:
    """Runs commands in a workspace and keeps what they printed."""

    workspace: Workspace
    request: StopRequest = field(default_factory=StopRequest)
    bash: str | None = BASH
    chunks: list[bytes] = field(default_factory=list)
    summary: LogSummary | None = None

    others: tuple[Limit, ...] = ()

    def run(self, *cmds: str, seconds: float = FAR, until: str = "", grace: float = 0.3, **variables: str) -> Ending:
        """``until``: the time is up once a command has made that file, however long it takes to come that far."""
        log = LogStream(lambda index, data: self.chunks.append(data), Secrets(), monotonic=time.monotonic)
        environment = {"PATH": os.environ["PATH"], **variables}
        files = [self.workspace.command_file(place, cmd) for place, cmd in enumerate(cmds, 1)]
        try:
            with adopting_orphans():
                shell = Shell(self.bash, self.workspace.code, environment, log.output)
                sequence = CommandSequence(shell, family_here(), self.request, grace=grace, monotonic=time.monotonic)
                deadline = time.monotonic() + seconds
                limit = self._once(until) if until else lambda: deadline
                return sequence.run(files, [Limit(limit, Stop("timed_out")), *self.others])
        finally:
            self.summary = log.finish()

    def _once(self, name: str) -> Callable[[], float]:
        return lambda: 0.0 if (self.workspace.code / name).exists() else time.monotonic() + 0.02

    @property
    def printed(self) -> bytes:
        return b"".join(self.chunks)

    def pid(self, name: str) -> int:
        return int((self.workspace.code / name).read_text())

    def pid_of(self, name: str) -> int:
        """Once a command has told it."""
        while not (self.workspace.code / name).exists():
            time.sleep(0.01)
        return self.pid(name)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Workspace(tmp_path) as workspace:
        yield Bench(workspace)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def daemon(name: str) -> str:
    """A double fork into a session of its own, deaf to all that can be ignored, with the log still open."""
    code = f"""
import os, signal, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
open({name!r} + '.tmp', 'w').write(str(os.getpid()))
os.rename({name!r} + '.tmp', {name!r})
time.sleep(60)
"""
    wait = f"until [ -s {name} ]; do sleep 0.02; done"
    return f"{sys.executable} -S -E - <<'END'\n{code}\nEND\n{wait}"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("exit 3", 3),
        ("false", 1),
        ("no-such-command-anywhere", 127),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("bash -c 'kill -SEGV $$'", 139),
        ("if then", 2),
    ],
)
def test_the_first_failure_ends_the_order(bench: Bench, command: str, code: int) -> None:
    ending = bench.run("echo one", command, "echo three")
    assert (ending.status, ending.exit_code, ending.reason) == ("failed", code, None)
    assert bench.printed.startswith(b"one\n")
    assert b"three" not in bench.printed


def test_cd_and_export_do_not_carry_over(bench: Bench) -> None:
    ending = bench.run("cd /; export LEFT=over; shopt -s nullglob", "pwd; echo ${LEFT-nothing}")
    assert ending == Ending("succeeded", 0, None)
    assert bench.printed.decode() == f"{bench.workspace.code}\nnothing\n"


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("""echo "it's" 'a "quote"' \\$HOME""", """it's a "quote" $HOME\n"""),
        ("echo one\necho two\n\n# done", "one\ntwo\n"),
        ("cat <<END\nheredoc $((1+1))\nEND", "heredoc 2\n"),
        ("cat <<'END'\nas is $HOME\nEND", "as is $HOME\n"),
        ("echo größe 日本 \U0001f600", "größe 日本 \U0001f600\n"),
        ("echo out; echo err >&2; echo out", "out\nerr\nout\n"),
        ("cat; echo empty", "empty\n"),
        ("echo $#$-", "0hB\n"),
        ("x='" + "a" * 300_000 + "'; echo ${#x}", "300000\n"),
    ],
)
def test_a_command_is_what_bash_reads(bench: Bench, command: str, printed: str) -> None:
    assert bench.run(command).status == "succeeded"
    assert bench.printed.decode() == printed


def test_no_profile_or_rc_file_is_read(bench: Bench, tmp_path: Path) -> None:
    for name in (".bashrc", ".bash_profile", ".profile"):
        (tmp_path / name).write_text("echo unwanted")
    bench.run("echo wanted", HOME=str(tmp_path))
    assert bench.printed == b"wanted\n"


def test_only_the_three_standard_files_are_open(bench: Bench) -> None:
    bench.run("ls /proc/self/fd | sort -n | tr '\\n' ' '")
    assert bench.printed == b"0 1 2 3 "  # 3 is the folder that ls reads


@pytest.mark.parametrize("source", ["/dev/zero", "/dev/urandom"])
def test_binary_output_without_a_line_is_whole(bench: Bench, source: str) -> None:
    ending = bench.run(f"head -c 10000000 {source} | tr '\\n' x | tee copy")
    assert ending.status == "succeeded"
    assert bench.printed == (bench.workspace.code / "copy").read_bytes()
    assert bench.summary is not None
    assert bench.summary.bytes == 10_000_000


def test_fifty_megabytes_of_lines(bench: Bench) -> None:
    bench.run("yes 0123456789012345678901234567890123456789012345678 | head -n 1000000")
    assert len(bench.printed) == 50_000_000
    assert set(map(len, bench.chunks[:-1])) == {4 * 1024 * 1024}


def test_a_timeout_is_for_the_order_and_keeps_what_was_printed(bench: Bench) -> None:
    began = time.monotonic()
    ending = bench.run("echo one", "echo -n two; : > up; sleep 60", "echo three", until="up")
    assert (ending.status, ending.exit_code, ending.reason) == ("timed_out", None, None)
    assert ending.notes == ("ended in command 2 of 3: timed_out",)
    assert bench.printed == b"one\ntwo"
    assert time.monotonic() - began < 60


def test_no_command_is_started_after_the_deadline(bench: Bench) -> None:
    ending = bench.run("echo never", seconds=-1.0)
    assert (ending.status, ending.notes) == ("timed_out", ("ended before command 1 of 1: timed_out",))
    assert bench.printed == b""


def test_an_interrupt_comes_once_and_may_be_cleaned_up_after(bench: Bench) -> None:
    code = """
import signal, sys, time
def clean(number, frame):
    signal.signal(signal.SIGINT, lambda *_: print('interrupted again', flush=True))
    print('cleaning', flush=True); time.sleep(0.3); print('clean', flush=True); sys.exit(9)
signal.signal(signal.SIGINT, clean)
print('started', flush=True)
open('up', 'w').close()
time.sleep(60)
"""
    (bench.workspace.code / "slow.py").write_text(code)
    ending = bench.run(f"trap 'echo trapped; exit 5' INT; {sys.executable} -S -E slow.py", until="up", grace=60.0)
    assert bench.printed == b"started\ncleaning\nclean\ntrapped\n"
    assert (ending.status, ending.exit_code) == ("timed_out", 5)


def test_who_ignores_all_signals_is_killed_after_the_grace(bench: Bench) -> None:
    deaf = "trap '' INT TERM HUP; echo $BASHPID > pid; echo deaf; : > up; while :; do sleep 0.05; done"
    ending = bench.run(f'bash -c "{deaf.replace("$", chr(92) + "$")}"; echo not reached', until="up")
    assert (ending.status, ending.exit_code) == ("timed_out", None)
    assert bench.printed == b"deaf\n"
    assert not is_there(bench.pid("pid"))


def test_a_stop_that_is_asked_for_ends_the_command(bench: Bench) -> None:
    bench.request.ask(Stop("failed", "cancelled"))
    bench.request.ask(Stop("timed_out", "job_timed_out"))
    ending = bench.run("echo never")
    assert (ending.status, ending.reason) == ("failed", "cancelled")
    assert bench.printed == b""


def test_a_daemon_is_ended_with_the_order(bench: Bench) -> None:
    assert bench.run(daemon("pid"), "echo still $(kill -0 $(cat pid) && echo there)").status == "succeeded"
    assert bench.printed == b"still there\n"
    assert not is_there(bench.pid("pid"))


def test_a_daemon_is_ended_by_a_timeout(bench: Bench) -> None:
    assert bench.run(daemon("pid"), "echo on; : > up; sleep 60", until="up").status == "timed_out"
    assert b"on\n" in bench.printed
    assert not is_there(bench.pid("pid"))


def test_a_grace_ends_with_the_time_after_which_the_worker_may_be_called_lost(bench: Bench) -> None:
    """Asked to end, with a long grace; but no heartbeat lands any more."""
    asked: list[float] = []

    def ask() -> None:
        bench.pid_of("pid")
        bench.request.ask(Stop("failed", "cancelled"))
        asked.append(time.monotonic())

    lost = Stop("failed", "worker_lost", grace=0.5)
    bench.others = (Limit(lambda: (asked[0] if asked else time.monotonic()) + 1.0, lost),)
    asking = threading.Thread(target=ask)
    asking.start()
    ending = bench.run("trap '' INT TERM; echo $$ > pid.tmp; mv pid.tmp pid; while :; do sleep 0.1; done", grace=60.0)
    asking.join()
    assert (ending.status, ending.reason) == ("failed", "cancelled")
    assert 1.4 < time.monotonic() - asked[0] < 60


def test_a_background_child_that_holds_the_log_stalls_nothing(bench: Bench) -> None:
    began = time.monotonic()
    ending = bench.run("sleep 60 & echo $! > pid; echo started", "true", grace=60.0)
    assert ending == Ending("succeeded", 0, None)
    assert bench.printed == b"started\n"
    assert not is_there(bench.pid("pid"))
    assert time.monotonic() - began < 60  # it ignores the interrupt, as bash's children do, but was told


def test_background_work_goes_on_during_later_commands(bench: Bench) -> None:
    late = "(until [ -e on ]; do sleep 0.02; done; echo from the first; : > over) &"
    bench.run(late, ": > on; until [ -e over ]; do sleep 0.02; done; echo second")
    assert bench.printed == b"from the first\nsecond\n"


CHILDREN = "sleep 60 & echo $! > child; (sleep 61 & echo $! > grandchild; wait) & echo $$ > bash.tmp; mv bash.tmp bash"


@pytest.mark.parametrize("victim", ["bash", "child"])
def test_kill_9_of_what_a_command_runs(bench: Bench, victim: str) -> None:
    """The shell's end is the command's; a child's is the shell's to judge. Nothing is left of either."""
    killer = threading.Thread(target=lambda: os.kill(bench.pid_of(victim), signal.SIGKILL))
    killer.start()
    wait = "wait $(cat child); code=$?; echo shell goes on; exit $code"
    assert bench.run(f"{CHILDREN}; {wait}", "echo never") == Ending("failed", 137, None)
    killer.join()
    assert bench.printed.endswith(b"shell goes on\n") == (victim == "child")
    assert not any(is_there(bench.pid(name)) for name in ("bash", "child", "grandchild"))


@pytest.mark.parametrize("way", ["nohup {} &", "setsid {} &", "setsid -f {}", "nohup setsid {} & disown", "({} &)"])
def test_no_way_of_leaving_is_one(bench: Bench, way: str) -> None:
    stays = "bash -c \"trap '' HUP INT TERM; echo \\$\\$ > it.tmp; mv it.tmp it; while :; do sleep 0.1; done\""
    command = way.format(stays) + "\nuntil [ -s it ]; do sleep 0.02; done"
    assert bench.run(command).status == "succeeded"
    assert not is_there(bench.pid("it"))


def test_a_command_that_was_signalled_by_who_asked_for_the_stop_ends_for_that(bench: Bench) -> None:
    def ask() -> None:
        pid = bench.pid_of("bash")
        bench.request.ask(Stop("failed", "worker_lost"))
        os.kill(pid, signal.SIGKILL)

    asking = threading.Thread(target=ask)
    asking.start()
    ending = bench.run("echo $$ > bash.tmp; mv bash.tmp bash; exec sleep 60")
    asking.join()
    assert (ending.status, ending.reason) == ("failed", "worker_lost")


def test_the_last_command_failing_ends_the_background_too(bench: Bench) -> None:
    assert bench.run("sleep 60 & echo $! > pid", "exit 4").exit_code == 4
    assert not is_there(bench.pid("pid"))


def test_orphans_leave_no_zombies(bench: Bench) -> None:
    bench.run("for n in 1 2 3 4 5; do (true & ); done; sleep 0.1", "true")
    children = subprocess.run(
        ["ps", "-o", "stat=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    ).stdout.split()
    assert not [state for state in children if state.startswith("Z")]


def test_processes_that_were_there_before_are_left_alone(bench: Bench) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as before:
        try:
            bench.run("sleep 60 & echo $! > pid")
            assert not is_there(bench.pid("pid"))
            assert before.poll() is None
        finally:
            before.kill()


def test_the_hosts_own_children_meanwhile_are_left_alone(bench: Bench) -> None:
    started: list[subprocess.Popen[bytes]] = []
    announce: Callable[[], None] = bench.request.wake

    def wake() -> None:
        if not started:
            started.append(subprocess.Popen(["sleep", "60"]))
        announce()

    bench.request.wake = wake  # type: ignore[method-assign]
    bench.run("true", "sleep 60 &")
    try:
        assert started[0].poll() is None
    finally:
        started[0].kill()
        started[0].wait()


def test_a_worker_without_bash_says_so(bench: Bench) -> None:
    bench.bash = None
    ending = bench.run("true")
    assert (ending.status, ending.exit_code) == ("failed", 126)
    assert "no bash on the worker's PATH" in ending.notes[0]


def test_an_environment_too_large_for_the_kernel_is_told(bench: Bench) -> None:
    ending = bench.run("true", HUGE="x" * 3_000_000)
    assert (ending.status, ending.exit_code) == ("failed", 126)
    assert "Argument list too long" in ending.notes[0]
