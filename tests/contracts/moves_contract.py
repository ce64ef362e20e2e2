"""What every ``orders.store.Records`` must do: conditional changes, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contracts.examples import NOW, a_run, an_event, an_order, dispatched, moved
from contracts.records_backend import RecordsBackend, order_of, run_of, stored

from execution_engine.errors import ConditionLost
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.run import Tally
from execution_engine.orders.status import Status
from execution_engine.orders.transaction import RunChange, Transaction


class MovesContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    def test_a_move_is_written_with_its_event_and_its_counts(self, backend: RecordsBackend, run_id: str) -> None:
        run, first, _ = stored(backend, run_id)
        transaction = moved(dispatched(first), run=RunChange(cursor=1))
        backend.records.commit(transaction)
        assert order_of(backend, run_id) == dispatched(first).after
        assert backend.events(run) == list(transaction.events)
        now = run_of(backend, run_id)
        assert (now.tally, now.cursor, now.last_epoch) == (Tally(open=2, in_flight=1), 1, transaction.events[0].epoch)

    def test_a_move_may_take_attributes_away(self, backend: RecordsBackend, run_id: str) -> None:
        _, first, _ = stored(backend, run_id, first={"not_before": NOW, "exit_code": 1})
        backend.records.commit(moved(Move(first, Trigger.DISPATCH, {"not_before": None, "attempt": 1})))
        found = order_of(backend, run_id)
        assert (found.not_before, found.exit_code) == (None, 1)

    @pytest.mark.parametrize("stale", [{"status": Status.DISPATCHED}, {"attempt": 1}])
    def test_a_move_from_what_is_no_longer_true_is_lost(
        self, backend: RecordsBackend, run_id: str, stale: dict[str, Any]
    ) -> None:
        run, first, _ = stored(backend, run_id)
        believed = replace(first, **stale)
        with pytest.raises(ConditionLost):
            backend.records.commit(moved(Move(believed, Trigger.FAIL, {"reason": "cancelled"})))
        assert order_of(backend, run_id) == first
        assert (run_of(backend, run_id), backend.events(run)) == (run, [])

    def test_one_lost_condition_and_nothing_is_written(self, backend: RecordsBackend, run_id: str) -> None:
        run, first, second = stored(backend, run_id)
        backend.records.commit(moved(dispatched(second)))

        def found() -> tuple[object, ...]:
            rows = (order_of(backend, run_id), order_of(backend, run_id, "0002"), run_of(backend, run_id))
            return (*rows, backend.events(run))

        before = found()
        with pytest.raises(ConditionLost):
            backend.records.commit(moved(dispatched(first), dispatched(second), run=RunChange(cursor=2)))
        assert found() == before

    def test_the_same_move_twice_is_lost_the_second_time(self, backend: RecordsBackend, run_id: str) -> None:
        run, first, _ = stored(backend, run_id)
        backend.records.commit(moved(dispatched(first)))
        with pytest.raises(ConditionLost):
            backend.records.commit(moved(dispatched(first)))
        assert (run_of(backend, run_id).tally.in_flight, len(backend.events(run))) == (1, 1)

    def test_releases_may_be_repeated(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id, second={"waiting": frozenset({"0001", "0003"})})
        for _ in range(2):
            backend.records.commit(Transaction(run_id=run_id, releases={"0002": frozenset({"0001"})}))
            assert order_of(backend, run_id, "0002").waiting == {"0003"}
        backend.records.commit(Transaction(run_id=run_id, releases={"0002": frozenset({"0003"})}))
        assert order_of(backend, run_id, "0002").waiting == frozenset()
        backend.records.commit(Transaction(run_id=run_id, releases={"0002": frozenset({"0003"})}))

    def test_a_release_of_what_does_not_exist_is_lost(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id)
        with pytest.raises(ConditionLost):
            backend.records.commit(Transaction(run_id=run_id, releases={"0009": frozenset({"0001"})}))
        assert list(backend.records.read(run_id, ["0009"]).missing) == ["0009"]

    def test_an_order_is_moved_and_released_at_once(self, backend: RecordsBackend, run_id: str) -> None:
        _, first, _ = stored(backend, run_id, first={"waiting": frozenset({"0002"})})
        move = Move(first, Trigger.FAIL, {"reason": "dependency_failed", "ended_at": NOW + 1})
        backend.records.commit(moved(move, releases={"0001": frozenset({"0002"})}))
        found = order_of(backend, run_id)
        assert (found.status, found.waiting) == (Status.FAILED, frozenset())

    def test_own_events_are_recorded_once(self, backend: RecordsBackend, run_id: str) -> None:
        run, _, _ = stored(backend, run_id)
        told = an_event(run, epoch=NOW + 1, event_type="note", status="info", data={"n": 1})
        append = Transaction(run_id=run_id, events=(told,), appends={"0001": (0, 1)})
        backend.records.commit(append)
        assert order_of(backend, run_id).events_written == 1
        with pytest.raises(ConditionLost):
            backend.records.commit(replace(append, events=(replace(told, epoch=NOW + 2),)))
        assert backend.events(run) == [told]

    def test_a_transaction_may_be_as_large_as_a_plan_makes_one(self, backend: RecordsBackend, run_id: str) -> None:
        orders = [an_order(run_id, f"{place:04d}") for place in range(1, 50)]
        backend.records.create_run(a_run(run_id, total=49, tally=Tally(open=49)))
        backend.records.add_orders(orders, [])
        backend.records.commit(moved(*(dispatched(order) for order in orders)))
        assert run_of(backend, run_id).tally.in_flight == 49

    def test_launches_are_counted_while_the_attempt_is_out(self, backend: RecordsBackend, run_id: str) -> None:
        _, first, _ = stored(backend, run_id)
        with pytest.raises(ConditionLost):
            backend.records.relaunched(first, NOW + 5)
        out = dispatched(first).after
        backend.records.commit(moved(dispatched(first)))
        backend.records.relaunched(out, NOW + 5)
        found = order_of(backend, run_id)
        assert (found.launches, found.launched_at) == (2, NOW + 5)
        with pytest.raises(ConditionLost):  # somebody else relaunched it
            backend.records.relaunched(out, NOW + 6)
        with pytest.raises(ConditionLost):  # another attempt
            backend.records.relaunched(replace(found, attempt=2), NOW + 6)

    def test_what_was_launched_is_recorded_while_it_is_out(self, backend: RecordsBackend, run_id: str) -> None:
        _, first, _ = stored(backend, run_id)
        with pytest.raises(ConditionLost):
            backend.records.launched(first, "id", None)
        backend.records.commit(moved(dispatched(first)))
        out = dispatched(first).after
        backend.records.launched(out, "id", None)
        assert (order_of(backend, run_id).execution_id, order_of(backend, run_id).execution_url) == ("id", None)
        backend.records.launched(out, "id", "https://example.org/")
        assert order_of(backend, run_id).execution_url == "https://example.org/"
        with pytest.raises(ConditionLost):
            backend.records.launched(replace(out, attempt=2), "other", None)
