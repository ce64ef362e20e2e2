"""Makes one claim and one result of those of an order's instances. S3 only; whoever hears of one may call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.jobs.naming import Callback, environment_key
from execution_engine.orders.concurrently import Concurrently
from execution_engine.orders.status import Status
from execution_engine.storage.objects import Bucket
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.combination import Reported, combined, combined_events, reported
from execution_engine.targets.ssm.launch import Launch
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.memory import Memory
from execution_engine.targets.ssm.muster import Muster
from execution_engine.targets.ssm.reports import VOID_SIZE, InstanceReports

log = structlog.get_logger()

TURN = 20.0
"""Seconds, by S3's clock, that whoever said so may take for making a result. In AWS a notification that failed comes
again after a minute; where it comes sooner, and where the answer to having said so was lost, the watchdog's look makes
up for it."""

_ONE_PAGE = 200
"""Instances whose objects one answer to LIST surely holds, so that all it shows was there at the same moment."""


class Gathering:
    """Twice, late, out of order, at once, or after a crash: what is written is written once and says the same. What
    was missed the watchdog's look makes up for."""

    def __init__(
        self,
        bucket: Bucket,
        launches: Launches,
        reports: InstanceReports,
        memory: Memory,
        *,
        clock: Clock,
        identifiers: Identifiers,
        concurrently: Concurrently,
    ) -> None:
        self._bucket = bucket
        self._launches = launches
        self._reports = reports
        self._memory = memory
        self._clock = clock
        self._identifiers = identifiers
        self._concurrently = concurrently

    def hear(self, callback: Callback, size: int | None = None) -> None:
        """An instance claimed, or reported, says the name of an object, which has ``size`` bytes, if that is known.
        An attempt that is over is left alone, and so are claims once it has begun."""
        if callback.instance is None:
            raise ValueError("the callback is no instance's")
        attempt = Attempt.of(callback)
        known = self._memory.of(attempt)
        if known.released or known.gathered:
            return
        if callback.kind == "claim":
            self._hear_claim(attempt, callback.instance, size)
        else:
            self._hear_result(attempt, callback.instance)

    def _hear_claim(self, attempt: Attempt, instance: str, size: int | None) -> None:
        """At most one call where the size tells that it is an instance's own: where one instance of several runs is
        not where the order does, and where the only one does its result says."""
        known = self._memory.of(attempt)
        known.claimed.add(instance)
        if known.begun:
            return
        if size is None or size >= VOID_SIZE:
            claim = self._reports.claim(attempt, instance)
            if claim is None or claim.void:
                return
        self.begin(attempt, None)

    def _hear_result(self, attempt: Attempt, instance: str) -> None:
        """One LIST; none where it is known that others had still to report when this one had: the last of them sees to
        it. Who there is need not be read while any that has begun has not reported."""
        known = self._memory.of(attempt)
        known.reported.add(instance)
        launch, seen = known.launch, None
        if launch is None and len(known.claimed | known.reported) == 1:
            launch = self._launches.of(attempt)  # the only one, most often; then there is nobody to be listed
        if launch is None or not known.reported.issuperset(launch.roster):
            if instance in known.listed:
                return
            seen = self.muster(attempt)
            if seen.has_ended:
                return
            if launch is None and not seen.claimed - seen.reported:
                launch = self._launches.of(attempt)
            if launch is None or not known.reported.issuperset(launch.roster):
                if len(seen.claimed | seen.reported) <= _ONE_PAGE:
                    known.listed |= seen.reported
                return
        if instance not in launch.roster:
            log.info("nobody waits for this instance", run_id=attempt.run_id, instance=instance)
        elif self._has_turn(attempt, launch, instance, seen):
            self.settle(attempt, launch)

    def _has_turn(self, attempt: Attempt, launch: Launch, instance: str, seen: Muster | None) -> bool:
        """The last of several are often heard of at once, each by another process; one of them is enough. Should that
        one die, its event comes again, or the watchdog looks."""
        known = self._memory.of(attempt)
        if known.has_turn or len(launch.roster) == 1:
            return True
        if seen is None or seen.gathering is None:
            known.has_turn = self._reports.take_turn(attempt, instance, self._clock.now())
            if known.has_turn or seen is not None:
                return known.has_turn
            seen = self.muster(attempt)
        return not seen.has_ended and (seen.gathering or 0.0) > TURN

    def muster(self, attempt: Attempt) -> Muster:
        """Who is there, which is remembered."""
        seen = self._reports.muster(attempt)
        known = self._memory.of(attempt)
        known.begun |= seen.has_begun
        known.gathered |= seen.has_ended
        known.claimed |= seen.claimed
        known.reported |= seen.reported
        return seen

    def begin(self, attempt: Attempt, execution_url: str | None) -> None:
        """The order's own claim, unless this process knows that it is there. Only for an instance's own.
        ``execution_url``: the instance's, if it says one."""
        known = self._memory.of(attempt)
        if not known.begun:
            self._reports.begin(attempt, self._identifiers.nonce(), self._clock.now(), execution_url)
            known.begun = True

    def deliver(self, attempt: Attempt, launch: Launch) -> None:
        """The environment is deleted, when this process knows that all have claimed, and no further attempt needs
        it."""
        if launch.is_last and self._memory.of(attempt).claimed.issuperset(launch.roster):
            self._let_go(attempt, launch)

    def _let_go(self, attempt: Attempt, launch: Launch) -> None:
        """Nobody needs the environment any more. Where it can't be deleted it lives its day, encrypted."""
        known = self._memory.of(attempt)
        if launch.void is not None or not launch.has_environment or known.delivered:
            return
        try:
            self._bucket.delete([environment_key(attempt.run_id, attempt.order_num)])
            known.delivered = True
        except Exception as error:
            log.warning("variables are kept", run_id=attempt.run_id, order_num=attempt.order_num, error=str(error))

    def settle(self, attempt: Attempt, launch: Launch) -> bool:
        """The order's own result, once this process knows that all have reported: whether it is there."""
        known = self._memory.of(attempt)
        if known.gathered:
            return True
        if not known.reported.issuperset(launch.roster):
            return False
        found = self._concurrently(lambda one: self._reports.result(attempt, one), launch.roster)
        read = dict(zip(launch.roster, found, strict=True))
        if missing := {one for one, data in read.items() if data is None}:
            known.reported -= missing  # an event said so: a hint, no more
            return False
        reports = [reported(attempt, one, data) for one, data in read.items() if data is not None]
        events = self._events(attempt, reports)
        if events:
            self._reports.write_events(attempt, events)
        result = combined(reports, len(events))
        if launch.is_last or result["status"] == Status.SUCCEEDED:
            self._let_go(attempt, launch)
        self._reports.finish(attempt, result)
        known.gathered = True
        return True

    def _events(self, attempt: Attempt, reports: Sequence[Reported]) -> list[dict[str, Any]]:
        told = [one.instance for one in reports if one.result.events]
        found = self._concurrently(lambda instance: self._reports.events(attempt, instance), told)
        if len(reports) == 1:
            return list(found[0]) if found else []
        return combined_events(dict(zip(told, found, strict=True)))
