"""Makes one claim and one result of those of an order's instances. S3 only; whoever hears of one may call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.jobs.naming import Callback, environment_key
from execution_engine.storage.objects import Bucket
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.combination import Reported, combined, combined_events, reported
from execution_engine.targets.ssm.launch import Launch
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.memory import Memory
from execution_engine.targets.ssm.muster import Muster
from execution_engine.targets.ssm.reports import VOID_SIZE, InstanceReports

log = structlog.get_logger()

Concurrently = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]


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
        An attempt that is over is left alone."""
        if callback.instance is None:
            raise ValueError("the callback is no instance's")
        attempt = Attempt.of(callback)
        known = self._memory.of(attempt)
        if known.released or known.gathered:
            return
        launch = self._launches.of(attempt)
        if launch is None or callback.instance not in launch.roster:
            log.info("nobody waits for this instance", run_id=attempt.run_id, instance=callback.instance)
        elif callback.kind == "claim":
            self._hear_claim(attempt, launch, callback.instance, size)
        else:
            self._hear_result(attempt, launch, callback.instance)

    def _hear_claim(self, attempt: Attempt, launch: Launch, instance: str, size: int | None) -> None:
        known = self._memory.of(attempt)
        known.claimed.add(instance)
        if not known.begun:
            url = None
            # Of several, where one of them runs is not where the order does.
            if size is None or size >= VOID_SIZE or len(launch.roster) == 1:
                claim = self._reports.claim(attempt, instance)
                if claim is None or claim.void:
                    return
                url = claim.execution_url
            self.begin(attempt, url)
        if _needs_it(launch) and not known.delivered and not known.claimed.issuperset(launch.roster):
            self.muster(attempt)  # other processes heard of the others
        self.deliver(attempt, launch)

    def _hear_result(self, attempt: Attempt, launch: Launch, instance: str) -> None:
        known = self._memory.of(attempt)
        known.reported.add(instance)
        if instance in known.listed and not known.reported.issuperset(launch.roster):
            return  # it was seen when others had not reported; the last of them sees to it
        if not known.reported.issuperset(launch.roster):
            self.muster(attempt)
        self.settle(attempt, launch)

    def muster(self, attempt: Attempt) -> Muster:
        """Who is there, which is remembered."""
        seen = self._reports.muster(attempt)
        known = self._memory.of(attempt)
        known.begun |= seen.has_begun
        known.gathered |= seen.has_ended
        known.claimed |= seen.claimed
        known.reported |= seen.reported
        known.listed |= seen.reported
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
        known = self._memory.of(attempt)
        if _needs_it(launch) and not known.delivered and known.claimed.issuperset(launch.roster):
            self._bucket.delete([environment_key(attempt.run_id, attempt.order_num)])
            known.delivered = True

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
        self._reports.finish(attempt, combined(reports, len(events)))
        known.gathered = True
        return True

    def _events(self, attempt: Attempt, reports: Sequence[Reported]) -> list[dict[str, Any]]:
        told = [one.instance for one in reports if one.result.events]
        found = self._concurrently(lambda instance: self._reports.events(attempt, instance), told)
        if len(reports) == 1:
            return list(found[0]) if found else []
        return combined_events(dict(zip(told, found, strict=True)))


def _needs_it(launch: Launch) -> bool:
    return launch.void is None and launch.has_environment and launch.is_last
