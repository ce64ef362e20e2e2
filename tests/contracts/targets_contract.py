"""What every ``orders.target.Target`` must do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import pytest
from contracts.examples import NOW, an_order

from execution_engine.errors import LaunchFailed
from execution_engine.orders.order import Order
from execution_engine.orders.target import Found, State, Target
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

    def test_a_worker_is_started_with_what_it_reads(self, backend: TargetBackend, run_id: str) -> None:
        order = reserved(run_id)
        backend.target.launch(order)
        (told,) = backend.told
        read = Assignment.from_payload(told)
        assert (read.run_id, read.order_num, read.attempt) == (run_id, "0001", 2)
        assert (read.sha256, read.key_path) == (order.bundle_sha256, order.sops_key_path)
        assert read.not_after == pytest.approx(NOW + START_LIMIT)

    def test_nothing_but_ids_and_places_is_sent(self, backend: TargetBackend, run_id: str) -> None:
        order = reserved(run_id, log_tail="token=hunter2", reason="hunter2")
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
            backend.target.launch(reserved(run_id))
        assert refused.value.transient

    @pytest.mark.parametrize("how", ["forbidden", "missing"])
    def test_what_will_not_pass_is_final_and_told_in_one_line(
        self, backend: TargetBackend, run_id: str, how: str
    ) -> None:
        backend.refuse(how)
        with pytest.raises(LaunchFailed, match="order-0001") as refused:
            backend.target.launch(reserved(run_id))
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
