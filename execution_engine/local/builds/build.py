"""One build: what it was asked for, how far it is, and how it looks to CodeBuild's callers."""

from __future__ import annotations

from typing import Any

from execution_engine.local.builds.phases import Context, Phase, Phases, Status
from execution_engine.local.builds.request import BuildRequest


class Build:
    """``id`` is ``<project>:<uuid>``. ``account`` and ``region`` as its ARN names them; ``initiator``: who asked."""

    def __init__(
        self,
        request: BuildRequest,
        *,
        uuid: str,
        number: int,
        region: str,
        account: str,
        initiator: str,
        log_url: str,
        at: float,
    ) -> None:
        self.request = request
        self.uuid = uuid
        self.id = f"{request.project}:{uuid}"
        self.number = number
        self.region = region
        self.account = account
        self.initiator = initiator
        self.started_at = at
        self.phases = Phases(at)
        self.outcome = Status.IN_PROGRESS
        self.ended_at: float | None = None
        self._log_url = log_url

    @property
    def arn(self) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account}:build/{self.id}"

    @property
    def log_group(self) -> str:
        return f"/aws/codebuild/{self.request.project}"

    @property
    def is_over(self) -> bool:
        return self.outcome is not Status.IN_PROGRESS

    def end(self, outcome: Status, context: Context | None, at: float) -> None:
        self.phases.end(outcome, context, at)
        self.outcome = outcome
        self.ended_at = at

    def is_due(self, at: float, minute: float) -> bool:
        """Whether the phase it is in has lasted too long. A build's time counts from its container on."""
        if self.phases.current is Phase.QUEUED:
            return at - self.phases.since > self.request.queued_timeout * minute
        provisioned = self.phases.of(Phase.PROVISIONING)
        return provisioned is not None and at - provisioned.since > self.request.timeout * minute

    def describe(self) -> dict[str, Any]:
        """CodeBuild's ``Build``."""
        shown = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started_at,
            "currentPhase": str(self.phases.current),
            "buildStatus": str(self.outcome),
            "buildComplete": self.is_over,
            "projectName": self.request.project,
            "phases": self.phases.describe(),
            "source": {"type": "NO_SOURCE", "buildspec": self.request.buildspec},
            "artifacts": {"location": ""},
            "cache": {"type": "NO_CACHE"},
            "environment": self.request.describe(),
            "serviceRole": self.request.role,
            "logs": {
                "groupName": self.log_group,
                "streamName": self.uuid,
                "deepLink": self._log_url,
                "cloudWatchLogs": {"status": "DISABLED"},
            },
            "timeoutInMinutes": self.request.timeout,
            "queuedTimeoutInMinutes": self.request.queued_timeout,
            "initiator": self.initiator,
            "encryptionKey": f"arn:aws:kms:{self.region}:{self.account}:alias/aws/s3",
        }
        if self.ended_at is not None:
            shown["endTime"] = self.ended_at
        return shown
