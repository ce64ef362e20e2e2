"""Run Command's API as the engine speaks it: an operation's JSON → the desk → its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.local.api import Answer, Caller, Operation, answer
from execution_engine.local.commands.choosing import filtered, ping_status, resource_type
from execution_engine.local.commands.desk import Desk
from execution_engine.local.commands.document_api import TAGGING, DocumentApi
from execution_engine.local.commands.documents import Documents
from execution_engine.local.commands.errors import Malformed, Refused
from execution_engine.local.commands.history import matching
from execution_engine.local.commands.pages import page
from execution_engine.local.commands.requests import know, text, text_or_none, texts
from execution_engine.local.commands.sending import Sending
from execution_engine.local.instances import Instance

TARGET = "AmazonSSM"
"""What ``X-Amz-Target`` names before the dot."""

AGENT = "3.3.3050.0"
"""The version of its agent that every instance claims: one that knows ``interpolationType``."""

Asked = dict[str, Any]


class Protocol:
    """Commands and documents. ``instances``: what is declared, asked for at every call."""

    def __init__(
        self,
        desk: Desk,
        documents: Documents,
        instances: Callable[[], Mapping[str, Instance]],
        clock: Clock,
        identifiers: Identifiers,
    ) -> None:
        self._desk = desk
        self._instances = instances
        self._clock = clock
        self._sending = Sending(documents, instances, clock, identifiers)
        self._operations: dict[str, Operation] = {
            "SendCommand": self._send,
            "CancelCommand": self._cancel,
            "ListCommands": self._commands,
            "ListCommandInvocations": self._invocations,
            "GetCommandInvocation": self._invocation,
            "DescribeInstanceInformation": self._information,
            **DocumentApi(documents).operations,
        }

    def knows(self, operation: str, asked: Any) -> bool:
        """``asked``: the request, which says whether tags are a document's."""
        if operation in TAGGING:
            return isinstance(asked, dict) and asked.get("ResourceType") == "Document"
        return operation in self._operations

    def answer(self, operation: str, body: bytes, caller: Caller) -> Answer:
        return answer(self._operations[operation], body, caller, Malformed)

    def _send(self, asked: Asked, caller: Caller) -> Asked:
        return {"Command": self._desk.take(self._sending.command(asked, caller))}

    def _cancel(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "CommandId", "InstanceIds")
        command_id = text(asked, "CommandId")
        known, named = self._desk.instances_of(command_id), texts(asked, "InstanceIds")
        if known is None:
            raise Refused("InvalidCommandId", f"there is no command {command_id}")
        if unknown := [one for one in named if one not in known]:
            raise Refused("InvalidInstanceId", f"the command was not sent to {', '.join(unknown)}")
        self._desk.cancel(command_id, named or known)
        return {}

    def _commands(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "CommandId", "InstanceId", "Filters", "MaxResults", "NextToken")
        command_id, instance_id = text_or_none(asked, "CommandId"), text_or_none(asked, "InstanceId")
        found = [one for one in self._desk.commands() if command_id in (None, one["CommandId"])]
        if instance_id is not None:
            found = [one for one in found if instance_id in (self._desk.instances_of(one["CommandId"]) or ())]
        return page(matching(found, asked), asked, "Commands")

    def _invocations(self, asked: Asked, caller: Caller) -> Asked:
        """Of a command that nobody knows there are none, which is no error, as with AWS (github.com/aws/aws-cli,
        issue 3546)."""
        know(asked, "CommandId", "InstanceId", "Filters", "MaxResults", "NextToken", "Details")
        command_id, instance_id = text_or_none(asked, "CommandId"), text_or_none(asked, "InstanceId")
        found = self._desk.invocations(command_id, instance_id, asked.get("Details") is True)
        return page(matching(found, asked), asked, "CommandInvocations")

    def _invocation(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "CommandId", "InstanceId", "PluginName")
        found = self._desk.invocation(text(asked, "CommandId"), text(asked, "InstanceId"))
        if found is None:
            raise Refused("InvocationDoesNotExist", "no such command was sent to such an instance")
        if asked.get("PluginName", found["PluginName"]) != found["PluginName"]:
            raise Refused("InvalidPluginName", f"its only plugin is {found['PluginName']}")
        return found

    def _information(self, asked: Asked, caller: Caller) -> Asked:
        know(asked, "Filters", "InstanceInformationFilterList", "MaxResults", "NextToken")
        found = [self._described(one) for one in filtered(asked, self._instances())]
        return page(found, asked, "InstanceInformationList", least=5)

    def _described(self, instance: Instance) -> Asked:
        """SSM's ``InstanceInformation``."""
        return {
            "InstanceId": instance.instance_id,
            "PingStatus": ping_status(instance),
            "LastPingDateTime": self._clock.now(),
            "AgentVersion": AGENT,
            "IsLatestVersion": True,
            "PlatformType": "Linux",
            "PlatformName": "One machine",
            "PlatformVersion": "1",
            "ResourceType": resource_type(instance.instance_id),
            "IPAddress": "127.0.0.1",
            "ComputerName": instance.instance_id,
        }
