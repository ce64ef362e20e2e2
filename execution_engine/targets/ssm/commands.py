"""SSM Run Command, as far as an order needs it: who there is, telling them, what became of that, and ending it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from execution_engine.targets.ssm.invocations import Invocation, invocation, of_all
from execution_engine.targets.ssm.refusals import blames_instances, code_of, denied_instance, halves, named_in, said

GROUP = 50
"""Instance ids that one command takes (SendCommand, ``InstanceIds``)."""

_PAGE = 50
_MOST_DENIED = 10
"""Instances of one order that the engine's role may not command; where they are more, it may command none."""

_OVER = {"InvalidCommandId", "InvalidInstanceId", "DuplicateInstanceId"}


@dataclass(slots=True)
class Sent:
    """``refused``: why (SSM's own words), by the instances that it does not take."""

    commands: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    denied: int = 0


class Commands:
    """``client`` makes (or finds) SSM's when it is first needed."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    @property
    def region(self) -> str:
        return str(self._client().meta.region_name)

    def tagged(self, tags: Mapping[str, Sequence[str]], most: int) -> list[str]:
        """The ids of the managed instances that have, of each key, one of the values; sorted. Whether they answer is
        not asked. Of more than ``most`` some. One call per 50."""
        pages = self._pages(
            "describe_instance_information",
            Filters=[{"Key": f"tag:{key}", "Values": list(values)} for key, values in tags.items()],
        )
        found = (str(one["InstanceId"]) for page in pages for one in page.get("InstanceInformationList", ()))
        return sorted(set(islice(found, most + 1)))

    def send(self, ids: Sequence[str], request: Mapping[str, Any]) -> Sent:
        """One command per 50 of them, ``request`` being the rest of each.

        SSM refuses a whole group because of one instance in it. So those that it names, and does not list as managed,
        are refused and the others told; where that tells nobody apart, halves are, down to single ones. Raises what
        SSM raised only if nobody has been told anything: else those left over are refused with it.
        """
        sent = Sent()
        for start in range(0, len(ids), GROUP):
            self._send(ids[start : start + GROUP], request, sent)
        return sent

    def _send(self, ids: Sequence[str], request: Mapping[str, Any], sent: Sent, *, is_part: bool = False) -> None:
        try:
            command = self._client().send_command(InstanceIds=list(ids), **request)["Command"]
        except (ClientError, BotoCoreError) as error:
            denied = denied_instance(error, ids)
            if denied is not None and sent.denied < _MOST_DENIED:
                sent.denied += 1
                gone = {denied}
            elif not blames_instances(error):
                if not sent.commands:
                    raise
                gone = set(ids)
            else:
                gone = set(ids) if len(ids) == 1 else set() if is_part else self._unknown(ids, error)
            sent.refused |= {one: said(error) for one in ids if one in gone}
            rest = [one for one in ids if one not in gone]
            for part in [rest] if gone else halves(rest):
                if part:
                    self._send(part, request, sent, is_part=True)
            return
        sent.commands.append(str(command["CommandId"]))

    def _unknown(self, ids: Sequence[str], error: Exception) -> set[str]:
        """Those that the refusal names and SSM does not list: two testimonies, since what it lists need not be what
        it takes (it does not list who is stopped)."""
        named = named_in(error, ids)
        if not named:
            return set()
        try:
            pages = self._pages("describe_instance_information", Filters=[{"Key": "InstanceIds", "Values": list(ids)}])
            listed = {str(one["InstanceId"]) for page in pages for one in page.get("InstanceInformationList", ())}
        except (ClientError, BotoCoreError):
            return set()
        return named - listed

    def invocations(self, command_ids: Iterable[str]) -> dict[str, Invocation]:
        """What SSM says of each instance that one of the commands was for. One call per command, no more than 50 being
        in one; of a command that SSM does not know (yet, or any more) nothing."""
        found: dict[str, list[Invocation]] = {}
        for command_id in command_ids:
            try:
                for page in self._pages("list_command_invocations", CommandId=command_id):
                    for one in page.get("CommandInvocations", ()):
                        found.setdefault(str(one["InstanceId"]), []).append(invocation(one))
            except ClientError as error:
                if code_of(error) != "InvalidCommandId":
                    raise
        told = {instance: of_all(each) for instance, each in found.items()}
        return {instance: one for instance, one in told.items() if one is not None}

    def cancel(self, command_ids: Iterable[str]) -> None:
        """What is over, or gone, is success. Raises the first error when all were tried."""
        failures = []
        for command_id in command_ids:
            try:
                self._client().cancel_command(CommandId=command_id)
            except (ClientError, BotoCoreError) as error:
                if code_of(error) not in _OVER:
                    failures.append(error)
        if failures:
            raise failures[0]

    def _pages(self, operation: str, **parameters: Any) -> Iterable[Mapping[str, Any]]:
        pages: Iterable[Mapping[str, Any]] = (
            self._client().get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": _PAGE})
        )
        return pages
