"""Pairs of callbacks that meet, and what must be true when both were handled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.platform import Platform
from fakes.verdict import check_history
from fakes.workers import FAILED, SUCCEEDED, Outcome, Workers

from execution_engine.jobs.naming import RUN_NUM, claim_key, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status


def order(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"order_name": name, "cmds": ["true"], "timeout": 60, "dependencies": list(needs), **fields}


class Race:
    """A run whose workers report when told to; callbacks are delivered by whoever plays an invocation."""

    def __init__(self, platform: Platform, orders: list[dict[str, Any]], outcomes: dict[str, Outcome]) -> None:
        self.platform = platform
        self._outcomes = outcomes
        self._workers = Workers(platform, self._script, lambda _, action: self._steps.append(action))
        self._steps: list[Callable[[], None]] = []
        self._marks: list[str] = []
        platform.on_notification = lambda _, mark: self._marks.append(mark)
        self.run_id = platform.submit({"orders": orders})

    def _script(self, one: Order) -> Outcome:
        return self._outcomes.get(one.order_name, SUCCEEDED)

    def begin(self) -> None:
        """The start signal is handled: what is ready was launched, and no worker has begun yet."""
        self.deliver(self.taken())

    def claim(self, num: str) -> frozenset[str]:
        """A worker claims; the callback's marks, to be delivered."""
        self._workers.start(self._order(num), self._script(self._order(num)))
        return self.taken()

    def report(self, num: str) -> frozenset[str]:
        self._workers.report(self._order(num), self._script(self._order(num)))
        return self.taken()

    def work_off_launches(self) -> frozenset[str]:
        """Every worker launched so far runs to its end at once; the marks of all their callbacks."""
        for one in self.platform.target.launches:
            if self.platform.objects.get(claim_key(one.run_id, one.order_num, one.attempt)) is None:
                self._workers.start(one, self._script(one))
                self._workers.report(one, self._script(one))
        return self.taken()

    def deliver(self, marks: frozenset[str]) -> None:
        self.platform.orchestrator.notice(self.run_id, marks)

    def taken(self) -> frozenset[str]:
        marks, self._marks = frozenset(self._marks), []
        return marks

    def _order(self, num: str) -> Order:
        return self.platform.orders(self.run_id)[num]

    # Afterwards

    def deliver_what_the_engine_caused(self) -> None:
        """Its own wake-ups and the results it wrote itself. No worker's callback, no watchdog."""
        for _ in range(100):
            if self.platform.waker.woken:
                run_id, num = self.platform.waker.woken.pop()
                self.platform.orchestrator.look(run_id, [num])
            elif marks := self.taken():
                self.deliver(marks)
            else:
                return
        raise AssertionError("the engine wakes itself for ever")

    def check(self) -> None:
        platform, run = self.platform, self.platform.run(self.run_id)
        orders = platform.orders(self.run_id)
        assert platform.locks.is_free(self.run_id), "the lock is still held"
        assert not platform.locks.marks(self.run_id), f"marks were left: {platform.locks.marks(self.run_id)}"
        for one in orders.values():
            self._check_order(one, orders)
        check_history(platform, self.run_id)
        assert run.tally.open == sum(not one.status.is_terminal for one in orders.values())
        assert run.tally.in_flight == sum(one.status.is_out for one in orders.values())
        assert run.tally.in_flight <= platform.limits.max_in_flight
        over = run.tally.open == 0
        assert (run.phase is Phase.COMPLETED) is over, f"open: {run.tally.open}, but the run is {run.phase}"
        assert (self.run_id in platform.done.documents) is over
        assert bool(platform.keys.held) is not over
        jobs = [one.event_type for one in platform.events(self.run_id) if one.order_num is None]
        assert jobs == ["job_started", "job_completed"][: 1 + over]

    def _check_order(self, one: Order, orders: dict[str, Order]) -> None:
        ids = (one.run_id, one.order_num, one.attempt)
        reported = self.platform.objects.get(result_key(*ids)) is not None
        claimed = self.platform.objects.get(claim_key(*ids)) is not None
        if one.attempt and reported:
            assert one.status.is_terminal, f"the result of {one.order_name} is lost: it is {one.status}"
        elif one.attempt and claimed:
            assert one.status is Status.RUNNING, f"the claim of {one.order_name} is lost: it is {one.status}"
        launches = [(a.order_num, a.attempt) for a in self.platform.target.launches]
        if one.status.is_out:
            assert launches.count((one.order_num, one.attempt)) == 1, f"{one.order_name} is out: {launches}"
        if one.status is Status.QUEUED and not self.platform.run(self.run_id).stop:
            needs = [other for other in orders.values() if one.order_num in other.dependents]
            is_ready = all(other.status.is_terminal for other in needs)
            full = self.platform.run(self.run_id).tally.in_flight == self.platform.limits.max_in_flight
            assert not is_ready or full, f"{one.order_name} is ready, and nobody launched it"


Pair = tuple[Callable[[], object], Callable[[], object]]


def _started(race: Race, *claimed: str) -> None:
    race.begin()
    for num in claimed:
        race.deliver(race.claim(num))


JOIN = [order("a"), order("b"), order("c", "a", "b"), order("d", "a")]


def claim_and_result(race: Race) -> Pair:
    _started(race, "0002")
    one, other = race.claim("0001"), race.report("0002")
    return lambda: race.deliver(one), lambda: race.deliver(other)


def result_and_claim(race: Race) -> Pair:
    one, other = claim_and_result(race)
    return other, one


def claim_and_own_result(race: Race) -> Pair:
    _started(race)
    one = race.claim("0001")
    other = race.report("0001")
    return lambda: race.deliver(one), lambda: race.deliver(other)


def own_result_and_claim(race: Race) -> Pair:
    one, other = claim_and_own_result(race)
    return other, one


def result_and_result(race: Race) -> Pair:
    _started(race, "0001", "0002")
    one, other = race.report("0001"), race.report("0002")
    return lambda: race.deliver(one), lambda: race.deliver(other)


def result_twice(race: Race) -> Pair:
    _started(race, "0001", "0002")
    one = race.report("0001")
    return lambda: race.deliver(one), lambda: race.deliver(one)


def start_and_result(race: Race) -> Pair:
    start = race.taken()
    return lambda: race.deliver(start), lambda: race.deliver(race.work_off_launches() or start)


def result_and_cancel(race: Race) -> Pair:
    _started(race, "0001")
    one = race.report("0001")

    def cancel() -> None:
        race.platform.records.ask_to_stop(race.run_id, "cancelled")
        race.platform.orchestrator.look(race.run_id, [RUN_NUM])

    return lambda: race.deliver(one), cancel


PAIRS: dict[str, tuple[Callable[[Race], Pair], list[dict[str, Any]], dict[str, Outcome]]] = {
    "claim, result": (claim_and_result, JOIN, {}),
    "result, claim": (result_and_claim, JOIN, {}),
    "claim, its own result": (claim_and_own_result, JOIN, {}),
    "result, its own claim": (own_result_and_claim, JOIN, {}),
    "result, result": (result_and_result, JOIN, {}),
    "failure, result": (result_and_result, JOIN, {"a": FAILED}),
    "result twice": (result_twice, JOIN, {}),
    "last result, last result": (result_and_result, [order("a"), order("b")], {"b": FAILED}),
    "result, cancel": (result_and_cancel, JOIN, {}),
    "start, result": (start_and_result, JOIN, {}),
    "start, last result": (start_and_result, [order("a"), order("b")], {}),
}
