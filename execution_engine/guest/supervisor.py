"""Two processes, so that nothing of an order outlives its worker, and no worker dies of a kill that it can survive.

SSM cancels and times out by killing the process group of its script, at once. The supervisor is in that group; the
worker is in a session of its own and hears of the supervisor's death (SIGTERM), upon which it ends its commands and
reports. If the worker is killed, what it leaves becomes the supervisor's, which kills it all.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from execution_engine.clock import Clock
from execution_engine.worker.family import Family, family_here
from execution_engine.worker.guard import adopting_orphans, told_when_parent_dies

_HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_KILL_TRIES = 250
_LOOK_AGAIN = 0.02
_SIGNALLED = 128


def supervised(work: Callable[[], int], clock: Clock) -> int:
    """Run ``work`` in a process of its own and give its exit code, 128 + n if signal n ended it.

    What this process is asked (SIGTERM, SIGINT, SIGHUP) reaches the worker as SIGTERM. To be called while there is
    only one thread.
    """
    with adopting_orphans():
        family, supervisor = family_here(), os.getpid()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        worker = os.fork()
        if worker == 0:
            _be_worker(work, supervisor, mask)
        family.begin(worker)
        for number in _HEARD:
            signal.signal(number, lambda number, frame: os.kill(worker, signal.SIGTERM))
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        for number in _HEARD:  # before its number is free for others; and what is left here has to be done
            signal.signal(number, signal.SIG_IGN)
        status = os.waitpid(worker, 0)[1]
        left = _end(family, clock)
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    ended_by = os.WTERMSIG(status)
    rest = ", and what it left behind was killed" if left else ""
    with suppress(OSError):
        sys.stderr.write(f"the worker was ended by signal {ended_by}{rest}\n")
    return _SIGNALLED + ended_by


def _be_worker(work: Callable[[], int], supervisor: int, mask: set[int | signal.Signals]) -> None:
    """Does not return."""
    code = 1
    try:
        os.setsid()
        told_when_parent_dies(signal.SIGTERM)
        # Who ignores it hands that on to commands, and a bash can't trap what it was born to ignore.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if os.getppid() == supervisor:  # else it died before anybody would have told
            code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):  # nobody may read any more
            sys.stderr.flush()
        os._exit(code)


def _end(family: Family, clock: Clock) -> bool:
    """Kill whatever is left; whether there was anything."""
    found = family.alive() > 0
    for _ in range(_KILL_TRIES):
        family.kill()
        if not family.alive():
            break
        clock.sleep(_LOOK_AGAIN)
    return found
