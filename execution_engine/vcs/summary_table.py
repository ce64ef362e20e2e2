"""The tables of a run's summary: its orders, and the instances of those that run on several. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from execution_engine.vcs import markdown

MARKS: Mapping[str, str] = {
    "failed": "❌",
    "timed_out": "⌛",
    "running": "▶️",
    "dispatched": "▶️",
    "queued": "⏳",
    "succeeded": "✅",
}
"""In the order in which they are worth a look."""

ROWS = 100
ROWS_LENGTH = 24_000
INSTANCES_LENGTH = 10_000
"""Characters of all orders' rows, of all instances'."""

_HEAD = "| | order | target | status | reason | seconds |\n|---|---|---|---|---|--:|"
_INSTANCES_HEAD = "| | instance | status | reason | seconds |\n|---|---|---|---|--:|"

Order = Mapping[str, Any]


def words(status: str) -> str:
    return str(status).replace("_", " ")


def why(order: Order) -> str:
    """Why it ended as it did; nothing of what succeeded."""
    if order["status"] == "succeeded":
        return ""
    if order.get("reason"):
        return markdown.code(str(order["reason"]), 100)
    exit_code = order.get("exit_code")
    return "" if exit_code is None else f"exit {exit_code}"


def table(orders: Sequence[Order]) -> str:
    return "\n".join([_HEAD, *map(_row, orders)]) if orders else ""


def chosen(orders: Sequence[Order], length: int) -> list[Order]:
    """Those that have room, in the order of the job: what failed by itself first to stay, what succeeded last."""
    ranks = {status: rank for rank, status in enumerate(MARKS)}

    def rank(place: int) -> tuple[int, bool, int]:
        order = orders[place]
        return ranks.get(order["status"], len(ranks)), order.get("reason") == "dependency_failed", place

    kept: list[int] = []
    for place in sorted(range(len(orders)), key=rank)[:ROWS]:
        length -= len(_row(orders[place])) + 1
        if length < 0:
            break
        kept.append(place)
    return [orders[place] for place in sorted(kept)]


def _row(order: Order) -> str:
    name = markdown.link(markdown.code(order["order_name"], 128), order["execution_url"])
    notes = [
        why(order),
        f"attempt {order['attempt']}" if order["attempt"] > 1 else "",
        "" if order["must_succeed"] else "optional",
    ]
    cells = [
        MARKS.get(order["status"], ""),
        name,
        markdown.code(order["execution_target"], 64),
        words(order["status"]),
        ", ".join(note for note in notes if note),
        _seconds(order["seconds"]),
    ]
    return f"| {' | '.join(cells)} |"


def instances(orders: Iterable[Order]) -> Iterable[str]:
    """One fold for each order that ran on instances, with as many of them as there is room for: what failed first."""
    room = INSTANCES_LENGTH
    for order in orders:
        told_of = outcomes(order)
        if not told_of:
            continue
        counted = Counter(str(one["status"]) for one in told_of)
        told = ", ".join(f"{counted[status]:,} {words(status)}" for status in MARKS if counted[status])
        rows: list[str] = []
        for row in map(_instance_row, told_of):
            room -= len(row) + 1
            if room < 0:
                break
            rows.append(row)
        text = "\n".join([_INSTANCES_HEAD, *rows]) if rows else ""
        if len(rows) < len(told_of):
            text += f"\n\nand {len(told_of) - len(rows):,} more"
        room -= 400
        yield markdown.folded(f"{len(told_of):,} instances of {markdown.code(order['order_name'])}: {told}", text)
        if room < 0:
            return


def outcomes(order: Order) -> list[Order]:
    """How each instance ended, if it ran on any; what failed first, then in the order of ids."""
    ranks = {status: rank for rank, status in enumerate(MARKS)}
    return sorted(
        order.get("instances") or (), key=lambda one: (ranks.get(one["status"], len(ranks)), one["instance_id"])
    )


def _instance_row(one: Order) -> str:
    message = markdown.code(one["message"], 160) if one["message"] else ""
    cells = [
        MARKS.get(one["status"], ""),
        markdown.code(one["instance_id"], 128),
        words(one["status"]),
        " ".join(part for part in (why(one), message) if part),
        _seconds(one["seconds"]),
    ]
    return f"| {' | '.join(cells)} |"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
