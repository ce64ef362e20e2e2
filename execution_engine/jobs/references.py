"""The names by which orders refer to each other: each means one order, and every dependency means one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from execution_engine.jobs.documents import OrderDocument
from execution_engine.jobs.faults import Faults, nearest, shown
from execution_engine.jobs.graph import DependencyGraph
from execution_engine.jobs.naming import JOB_ORDER_NAME, order_num
from execution_engine.jobs.order_names import UniqueNames, derived_name

_CYCLE_SHOWN = 6


@dataclass(frozen=True, slots=True)
class References:
    """By place in the job: every order's number, name and queue_id, and the numbers it needs."""

    nums: tuple[str, ...]
    names: tuple[str, ...]
    queue_ids: tuple[str, ...]
    graph: DependencyGraph
    cyclic: bool


def resolve(orders: Sequence[OrderDocument], faults: Faults, *, refused_names: Collection[str] = ()) -> References:
    """Give each order its names and resolve its dependencies; report what is ambiguous, unknown or circular.

    ``refused_names`` were given to an order but are already reported: a dependency on one of them is no
    second fault. The graph holds whatever could be resolved.
    """
    nums = tuple(order_num(index + 1) for index in range(len(orders)))
    owners = _explicit_owners(orders, nums, faults)
    queue_ids = tuple(order.queue_id or num for order, num in zip(orders, nums, strict=True))
    unique = UniqueNames({*owners, *nums, *queue_ids, *refused_names, JOB_ORDER_NAME})
    names = tuple(order.order_name or unique.unique(derived_name(order.cmds, order.git_folder)) for order in orders)
    for index in range(len(orders)):
        owners.setdefault(queue_ids[index], index)
        owners.setdefault(names[index], index)
    needs = {
        num: _needs(index, order, owners, nums, faults, refused_names)
        for index, (num, order) in enumerate(zip(nums, orders, strict=True))
    }
    graph = DependencyGraph(needs)
    cycles = graph.cycles()
    for cycle in cycles:
        named = [names[int(num) - 1] for num in cycle]
        faults.add(
            f"orders[{int(cycle[0]) - 1}].dependencies",
            f"form a cycle, each needing the next: {_ring(named)}",
        )
    return References(nums, names, queue_ids, graph, cyclic=bool(cycles))


def _explicit_owners(orders: Sequence[OrderDocument], nums: Sequence[str], faults: Faults) -> dict[str, int]:
    """Who is meant by each name that a caller gave. A name for two orders is a fault of the later."""
    owners: dict[str, int] = {}
    for index, order in enumerate(orders):
        name = order.order_name
        if name is None:
            continue
        first = owners.setdefault(name, index)
        if first != index:
            faults.add(
                f"orders[{index}].order_name",
                f'"{name}" is also the name of orders[{first}]; names are unique',
            )
        elif re.fullmatch(r"\d{4}", name) and 1 <= int(name) <= len(orders) and nums[index] != name:
            faults.add(f"orders[{index}].order_name", f'"{name}" is also the number of orders[{int(name) - 1}]')
    for index, order in enumerate(orders):
        queue_id = order.queue_id
        if queue_id is None:
            continue
        first = owners.setdefault(queue_id, index)
        if first != index:
            faults.add(
                f"orders[{index}].queue_id",
                f'"{shown(queue_id)}" also means orders[{first}]; a dependency on it would be ambiguous',
            )
    for index, (order, num) in enumerate(zip(orders, nums, strict=True)):
        owner = owners.get(num, index)
        if order.queue_id is None and owner != index and orders[owner].queue_id == num:
            faults.add(
                f"orders[{owner}].queue_id",
                f'"{num}" is also the queue_id that orders[{index}] has by default',
            )
    return owners


def _needs(
    index: int,
    order: OrderDocument,
    owners: dict[str, int],
    nums: Sequence[str],
    faults: Faults,
    refused_names: Collection[str],
) -> tuple[str, ...]:
    needed: dict[str, None] = {}
    for position, name in enumerate(order.dependencies):
        where = f"orders[{index}].dependencies[{position}]"
        owner = owners.get(name)
        if owner == index:
            faults.add(where, f'"{shown(name)}" is the order itself, which can\'t wait for itself')
        elif owner is not None:
            needed[nums[owner]] = None
        elif name not in refused_names:
            hint = "" if faults.full else nearest(name, owners)
            faults.add(where, f'"{shown(name)}" is no order_name and no queue_id of this job{hint}')
    return tuple(needed)


def _ring(names: Sequence[str]) -> str:
    shortened = list(names)
    if len(names) > _CYCLE_SHOWN:
        left_out = len(names) - _CYCLE_SHOWN + 1
        shortened = [*names[: _CYCLE_SHOWN - 2], f"… {left_out:,} more …", names[-1]]
    return " → ".join([*shortened, names[0]])
