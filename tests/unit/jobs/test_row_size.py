from __future__ import annotations

from typing import Any

from execution_engine.jobs.job import Order, SsmTargets
from execution_engine.jobs.row_size import MAX_ROW_BYTES, row_bytes, row_fault


def order(**fields: Any) -> Order:
    base: dict[str, Any] = {"order_num": "0001", "order_name": "build", "queue_id": "0001", "timeout": 1}
    return Order(**{**base, "cmds": ("x",), "execution_target": "codebuild", **fields})


def test_the_largest_command_fits_and_so_do_all_the_dependents_a_job_can_have() -> None:
    assert row_fault(order(cmds=("x" * 262_144,)), [f"{n:04d}" for n in range(2, 10_000)]) is None


def test_parts_count_bytes_not_characters() -> None:
    parts = row_bytes(order(cmds=("ä" * 1000,), ssm_targets=SsmTargets(tags={"A": ("b" * 100,)})), ["0002"])
    assert 2000 <= parts["cmds"] < 2010
    assert 100 <= parts["ssm_targets"] < 110
    assert 4 <= parts["dependents"] < 10


def test_the_fault_names_the_order_and_its_biggest_part() -> None:
    fault = row_fault(order(ssm_paths=tuple("p" * 1000 for _ in range(400))), [])
    assert fault is not None
    field, message = fault
    assert field == "ssm_paths"
    assert "order build" in message and f"{MAX_ROW_BYTES:,}" in message
