"""The commands of an order, one after the other, up to the first failure or the first limit.

Ending an order is: interrupt everything it started, let it end for the length of the grace, kill what
is left. What a command leaves in the background lives on during the next ones and is ended the same
way, with a short grace, after the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from execution_engine.worker.command import Command
from execution_engine.worker.family import Family
from execution_engine.worker.stop import Limit, Stop, StopRequest

LEFTOVER_GRACE = 5.0
_KILL_PATIENCE = 5.0
_LOOK_AGAIN = 0.02
_LOOK_AROUND = 1.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ending:
    """How an order ended, as its result says it; ``notes`` are lines for its log."""

    status: str
    exit_code: int | None
    reason: str | None
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Shell:
    """What every command of an order is started with. ``output`` is a file descriptor."""

    bash: str | None
    folder: Path
    environment: Mapping[str, str]
    output: int


class CommandSequence:
    """Runs once. ``grace`` in seconds; ``monotonic`` is the clock of the limits and of the grace."""

    def __init__(
        self,
        shell: Shell,
        family: Family,
        request: StopRequest,
        *,
        grace: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._shell = shell
        self._family = family
        self._request = request
        self._grace = grace
        self._monotonic = monotonic

    def run(self, files: Sequence[Path], limits: Sequence[Limit]) -> Ending:
        """Run commands until all have ended, one has failed, a limit is reached or a stop is asked for."""
        try:
            for place, file in enumerate(files, 1):
                if stop := self._stop(limits):
                    return self._stopped(stop, None, f"before command {place} of {len(files)}")
                try:
                    command = self._start(file)
                except (OSError, ValueError) as error:
                    return Ending("failed", 126, None, (f"command {place} could not be started: {error}",))
                ending = self._follow(command, limits, f"in command {place} of {len(files)}")
                if ending is not None:
                    return ending
            return Ending("succeeded", 0, None)
        finally:
            if self._family.alive():
                self._end(None, min(self._grace, LEFTOVER_GRACE), limits)

    def _start(self, file: Path) -> Command:
        if self._shell.bash is None:
            raise OSError("there is no bash on the worker's PATH; install it in the worker's image")
        command = Command(
            self._shell.bash,
            file,
            folder=self._shell.folder,
            environment=self._shell.environment,
            output=self._shell.output,
            on_exit=self._request.wake,
        )
        self._family.begin(command.pid)
        return command

    def _follow(self, command: Command, limits: Sequence[Limit], where: str) -> Ending | None:
        """Wait for a command. None when it succeeded and the next one may start."""
        stop: Stop | None = None
        while True:
            self._request.forget_waking()
            if command.exited:
                code = command.reap()
                if code == 0:
                    return None
                if self._request.asked:  # whoever asked may have signalled the command as well
                    return self._stopped(self._request.asked, code, where)
                return Ending("failed", _shell_code(code), None)
            if stop := self._stop(limits):
                grace = self._grace if stop.grace is None else min(stop.grace, self._grace)
                return self._stopped(stop, self._end(command, grace, limits), where)
            self._family.alive()
            nearest = min((limit.at() for limit in limits), default=float("inf"))
            self._request.wait(min(nearest - self._monotonic(), _LOOK_AROUND))

    def _stop(self, limits: Sequence[Limit]) -> Stop | None:
        if asked := self._request.asked:
            return asked
        now = self._monotonic()
        return next((limit.stop for limit in limits if limit.at() <= now), None)

    def _stopped(self, stop: Stop, code: int | None, where: str) -> Ending:
        why = f" ({stop.reason})" if stop.reason else ""
        by_itself = code if code is not None and code >= 0 else None
        return Ending(stop.status, by_itself, stop.reason, (f"ended {where}: {stop.status}{why}",))

    def _end(self, command: Command | None, grace: float, limits: Sequence[Limit]) -> int | None:
        """Interrupt, grace, kill. Gives the exit code of a command that still ran.

        A limit with a grace of its own cuts any other short: whatever the commands are ended for, they may not live
        on after their worker may be called lost.
        """
        code: int | None = None
        given = self._monotonic() + grace

        def left() -> float:
            own = (limit.at() + limit.stop.grace for limit in limits if limit.stop.grace is not None)
            return min([given, *own]) - self._monotonic()

        self._family.interrupt()
        while command is not None and not command.exited and left() > 0:
            command.wait(min(left(), _LOOK_AROUND))
        if command is not None and command.exited:
            code = command.reap()
        if command is None or command.exited:
            self._family.nudge()
            while self._family.alive() and left() > 0:
                self._request.forget_waking()
                self._request.wait(_LOOK_AGAIN)
        give_up = self._monotonic() + _KILL_PATIENCE
        while self._family.alive():
            self._family.kill()
            if self._monotonic() > give_up:
                _log.error("processes of an order can't be killed", left=self._family.alive())
                break
            self._request.forget_waking()
            self._request.wait(_LOOK_AGAIN)
        if command is not None and code is None:
            code = command.reap()
        return code


def _shell_code(code: int | None) -> int | None:
    """As a shell would tell it: 128 + n for signal n."""
    return code if code is None or code >= 0 else 128 - code
