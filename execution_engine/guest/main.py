"""One attempt of an order on one of its instances, from ``launch.json`` to an exit code.

0: nothing is left to do here (reported, somebody else's, too late, void). 1: its end could not be reported; the
watchdog ends it. 2: the launch is malformed or for other instances, or this is none; one line on standard error
says what. 128 + n: the worker was ended by signal n.
"""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from execution_engine.bundles.members import read_members
from execution_engine.clock import SystemClock
from execution_engine.errors import BundleUnreadable, EngineError
from execution_engine.guest.courier import PlainCourier
from execution_engine.guest.launch import NAME, Launch, LaunchUnusable, LaunchVoid
from execution_engine.guest.opening import GuestOpening
from execution_engine.guest.renewal import Renewal
from execution_engine.guest.supervisor import supervised
from execution_engine.identifiers import RandomIdentifiers, share
from execution_engine.worker.execution import Surroundings
from execution_engine.worker.guard import forbid_dumping
from execution_engine.worker.patience import Patience
from execution_engine.worker.report import Reporter
from execution_engine.worker.worker import Fate, Worker

REMOVE = "--remove"
"""Says that the zip and its folder are the agent's to remove, as soon as it has been read."""

INSTANCE = "AWS_SSM_INSTANCE_ID"
COMMAND_URL = "AWS_EXE_SYS_COMMAND_URL"
"""Where an operator finds this command, if whoever runs it says so."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def start(archive: Path, arguments: Sequence[str]) -> int:
    forbid_dumping()
    environment = dict(os.environ)
    try:
        data = _launch_document(archive)
        if REMOVE in arguments:  # whoever kills us leaves no addresses behind; all modules are loaded by now
            with suppress(OSError):
                archive.unlink()
                archive.parent.rmdir()
        if not environment.get(INSTANCE):
            raise LaunchUnusable(f"{INSTANCE} is not set; SSM's agent sets it for each command (from 3.0 on)")
        launch = Launch.read(data, environment[INSTANCE])
    except LaunchVoid as why:
        sys.stderr.write(f"{why}\n")
        return 0
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return supervised(lambda: work(launch, environment), SystemClock())


def work(launch: Launch, environment: Mapping[str, str]) -> int:
    """Run the launch in this very process."""
    clock, courier = SystemClock(), PlainCourier(environment)
    patience = Patience(clock.sleep, share)

    def renewing(reporter: Reporter) -> AbstractContextManager[object]:
        if launch.renewal is None:
            return nullcontext()
        return Renewal(courier, launch.renewal, str(launch.assignment.instance), reporter.renew)

    worker = Worker(
        GuestOpening(launch, courier, patience),
        courier,
        Surroundings(
            folder=Path(tempfile.gettempdir()),
            host=host(environment),
            # The same commands run on each; how else would they know where they are?
            pass_on=(*launch.pass_on, INSTANCE),
            execution_url=environment.get(COMMAND_URL) or None,
            log_interval=launch.log_interval,
            short_log_in_result=True,
        ),
        clock=clock,
        monotonic=time.monotonic,
        identifiers=RandomIdentifiers(),
        patience=patience,
        renewing=renewing,
    )
    return 1 if worker.work(launch.assignment).fate is Fate.UNREPORTED else 0


def host(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process, with a ``PATH`` and a ``HOME`` where SSM's agent was started without."""
    found = dict(environment)
    if not found.get("PATH"):
        found["PATH"] = _PATH
    if not found.get("HOME"):
        try:
            found["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            found["HOME"] = "/"
    return found


def _launch_document(archive: Path) -> bytes:
    try:
        return read_members(archive.read_bytes(), [NAME])[NAME]
    except (OSError, BundleUnreadable) as error:
        raise LaunchUnusable(f"{NAME} can't be read: {error}") from None
