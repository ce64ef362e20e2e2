"""What every ``orders.store.Records`` must do: the run's own record changes, starts, stops and ends."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.examples import NOW, an_event
from contracts.records_backend import RecordsBackend, run_of, stored

from execution_engine.errors import ConditionLost
from execution_engine.orders.event import Event
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.transaction import RunChange, Transaction


class RunsContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    def test_what_is_ready_comes_and_goes(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id)

        def change(**what: Any) -> frozenset[str]:
            backend.records.commit(Transaction(run_id=run_id, run=RunChange(**what)))
            return run_of(backend, run_id).ready

        assert change(ready_add=frozenset({"0001", "0002"})) == {"0001", "0002"}
        assert change(ready_add=frozenset({"0002", "0003"})) == {"0001", "0002", "0003"}
        assert change(ready_remove=frozenset({"0001", "0009"})) == {"0002", "0003"}
        assert change(ready_remove=frozenset({"0002", "0003"})) == frozenset()
        assert change(ready_remove=frozenset({"0002"})) == frozenset()

    def test_adding_to_what_is_ready_puts_removing_off(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, run={"ready": frozenset({"0001"})})
        both = RunChange(ready_add=frozenset({"0002"}), ready_remove=frozenset({"0001"}))
        backend.records.commit(Transaction(run_id=run_id, run=both))
        assert run_of(backend, run_id).ready == {"0001", "0002"}

    def test_a_run_starts_once(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, run={"phase": Phase.SUBMITTING})
        start = Transaction(run_id=run_id, run=RunChange(phase=Phase.RUNNING, from_phase=Phase.SUBMITTING))
        backend.records.commit(start)
        assert run_of(backend, run_id).phase is Phase.RUNNING
        with pytest.raises(ConditionLost):
            backend.records.commit(start)

    def test_a_run_that_is_gone_is_not_made_again(self, backend: RecordsBackend, run_id: str) -> None:
        with pytest.raises(ConditionLost):
            backend.records.commit(Transaction(run_id=run_id, run=RunChange(tally=Tally(open=-1))))
        assert backend.records.read(run_id, with_run=True).run is None

    def test_the_first_reason_to_stop_stands(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id)
        backend.records.ask_to_stop(run_id, "cancelled")
        with pytest.raises(ConditionLost):
            backend.records.ask_to_stop(run_id, "job_timed_out")
        assert run_of(backend, run_id).stop == "cancelled"

    def test_a_deadline_does_not_replace_the_reason_asked_for(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id)
        backend.records.ask_to_stop(run_id, "cancelled")
        backend.records.commit(Transaction(run_id=run_id, run=RunChange(stop="job_timed_out", stop_cursor=1)))
        run = run_of(backend, run_id)
        assert (run.stop, run.stop_cursor) == ("cancelled", 1)

    def test_a_run_is_stopped_before_its_first_pass(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, run={"phase": Phase.SUBMITTING})
        backend.records.ask_to_stop(run_id, "cancelled")
        assert run_of(backend, run_id).stop == "cancelled"

    def test_a_submission_is_withdrawn_once(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, run={"phase": Phase.SUBMITTING})
        backend.records.withdraw(run_id)
        assert run_of(backend, run_id).phase is Phase.WITHDRAWN
        with pytest.raises(ConditionLost):
            backend.records.withdraw(run_id)

    def test_what_is_confirmed_is_not_withdrawn(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, run={"phase": Phase.SUBMITTING})
        backend.records.confirm(run_id)
        backend.records.confirm(run_id)
        with pytest.raises(ConditionLost):
            backend.records.withdraw(run_id)
        found = run_of(backend, run_id)
        assert (found.phase, found.signalled) == (Phase.SUBMITTING, True)

    def test_what_was_withdrawn_or_is_not_there_is_not_confirmed(self, backend: RecordsBackend, run_id: str) -> None:
        with pytest.raises(ConditionLost):
            backend.records.confirm(run_id)
        assert backend.records.read(run_id, with_run=True).run is None
        stored(backend, run_id, run={"phase": Phase.SUBMITTING})
        backend.records.withdraw(run_id)
        with pytest.raises(ConditionLost):
            backend.records.confirm(run_id)
        assert run_of(backend, run_id).phase is Phase.WITHDRAWN

    @pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.COMPLETED])
    def test_what_has_begun_is_not_withdrawn(self, backend: RecordsBackend, run_id: str, phase: Phase) -> None:
        stored(backend, run_id, run={"phase": phase})
        with pytest.raises(ConditionLost):
            backend.records.withdraw(run_id)
        assert run_of(backend, run_id).phase is phase

    def test_no_run_is_made_by_withdrawing_it(self, backend: RecordsBackend, run_id: str) -> None:
        with pytest.raises(ConditionLost):
            backend.records.withdraw(run_id)
        assert backend.records.read(run_id, with_run=True).run is None

    @pytest.mark.parametrize("phase", [Phase.WITHDRAWN, Phase.COMPLETED])
    def test_only_a_run_that_goes_on_is_stopped(self, backend: RecordsBackend, run_id: str, phase: Phase) -> None:
        stored(backend, run_id, run={"phase": phase})
        with pytest.raises(ConditionLost):
            backend.records.ask_to_stop(run_id, "cancelled")

    def test_no_run_is_made_by_stopping_it(self, backend: RecordsBackend, run_id: str) -> None:
        with pytest.raises(ConditionLost):
            backend.records.ask_to_stop(run_id, "cancelled")
        assert backend.records.read(run_id, with_run=True).run is None

    def test_a_run_is_completed_once(self, backend: RecordsBackend, run_id: str) -> None:
        run, _, _ = stored(backend, run_id, run={"tally": Tally(succeeded=2)})
        backend.records.complete(run, _completed(run, NOW + 5))
        with pytest.raises(ConditionLost):
            backend.records.complete(run, _completed(run, NOW + 6))
        now = run_of(backend, run_id)
        assert (now.phase, now.status, now.completed_at) == (Phase.COMPLETED, Status.SUCCEEDED, NOW + 5)
        assert now.last_epoch == NOW + 5
        assert backend.events(run) == [_completed(run, NOW + 5)]

    def test_a_run_that_was_asked_to_stop_meanwhile_does_not_end_as_if_it_was_not(
        self, backend: RecordsBackend, run_id: str
    ) -> None:
        run, _, _ = stored(backend, run_id, run={"tally": Tally(succeeded=2)})
        backend.records.ask_to_stop(run_id, "cancelled")
        with pytest.raises(ConditionLost):
            backend.records.complete(run, _completed(run, NOW + 5))
        stopped = run_of(backend, run_id)
        assert stopped.phase is Phase.RUNNING
        backend.records.complete(stopped, _completed(stopped, NOW + 5))
        assert run_of(backend, run_id).phase is Phase.COMPLETED

    @pytest.mark.parametrize("not_yet", [{"tally": Tally(open=1)}, {"phase": Phase.SUBMITTING, "tally": Tally()}])
    def test_a_run_with_something_open_is_not_completed(
        self, backend: RecordsBackend, run_id: str, not_yet: dict[str, object]
    ) -> None:
        run, _, _ = stored(backend, run_id, run=not_yet)
        with pytest.raises(ConditionLost):
            backend.records.complete(run, _completed(run, NOW + 5))
        assert (run_of(backend, run_id), backend.events(run)) == (run, [])


def _completed(run: Run, epoch: float) -> Event:
    return an_event(run, "_job", epoch, event_type="job_completed", status="succeeded", order_num=None)
