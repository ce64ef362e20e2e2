"""A desk whose instances' scripts do as a test says, asked through botocore's own client and model."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from fakes.botocore_service import FakeService, Refusal
from fakes.time_and_ids import FakeClock, SequentialIdentifiers

from execution_engine.local.api import Caller
from execution_engine.local.commands.desk import Desk
from execution_engine.local.commands.documents import Documents
from execution_engine.local.commands.errors import StartFailed
from execution_engine.local.commands.floor import Floor
from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.commands.protocol import Protocol
from execution_engine.local.instances import Instance
from execution_engine.local.processes import Row

ACCOUNT, REGION_NAME = "123456789012", "eu-west-1"
CONTENT: Mapping[str, Any] = {
    "schemaVersion": "2.2",
    "description": "says something",
    "parameters": {
        "Say": {"type": "String", "allowedPattern": "^[a-z ]+$", "interpolationType": "ENV_VAR"},
        "Seconds": {"type": "String", "default": "100"},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "speak",
            "inputs": {"timeoutSeconds": "{{ Seconds }}", "runCommand": ['echo "$SSM_Say"']},
        }
    ],
}
INSTANCES = {
    name: Instance(name, {"Role": "web"} | ({"Name": f"the {name}"} if name == "web-1" else {}))
    for name in ("web-1", "web-2", "web-3")
}


class FakeScript:
    """``code``: what it returned; ``out``, ``err``: what it printed; ``stays``: whether something of it goes on."""

    def __init__(self, pid: int, invocation: Invocation) -> None:
        self.pids = {pid}
        self.script = invocation.script
        self.code: int | None = None
        self.out, self.err = "", ""
        self.stays = False
        self.done: list[str] = []

    def look(self, table: Collection[Row]) -> None:
        self.done.append("look")

    def exit_code(self) -> int | None:
        return self.code

    def printed(self) -> tuple[str, str]:
        return self.out, self.err

    def kill(self) -> None:
        self.done.append("kill")

    def kill_all(self) -> None:
        self.done.append("kill_all")

    def is_gone(self, table: Collection[Row]) -> bool:
        return not self.stays

    def close(self) -> None:
        self.done.append("close")


class FakeScripts:
    """By the instances' ids, the last one of each. ``error``: why the next one can't be had."""

    def __init__(self) -> None:
        self.of: dict[str, FakeScript] = {}
        self.started: list[str] = []
        self.error: Exception | None = None

    def start(self, invocation: Invocation) -> FakeScript:
        if self.error is not None:
            raise self.error
        self.started.append(invocation.instance_id)
        self.of[invocation.instance_id] = FakeScript(1_000 + len(self.started), invocation)
        return self.of[invocation.instance_id]


class Stand(FakeService):
    """What AWS's model does not allow, asked or answered, fails the test. ``may``: what the caller is allowed."""

    name = "ssm"

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.scripts = FakeScripts()
        self.instances = dict(INSTANCES)
        self.may: Callable[[str], bool] = lambda arn: True
        floor = Floor(self.scripts, list, self.clock.now)
        self.desk = Desk(floor, self.clock, lambda: self.instances, **options)
        self.documents = Documents(folder / "documents.json", self.clock.now)
        self.protocol = Protocol(self.desk, self.documents, lambda: self.instances, self.clock, SequentialIdentifiers())

    def document(self, name: str = "say", **changes: Any) -> Any:
        content = json.dumps({**CONTENT, **changes})
        return self.client.create_document(Name=name, Content=content, DocumentType="Command")["DocumentDescription"]

    def send(self, *instance_ids: str, **asked: Any) -> str:
        named = {"InstanceIds": list(instance_ids)} if instance_ids else {}
        request = {"DocumentName": "say", "Parameters": {"Say": ["hello"]}, **named, **asked}
        return str(self.client.send_command(**request)["Command"]["CommandId"])

    def sent(self, *instance_ids: str, **asked: Any) -> str:
        """A command whose scripts run."""
        self.document()
        command_id = self.send(*instance_ids, **asked)
        self.desk.tick()
        return command_id

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.desk.tick()

    def set_state(self, instance_id: str, state: str) -> None:
        self.instances[instance_id] = Instance(instance_id, self.instances[instance_id].tags, state)

    def states(self, command_id: str) -> dict[str, tuple[str, str]]:
        """Instance → status and its details."""
        found = self.client.list_command_invocations(CommandId=command_id)["CommandInvocations"]
        return {one["InstanceId"]: (one["Status"], one["StatusDetails"]) for one in found}

    def command(self, command_id: str) -> Any:
        (found,) = self.client.list_commands(CommandId=command_id)["Commands"]
        return found

    def result(self, command_id: str, instance_id: str) -> Any:
        return self.client.get_command_invocation(CommandId=command_id, InstanceId=instance_id)

    def no_process(self) -> None:
        self.scripts.error = StartFailed("failed to run commands: no more of them")

    def raw(self, operation: str, body: bytes) -> tuple[int, Any]:
        caller = Caller(f"arn:aws:iam::{ACCOUNT}:user/me", ACCOUNT, REGION_NAME, self.may)
        status, headers, answer = self.protocol.answer(operation, body, caller)
        assert headers["Content-Type"] == "application/x-amz-json-1.1"
        return status, json.loads(answer)

    def _operation(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """FakeService's side."""

        def do(asked: dict[str, Any]) -> dict[str, Any]:
            assert self.protocol.knows(name, asked)
            status, answer = self.raw(name, json.dumps(asked).encode())
            if status != 200:
                raise Refusal(answer["__type"], answer["message"], status)
            found: dict[str, Any] = answer
            return found

        return do
