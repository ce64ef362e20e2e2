"""What every ``orders.target.Target`` must do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Protocol

import pytest
from contracts.examples import NOW, an_order

from execution_engine.errors import LaunchFailed
from execution_engine.guest.launch import Launch as GuestsLaunch
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.status import Status
from execution_engine.orders.target import Fleet, Found, State, Target
from execution_engine.worker.assignment import Assignment

COMMAND = "deploy --password hunter2"
START_LIMIT = 1_800.0


class TargetBackend(Protocol):
    """A target, and the service behind it."""

    target: Target

    @property
    def told(self) -> list[dict[str, Any]]:
        """What each worker was started with that the service knows of."""
        ...

    @property
    def sent(self) -> list[str]:
        """Every request that was made, whole."""
        ...

    def refuse(self, how: str) -> None:
        """From now on the service is ``throttled``, ``broken`` or ``unreachable``, or says no for good
        (``forbidden``, ``missing``)."""
        ...


class LookedUpBackend(TargetBackend, Protocol):
    """Where the service gives an id."""

    token_seconds: float

    def wait(self, seconds: float) -> None: ...

    def bring(self, execution_id: str, state: State, message: str = "") -> None:
        """The service has the execution in this state; ``message``: why it ended."""
        ...

    def forget(self, execution_id: str) -> None: ...


def reserved(run_id: str, **changes: Any) -> Order:
    """As an order is when it is launched."""
    launched = {"attempt": 2, "launches": 1, "dispatched_at": NOW, "launched_at": NOW, "cmds": (COMMAND,)}
    return an_order(run_id, **{**launched, **changes})


class TargetContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    def reserved(self, backend: Any, run_id: str, **changes: Any) -> Order:
        return reserved(run_id, **changes)

    def test_a_worker_is_started_with_what_it_reads(self, backend: TargetBackend, run_id: str) -> None:
        order = reserved(run_id)
        backend.target.launch(order)
        (told,) = backend.told
        read = Assignment.from_payload(told)
        assert (read.run_id, read.order_num, read.attempt) == (run_id, "0001", 2)
        assert (read.sha256, read.key_path) == (order.bundle_sha256, order.sops_key_path)
        assert read.not_after == pytest.approx(NOW + START_LIMIT)

    def test_nothing_but_ids_and_places_is_sent(self, backend: TargetBackend, run_id: str) -> None:
        order = self.reserved(backend, run_id, log_tail="token=hunter2", reason="hunter2")
        backend.target.launch(order)
        assert backend.sent
        assert not [one for one in backend.sent if "hunter2" in one]
        allowed = {
            *("run_id", "order_num", "order_name", "attempt", "bucket", "key", "sha256", "not_after"),
            *("trace_id", "flow_id", "SOPS_KEY_SSM_PATH"),
        }
        assert [set(told) for told in backend.told] == [allowed]

    @pytest.mark.parametrize("how", ["throttled", "broken", "unreachable"])
    def test_what_may_pass_is_transient(self, backend: TargetBackend, run_id: str, how: str) -> None:
        backend.refuse(how)
        with pytest.raises(LaunchFailed) as refused:
            backend.target.launch(self.reserved(backend, run_id))
        assert refused.value.transient

    @pytest.mark.parametrize("how", ["forbidden", "missing"])
    def test_what_will_not_pass_is_final_and_told_in_one_line(
        self, backend: TargetBackend, run_id: str, how: str
    ) -> None:
        backend.refuse(how)
        with pytest.raises(LaunchFailed, match="order-0001") as refused:
            backend.target.launch(self.reserved(backend, run_id))
        assert not refused.value.transient
        assert "\n" not in str(refused.value)

    def test_what_was_never_launched_is_stopped_without_a_word(self, backend: TargetBackend, run_id: str) -> None:
        backend.target.stop(reserved(run_id))
        assert backend.sent == []


class LookedUpContract(TargetContract):
    """For a service that gives an id of what it runs."""

    def launched(self, backend: TargetBackend, run_id: str) -> Order:
        answer = backend.target.launch(reserved(run_id))
        assert answer is not None
        execution_id, url = answer
        assert execution_id
        assert url is not None
        assert url.startswith("https://")
        return reserved(run_id, execution_id=execution_id, execution_url=url)

    def test_an_attempt_that_is_launched_twice_is_one_execution(self, backend: LookedUpBackend, run_id: str) -> None:
        order = reserved(run_id)
        first = backend.target.launch(order)
        backend.wait(backend.token_seconds / 2)
        again = replace(order, launches=2, launched_at=NOW + 60)
        assert backend.target.launch(again) == first
        assert len(backend.told) == 1

    def test_each_attempt_is_an_execution_of_its_own(self, backend: LookedUpBackend, run_id: str) -> None:
        orders = [reserved(run_id), reserved(run_id, attempt=3), reserved(run_id, order_num="0002")]
        assert len({backend.target.launch(order) for order in orders}) == 3

    def test_what_was_just_launched_waits(self, backend: LookedUpBackend, run_id: str) -> None:
        assert backend.target.look_up(self.launched(backend, run_id)) == Found(State.WAITING)

    @pytest.mark.parametrize("state", [State.WAITING, State.RUNNING])
    def test_it_is_looked_up(self, backend: LookedUpBackend, run_id: str, state: State) -> None:
        order = self.launched(backend, run_id)
        backend.bring(str(order.execution_id), state)
        assert backend.target.look_up(order) == Found(state)

    def test_an_end_is_told_with_its_cause_in_one_line(self, backend: LookedUpBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        backend.bring(str(order.execution_id), State.ENDED, "no such\nimage")
        found = backend.target.look_up(order)
        assert found is not None
        assert found.state is State.ENDED
        assert "no such image" in str(found.message)
        assert "\n" not in str(found.message)

    def test_of_what_the_service_does_not_know_nothing_is_said(self, backend: LookedUpBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        backend.forget(str(order.execution_id))
        assert backend.target.look_up(order) is None

    def test_what_is_stopped_ends_and_may_be_stopped_again(self, backend: LookedUpBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        for _ in range(2):
            backend.target.stop(order)
            found = backend.target.look_up(order)
            assert found is not None
            assert found.state is State.ENDED

    def test_what_has_ended_is_stopped_without_a_word(self, backend: LookedUpBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        backend.bring(str(order.execution_id), State.ENDED, "its own end")
        backend.target.stop(order)
        found = backend.target.look_up(order)
        assert found is not None
        assert "its own end" in str(found.message)

    def test_what_is_gone_is_stopped_without_a_word(self, backend: LookedUpBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        backend.forget(str(order.execution_id))
        backend.target.stop(order)

    @pytest.mark.parametrize("how", ["throttled", "broken", "unreachable"])
    def test_a_service_that_does_not_answer_is_an_error_of_who_asks(
        self, backend: LookedUpBackend, run_id: str, how: str
    ) -> None:
        order = self.launched(backend, run_id)
        backend.refuse(how)
        for ask in (backend.target.look_up, backend.target.stop):
            with pytest.raises(Exception, match=r"\w"):
                ask(order)


class NothingToLookUpContract(TargetContract):
    """For a service that gives nothing that could be asked for."""

    def test_a_launch_answers_nothing(self, backend: TargetBackend, run_id: str) -> None:
        assert backend.target.launch(reserved(run_id)) is None

    def test_nothing_is_looked_up_or_stopped(self, backend: TargetBackend, run_id: str) -> None:
        order = reserved(run_id, execution_id="whatever")
        assert backend.target.look_up(order) is None
        for _ in range(2):
            backend.target.stop(order)
        assert backend.sent == []


class FleetBackend(TargetBackend, Protocol):
    """Where an order runs on several instances, ``INSTANCES``. ``restart``: from here on another process of the
    engine, which remembers nothing."""

    target: Fleet

    def prepare(self, order: Order) -> Order:
        """What was kept for it when it was submitted."""
        ...

    def restart(self) -> None: ...

    def begin(self, order: Order, instance: str) -> bool:
        """The instance's worker begins; false if it may not."""
        ...

    def report(self, order: Order, instance: str, status: str) -> bool:
        """Its worker has ended; false if its end was told before."""
        ...

    def claim(self, order: Order) -> Claim | None:
        """The order's own."""
        ...

    def result(self, order: Order) -> Result | None:
        """The order's own."""
        ...

    def kept(self, order: Order) -> list[str]:
        """Names of what is kept for the order's workers that may be secret."""
        ...

    def tell_of(self, instance: str, how: str) -> None:
        """The service says of the instance: ``unreachable``, or ``cancelled``."""
        ...


INSTANCES = ("web-1", "web-2", "web-3")


class FleetContract(TargetContract):
    """For a target whose orders run on several workers, each of which claims and reports for itself."""

    def reserved(self, backend: FleetBackend, run_id: str, **changes: Any) -> Order:
        targets = {"instance_ids": list(INSTANCES)}
        return backend.prepare(reserved(run_id, **{"ssm_targets": targets, "status": Status.DISPATCHED, **changes}))

    def launched(self, backend: FleetBackend, run_id: str, **changes: Any) -> Order:
        order = self.reserved(backend, run_id, **changes)
        answer = backend.target.launch(order)
        assert answer is not None
        execution_id, url = answer
        assert url is not None
        assert url.startswith("https://")
        return replace(order, execution_id=execution_id, execution_url=url)

    def look(self, backend: FleetBackend, order: Order) -> Found:
        """At what a process that knows nothing sees."""
        backend.restart()
        found = backend.target.look_up(order)
        assert found is not None
        return found

    def test_it_is_a_fleet(self, backend: FleetBackend) -> None:
        assert isinstance(backend.target, Fleet)

    def test_a_worker_is_started_with_what_it_reads(self, backend: FleetBackend, run_id: str) -> None:  # type: ignore[override]
        order = self.launched(backend, run_id)
        for instance in INSTANCES:
            (read,) = [GuestsLaunch.read(json.dumps(told).encode(), instance) for told in backend.told]
            assigned = read.assignment
            assert (assigned.run_id, assigned.order_num, assigned.attempt) == (run_id, "0001", 2)
            assert (assigned.instance, read.manifest.cmds) == (instance, order.cmds)
            assert assigned.not_after == pytest.approx(NOW + START_LIMIT)

    def test_nothing_but_ids_and_places_is_sent(self, backend: FleetBackend, run_id: str) -> None:  # type: ignore[override]
        self.launched(backend, run_id, log_tail="token=hunter2", reason="hunter2")
        assert backend.sent
        assert not [one for one in backend.sent if "hunter2" in one]

    def test_nothing_is_known_of_what_was_not_launched(self, backend: FleetBackend, run_id: str) -> None:
        assert backend.target.look_up(self.reserved(backend, run_id)) is None

    def test_it_waits_then_runs(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        assert self.look(backend, order).state is State.WAITING
        assert backend.begin(order, INSTANCES[1])
        assert self.look(backend, order).state is State.RUNNING

    def test_who_begins_makes_the_orders_claim(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        self.look(backend, order)
        assert backend.claim(order) is None
        assert backend.begin(order, INSTANCES[0])
        self.look(backend, order)
        claim = backend.claim(order)
        assert claim is not None
        assert not claim.void

    @pytest.mark.parametrize(("last", "status"), [("succeeded", "succeeded"), ("failed", "failed")])
    def test_the_last_to_report_makes_the_orders_result(
        self, backend: FleetBackend, run_id: str, last: str, status: str
    ) -> None:
        order = self.launched(backend, run_id)
        for instance, ends in zip(INSTANCES, ("succeeded", "succeeded", last), strict=True):
            assert backend.result(order) is None
            backend.begin(order, instance)
            backend.report(order, instance, ends)
            self.look(backend, order)
        result = backend.result(order)
        assert result is not None
        assert result.status == status
        assert [one.instance_id for one in result.instances] == list(INSTANCES)

    def test_a_second_launch_starts_no_second_worker(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        assert backend.begin(order, INSTANCES[0])
        backend.restart()
        backend.target.launch(replace(order, launches=2, launched_at=NOW + 60))
        assert [backend.begin(order, one) for one in INSTANCES] == [False, True, True]

    @pytest.mark.parametrize("how", ["unreachable", "cancelled"])
    def test_who_will_not_begin_has_failed(self, backend: FleetBackend, run_id: str, how: str) -> None:
        order = self.launched(backend, run_id)
        for instance in INSTANCES[:2]:
            backend.begin(order, instance)
            backend.report(order, instance, "succeeded")
        backend.tell_of(INSTANCES[2], how)
        self.look(backend, order)
        result = backend.result(order)
        assert result is not None
        assert (result.status, result.reason) == (Status.FAILED, "dispatch_failed")
        assert result.instances[2].message
        assert not backend.begin(order, INSTANCES[2])

    def test_what_was_refused_before_its_launch_is_never_launched(self, backend: FleetBackend, run_id: str) -> None:
        order = self.reserved(backend, run_id)
        assert backend.target.refuse(order, "cancelled", "why")
        backend.restart()
        assert backend.target.refuse(order, "cancelled", "why")
        with pytest.raises(LaunchFailed) as refused:
            backend.target.launch(order)
        assert not refused.value.transient
        assert not backend.target.conclude(order, _CANCELLED)
        assert self.look(backend, order).state is State.ENDED

    def test_what_is_refused_nobody_begins(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        assert backend.target.refuse(order, "cancelled", "why")
        assert [backend.begin(order, one) for one in INSTANCES] == [False, False, False]
        assert backend.claim(order) is None
        backend.restart()
        assert backend.target.conclude(order, _CANCELLED)
        result = backend.result(order)
        assert result is not None
        assert (result.status, result.reason) == (Status.FAILED, "cancelled")

    def test_what_has_begun_is_not_refused_but_the_others_are(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        assert backend.begin(order, INSTANCES[1])
        backend.restart()
        assert not backend.target.refuse(order, "cancelled", "why")
        claim = backend.claim(order)
        assert claim is not None
        assert not claim.void
        assert not backend.begin(order, INSTANCES[0])
        assert backend.report(order, INSTANCES[1], "failed")
        self.look(backend, order)
        result = backend.result(order)
        assert result is not None
        assert [one.reason for one in result.instances] == ["cancelled", None, "cancelled"]

    def test_what_is_concluded_ends_whoever_did_not_report(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        for instance in INSTANCES[:2]:
            backend.begin(order, instance)
        backend.report(order, INSTANCES[0], "succeeded")
        backend.restart()
        assert backend.target.conclude(order, {**_CANCELLED, "status": "timed_out", "reason": None})
        result = backend.result(order)
        assert result is not None
        assert result.status is Status.TIMED_OUT
        assert [str(one.status) for one in result.instances] == ["succeeded", "timed_out", "timed_out"]
        assert not backend.report(order, INSTANCES[1], "succeeded")
        assert not backend.begin(order, INSTANCES[2])

    def test_what_is_released_keeps_nothing_secret(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        other = self.launched(backend, run_id, order_num="0002")
        assert backend.kept(order)
        for _ in range(2):
            backend.target.release(order)
            assert backend.kept(order) == []
        assert backend.kept(other)

    def test_what_is_stopped_may_be_stopped_again(self, backend: FleetBackend, run_id: str) -> None:
        order = self.launched(backend, run_id)
        for _ in range(2):
            backend.target.stop(order)
        self.look(backend, order)
        assert backend.result(order) is not None

    @pytest.mark.parametrize("how", ["throttled", "broken", "unreachable"])
    def test_a_service_that_does_not_answer_can_not_stop_but_makes_nobody_lost(
        self, backend: FleetBackend, run_id: str, how: str
    ) -> None:
        order = self.launched(backend, run_id)
        backend.begin(order, INSTANCES[0])
        backend.refuse(how)
        with pytest.raises(Exception, match=r"\w"):
            backend.target.stop(order)
        found = self.look(backend, order)
        assert (found.state, found.silence) == (State.RUNNING, 0.0)


_CANCELLED = {"status": "failed", "log": "why", "exit_code": None, "reason": "cancelled", "ended_at": NOW}
