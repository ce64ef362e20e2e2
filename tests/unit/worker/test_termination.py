"""SIGTERM to a worker's own process: its commands are ended, the result says so, then the process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from unit.guest.instance import is_running

from execution_engine.worker.stop import Stop, StopRequest
from execution_engine.worker.termination import ending_in_good_order

# A worker's process in small: commands, and what is said after them.
WORKER = """
import os, sys, time
from pathlib import Path
from execution_engine.worker.family import family_here
from execution_engine.worker.guard import adopting_orphans
from execution_engine.worker.sequence import CommandSequence, Shell
from execution_engine.worker.stop import StopRequest
from execution_engine.worker.termination import ending_in_good_order

folder, request = Path(sys.argv[1]), StopRequest()
with ending_in_good_order(request), adopting_orphans():
    shell = Shell("/bin/bash", folder, dict(os.environ), os.open(os.devnull, os.O_WRONLY))
    ending = CommandSequence(shell, family_here(), request, grace=0.3, monotonic=time.monotonic).run(
        [folder / "command.sh"], []
    )
    print("result", ending.status, ending.reason, flush=True)
print("went on", flush=True)
"""
COMMAND = """
trap 'echo interrupted >> heard' INT
(trap '' INT TERM; echo $BASHPID > deaf.tmp; mv deaf.tmp deaf; while :; do sleep 0.1; done) &
until [ -s deaf ]; do sleep 0.02; done
echo $$ > bash.tmp; mv bash.tmp bash
while :; do sleep 0.1; done
"""


def test_the_commands_are_ended_first_and_then_the_process(tmp_path: Path) -> None:
    (tmp_path / "command.sh").write_text(COMMAND)
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "bash").exists():
        assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    out, _ = worker.communicate(timeout=300)
    assert out.startswith("result failed worker_lost\n")
    assert "went on" not in out
    assert worker.returncode == -signal.SIGTERM
    assert (tmp_path / "heard").read_text() == "interrupted\n"
    for name in ("bash", "deaf"):
        assert not is_running(int((tmp_path / name).read_text()))


def test_whoever_asked_first_is_heard_and_the_handler_is_as_before() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        request = StopRequest()
        request.ask(Stop("failed", "cancelled"))
        with ending_in_good_order(request):
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard == []
        assert heard == [signal.SIGTERM]
        assert request.asked == Stop("failed", "cancelled")
        with ending_in_good_order(request):
            pass
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_changes_nothing() -> None:
    handlers: list[object] = []

    def run() -> None:
        with ending_in_good_order(StopRequest()):
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


def test_an_error_within_does_not_keep_the_process_from_ending() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with pytest.raises(OSError, match="full"), ending_in_good_order(StopRequest()):
            os.kill(os.getpid(), signal.SIGTERM)
            raise OSError("full")
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
