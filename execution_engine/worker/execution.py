"""A claimed attempt from its variables to its events, in a folder of its own that is gone afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import BundleUnreadable, EngineError
from execution_engine.orders.status import Reason, Status
from execution_engine.redaction import hide
from execution_engine.worker.environment import OrderNames, environment_of
from execution_engine.worker.event_files import Collected, collect
from execution_engine.worker.family import family_here
from execution_engine.worker.guard import adopting_orphans
from execution_engine.worker.log_stream import LogStream, LogSummary
from execution_engine.worker.masking import Secrets
from execution_engine.worker.opened import Opened, Opener
from execution_engine.worker.report import Reporter
from execution_engine.worker.sequence import CommandSequence, Ending, Shell
from execution_engine.worker.stop import Limit, Stop, StopRequest
from execution_engine.worker.workspace import Workspace

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between Lambda, CodeBuild and one machine.

    ``folder``: where work folders are made. ``host``: the worker's environment, of which commands see
    the four names of the contract and those in ``pass_on``. ``log_patience``: seconds to wait for the
    upload of the last of a log. ``short_log_in_result``: a log that ended before any of it was uploaded, and that
    the result holds whole, is told there alone.
    """

    folder: Path
    host: Mapping[str, str]
    pass_on: tuple[str, ...] = ()
    execution_url: str | None = None
    log_interval: float = 2.0
    log_patience: float = 20.0
    short_log_in_result: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What there is to report of an attempt. Times are seconds since the epoch."""

    ending: Ending
    log: LogSummary
    events: int
    started_at: float
    ended_at: float


class Execution:
    """Runs once. Raises only what the engine did not expect; then everything is ended and removed, too."""

    def __init__(
        self,
        opened: Opened,
        opening: Opener,
        reporter: Reporter,
        surroundings: Surroundings,
        *,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._opened = opened
        self._manifest = opened.manifest
        self._opening = opening
        self._reporter = reporter
        self._around = surroundings
        self._clock = clock
        self._monotonic = monotonic

    def run(self, bucket: str, request: StopRequest, limits: Sequence[Limit]) -> Done:
        """``bucket`` holds the code. ``limits`` are those beside the order's own ``timeout``."""
        with Workspace(self._around.folder) as workspace:
            variables: dict[str, str] = {}
            secrets = Secrets()
            unreadable: BundleUnreadable | None = None
            try:
                variables, secrets = self._opening.variables(self._opened)
                hide(secrets.mask_text)
                if self._manifest.code is not None:
                    self._opening.code(bucket, self._manifest.code, workspace.packed, workspace.code)
            except BundleUnreadable as error:
                unreadable = error
            log = LogStream(
                self._reporter.log_chunk,
                secrets,
                monotonic=self._monotonic,
                interval=self._around.log_interval,
                stays_if_short=self._around.short_log_in_result,
            )
            notes: list[str] = []
            events = 0
            try:
                started_at = self._clock.now()
                if unreadable is not None:
                    notes.append(str(unreadable))
                    ending = Ending(Status.FAILED, None, Reason.BUNDLE_UNREADABLE)
                else:
                    ending = self._commands(workspace, variables, log.output, request, limits)
                ended_at = self._clock.now()
                collected = collect(workspace.events, secrets)
                events = self._report_events(collected)
                notes += [*ending.notes, *collected.notes]
            finally:
                summary = log.finish(notes, patience=self._around.log_patience)
            return Done(ending, summary, events, started_at, ended_at)

    def _commands(
        self,
        workspace: Workspace,
        variables: Mapping[str, str],
        output: int,
        request: StopRequest,
        limits: Sequence[Limit],
    ) -> Ending:
        manifest, host = self._manifest, self._around.host
        names = OrderNames(
            trace_id=manifest.trace_id,
            run_id=manifest.run_id,
            order_name=manifest.order_name,
            order_num=manifest.order_num,
            flow_id=manifest.flow_id,
        )
        shell = Shell(
            bash=shutil.which("bash", path=host.get("PATH")),
            folder=workspace.code,
            environment=environment_of(names, variables, workspace.events, host, self._around.pass_on),
            output=output,
        )
        files = [workspace.command_file(place, command) for place, command in enumerate(manifest.cmds, 1)]
        with adopting_orphans():
            sequence = CommandSequence(shell, family_here(), request, grace=manifest.grace, monotonic=self._monotonic)
            deadline = self._monotonic() + manifest.timeout
            return sequence.run(files, [Limit(lambda: deadline, Stop(Status.TIMED_OUT)), *limits])

    def _report_events(self, collected: Collected) -> int:
        """How many are in the attempt's events object."""
        if not collected.events:
            return 0
        try:
            self._reporter.events(collected.events)
        except EngineError as error:
            _log.error("events of an order are lost", events=len(collected.events), error=str(error))
            collected.notes.append(f"{len(collected.events)} events could not be uploaded and are lost")
            return 0
        return len(collected.events)
