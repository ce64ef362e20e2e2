"""Ends instances from outside: by their claim those that have not begun, by their result those that won't report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from execution_engine.clock import Clock
from execution_engine.errors import StoreError
from execution_engine.identifiers import Identifiers
from execution_engine.orders.concurrently import Concurrently
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim
from execution_engine.orders.status import Reason, Status
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.gathering import Gathering
from execution_engine.targets.ssm.launch import Launch
from execution_engine.targets.ssm.launches import Launches
from execution_engine.targets.ssm.memory import Memory
from execution_engine.targets.ssm.muster import Muster
from execution_engine.targets.ssm.reports import InstanceReports


class Ending:
    """What is half done is done by doing it again: every step is a write that only the first one makes."""

    def __init__(
        self,
        launches: Launches,
        reports: InstanceReports,
        gathering: Gathering,
        memory: Memory,
        *,
        clock: Clock,
        identifiers: Identifiers,
        concurrently: Concurrently,
    ) -> None:
        self._launches = launches
        self._reports = reports
        self._gathering = gathering
        self._memory = memory
        self._clock = clock
        self._identifiers = identifiers
        self._concurrently = concurrently

    def refuse(self, order: Order, reason: str, why: str) -> bool:
        """As ``orders.target.Fleet``. Before it is launched, the launch itself is what is won; after that each
        instance's claim."""
        attempt = Attempt.of(order)
        if self._launches.of(attempt) is None and self._launches.void(attempt, reason):
            return True
        launch = self._launches.of(attempt)
        if launch is None:
            raise StoreError(
                f"the launch of order {order.order_name} is neither there nor can it be written; try again"
            )
        if launch.void is not None:
            return True
        seen = self._gathering.muster(attempt)
        claims = self._claims(attempt, launch, seen, reason)
        begun = next((claim for claim in claims.values() if claim is not None), None)
        if begun is None:
            return True
        self._gathering.begin(attempt, begun.execution_url or order.execution_url)
        left = [one for one in launch.roster if claims[one] is None and not seen[one].has_result]
        self._concurrently(lambda one: self.bury(attempt, one, reason, why), left)
        self._gathering.settle(attempt, launch)
        return False

    def conclude(self, order: Order, result: dict[str, Any]) -> bool:
        """As ``orders.target.Fleet``. False where it was never launched: then the order's own result is all there
        is to write."""
        attempt = Attempt.of(order)
        launch = self._launches.of(attempt)
        if launch is None or launch.void is not None:
            return False
        seen = self._gathering.muster(attempt)
        reason = str(result.get("reason") or Reason.DISPATCH_FAILED)
        told = {"message": result.get("log"), **result}

        def end(instance: str) -> None:
            if seen[instance].claimed is None:  # or it would begin when the order has ended
                self._void(attempt, instance, reason)
            self._reports.write_result(attempt, instance, told)

        self._concurrently(end, [one for one in launch.roster if not seen[one].has_result])
        self._memory.of(attempt).reported.update(launch.roster)
        return self._gathering.settle(attempt, launch)

    def refuse_some(self, attempt: Attempt, words: Mapping[str, str]) -> None:
        """Instances that can't begin any more, by their ids; who just did is left alone."""

        def refuse(instance: str) -> None:
            if self._void(attempt, instance, str(Reason.DISPATCH_FAILED)):
                self.bury(attempt, instance, str(Reason.DISPATCH_FAILED), words[instance])

        self._concurrently(refuse, words)

    def lose_some(self, attempt: Attempt, words: Mapping[str, str]) -> None:
        """Instances that claimed and will not report. A claim may be a void one, whose author died before the
        result."""

        def lose(instance: str) -> None:
            claim = self._reports.claim(attempt, instance)
            if claim is not None and claim.void:
                reason = claim.reason or str(Reason.DISPATCH_FAILED)
                self.bury(attempt, instance, reason, "it was refused before it began")
            else:
                self.bury(attempt, instance, str(Reason.WORKER_LOST), words[instance])

        self._concurrently(lose, words)

    def bury(self, attempt: Attempt, instance: str, reason: str, words: str) -> None:
        """Its result, unless it has one."""
        status = Status.TIMED_OUT if reason == Reason.JOB_TIMED_OUT else Status.FAILED
        self._reports.write_result(
            attempt,
            instance,
            {
                "status": str(status),
                "log": words,
                "message": words,
                "exit_code": None,
                "reason": reason,
                "ended_at": self._clock.now(),
            },
        )
        self._memory.of(attempt).reported.add(instance)

    def _void(self, attempt: Attempt, instance: str, reason: str) -> bool:
        is_won = self._reports.void(attempt, instance, self._identifiers.nonce(), reason, self._clock.now())
        self._memory.of(attempt).claimed.add(instance)  # by whomever
        return is_won

    def _claims(self, attempt: Attempt, launch: Launch, seen: Muster, reason: str) -> dict[str, Claim | None]:
        """Each one's own claim; None for who can't begin: by a void claim, from now on or already."""

        def own(instance: str) -> Claim | None:
            if seen[instance].claimed is None and self._void(attempt, instance, reason):
                return None
            claim = self._reports.claim(attempt, instance)
            if claim is None:
                raise StoreError(f"the claim of instance {instance} is neither there nor can it be written; try again")
            return None if claim.void else claim

        return dict(zip(launch.roster, self._concurrently(own, launch.roster), strict=True))
