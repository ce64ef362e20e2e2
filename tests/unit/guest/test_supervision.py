"""Kills from outside: of SSM's process group, of the worker, of what is in between."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.guest.instance import KEYS, PATIENCE, Heard, Instance, finished, is_running
from unit.worker.stand import Stand

# Its own number, its worker's, and that of one that has left everything it can leave, and is deaf.
COMMAND = """
trap 'echo cleaned; exit 4' INT
deaf() { trap '' INT TERM HUP; echo $BASHPID > FOLDER/deaf; while :; do sleep 0.05; done; }
( deaf & )
until [ -s FOLDER/deaf ]; do sleep 0.02; done
echo $$ > FOLDER/command
echo $PPID > FOLDER/worker
echo ready
while :; do sleep 0.05; done
"""


class Running:
    """An order that has begun."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        document = instance.launch(COMMAND.replace("FOLDER", str(folder)), log_interval=0.05, grace=2.0)
        ready, self.reported = Heard(instance.stand, KEYS.log_chunk(0)), Heard(instance.stand, KEYS.result)
        self.process = instance.start(instance.environment(document))
        ready.wait()
        self.worker, self.command, self.deaf = (
            int((folder / name).read_text()) for name in ("worker", "command", "deaf")
        )
        assert all(map(is_running, self.pids))

    @property
    def pids(self) -> tuple[int, ...]:
        return self.process.pid, self.worker, self.command, self.deaf

    def gone(self, pid: int) -> None:
        """Wait until it is."""
        try:
            watch = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        assert select.select([watch], [], [], PATIENCE)[0]
        os.close(watch)

    def bury(self) -> None:
        """What a failed test leaves."""
        for pid in self.pids:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def running(instance: Instance, tmp_path: Path) -> Iterator[Running]:
    running = Running(instance, tmp_path)
    yield running
    running.bury()


def test_the_end_of_ssms_process_group_ends_the_order_in_good_order(running: Running, instance: Instance) -> None:
    assert os.getsid(running.worker) != os.getsid(running.process.pid)
    for pipe in (running.process.stdout, running.process.stderr):
        assert pipe is not None
        pipe.close()  # SSM's agent hears no more, either
    os.killpg(running.process.pid, signal.SIGKILL)
    running.reported.wait()
    running.gone(running.worker)
    assert not any(map(is_running, (running.command, running.deaf)))
    result = instance.result
    assert (result["status"], result["reason"], result["exit_code"]) == ("failed", "worker_lost", 4)
    assert instance.log.startswith(b"ready\ncleaned\n")
    assert running.process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_the_script_is_asked_reaches_the_worker(running: Running, instance: Instance, number: int) -> None:
    running.process.send_signal(number)
    done = finished(running.process)
    assert done.returncode == 128 + signal.SIGTERM
    assert (instance.result["reason"], instance.result["exit_code"]) == ("worker_lost", 4)
    assert done.stderr.endswith("the worker was ended by signal 15\n")
    assert not any(map(is_running, running.pids))


def test_nothing_outlives_a_worker_that_is_killed(running: Running, instance: Instance, stand: Stand) -> None:
    os.kill(running.worker, signal.SIGKILL)
    done = finished(running.process)
    assert done.returncode == 128 + signal.SIGKILL
    assert done.stderr.endswith("the worker was ended by signal 9, and what it left behind was killed\n")
    assert not any(map(is_running, running.pids))
    assert KEYS.result not in stand.objects


def test_the_supervisor_alone_may_be_killed(running: Running, instance: Instance) -> None:
    os.kill(running.process.pid, signal.SIGKILL)
    running.reported.wait()
    running.gone(running.worker)
    assert not any(map(is_running, (running.command, running.deaf)))
    assert instance.result["reason"] == "worker_lost"
    finished(running.process)


def test_a_worker_ignores_no_interrupt_that_its_starter_ignored(instance: Instance) -> None:
    environment = instance.environment(instance.launch("trap 'echo heard' INT; kill -INT $$; echo on"))
    bash = str(instance.bin / "bash")
    process = subprocess.Popen(
        [bash, "-c", f"trap '' INT; exec {bash} {instance.script}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert finished(process).returncode == 0
    assert instance.log == b"heard\non\n"
