from __future__ import annotations

from typing import Any

from execution_engine.jobs.job import Job
from execution_engine.jobs.remainder import remainder
from execution_engine.jobs.rendering import document_of
from execution_engine.jobs.specification import parse_job


def job(*orders: dict[str, Any], **fields: Any) -> Job:
    made = [{"cmds": ["true"], "timeout": 60, **order} for order in orders]
    return parse_job({"username": "ann", "orders": made, **fields}, door="init")


def left_of(whole: Job, *done: str) -> Job:
    left = remainder(whole, set(done))
    assert left is not None
    assert parse_job(document_of(left), door="init") == left
    return left


def test_nothing_is_left_of_a_job_that_succeeded() -> None:
    assert remainder(job({}, {}), {"0001", "0002"}) is None


def test_the_rest_of_a_diamond_is_numbered_anew_and_waits_as_before() -> None:
    whole = job(
        {"order_name": "top"},
        {"order_name": "left", "dependencies": ["top"]},
        {"order_name": "right", "dependencies": ["0001"]},
        {"order_name": "bottom", "dependencies": ["left", "0003", "right"]},
        job_timeout=100,
    )
    left = left_of(whole, "0001", "0002")
    assert [(o.order_num, o.order_name, o.queue_id, o.dependencies, o.needs) for o in left.orders] == [
        ("0001", "right", "0001", (), ()),
        ("0002", "bottom", "0002", ("0001", "right"), ("0001",)),
    ]
    assert (left.job_timeout, left.presign_expiry) == (whole.job_timeout, whole.presign_expiry)


def test_a_number_that_another_goes_by_is_replaced_by_the_name() -> None:
    whole = job(
        {"order_name": "a", "queue_id": "0002"},
        {"order_name": "b", "queue_id": "x"},
        {"order_name": "c"},
        {"order_name": "d", "dependencies": ["0003", "0002"]},
    )
    left = left_of(whole, "0002")
    assert [(o.order_num, o.queue_id) for o in left.orders] == [("0001", "0002"), ("0002", "c"), ("0003", "0003")]
    assert left.orders[2].dependencies == ("c", "0002")
    assert left.orders[2].needs == ("0002", "0001")


def test_an_order_named_by_its_number_makes_way_for_the_one_that_has_it_now() -> None:
    whole = job({}, {"order_name": "0002"}, {"order_name": "c", "dependencies": ["0002"]})
    left = left_of(whole, "0001")
    assert [(o.order_num, o.order_name) for o in left.orders] == [("0001", "0002-2"), ("0002", "c")]
    assert (left.orders[1].dependencies, left.orders[1].needs) == (("0001",), ("0001",))


def test_an_order_may_keep_being_named_by_a_number_nobody_has() -> None:
    whole = job({}, {"order_name": "0002"})
    assert left_of(whole, "0001").orders[0].order_name == "0002"


def test_a_job_whose_orders_may_take_longer_than_its_deadline_can_be_written_out() -> None:
    whole = job({"timeout": 5_000, "execution_target": "codebuild"}, {}, job_timeout=10)
    assert whole.presign_expiry == 310
    assert left_of(whole, "0002").presign_expiry == 310


def test_what_is_not_an_order_of_the_job_is_done_already() -> None:
    whole = job({}, {})
    assert remainder(whole, {"0003"}) == whole
