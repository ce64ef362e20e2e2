"""``aws COMMAND [ARG…]``: any program, pointed at this machine's embedded AWS and at no other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from execution_engine.cli.calls import Call, WrongUsage
from execution_engine.cli.interrupts import Interrupts

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def aws(call: Call, command: Sequence[str], empty: bool) -> int:
    """The command's exit code; 128 and the signal's number if one ended it. The embedded AWS is there as long as the
    command runs. ``empty``: another one than that of the runs, in which the engine is not.

    Interrupts are the command's own: the terminal sends them to both.
    """
    if not command:
        raise WrongUsage("name a command: execution-engine aws -- python put.py, or execution-engine aws -- bash")
    user = dict(os.environ)  # before the machine takes out of it what is not its own
    with _machines(call) if not empty else _empty(call) as (machine, interrupts):
        interrupts.gently()
        try:
            process = subprocess.Popen(command, env=environment(user, machine))
        except OSError as error:
            raise WrongUsage(f"{command[0]!r} can't be run: {error.strerror}") from error
        code = _wait(process)
    return code if code >= 0 else 128 - code


@contextmanager
def _machines(call: Call) -> Iterator[tuple[Mapping[str, str], Interrupts]]:
    with call.machine() as (machine, interrupts):
        yield machine.environment, interrupts


@contextmanager
def _empty(call: Call) -> Iterator[tuple[Mapping[str, str], Interrupts]]:
    from execution_engine.cli.local_machine import open_empty

    with Interrupts() as interrupts, open_empty(call.state) as settings:
        yield settings, interrupts


def environment(user: Mapping[str, str], machine: Mapping[str, str]) -> dict[str, str]:
    """The user's, without anything of the user's own AWS, and the machine's over it. Pure."""
    own = {name: value for name, value in user.items() if not name.upper().startswith(("AWS_", "BOTO_"))}
    nobody = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**own, **nobody, **machine}


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Whatever this process is told: an interrupt is only waited through, a polite kill is passed on."""
    before = {number: signal.signal(number, lambda number, _: process.send_signal(number)) for number in _PASSED_ON}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
