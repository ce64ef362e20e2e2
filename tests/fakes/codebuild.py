"""CodeBuild as AWS answers for it: builds that wait, run and end as a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fakes.botocore_service import REGION, FakeService, Refusal

ACCOUNT = "123456789012"
PROJECT = "engine-build"
TOKEN_SECONDS = 300.0

PHASES = ("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
          "UPLOAD_ARTIFACTS", "FINALIZING")  # fmt: skip


class FakeCodeBuild(FakeService):
    """``now``: seconds, for the tokens, which are good for five minutes. A build is new when it is started; ``go_on``
    and ``end`` move it."""

    name = "codebuild"

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_700_000_000.0
        self.builds: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, tuple[float, dict[str, Any], str]] = {}

    def start_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["projectName"] != PROJECT:
            raise Refusal("ResourceNotFoundException", f"Project cannot be found: {asked['projectName']}")
        token = asked.get("idempotencyToken", "")
        since, before, known = self._tokens.get(token, (0.0, {}, ""))
        if self.now - since < TOKEN_SECONDS:
            if before != asked:
                raise Refusal("InvalidInputException", "The token was used with other parameters")
            return {"build": self.builds[known]}
        number = len(self.builds) + 1
        build_id = f"{PROJECT}:00000000-0000-4000-8000-{number:012d}"
        self.builds[build_id] = {
            "id": build_id,
            "arn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{build_id}",
            "buildNumber": number,
            "projectName": PROJECT,
            "startTime": self._moment(),
            "currentPhase": "QUEUED",
            "buildStatus": "IN_PROGRESS",
            "buildComplete": False,
            "phases": [
                {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED", "startTime": self._moment()},
                {"phaseType": "QUEUED", "startTime": self._moment()},
            ],
            "logs": {
                "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={REGION}"
                "#logsV2:log-groups/log-group/null/log-events/null",
                "cloudWatchLogs": {"status": "ENABLED", "groupName": f"/aws/codebuild/{PROJECT}"},
            },
            "timeoutInMinutes": asked.get("timeoutInMinutesOverride", 60),
            "queuedTimeoutInMinutes": asked.get("queuedTimeoutInMinutesOverride", 480),
        }
        self._tokens[token] = (self.now, asked, build_id)
        return {"build": self.builds[build_id]}

    def batch_get_builds(self, asked: dict[str, Any]) -> dict[str, Any]:
        ids = asked["ids"]
        if not 1 <= len(ids) <= 100:
            raise Refusal("InvalidInputException", "between 1 and 100 ids")
        return {
            "builds": [self.builds[one] for one in ids if one in self.builds],
            "buildsNotFound": [one for one in ids if one not in self.builds],
        }

    def stop_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        build = self.builds.get(asked["id"])
        if build is None:
            raise Refusal("ResourceNotFoundException", "Build does not exist")
        if not build["buildComplete"]:
            self.end(asked["id"], "STOPPED")
        return {"build": build}

    # What a test makes of a build

    def go_on(self, build_id: str, phase: str) -> None:
        build = self.builds[build_id]
        build["currentPhase"] = phase
        build["phases"] = [
            {"phaseType": one, "phaseStatus": "SUCCEEDED", "startTime": self._moment(), "contexts": []}
            for one in PHASES[: PHASES.index(phase)]
        ]
        build["phases"].append({"phaseType": phase, "startTime": self._moment()})

    def end(self, build_id: str, status: str = "SUCCEEDED", *said: tuple[str, str]) -> None:
        """In the phase it is in; ``said``: status codes and messages of that phase."""
        build = self.builds[build_id]
        contexts = [{"statusCode": code, "message": message} for code, message in said]
        build["phases"][-1] |= {"phaseStatus": status, "endTime": self._moment(), "contexts": contexts}
        build["phases"].append({"phaseType": "COMPLETED", "startTime": self._moment()})
        build |= {
            "currentPhase": "COMPLETED",
            "buildStatus": status,
            "buildComplete": True,
            "endTime": self._moment(),
        }

    def forget(self, build_id: str) -> None:
        """As if somebody had deleted it."""
        del self.builds[build_id]

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)
