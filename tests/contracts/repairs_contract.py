"""What every ``orders.store.Records`` must do: records that can't be read are found, and written anew."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from contracts.examples import NOW, a_run, an_order, dispatched, moved
from contracts.records_backend import RecordsBackend, order_of, run_of, stored

from execution_engine.errors import ConditionLost, RowUnreadable
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.mending import Evidence, mend_order, mend_run
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.wreck import Wreck

FULL = {
    "dependencies": ("lint",),
    "waiting": frozenset({"0002"}),
    "dependents": ("0002",),
    "not_before": NOW,
    "dispatched_at": NOW,
    "launched_at": NOW,
    "started_at": NOW,
    "ended_at": NOW,
    "reason": "cancelled",
    "exit_code": 1,
    "execution_id": "id",
    "execution_url": "https://example.org",
    "log_bytes": 7,
    "log_tail": "the end",
    "ssm_targets": {"instance_ids": ["i-1"]},
    "ssm_document_name": "document",
    "instances": {"i-1": {"status": "failed"}},
    "damaged": "before",
    "status": Status.FAILED,
    "attempt": 1,
}
FULL_RUN = {
    "ready": frozenset({"0001"}),
    "stop": "cancelled",
    "retry_of": "another",
    "tally": Tally(1, 1, 0, 1, 0, 1, 0, 0, 1),
}
ORDER_NAMES = [field.name for field in fields(Order)]
RUN_NAMES = [field.name for field in fields(Run) if field.name not in ("run_id", "tally")] + list(Tally.__slots__)
ORDER_MAY_LACK = {field.name for field in fields(Order) if "None" in str(field.type)} | {"waiting"}
RUN_MAY_LACK = {field.name for field in fields(Run) if "None" in str(field.type)} | {"ready"}
KEYS_OF_THE_INDEX = {"run_id", "order_num"}
"""DynamoDB lets no other type in there."""


class RepairsContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    @pytest.mark.parametrize("name", [name for name in ORDER_NAMES if name not in KEYS_OF_THE_INDEX])
    def test_an_order_with_an_attribute_of_a_wrong_type_is_repaired(
        self, backend: RecordsBackend, run_id: str, name: str
    ) -> None:
        run, order, _ = stored(backend, run_id, first=FULL)
        backend.damage(run_id, "0001", name)
        self._check_repaired(backend, run, order, name)

    @pytest.mark.parametrize("name", ORDER_NAMES)
    def test_an_order_without_an_attribute_is_repaired_if_it_needs_it(
        self, backend: RecordsBackend, run_id: str, name: str
    ) -> None:
        run, order, _ = stored(backend, run_id, first=FULL)
        backend.damage(run_id, "0001", name, remove=True)
        if name in ORDER_MAY_LACK:
            assert not backend.records.inspect(run_id, ["0001"])
            assert order_of(backend, run_id) == replace(order, **{name: frozenset() if name == "waiting" else None})
        else:
            self._check_repaired(backend, run, order, name)

    def _check_repaired(self, backend: RecordsBackend, run: Run, order: Order, name: str) -> None:
        rows = backend.records.read(run.run_id, ["0001", "0002"])
        assert list(rows.missing) == ["0001"]
        assert name in rows.missing["0001"]
        (wreck,) = backend.records.inspect(run.run_id, ["0001", "0002"])
        assert (wreck.num, wreck.gone, list(wreck.faults)) == ("0001", False, [name])
        kept = {one: getattr(order, one) for one in ORDER_NAMES if one != name}
        assert wreck.values == kept
        mended = mend_order(wreck, run, Evidence(results=[Status.FAILED]), NOW + 5)
        backend.records.repair(wreck, mended)
        repaired = order_of(backend, run.run_id)
        assert repaired == mended
        assert {one: getattr(repaired, one) for one in kept if one != "damaged"} == {
            one: value for one, value in kept.items() if one != "damaged"
        }
        assert not backend.records.inspect(run.run_id, ["0001", "0002"])

    @pytest.mark.parametrize("name", RUN_NAMES)
    def test_a_run_with_an_attribute_of_a_wrong_type_is_repaired(
        self, backend: RecordsBackend, run_id: str, name: str
    ) -> None:
        run, first, second = stored(backend, run_id, run=FULL_RUN)
        backend.damage(run_id, RUN_NUM, name)
        self._check_run_repaired(backend, run, [first, second], name)

    @pytest.mark.parametrize("name", RUN_NAMES)
    def test_a_run_without_an_attribute_is_repaired_if_it_needs_it(
        self, backend: RecordsBackend, run_id: str, name: str
    ) -> None:
        run, first, second = stored(backend, run_id, run=FULL_RUN)
        backend.damage(run_id, RUN_NUM, name, remove=True)
        if name in RUN_MAY_LACK:
            assert not backend.records.inspect(run_id, [RUN_NUM])
            assert run_of(backend, run_id) == replace(run, **{name: frozenset() if name == "ready" else None})
        else:
            self._check_run_repaired(backend, run, [first, second], name)

    def _check_run_repaired(self, backend: RecordsBackend, run: Run, orders: list[Order], name: str) -> None:
        with pytest.raises(RowUnreadable, match=name):
            backend.records.read(run.run_id, ["0001"], with_run=True)
        (wreck,) = backend.records.inspect(run.run_id, [RUN_NUM])
        assert (wreck.num, list(wreck.faults)) == (RUN_NUM, [name])
        assert name not in wreck.values
        mended = mend_run(wreck, orders, key_path="/path", signalled=True, now=NOW + 5)
        backend.records.repair(wreck, mended)
        repaired = run_of(backend, run.run_id)
        assert repaired == mended
        assert all(getattr(repaired, one) == value for one, value in wreck.values.items() if hasattr(repaired, one))

    def test_an_order_that_is_gone_is_made_again_once(self, backend: RecordsBackend, run_id: str) -> None:
        run, _, _ = stored(backend, run_id)
        (wreck,) = backend.records.inspect(run_id, ["0003"])
        assert (wreck.num, wreck.gone, dict(wreck.values)) == ("0003", True, {})
        mended = mend_order(wreck, run, Evidence(), NOW)
        backend.records.repair(wreck, mended)
        assert order_of(backend, run_id, "0003") == mended
        with pytest.raises(ConditionLost):
            backend.records.repair(wreck, mended)

    def test_nothing_is_wrong_with_what_can_be_read(self, backend: RecordsBackend, run_id: str) -> None:
        stored(backend, run_id)
        assert backend.records.inspect(run_id, [RUN_NUM, "0001", "0002"]) == []

    def test_a_record_that_changed_meanwhile_is_not_repaired(self, backend: RecordsBackend, run_id: str) -> None:
        run, order, _ = stored(backend, run_id)
        backend.damage(run_id, "0001", "cmds")
        wreck = self._wreck(backend, run_id)
        backend.records.commit(moved(dispatched(order)))
        with pytest.raises(ConditionLost):
            backend.records.repair(wreck, mend_order(wreck, run, Evidence(), NOW))
        now = self._wreck(backend, run_id)
        assert (now.values["status"], now.values["attempt"]) == (Status.DISPATCHED, 1)

    def test_a_repair_happens_once(self, backend: RecordsBackend, run_id: str) -> None:
        run, _, _ = stored(backend, run_id)
        backend.damage(run_id, "0001", "status", remove=True)
        wreck = self._wreck(backend, run_id)
        backend.records.repair(wreck, mend_order(wreck, run, Evidence(), NOW))
        with pytest.raises(ConditionLost):
            backend.records.repair(wreck, mend_order(wreck, run, Evidence(), NOW + 1))

    def test_the_largest_order_is_repaired(self, backend: RecordsBackend, run_id: str) -> None:
        order = an_order(run_id, cmds=("é" * 60_000, "y" * 136_000))
        backend.records.add_orders([order], [])
        backend.damage(run_id, "0001", "timeout")
        wreck = self._wreck(backend, run_id)
        backend.records.repair(wreck, mend_order(wreck, a_run(run_id), Evidence(), NOW))
        assert order_of(backend, run_id).cmds == order.cmds

    def _wreck(self, backend: RecordsBackend, run_id: str) -> Wreck:
        (wreck,) = backend.records.inspect(run_id, ["0001"])
        return wreck
