"""What is left of a job whose run did not succeed altogether: a job of its own, for a retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from execution_engine.jobs.job import Job, Order
from execution_engine.jobs.naming import order_num
from execution_engine.jobs.order_names import UniqueNames


def remainder(job: Job, done: Set[str]) -> Job | None:
    """The job of exactly the orders whose number is not in ``done``; None if none is left.

    They are numbered anew, keep their names, and wait for the same orders as before, as far as these are
    left. A name changes only if it is a number that is another order's by now; a number that served as
    ``queue_id`` becomes the new one, or the order's name where another order goes by that number.
    """
    left = [order for order in job.orders if order.order_num not in done]
    if not left:
        return None
    nums = {order.order_num: order_num(place) for place, order in enumerate(left, 1)}
    names = _names(left, nums)
    queue_ids = _queue_ids(left, nums, names)
    owners = {name: order.order_num for order in job.orders for name in (order.queue_id, order.order_name)}

    def named(name: str) -> str:
        """What ``name`` called an order of the old job, in the new one."""
        owner = owners[name]
        return name if name in (names[owner], queue_ids[owner]) else queue_ids[owner]

    return replace(
        job,
        orders=tuple(
            replace(
                order,
                order_num=nums[order.order_num],
                order_name=names[order.order_num],
                queue_id=queue_ids[order.order_num],
                needs=tuple(nums[num] for num in order.needs if num in nums),
                dependencies=tuple(dict.fromkeys(named(name) for name in order.dependencies if owners[name] in nums)),
            )
            for order in left
        ),
    )


def _names(left: Sequence[Order], nums: Mapping[str, str]) -> dict[str, str]:
    """By old number."""
    numbers = set(nums.values())
    unique = UniqueNames({name for order in left for name in (order.order_name, order.queue_id)} | numbers)
    return {
        order.order_num: unique.unique(order.order_name)
        if order.order_name in numbers - {nums[order.order_num]}
        else order.order_name
        for order in left
    }


def _queue_ids(left: Sequence[Order], nums: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """By old number."""
    explicit = {order.queue_id for order in left if order.queue_id != order.order_num}
    chosen = {}
    for order in left:
        num = nums[order.order_num]
        by_default = names[order.order_num] if num in explicit else num
        chosen[order.order_num] = by_default if order.queue_id == order.order_num else order.queue_id
    return chosen
