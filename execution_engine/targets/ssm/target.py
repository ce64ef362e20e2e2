"""Orders on EC2 instances (and whatever else SSM manages), each told by Run Command, each reporting for itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.jobs.naming import environment_key, renewal_key
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State
from execution_engine.storage.addresses import CallbackAddresses
from execution_engine.storage.objects import Bucket
from execution_engine.targets.context import TargetContext
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.commands import Commands
from execution_engine.targets.ssm.ending import Ending
from execution_engine.targets.ssm.gathering import Gathering
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.launching import Launching, Sending
from execution_engine.targets.ssm.looking import RENEW_AFTER, Looking
from execution_engine.targets.ssm.memory import Memory
from execution_engine.targets.ssm.packer import Manner, Packer, WriteLaunch
from execution_engine.targets.ssm.reports import InstanceReports

log = structlog.get_logger()


class SsmTarget:
    """Implements ``orders.target.Fleet``. ``gathering`` is for whoever hears of instances' claims and results."""

    def __init__(
        self,
        *,
        bucket: Bucket,
        commands: Commands,
        launching: Launching,
        looking: Looking,
        ending: Ending,
        gathering: Gathering,
        memory: Memory,
        clock: Clock,
    ) -> None:
        self._bucket = bucket
        self._commands = commands
        self._launching = launching
        self._looking = looking
        self._ending = ending
        self._memory = memory
        self._clock = clock
        self.gathering = gathering

    def launch(self, order: Order) -> tuple[str, str | None] | None:
        return self._launching.launch(order)

    def look_up(self, order: Order) -> Found | None:
        """Never raises: an order on instances has no heartbeat of its own, so whoever heard nothing would take it for
        lost."""
        try:
            return self._looking.look_up(order)
        except Exception as error:
            log.warning(
                "instances can't be seen to", run_id=order.run_id, order_name=order.order_name, error=str(error)
            )
            return Found(State.RUNNING, silence=0.0)

    def stop(self, order: Order) -> None:
        if order.execution_id is not None:
            self._commands.cancel(order.execution_id.split(","))

    def refuse(self, order: Order, reason: str, why: str) -> bool:
        return self._ending.refuse(order, reason, why)

    def conclude(self, order: Order, result: dict[str, Any]) -> bool:
        return self._ending.conclude(order, result)

    def release(self, order: Order) -> None:
        """At most one call; none where the order ended as its instances did, soon: before its result is written its
        environment is deleted. The launches live their day: without them a launcher that was slow, or comes late,
        would launch after all, and for instances that have the tags only by then. Nothing in them is secret, and the
        addresses in them are dead by then, or of no use."""
        attempts = [Attempt(order.run_id, order.order_num, number) for number in range(1, order.attempt + 1)]
        for attempt in attempts:
            self._memory.of(attempt).released = True
        gathered = order.instances and (order.attempt > order.retries or order.status is Status.SUCCEEDED)
        keys = [] if gathered else [environment_key(order.run_id, order.order_num)]
        if order.attempt > 1 or self._clock.now() - (order.dispatched_at or 0.0) >= RENEW_AFTER / 2:
            keys += [renewal_key(*attempt) for attempt in attempts]
        if keys:
            self._bucket.delete(keys)


def ssm_target(context: TargetContext) -> SsmTarget | None:
    """None without ``AWS_EXE_SYS_SSM_DOCUMENT``. The KMS key is the intake's to need: it keeps no variables without."""
    settings = context.settings
    if not settings.ssm_document:
        return None
    settings.need("internal_bucket")
    return made(
        context,
        bucket=Bucket(context.client("s3"), settings.internal_bucket),
        addresses=CallbackAddresses(context.client("s3"), settings.internal_bucket),
        write=_write_launch,
    )


def made(context: TargetContext, *, bucket: Bucket, addresses: CallbackAddresses, write: WriteLaunch) -> SsmTarget:
    settings, memory = context.settings, Memory()
    clock, identifiers, concurrently = context.clock, context.identifiers, context.concurrently
    commands = Commands(lambda: context.client("ssm"))
    launches, reports = Launches(bucket, memory), InstanceReports(bucket)
    manner = Manner(settings.start_limit, settings.log_interval, settings.pass_env)
    packer = Packer(bucket, addresses, clock, manner, write)
    gathering = Gathering(
        bucket, launches, reports, memory, clock=clock, identifiers=identifiers, concurrently=concurrently
    )
    ending = Ending(
        launches, reports, gathering, memory, clock=clock, identifiers=identifiers, concurrently=concurrently
    )
    sending = Sending(settings.ssm_document, settings.command_page, settings.delivery_timeout, settings.grace)
    return SsmTarget(
        bucket=bucket,
        commands=commands,
        launching=Launching(commands, packer, launches, reports, ending, gathering, sending),
        looking=Looking(bucket, commands, packer, launches, reports, ending, gathering, memory, clock=clock),
        ending=ending,
        gathering=gathering,
        memory=memory,
        clock=clock,
    )


def _write_launch(document: Mapping[str, object]) -> bytes:
    """What is in it is loaded by whoever launches."""
    from execution_engine.targets.ssm.agent import write_launch

    return write_launch(document)
