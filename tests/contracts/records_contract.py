"""What every ``orders.store.Records`` must do: rows there and back."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from contracts.examples import NOW, a_run, an_event, an_order
from contracts.records_backend import RecordsBackend

from execution_engine.errors import ConditionLost
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Reason, Status


class RowsContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    def test_a_run_is_created_once(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.create_run(a_run(run_id))
        with pytest.raises(ConditionLost):
            backend.records.create_run(a_run(run_id, username="mallory"))
        run = backend.records.read(run_id, with_run=True).run
        assert run is not None and run.username == "ann"

    def test_a_run_comes_back_as_it_was_written(self, backend: RecordsBackend, run_id: str) -> None:
        run = a_run(
            run_id,
            phase=Phase.COMPLETED,
            tally=Tally(1, 2, 3, 4, 5, 6, 7, 8, 9),
            cursor=7,
            ready=frozenset({"0001", "0002"}),
            stop="cancelled",
            stop_cursor=3,
            completed_at=NOW + 9.5,
            status=Status.TIMED_OUT,
            username="Ünïcødé 🦀 \n",
        )
        backend.records.create_run(run)
        assert backend.records.read(run_id, with_run=True).run == run

    def test_the_least_a_run_can_have_comes_back(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.create_run(a_run(run_id, total=1, tally=Tally()))
        assert backend.records.read(run_id, with_run=True).run == a_run(run_id, total=1, tally=Tally())

    def test_every_field_of_an_order_comes_back(self, backend: RecordsBackend, run_id: str) -> None:
        order = an_order(
            run_id,
            order_name="build.and-test_1",
            cmds=("echo 'naïve \u2028 🦀'", "printf '%s\n' \"$X\"\n\ttrue", "\\"),
            must_succeed=False,
            dependencies=("lint", "0002"),
            waiting=frozenset({"0002", "0003"}),
            dependents=("0004", "0005"),
            retries=3,
            status=Status.RUNNING,
            attempt=2,
            launches=1,
            not_before=NOW + 0.5,
            dispatched_at=NOW + 1.000001,
            launched_at=NOW + 2,
            started_at=NOW + 3,
            ended_at=NOW + 4,
            reason="worker_lost",
            exit_code=-9,
            execution_id="id",
            execution_url="https://example.org/a?b=c",
            log_bytes=2**40,
            log_tail="the end\x00\x1b[0m",
            events_written=3,
            ssm_targets={"tags": {"Role": ["web", "app"]}},
            ssm_document_name="document",
            instances={
                "i-1": {"status": "failed", "exit_code": 3, "ended_at": NOW + 4.5},
                "self": {"status": "succeeded"},
            },
            damaged="timeout is missing",
        )
        unset = [field.name for field in fields(Order) if getattr(order, field.name) is None]
        assert not unset, "this example is to have every field"
        backend.records.add_orders([order], [])
        assert backend.records.read(run_id, ["0001"]).orders == [order]

    def test_the_least_an_order_can_have_comes_back(self, backend: RecordsBackend, run_id: str) -> None:
        order = an_order(run_id, cmds=("",))
        backend.records.add_orders([order], [])
        assert backend.records.read(run_id, ["0001"]).orders == [order]

    def test_commands_may_be_as_large_as_a_job_allows(self, backend: RecordsBackend, run_id: str) -> None:
        order = an_order(run_id, cmds=("é" * 60_000, "y" * 136_000))
        backend.records.add_orders([order], [])
        assert backend.records.read(run_id, ["0001"]).orders == [order]

    def test_many_orders_and_events_are_added_and_read(self, backend: RecordsBackend, run_id: str) -> None:
        nums = [f"{place:04d}" for place in range(1, 131)]
        run = a_run(run_id)
        backend.records.create_run(run)
        events = [an_event(run, f"order-{num}", NOW + place, order_num=num) for place, num in enumerate(nums)]
        backend.records.add_orders([an_order(run_id, num) for num in nums], events)
        rows = backend.records.read(run_id, nums, with_run=True)
        assert rows.run == run
        assert sorted(order.order_num for order in rows.orders) == nums
        assert backend.events(run) == events

    def test_adding_again_overwrites(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.add_orders([an_order(run_id)], [])
        backend.records.add_orders([an_order(run_id, retries=2)], [])
        assert backend.records.read(run_id, ["0001"]).orders == [an_order(run_id, retries=2)]

    def test_an_events_data_comes_back(self, backend: RecordsBackend, run_id: str) -> None:
        run = a_run(run_id)
        data = {"a": {"b": [1, 2.5, "ü", None, True, {"c": []}]}, "n": -3, "empty": "", "self": {"self": "x"}}
        data |= {"word": Reason.CANCELLED, "words": {"of": [Status.FAILED]}}  # enumerations are texts
        told = an_event(run, data=data)
        untold = an_event(run, order_name="_job", epoch=NOW + 1, order_num=None)
        backend.records.add_orders([], [told, untold])
        assert backend.events(run) == [told, untold]

    def test_what_is_missing_is_named(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.add_orders([an_order(run_id)], [])
        rows = backend.records.read(run_id, ["0001", "0002"], with_run=True)
        assert rows.run is None
        assert [order.order_num for order in rows.orders] == ["0001"]
        assert list(rows.missing) == ["0002"]

    def test_what_is_unreadable_is_named_and_harms_no_other(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.add_orders([an_order(run_id, num) for num in ("0001", "0002", "0003")], [])
        backend.spoil(run_id, "0002")
        rows = backend.records.read(run_id, ["0001", "0002", "0003"])
        assert sorted(order.order_num for order in rows.orders) == ["0001", "0003"]
        assert list(rows.missing) == ["0002"]
        assert "no such record" not in rows.missing["0002"]

    def test_asking_for_one_twice_finds_it_once(self, backend: RecordsBackend, run_id: str) -> None:
        backend.records.add_orders([an_order(run_id)], [])
        assert len(backend.records.read(run_id, ["0001", "0001"]).orders) == 1

    def test_reading_nothing_finds_nothing(self, backend: RecordsBackend, run_id: str) -> None:
        rows = backend.records.read(run_id)
        assert (rows.run, list(rows.orders), rows.missing) == (None, [], {})

    def test_discard_leaves_nothing_and_may_be_repeated(self, backend: RecordsBackend, run_id: str) -> None:
        run = a_run(run_id)
        nums = [f"{place:04d}" for place in range(1, 31)]
        orders = [an_order(run_id, num) for num in nums]
        events = [an_event(run, f"order-{num}", NOW + place, order_num=num) for place, num in enumerate(nums)]
        other = replace(run, run_id=f"{run_id[:-1]}x")
        backend.records.create_run(run)
        backend.records.create_run(other)
        backend.records.add_orders(orders, events)
        for _ in range(2):
            backend.records.discard(run_id, nums, events)
            rows = backend.records.read(run_id, nums, with_run=True)
            assert (rows.run, list(rows.orders), backend.events(run)) == (None, [], [])
        assert _run(backend, other.run_id) == other


def _run(backend: RecordsBackend, run_id: str) -> Run:
    run = backend.records.read(run_id, with_run=True).run
    assert run is not None
    return run
