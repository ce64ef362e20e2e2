"""A watchdog's look at an order on instances: it sees to each of them, and makes up for what nobody heard of."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from execution_engine.clock import Clock
from execution_engine.jobs.naming import renewal_key
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State
from execution_engine.storage.objects import Bucket
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.commands import Commands
from execution_engine.targets.ssm.ending import Ending
from execution_engine.targets.ssm.gathering import Gathering
from execution_engine.targets.ssm.invocations import Invocation
from execution_engine.targets.ssm.launch import Launch
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.memory import Memory
from execution_engine.targets.ssm.muster import Muster
from execution_engine.targets.ssm.packer import Packer
from execution_engine.targets.ssm.reports import InstanceReports
from execution_engine.targets.ssm.standing import Act, Standing, of_instance

log = structlog.get_logger()

RENEW_AFTER = 30 * 60.0
"""Seconds. The addresses die with the session of whoever signed them, which may be an hour's."""

_SEEN_AFTER = 120.0
"""Seconds after which SSM lists what it was asked to do; it does so a few seconds later."""


class Looking:
    """One LIST, and one question per command to SSM; more only where something is to be done."""

    def __init__(
        self,
        bucket: Bucket,
        commands: Commands,
        packer: Packer,
        launches: Launches,
        reports: InstanceReports,
        ending: Ending,
        gathering: Gathering,
        memory: Memory,
        *,
        clock: Clock,
    ) -> None:
        self._bucket = bucket
        self._commands = commands
        self._packer = packer
        self._launches = launches
        self._reports = reports
        self._ending = ending
        self._gathering = gathering
        self._memory = memory
        self._clock = clock

    def look_up(self, order: Order) -> Found | None:
        """None: there is no launch. Of silence it tells nothing: who is silent for too long is ended here."""
        attempt = Attempt.of(order)
        launch = self._launches.of(attempt)
        if launch is None:
            return None
        if launch.void is not None:
            return Found(State.ENDED, f"it was refused before its launch ({launch.void})")
        seen = self._gathering.muster(attempt)
        known = self._memory.of(attempt)
        waited_for = [one for one in launch.roster if not seen[one].has_result]
        if waited_for:
            self._see_to(order, launch, seen, waited_for)
        self._gathering.settle(attempt, launch)
        if order.status is Status.DISPATCHED and not (known.begun or known.gathered):
            self._make_up_for_claims(order, launch, seen)
        self._gathering.deliver(attempt, launch)
        left = [one for one in waited_for if one not in known.reported]
        if left:
            self._renew(order, left)
        return self._found(launch, seen, left)

    def _see_to(self, order: Order, launch: Launch, seen: Muster, waited_for: list[str]) -> None:
        attempt = Attempt.of(order)
        told = self._invocations(order)
        late = self._late(order)
        unsent = self._unsent(order) if told is not None else None
        told = told or {}
        found = {
            one: of_instance(
                seen[one],
                told.get(one),
                heartbeat=launch.heartbeat,
                late=late or (unsent if one not in told else None),
            )
            for one in waited_for
        }
        for instance, standing in found.items():
            if standing.act is not Act.WAIT:
                log.info("instance ends from outside", run_id=order.run_id, instance=instance, why=standing.words)
        self._ending.refuse_some(attempt, _words(found, Act.REFUSE))
        self._ending.lose_some(attempt, _words(found, Act.BURY))

    def _late(self, order: Order) -> str | None:
        began = order.dispatched_at
        if began is None or self._clock.now() <= (not_after := self._packer.not_after(order)):
            return None
        return f"it did not begin within {not_after - began:.0f} s"

    def _unsent(self, order: Order) -> str | None:
        """Of whom SSM says nothing: a launch that died half-way did not come to it."""
        waited = self._clock.now() - (order.launched_at or self._clock.now())
        return "SSM has no command for it" if waited > _SEEN_AFTER else None

    def _invocations(self, order: Order) -> dict[str, Invocation] | None:
        """A service that does not answer says nothing; the instances' own signs of life go on."""
        if order.execution_id is None:
            return None
        try:
            return self._commands.invocations(order.execution_id.split(","))
        except Exception as error:
            log.warning("SSM can't be asked", run_id=order.run_id, order_name=order.order_name, error=str(error))
            return None

    def _make_up_for_claims(self, order: Order, launch: Launch, seen: Muster) -> None:
        """Nobody heard of a claim. One that is void is none."""
        attempt = Attempt.of(order)
        for instance in launch.roster:
            if seen[instance].claimed is None:
                continue
            claim = self._reports.claim(attempt, instance)
            if claim is not None and not claim.void:
                self._gathering.begin(attempt, claim.execution_url or order.execution_url)
                return

    def _renew(self, order: Order, instances: list[str]) -> None:
        known = self._memory.of(Attempt.of(order))
        now = self._clock.now()
        if now - max(known.renewed or 0.0, order.launched_at or now) < RENEW_AFTER:
            return
        age = self._bucket.age(renewal_key(*Attempt.of(order)))
        if age is None or age >= RENEW_AFTER:
            self._packer.renew(order, instances)
            age = 0.0
        known.renewed = now - age

    def _found(self, launch: Launch, seen: Muster, left: list[str]) -> Found:
        """The time of an order runs from when the last of its instances began; while one may still begin, it does
        not."""
        now = self._clock.now()
        ages = [seen[one].claimed for one in left]
        started = [now if age is None else now - age for age in ages]
        is_running = any(seen[one].claimed is not None for one in launch.roster)
        state = State.RUNNING if is_running else State.WAITING
        return Found(state, started_at=max(started, default=now), silence=0.0)


def _words(found: Mapping[str, Standing], act: Act) -> dict[str, str]:
    return {instance: standing.words for instance, standing in found.items() if standing.act is act}
