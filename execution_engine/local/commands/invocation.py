"""What was sent to one instance: how it stands, and how it looks to SSM's callers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from execution_engine.local.commands.content import Script
from execution_engine.local.commands.outcomes import Outcome

if TYPE_CHECKING:
    from execution_engine.local.commands.command import Command

STDOUT, STDERR = 24_000, 8_000
"""How many characters are kept of what a script printed."""

OUTPUT = 2_500
"""How many of them ListCommandInvocations shows."""

KILLED = 137
"""What SSM's agent says of a script that it killed."""


@dataclass(slots=True)
class Invocation:
    """``script``: what its instance is to run; none any more in what is remembered. ``code`` is -1 until there is
    one. ``trace``: why it ended, where the script does not say it."""

    command: Command
    instance_id: str
    instance_name: str = ""
    script: Script | None = None
    outcome: Outcome = Outcome.PENDING
    started_at: float | None = None
    ended_at: float | None = None
    code: int = -1
    stdout: str = ""
    stderr: str = ""
    trace: str = ""

    @property
    def is_over(self) -> bool:
        return self.outcome.is_over

    def begin(self, at: float) -> None:
        self.outcome, self.started_at = Outcome.IN_PROGRESS, at

    def end(
        self, outcome: Outcome, at: float, code: int = -1, printed: tuple[str, str] = ("", ""), why: str = ""
    ) -> None:
        self.outcome, self.ended_at, self.code, self.trace = outcome, at, code, why
        self.stdout, self.stderr = printed[0][:STDOUT], printed[1][:STDERR]

    def describe(self, details: bool) -> dict[str, Any]:
        """SSM's ``CommandInvocation``. ``details``: with the plugin, and what it printed."""
        return {
            **self._identity(),
            "InstanceName": self.instance_name,
            "RequestedDateTime": self.command.requested_at,
            "TraceOutput": self.trace[:OUTPUT],
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
            "CommandPlugins": [self._plugin()] if details else [],
            "ServiceRole": "",
            "NotificationConfig": {"NotificationArn": "", "NotificationEvents": []},
            "CloudWatchOutputConfig": {"CloudWatchOutputEnabled": False},
        }

    def describe_fully(self) -> dict[str, Any]:
        """SSM's ``GetCommandInvocationResult``. What was printed is there for a script that came to its own end."""
        spoke = self.outcome in (Outcome.SUCCESS, Outcome.FAILED)
        begun, ended = self.started_at, self.ended_at if self.started_at is not None else None
        return {
            **self._identity(),
            "PluginName": self.command.step,
            "ResponseCode": self.code,
            "ExecutionStartDateTime": _moment(begun),
            "ExecutionElapsedTime": "" if begun is None or ended is None else f"PT{ended - begun:.3f}S",
            "ExecutionEndDateTime": _moment(ended),
            "StandardOutputContent": self.stdout if spoke else "",
            "StandardOutputUrl": "",
            "StandardErrorContent": self.stderr if spoke else "",
            "StandardErrorUrl": "",
            "CloudWatchOutputConfig": {"CloudWatchOutputEnabled": False},
        }

    def record(self) -> dict[str, Any]:
        return {
            "instance_id": self.instance_id,
            "instance_name": self.instance_name,
            "outcome": self.outcome.name,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "code": self.code,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "trace": self.trace,
        }

    @classmethod
    def of_record(cls, command: Command, record: dict[str, Any]) -> Invocation:
        return cls(command, **{**record, "outcome": Outcome[record["outcome"]]})

    def _identity(self) -> dict[str, Any]:
        return {
            "CommandId": self.command.id,
            "InstanceId": self.instance_id,
            "Comment": self.command.comment,
            "DocumentName": self.command.document,
            "DocumentVersion": self.command.version,
            "Status": self.outcome.status,
            "StatusDetails": self.outcome.details,
        }

    def _plugin(self) -> dict[str, Any]:
        """SSM's ``CommandPlugin``."""
        printed = self.stdout + (f"\n----------ERROR-------\n{self.stderr}" if self.stderr else "")
        shown = {
            "Name": self.command.step,
            "Status": self.outcome.status,
            "StatusDetails": self.outcome.details,
            "ResponseCode": self.code,
            "Output": printed[:OUTPUT],
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
            "OutputS3Region": self.command.region,
        }
        if self.started_at is not None:
            shown["ResponseStartDateTime"] = self.started_at
        if self.started_at is not None and self.ended_at is not None:
            shown["ResponseFinishDateTime"] = self.ended_at
        return shown


def _moment(at: float | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
