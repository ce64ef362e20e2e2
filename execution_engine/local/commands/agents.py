"""Plays SSM's agent on every instance: gives each script its process, its environment and its log."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from execution_engine.local.commands.errors import StartFailed
from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.commands.process import Process
from execution_engine.local.environment import HOST_NAMES, passed_on

LOG_URL = "AWS_EXE_SYS_COMMAND_URL"
"""No variable of SSM's: where all that the script prints can be read on this machine."""


class Agents:
    """``environ``: of the machine, of which an instance has what any command sees of a host, and no key of AWS.
    ``folders``, ``logs``: where theirs are made."""

    def __init__(
        self, environ: Mapping[str, str], folders: Path, logs: Path, grace: float, now: Callable[[], float]
    ) -> None:
        self._host = {name: environ[name] for name in (*HOST_NAMES, *passed_on(environ)) if name in environ}
        self._folders = folders
        self._logs = logs
        self._grace = grace
        self._now = now

    def start(self, invocation: Invocation) -> Process:
        """Raises ``StartFailed``."""
        name = f"{invocation.command.id}.{invocation.instance_id}"
        folder, log = self._folders / name, self._logs / f"{name}.log"
        assert invocation.script is not None, "what is remembered is not run"
        environment = {
            **self._host,
            "AWS_SSM_INSTANCE_ID": invocation.instance_id,
            "AWS_SSM_REGION_NAME": invocation.command.region,
            LOG_URL: log.absolute().as_uri(),
        }
        try:
            return Process(invocation.script, environment, folder, log, self._grace, self._now)
        except (OSError, ValueError) as error:  # no process, no such folder, or a value that can't be handed to one
            shutil.rmtree(folder, ignore_errors=True)
            raise StartFailed(f"failed to run commands: {error}") from error
