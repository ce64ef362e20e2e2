"""SSM Run Command as AWS answers for it: instances that are there or not, and commands that go as a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fakes.botocore_service import FakeService, Refusal
from fakes.calls import Calls

ACCOUNT = "123456789012"
DOCUMENT = "engine-run"
PARAMETERS = {"BundleUrl", "BundleSha256", "ExecutionTimeout"}

# By what the API calls them: ``StatusDetails`` → ``Status``.
STATUSES = {
    "Pending": "Pending", "InProgress": "InProgress", "Delayed": "Delayed", "Success": "Success", "Failed": "Failed",
    "Cancelled": "Cancelled", "ExecutionTimedOut": "TimedOut", "DeliveryTimedOut": "TimedOut",
    "Undeliverable": "Failed", "Terminated": "Failed", "InvalidPlatform": "Failed", "AccessDenied": "Failed",
}  # fmt: skip
OVER = {"Success", "Failed", "Cancelled", "TimedOut"}


@dataclass
class Managed:
    """``is_known``: SSM takes commands for it; ``is_listed``: and tells of it. ``denied``: whoever asks has no right
    to it."""

    tags: dict[str, str] = field(default_factory=dict)
    is_known: bool = True
    is_listed: bool = True
    denied: bool = False
    platform: str = "Linux"


class FakeSsm(FakeService):
    """``names_the_invalid``: its refusals say which ids they are about. ``on_sent`` is told the ids of each command."""

    name = "ssm"

    def __init__(self, calls: Calls | None = None) -> None:
        super().__init__()
        self._calls = calls or Calls()
        self.now = 1_700_000_000.0
        self.instances: dict[str, Managed] = {}
        self.commands: dict[str, dict[str, Any]] = {}
        self.invocations: dict[str, dict[str, str]] = {}
        self.names_the_invalid = True
        self.page = 50
        self.on_sent: Callable[[list[str]], None] | None = None

    def _operation(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        answer = super()._operation(name)
        return lambda asked: self._calls.through(f"ssm.{name}", lambda: answer(asked))

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [one.parameters for one in self.requests if one.operation == operation]

    # The service

    def send_command(self, asked: dict[str, Any]) -> dict[str, Any]:
        ids = asked["InstanceIds"]
        if asked["DocumentName"] != DOCUMENT:
            raise Refusal("InvalidDocument", f"Document with name {asked['DocumentName']}\ndoes not exist.")
        if set(asked.get("Parameters", {})) != PARAMETERS:
            raise Refusal("InvalidParameters", "")
        if not 1 <= len(ids) <= 50 or not 30 <= asked["TimeoutSeconds"] <= 2_592_000:
            raise Refusal("ValidationException", "1 validation error detected")
        if len(set(ids)) < len(ids):
            raise Refusal("DuplicateInstanceId")
        self._refuse_instances(ids)
        number = len(self.commands) + 1
        command_id = f"00000000-0000-4000-8000-{number:012d}"
        self.commands[command_id] = {
            "CommandId": command_id,
            "DocumentName": DOCUMENT,
            "Comment": asked.get("Comment", ""),
            "InstanceIds": ids,
            "Parameters": asked["Parameters"],
            "RequestedDateTime": self._moment(),
            "Status": "Pending",
            "StatusDetails": "Pending",
        }
        self.invocations[command_id] = dict.fromkeys(ids, "Pending")
        if self.on_sent is not None:
            self.on_sent(ids)
        return {"Command": self.commands[command_id]}

    def _refuse_instances(self, ids: list[str]) -> None:
        for one in ids:
            if self.instances.get(one, Managed(is_known=False)).denied:
                where = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{one}"
                raise Refusal(
                    "AccessDeniedException", f"not authorized to perform: ssm:SendCommand on resource: {where}"
                )
        if invalid := [one for one in ids if one not in self.instances or not self.instances[one].is_known]:
            named = f"Instances [[{', '.join(invalid)}]] not in a valid state for account {ACCOUNT}"
            raise Refusal("InvalidInstanceId", named if self.names_the_invalid else "")
        if any(self.instances[one].platform != "Linux" for one in ids):
            raise Refusal("UnsupportedPlatformType", "")

    def describe_instance_information(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [name for name, one in self.instances.items() if one.is_known and one.is_listed]
        for wanted in asked["Filters"]:
            key, values = wanted["Key"], wanted["Values"]
            if key == "InstanceIds":
                found = [name for name in found if name in values]
            else:
                found = [name for name in found if self.instances[name].tags.get(key.removeprefix("tag:")) in values]
        listed = [{"InstanceId": name, "PingStatus": "Online"} for name in found]
        return self._paged(listed, asked, "InstanceInformationList", least=5)

    def list_command_invocations(self, asked: dict[str, Any]) -> dict[str, Any]:
        command_id = asked["CommandId"]
        found = [
            {
                "CommandId": command_id,
                "InstanceId": instance,
                "RequestedDateTime": self._moment(),
                "Status": STATUSES[details],
                "StatusDetails": details,
            }
            for instance, details in self.invocations.get(command_id, {}).items()
        ]
        return self._paged(found, asked, "CommandInvocations", least=1)

    def cancel_command(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["CommandId"] not in self.commands:
            raise Refusal("InvalidCommandId")
        going = self.invocations[asked["CommandId"]]
        for instance, details in going.items():
            if STATUSES[details] not in OVER:
                going[instance] = "Cancelled"
        return {}

    def _paged(self, found: list[Any], asked: dict[str, Any], name: str, *, least: int) -> dict[str, Any]:
        assert least <= asked["MaxResults"] <= 50
        start, size = int(asked.get("NextToken") or 0), min(self.page, asked["MaxResults"])
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {name: found[start : start + size], **more}

    # What a test makes of it

    def manage(self, *names: str, **tags: str) -> None:
        self.instances |= {name: Managed(dict(tags)) for name in names}

    def bring(self, instance: str, details: str) -> None:
        """All commands of an instance to this state."""
        for going in self.invocations.values():
            if instance in going:
                going[instance] = details

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)
