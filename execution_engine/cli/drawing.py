"""Drawings of a job's dependency graph. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping

from execution_engine.cli import destinations
from execution_engine.jobs.job import Job, Order

MOST_NEEDS = 8
"""So many names are written out; more are counted."""

MOST_INSTANCES = 3
"""And so many instances, or tags, of an order that runs on instances."""


def levels(job: Job) -> dict[str, int]:
    """Each order's row, from 1."""
    return {num: level for level, nums in enumerate(job.graph().levels(), 1) for num in nums}


def text(job: Job, width: int) -> str:
    """Level by level; orders of a level that need the same share an entry.

    ::

        1  lint, types, unit-tests
        2  wheel    ← lint
        3  install (on web-1, web-2)  ← wheel
    """
    rows = _rows(job)
    margin = len(str(rows[-1][0]))
    drawn: list[str] = []
    shown = 0
    for level, names, needs in rows:
        label = f"{level if level != shown else '':>{margin}}  "
        shown = level
        entry = ", ".join(names) + (f"  ← {needs}" if needs else "")
        drawn += textwrap.wrap(
            entry,
            width=max(width, 40),
            initial_indent=label,
            subsequent_indent=" " * len(label) + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(drawn)


def mermaid(job: Job, width: int) -> str:
    """A flowchart as Markdown viewers draw it. Optional orders are rounded."""
    drawn = ["flowchart TD"]
    for order in job.orders:
        left, right = ("[", "]") if order.must_succeed else ("(", ")")
        on = re.sub(r"[^\w .,:|/@+=-]", lambda found: f"#{ord(found[0])};", _instances(order))
        label = order.order_name + (f"<br/>on {on}" if on else "")
        drawn.append(f'  o{order.order_num}{left}"{label}"{right}')
    drawn += [f"  o{needed} --> o{order.order_num}" for order in job.orders for needed in order.needs]
    return "\n".join(drawn)


def dot(job: Job, width: int) -> str:
    """For Graphviz. Optional orders are dashed."""
    drawn = ["digraph job {", "  rankdir=TB; node [shape=box];"]
    for order in job.orders:
        style = "" if order.must_succeed else ", style=dashed"
        label = order.order_name + (f"\non {on}" if (on := _instances(order)) else "")
        drawn.append(f"  o{order.order_num} [label={json.dumps(label, ensure_ascii=False)}{style}];")
    drawn += [f"  o{needed} -> o{order.order_num};" for order in job.orders for needed in order.needs]
    return "\n".join([*drawn, "}"])


FORMS: Mapping[str, Callable[[Job, int], str]] = {"text": text, "mermaid": mermaid, "dot": dot}


def _rows(job: Job) -> list[tuple[int, list[str], str]]:
    """``(level, names, what they need)``, in the order of levels and then of the job."""
    level_of = levels(job)
    members: dict[int, list[str]] = {}
    groups: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for order in sorted(job.orders, key=lambda order: level_of[order.order_num]):
        level = level_of[order.order_num]
        members.setdefault(level, []).append(order.order_num)
        groups.setdefault((level, tuple(sorted(order.needs))), []).append(_name(order))
    names = {order.order_num: order.order_name for order in job.orders}
    return [(level, group, _needs(needs, names, members)) for (level, needs), group in groups.items()]


def _name(order: Order) -> str:
    on = f"on {on}" if (on := _instances(order)) else ""
    notes = "; ".join(note for note in (on, "" if order.must_succeed else "optional") if note)
    return f"{order.order_name} ({notes})" if notes else order.order_name


def _instances(order: Order) -> str:
    return destinations.some(destinations.names(order.ssm_targets), MOST_INSTANCES)


def _needs(needs: tuple[str, ...], names: Mapping[str, str], members: Mapping[int, list[str]]) -> str:
    if len(needs) <= MOST_NEEDS:
        return ", ".join(names[num] for num in needs)
    for level, nums in members.items():
        if set(nums) == set(needs):
            return f"all {len(needs)} of level {level}"
    return ", ".join(names[num] for num in needs[: MOST_NEEDS - 1]) + f" and {len(needs) - MOST_NEEDS + 1} more"
