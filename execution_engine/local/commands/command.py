"""A document, sent to some instances: what was asked for, and how all of them stand together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.commands.outcomes import Outcome, all_told

_FIELDS = ("id", "document", "version", "step", "comment", "region", "requested_at", "timeout", "execution_timeout")


@dataclass(slots=True)
class Command:
    """``asked``: what is shown again as it was asked (InstanceIds, Targets, Parameters, MaxConcurrency, MaxErrors).
    ``version``: as it was named, too. ``timeout``: seconds for its delivery; ``execution_timeout``: for a script."""

    id: str
    document: str
    version: str
    step: str
    comment: str
    region: str
    requested_at: float
    timeout: int
    execution_timeout: int
    asked: Mapping[str, Any]
    invocations: list[Invocation] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        return all_told([one.outcome for one in self.invocations])

    @property
    def expires_at(self) -> float:
        """Then whoever has not ended counts as never reached, also one that was: "If a command expires, it changes
        status to DeliveryTimedOut for all invocations that have the status InProgress, Pending, or Delayed" (API
        reference, ``Command.ExpiresAfter``)."""
        return self.requested_at + self.timeout + self.execution_timeout

    def of(self, instance_id: str) -> Invocation | None:
        return next((one for one in self.invocations if one.instance_id == instance_id), None)

    def describe(self) -> dict[str, Any]:
        """SSM's ``Command``. Its Parameters are there for everybody who may list commands."""
        outcomes = [one.outcome for one in self.invocations]
        return {
            "CommandId": self.id,
            "DocumentName": self.document,
            "DocumentVersion": self.version,
            "Comment": self.comment,
            "ExpiresAfter": self.expires_at,
            "RequestedDateTime": self.requested_at,
            "Status": self.outcome.status,
            "StatusDetails": self.outcome.details,
            "OutputS3Region": self.region,
            "TargetCount": len(outcomes),
            "CompletedCount": sum(one.is_over for one in outcomes),
            "ErrorCount": sum(one in (Outcome.FAILED, Outcome.EXECUTION_TIMED_OUT) for one in outcomes),
            "DeliveryTimedOutCount": sum(one is Outcome.DELIVERY_TIMED_OUT for one in outcomes),
            "ServiceRole": "",
            "NotificationConfig": {"NotificationArn": "", "NotificationEvents": []},
            "CloudWatchOutputConfig": {"CloudWatchOutputEnabled": False},
            "TimeoutSeconds": self.timeout,
            **self.asked,
        }

    def record(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in _FIELDS}
        return {**fields, "asked": dict(self.asked), "invocations": [one.record() for one in self.invocations]}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Command:
        command = cls(**{**record, "invocations": []})
        command.invocations += [Invocation.of_record(command, one) for one in record["invocations"]]
        return command
