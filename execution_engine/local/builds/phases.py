"""What a build goes through, in CodeBuild's order and with its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


class Status(StrEnum):
    """Of a build, and of a phase that is over."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


ORDER = tuple(Phase)


@dataclass(frozen=True, slots=True)
class Context:
    """Why a phase ended as it did."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """One phase of one build. ``outcome`` and ``until`` are None while it is the current one; COMPLETED never
    has them."""

    phase: Phase
    since: float
    until: float | None = None
    outcome: Status | None = None
    context: Context | None = None

    def describe(self) -> dict[str, Any]:
        """CodeBuild's ``BuildPhase``."""
        shown: dict[str, Any] = {"phaseType": str(self.phase), "startTime": self.since}
        if self.until is not None and self.outcome is not None:
            shown["phaseStatus"] = str(self.outcome)
            shown["endTime"] = self.until
            shown["durationInSeconds"] = int(self.until - self.since)
            shown["contexts"] = [
                {"statusCode": self.context.code, "message": self.context.message}
                if self.context is not None
                else {"statusCode": "", "message": ""}
            ]
        return shown


class Phases:
    """A build's way so far. It begins as submitted, which is over as soon as it is said."""

    def __init__(self, at: float) -> None:
        self._way = [Stretch(Phase.SUBMITTED, at, at, Status.SUCCEEDED), Stretch(Phase.QUEUED, at)]

    @property
    def current(self) -> Phase:
        return self._way[-1].phase

    @property
    def since(self) -> float:
        """When the current phase began."""
        return self._way[-1].since

    def of(self, phase: Phase) -> Stretch | None:
        return next((one for one in self._way if one.phase is phase), None)

    def reach(self, phase: Phase, at: float) -> None:
        """All that lies before ``phase`` is over, well, by now."""
        while self.current is not phase:
            self._close(Status.SUCCEEDED, None, at)
            self._way.append(Stretch(ORDER[ORDER.index(self.current) + 1], at))

    def end(self, outcome: Status, context: Context | None, at: float) -> None:
        """The current phase ends the build with ``outcome``.

        A build whose commands failed still goes through what comes after them; one that was ended from outside
        is only cleaned up; one that never had a container has nothing to clean up.
        """
        last = self.current
        self._close(outcome, context, at)
        if last is Phase.BUILD and outcome in (Status.SUCCEEDED, Status.FAILED):
            self._way.append(Stretch(Phase.POST_BUILD, at))
        elif ORDER.index(last) > ORDER.index(Phase.PROVISIONING):
            self._way.append(Stretch(Phase.FINALIZING, at))
        else:
            self._way.append(Stretch(Phase.COMPLETED, at))
        self.reach(Phase.COMPLETED, at)

    def describe(self) -> list[dict[str, Any]]:
        return [one.describe() for one in self._way]

    def _close(self, outcome: Status, context: Context | None, at: float) -> None:
        self._way[-1] = replace(self._way[-1], until=at, outcome=outcome, context=context)
