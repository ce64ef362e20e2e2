"""A run's dependency graph, ready to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError

from execution_engine.console.layout import Box, Line, Point, lay_out
from execution_engine.console.wording import ENDED
from execution_engine.history.documents import Document
from execution_engine.orders.status import Reason

MOST = 1_500
"""Orders that are drawn. More than that nobody looks at as a picture."""


@dataclass(frozen=True, slots=True)
class Node:
    order: Document
    box: Box


@dataclass(frozen=True, slots=True)
class Edge:
    """``state``: ``done`` when what it leads away from succeeded, ``blocked`` when that ended otherwise and holds up
    what comes after, ``open`` before either."""

    path: str
    state: str


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    frames: Sequence[Box]
    joints: Sequence[Point]
    width: float
    height: float


def graph(orders: Sequence[Document]) -> Graph | str:
    """Or why there is none."""
    if not orders:
        return "None of its orders is recorded yet."
    if len(orders) > MOST:
        return f"A graph of {len(orders):,} orders is no picture any more; up to {MOST:,} are drawn."
    by_num = {order["order_num"]: order for order in orders}
    needs = needed(orders)
    try:
        laid = lay_out(needs)
    except CycleError:
        return "The records of these orders depend on each other in a circle, so that they can't be drawn."
    return Graph(
        nodes=[Node(order, laid.boxes[num]) for num, order in by_num.items()],
        edges=[_edge(line, by_num) for line in laid.lines],
        frames=laid.frames,
        joints=laid.joints,
        width=laid.width,
        height=laid.height,
    )


def needed(orders: Sequence[Document]) -> dict[str, list[str]]:
    """By order number the numbers of what it depends on, which a job may call by number, name or queue_id."""
    num_of: dict[str, str] = {}
    for name in ("order_num", "queue_id", "order_name"):
        num_of |= {str(order[name]): order["order_num"] for order in orders}
    return {
        order["order_num"]: [num_of[str(one)] for one in order["dependencies"] if str(one) in num_of]
        for order in orders
    }


def _edge(line: Line, by_num: dict[str, Document]) -> Edge:
    ends = [by_num[num] for num in line.needed]
    if any(holds_up(order) for order in ends):
        return Edge(line.path, "blocked")
    return Edge(line.path, "done" if all(order["status"] in ENDED for order in ends) else "open")


def holds_up(order: Document) -> bool:
    """Whether what needs this order can't run any more (``Order.blocks_dependents``)."""
    if order["status"] not in ENDED or order["status"] == "succeeded":
        return False
    return bool(order["must_succeed"]) or order["reason"] == Reason.DEPENDENCY_FAILED
