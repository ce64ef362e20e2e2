"""What a SendCommand asks for, checked as Systems Manager checks it, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.local.api import Caller
from execution_engine.local.commands.choosing import MANAGED, managed, targeted
from execution_engine.local.commands.command import Command
from execution_engine.local.commands.content import Content
from execution_engine.local.commands.documents import Documents
from execution_engine.local.commands.errors import Malformed, Refused
from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.commands.outcomes import Outcome
from execution_engine.local.commands.parameters import fill
from execution_engine.local.commands.requests import know, seconds, text, texts
from execution_engine.local.instances import Instance

_SHOWN = ("InstanceIds", "Targets", "Parameters", "MaxConcurrency", "MaxErrors")
_LIMITS = {"MaxConcurrency": ("50", r"[1-9]\d*|[1-9]\d?%|100%"), "MaxErrors": ("0", r"\d|[1-9]\d*|\d%|[1-9]\d%|100%")}
_MONTH = 2_592_000


class Sending:
    def __init__(
        self,
        documents: Documents,
        instances: Callable[[], Mapping[str, Instance]],
        clock: Clock,
        identifiers: Identifiers,
    ) -> None:
        self._documents = documents
        self._instances = instances
        self._clock = clock
        self._identifiers = identifiers

    def command(self, asked: dict[str, Any], caller: Caller) -> Command:
        """Raises ``Malformed`` and ``Refused``."""
        know(
            asked,
            "DocumentName",
            "DocumentVersion",
            "DocumentHash",
            "DocumentHashType",
            "TimeoutSeconds",
            "Comment",
            *_SHOWN,
        )
        document = self._documents.find(text(asked, "DocumentName"))
        version = document.version(asked.get("DocumentVersion"))
        if asked.get("DocumentHash", version.sha256) != version.sha256:
            raise Refused("InvalidDocument", f"{document.name} is not the one whose SHA-256 was given")
        content = Content.read(version.content, version.form)
        script = content.script(fill(content.parameters, asked.get("Parameters", {})))
        command = Command(
            id=self._identifiers.run_id(),
            document=document.name,
            version=str(asked.get("DocumentVersion", "$DEFAULT")),
            step=content.step,
            comment=str(asked.get("Comment", "")),
            region=caller.region,
            requested_at=self._clock.now(),
            timeout=seconds(asked, "TimeoutSeconds", 30, _MONTH, 3_600),
            execution_timeout=script.timeout,
            asked={**{name: asked.get(name, []) for name in ("InstanceIds", "Targets")}, **_limits(asked),
                   "Parameters": asked.get("Parameters", {})},
        )  # fmt: skip
        known = self._instances()
        for one in self._chosen(asked, known, caller):
            name = known[one].tags.get("Name", "") if one in known else ""
            command.invocations.append(Invocation(command, one, name, script))
        if asked.get("Targets"):
            _deny(command, caller)
        return command

    def _chosen(self, asked: Mapping[str, Any], known: Mapping[str, Instance], caller: Caller) -> list[str]:
        named = texts(asked, "InstanceIds")
        if bool(named) == bool(asked.get("Targets")):
            raise Malformed("either InstanceIds or Targets must be given")
        if not named:
            return targeted(asked, known)
        if len(set(named)) < len(named):
            raise Refused("DuplicateInstanceId", "an instance is named twice")
        for one in named:
            if not caller.may(arn(one, caller)):
                who = f"User: {caller.name} is not authorized to perform: ssm:SendCommand"
                raise Refused("AccessDeniedException", f"{who} on resource: {arn(one, caller)}")
        valid = {one.instance_id for one in managed(known.values())}
        if invalid := [one for one in named if one not in valid]:
            where = f"not in a valid state for account {caller.account}"
            raise Refused("InvalidInstanceId", f"Instances [[{', '.join(invalid)}]] {where}")
        return named


def arn(instance_id: str, caller: Caller) -> str:
    """Of an instance: EC2's, or one that Systems Manager manages elsewhere."""
    service, kind = ("ssm", "managed-instance") if instance_id.startswith(MANAGED) else ("ec2", "instance")
    return f"arn:aws:{service}:{caller.region}:{caller.account}:{kind}/{instance_id}"


def _deny(command: Command, caller: Caller) -> None:
    """Whom targets find is known only by then, so who lacks a right to one is told so by its status."""
    for one in command.invocations:
        if not caller.may(arn(one.instance_id, caller)):
            one.end(Outcome.ACCESS_DENIED, command.requested_at, why=f"no right to {arn(one.instance_id, caller)}")


def _limits(asked: Mapping[str, Any]) -> dict[str, str]:
    """Only shown: on one machine everything is sent to all at once, and nobody's error keeps it from others."""
    found = {name: asked.get(name, otherwise) for name, (otherwise, _) in _LIMITS.items()}
    for name, (_, form) in _LIMITS.items():
        if not isinstance(found[name], str) or not re.fullmatch(form, found[name], re.ASCII):
            raise Malformed(f"{name} must be a number or a percentage, as a string")
    return found
