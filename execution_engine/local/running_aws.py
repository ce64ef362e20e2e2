"""Starts, finds and stops the process of a state folder's embedded AWS. All under the folder's lock."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from execution_engine.clock import Clock
from execution_engine.errors import EngineError
from execution_engine.local.file_lock import FileLock
from execution_engine.local.guard import HEALTH_PATH
from execution_engine.local.leftovers import end_leftovers
from execution_engine.local.state_folder import StateFolder, read_document

START_LIMIT = 60.0
STOP_LIMIT = 60.0
ANSWER_LIMIT = 10.0
LOG_TAIL = 2_000


class EmbeddedAwsFailed(EngineError):
    """The embedded AWS does not start or does not stop (names its log and quotes the end of it)."""


@dataclass(frozen=True, slots=True)
class Answering:
    """An embedded AWS that answers."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class RunningAws:
    """The one process of a state folder. ``linger`` and ``grace`` in seconds, as in EmbeddedAws."""

    def __init__(self, folder: StateFolder, clock: Clock, *, linger: float, grace: float) -> None:
        self._folder = folder
        self._clock = clock
        self._linger = linger
        self._grace = grace
        self._child: subprocess.Popen[bytes] | None = None

    def find(self) -> Answering | None:
        """The one that answers, or None when there is none.

        One that is just starting (whose starter died), stopping or dying is waited for; one that hangs
        is killed.
        """
        until = self._clock.now() + STOP_LIMIT
        killed = False
        while not self._is_dead():
            record = read_document(self._folder.record)
            if record is not None and _answers(record["port"]):
                return Answering(pid=record["pid"], port=record["port"])
            if self._clock.now() > until:
                if killed:
                    raise EmbeddedAwsFailed(f"the embedded AWS can't be stopped; see {self._folder.log}")
                self._signal(signal.SIGKILL)
                killed, until = True, until + 5
            self._clock.sleep(0.01)
        if self._child is not None:
            self._child.wait()
            self._child = None
        return None

    def start(self, environment: Mapping[str, str]) -> Answering:
        """A new one, in a session of its own: an interrupt from the terminal is for its users."""
        self._folder.record.unlink(missing_ok=True)
        ready, ready_for_child = os.pipe()
        try:
            with open(self._folder.log, "ab") as log:
                self._child = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "execution_engine.local.aws_process"),
                        *(str(self._folder.root), str(ready_for_child), str(self._linger), str(self._grace)),
                    ],
                    env=environment,
                    cwd=self._folder.tmp,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(ready_for_child,),
                    start_new_session=True,
                )
            os.close(ready_for_child)
            answered = bool(select.select([ready], [], [], START_LIMIT)[0]) and bool(os.read(ready, 16))
            found = self.find() if answered else None
        except BaseException:
            self._abandon()
            raise
        finally:
            os.close(ready)
        if found is None:
            self._abandon()
            raise EmbeddedAwsFailed(
                f"the embedded AWS did not start within {START_LIMIT:g} s; "
                f"its log {self._folder.log} ends:\n{self._log_tail()}"
            )
        return found

    def end_leftovers(self) -> None:
        """The functions and commands of one that was killed. Where the next one answers (on the same port) they
        would go on reporting what nobody knows of any more."""
        end_leftovers(self._folder.tmp, self._grace, time.monotonic, self._clock.sleep)

    def stop(self) -> None:
        """Ends it, if there is one, and waits until it has written its state down."""
        if not self._is_dead():
            self._folder.record.unlink(missing_ok=True)
            self._signal(signal.SIGTERM)
        self.find()

    def _abandon(self) -> None:
        """A child that never answered has nothing to write down."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _is_dead(self) -> bool:
        probe = FileLock(self._folder.alive)
        free = probe.try_acquire()
        probe.release()
        return free

    def _signal(self, which: int) -> None:
        """To the process that holds the ``alive`` lock, which wrote its id there."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(self._folder.alive.read_text("utf-8")), which)

    def _log_tail(self) -> str:
        return self._folder.log.read_text("utf-8", "replace")[-LOG_TAIL:]


def _answers(port: int) -> bool:
    """A process that was killed holds its lock a moment longer than it answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
