from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from execution_engine.jobs.job import Order, SsmTargets
from execution_engine.jobs.row_size import MAX_ROW_BYTES, row_bytes, row_fault
from execution_engine.jobs.targets import MAX_INSTANCES
from execution_engine.orders.instance import InstanceOutcome, told_instances
from execution_engine.orders.status import Status


def order(**fields: Any) -> Order:
    base: dict[str, Any] = {"order_num": "0001", "order_name": "build", "queue_id": "0001", "timeout": 1}
    return Order(**{**base, "cmds": ("x",), "execution_target": "codebuild", **fields})


def test_the_largest_command_fits_and_so_do_all_the_dependents_a_job_can_have() -> None:
    assert row_fault(order(cmds=("x" * 262_144,)), [f"{n:04d}" for n in range(2, 10_000)]) is None


def test_parts_count_bytes_not_characters() -> None:
    parts = row_bytes(order(cmds=("ä" * 1000,), ssm_targets=SsmTargets(tags={"A": ("b" * 100,)})), ["0002"])
    assert 2000 <= parts["cmds"] < 2010
    assert 100 <= parts["ssm_targets"] < 110
    assert 20_000 <= row_bytes(order(ssm_targets=SsmTargets(instance_ids=("ä" * 10_000,))), [])["ssm_targets"] < 20_010
    assert 4 <= parts["dependents"] < 10


IDS = tuple(f"i-{place:017x}" for place in range(MAX_INSTANCES))


@pytest.mark.parametrize("targets", [SsmTargets(instance_ids=IDS), SsmTargets(tags={"Role": ("web",)})])
def test_the_largest_command_fits_for_all_the_instances_an_order_can_have(targets: SsmTargets) -> None:
    assert row_fault(order(cmds=("x" * 262_144,), ssm_targets=targets), ["0002"] * 200) is None


@given(
    st.integers(1, MAX_INSTANCES),
    st.integers(20, 128),
    st.sampled_from(["", "no", "ä" * 500, "\U0001f525" * 500]),
    st.sampled_from([None, 1.5, 1_700_000_000.123456]),
    st.sampled_from([None, "worker_lost", "ü" * 200]),
)
@settings(max_examples=40, deadline=None)
def test_there_is_room_for_how_it_ends_on_each(
    count: int, length: int, message: str, at: float | None, reason: str | None
) -> None:
    """The row as DynamoDB counts it, with the endings, is never larger than was estimated."""
    ids = tuple(f"i{place:0{length - 1}d}" for place in range(count))
    made = order(ssm_targets=SsmTargets(instance_ids=ids))
    outcomes = [
        InstanceOutcome(
            instance_id=one,
            status=Status.TIMED_OUT,
            exit_code=-(2**62),
            reason=reason,
            message=message,
            started_at=at,
            ended_at=at,
            log_bytes=2**52,
        )
        for one in ids
    ]
    assert item_bytes({"instances": told_instances(outcomes)}) <= row_bytes(made, [])["instances"]


def test_what_is_estimated_of_tags_is_enough_for_as_many_instances_as_there_may_be() -> None:
    outcomes = [InstanceOutcome(instance_id=one, status=Status.FAILED, message="x" * 500) for one in IDS]
    told = {"instances": told_instances(outcomes)}
    assert item_bytes(told) <= row_bytes(order(ssm_targets=SsmTargets(tags={"A": ("b",)})), [])["instances"]


def item_bytes(value: Any) -> int:
    """As DynamoDB counts: names and texts in UTF-8, a number's digits in pairs, 3 for a map, 1 for an element."""
    if isinstance(value, dict):
        return 3 + sum(1 + len(name.encode()) + item_bytes(one) for name, one in value.items())
    return len(value.encode()) if isinstance(value, str) else 2 + (len(str(abs(value))) + 1) // 2


def test_the_fault_names_the_order_and_its_biggest_part() -> None:
    fault = row_fault(order(ssm_paths=tuple("p" * 1000 for _ in range(400))), [])
    assert fault is not None
    field, message = fault
    assert field == "ssm_paths"
    assert "order build" in message and f"{MAX_ROW_BYTES:,}" in message
