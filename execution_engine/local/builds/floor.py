"""The builds that have a container, and how each of them comes to its end. Not thread-safe: the shop's lock is
held."""

from __future__ import annotations

from typing import Protocol

from execution_engine.clock import Clock
from execution_engine.local.builds.build import Build
from execution_engine.local.builds.errors import ProvisioningFailed
from execution_engine.local.builds.phases import Context, Phase, Status


class Running(Protocol):
    """A build's container (builds/container.py)."""

    @property
    def pid(self) -> int: ...
    def exit_code(self) -> int | None: ...
    def end(self) -> bool: ...
    def close(self) -> None: ...


class Containers(Protocol):
    def log_url(self, uuid: str) -> str: ...
    def provide(self, build: Build) -> Running: ...


class Floor:
    """``minute``: how many seconds the limits' minutes have."""

    def __init__(self, containers: Containers, clock: Clock, minute: float) -> None:
        self._containers = containers
        self._clock = clock
        self._minute = minute
        self._running: dict[str, Running] = {}
        self._doomed: dict[str, tuple[Status, Context | None]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __contains__(self, build: Build) -> bool:
        return build.id in self._running

    def pids(self) -> set[int]:
        return {one.pid for one in self._running.values()}

    def provision(self, build: Build) -> None:
        build.phases.reach(Phase.PROVISIONING, self._clock.now())
        try:
            self._running[build.id] = self._containers.provide(build)
        except ProvisioningFailed as error:
            build.end(Status.FAILED, Context(error.code, str(error)), self._clock.now())
        else:
            build.phases.reach(Phase.BUILD, self._clock.now())

    def stop(self, build: Build) -> None:
        """It ends as stopped, unless it has ended, or has to, for another reason already."""
        self._doomed.setdefault(build.id, (Status.STOPPED, None))

    def look_at(self, build: Build) -> None:
        """A build is over when all that it started is."""
        running = self._running[build.id]
        if build.id not in self._doomed:
            code = running.exit_code()
            if code is not None:
                self._doomed[build.id] = _verdict(build, code)
            elif build.is_due(self._clock.now(), self._minute):
                why = Context("BUILD_TIMED_OUT", f"Build timed out after {build.request.timeout} minutes")
                self._doomed[build.id] = (Status.TIMED_OUT, why)
        if build.id in self._doomed and running.end():
            self.clear(build, *self._doomed[build.id])

    def clear(self, build: Build, outcome: Status, why: Context | None) -> None:
        """The build is over, and nothing is left of its container, if it had one."""
        self._doomed.pop(build.id, None)
        running = self._running.pop(build.id, None)
        if running is not None:
            running.close()
        build.end(outcome, why, self._clock.now())


def _verdict(build: Build, code: int) -> tuple[Status, Context | None]:
    if code == 0:
        return Status.SUCCEEDED, None
    command = f"python -m {build.request.module}"
    why = f"Error while executing command: {command}. Reason: exit status {code}"
    return Status.FAILED, Context("COMMAND_EXECUTION_ERROR", why)
