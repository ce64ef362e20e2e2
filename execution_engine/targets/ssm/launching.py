"""Tells instances to run an attempt. Who they are is found out once, and kept in the launch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from execution_engine.errors import BundleUnreadable, LaunchFailed
from execution_engine.orders.instance import INSTANCE_ID, MAX_INSTANCES
from execution_engine.orders.order import Order
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.commands import Commands
from execution_engine.targets.ssm.ending import Ending
from execution_engine.targets.ssm.gathering import Gathering
from execution_engine.targets.ssm.launch import Launch
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.packer import Packer
from execution_engine.targets.ssm.refusals import code_of, said
from execution_engine.targets.ssm.reports import InstanceReports

log = structlog.get_logger()

DELIVERY_SECONDS = (30.0, 2_592_000.0)
"""The least and the most that SendCommand takes as its ``TimeoutSeconds``."""

MOST_SECONDS = 172_800
"""Of a script's time; beyond it SSM takes an hour without a word."""

_AROUND_THE_ORDER = 300.0
"""Seconds that a script may need for fetching and unpacking before the commands, and for the last upload after."""

_COMMENT = 100
_FINAL = {
    *("AccessDeniedException", "InvalidDocument", "InvalidDocumentVersion", "InvalidParameters", "ValidationException"),
    *("InvalidFilterKey", "InvalidInstanceInformationFilterValue", "MaxDocumentSizeExceeded"),
}


@dataclass(frozen=True, slots=True)
class Sending:
    """``document``: the engine's own SSM document. ``page``: where an operator finds a command, with places for
    ``{region}`` and ``{command}``. ``delivery_timeout``, ``grace``: seconds."""

    document: str
    page: str
    delivery_timeout: float
    grace: float


class Launching:
    """The launch is written before anybody is told, once; a second launch tells those that did not claim in between.
    SSM knows no token: an instance that is told twice runs once, by its claim."""

    def __init__(
        self,
        commands: Commands,
        packer: Packer,
        launches: Launches,
        reports: InstanceReports,
        ending: Ending,
        gathering: Gathering,
        sending: Sending,
    ) -> None:
        self._commands = commands
        self._packer = packer
        self._launches = launches
        self._reports = reports
        self._ending = ending
        self._gathering = gathering
        self._sending = sending

    def launch(self, order: Order) -> tuple[str, str | None] | None:
        """As ``orders.target.Target``. None where nobody is left to be told."""
        attempt = Attempt.of(order)
        launch = self._launches.of(attempt) if order.launches > 1 else None
        written = None if launch is not None else self._write(order, attempt)
        launch = launch or written or self._launches.of(attempt)
        if launch is None:
            raise LaunchFailed(f"the launch of order {order.order_name} is gone as soon as it is there", transient=True)
        if launch.void is not None:
            raise LaunchFailed(
                f"order {order.order_name} was refused before its launch: {launch.void}", transient=False
            )
        ids = list(launch.roster)
        if written is None:
            seen = self._reports.muster(attempt)
            ids = [one for one in ids if seen[one].claimed is None]
        return self._tell(order, attempt, launch, ids)

    def _tell(self, order: Order, attempt: Attempt, launch: Launch, ids: list[str]) -> tuple[str, str | None] | None:
        try:
            sent = self._commands.send(ids, self._request(order, launch))
        except (ClientError, BotoCoreError) as error:
            raise _failed(order, error, f"send document {self._document(order)}") from error
        try:
            self._ending.refuse_some(attempt, sent.refused)
            self._gathering.settle(attempt, launch)
        except Exception as error:
            if not sent.commands:
                raise
            # What runs must be known; of those that SSM did not take the watchdog finds it out again.
            log.warning("refused instances have no result", order_name=order.order_name, error=str(error))
        if not sent.commands:
            return None
        page = self._sending.page.replace("{region}", self._commands.region)
        return ",".join(sent.commands), page.replace("{command}", quote(sent.commands[0]))

    def _write(self, order: Order, attempt: Attempt) -> Launch | None:
        """None if somebody was first."""
        roster = self._roster(order)
        try:
            data = self._packer.pack(order, roster)
        except BundleUnreadable as error:
            raise LaunchFailed(f"order {order.order_name} can't be launched: {error}", transient=False) from error
        return self._launches.write(attempt, data)

    def _roster(self, order: Order) -> list[str]:
        targets = order.ssm_targets or {}
        tags = _tags(targets)
        if tags:
            what = f"the instances with {_told(tags)}"
            try:
                ids = self._commands.tagged(tags, MAX_INSTANCES)
            except (ClientError, BotoCoreError) as error:
                raise _failed(order, error, f"find {what}") from error
        else:
            what = "its instance_ids"
            ids = list(dict.fromkeys(str(one) for one in targets.get("instance_ids") or ()))
        if not ids:
            none = f"no instance that SSM manages has {_told(tags)}" if tags else "its record names no instance"
            raise _refused(order, f"{none}; check its ssm_targets")
        if len(ids) > MAX_INSTANCES:
            raise _refused(order, f"{what} are more than {MAX_INSTANCES}; make several orders of it")
        if strange := next((one for one in ids if not INSTANCE_ID.fullmatch(one)), None):
            raise _refused(order, f"of {what} {strange[:140]!r} is none that could report under its id")
        return ids

    def _request(self, order: Order, launch: Launch) -> dict[str, Any]:
        """All but whom it is for. Nothing of it is secret but the address: short-lived, and of one object."""
        least, most = DELIVERY_SECONDS
        seconds = min(MOST_SECONDS, math.ceil(order.timeout + 2 * self._sending.grace + _AROUND_THE_ORDER))
        return {
            "DocumentName": self._document(order),
            "Comment": f"{order.flow_id} {order.order_name}"[:_COMMENT],
            "TimeoutSeconds": math.ceil(min(most, max(least, self._sending.delivery_timeout))),
            # One that fails must not keep SSM from telling the others.
            "MaxErrors": "100%",
            "Parameters": {
                "BundleUrl": [self._packer.place(order)],
                "BundleSha256": [launch.sha256],
                "ExecutionTimeout": [str(seconds)],
            },
        }

    def _document(self, order: Order) -> str:
        return order.ssm_document_name or self._sending.document


def _tags(targets: Mapping[str, Any]) -> dict[str, list[str]]:
    """As a caller may write them: a key with one value, or with several."""
    given = targets.get("tags")
    each = given.items() if isinstance(given, Mapping) else ()
    return {str(key): [str(one) for one in _several(value)] for key, value in each}


def _several(value: Any) -> Iterable[Any]:
    return (value,) if isinstance(value, str) else value


def _told(tags: Mapping[str, list[str]]) -> str:
    named = ", ".join(f"{key}={' or '.join(values)}" for key, values in tags.items())
    return f"the tags {named}" if len(named) <= 400 else f"the tags {named[:399]}…"


def _refused(order: Order, why: str) -> LaunchFailed:
    return LaunchFailed(f"order {order.order_name} can't be launched: {why}", transient=False)


def _failed(order: Order, error: Exception, what: str) -> LaunchFailed:
    final = code_of(error) in _FINAL or isinstance(error, ParamValidationError)
    return LaunchFailed(f"SSM did not {what} for order {order.order_name}: {said(error)}", transient=not final)
