"""A graph of dependencies as layers from left to right: which thing stands in which, and in which row. Pure.

Longest paths give the layers; an edge across several gets a bend in each; rows are ordered by the mean row of their
neighbours, in sweeps (the method of Sugiyama).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise

SWEEPS = 6
MOST_BENDS = 3_000
"""Beyond that, long edges go straight: ordering that many costs more than it shows."""

Key = str | tuple[str, str, int]
"""A thing's own key, or a bend: from where, to where, in which layer."""


@dataclass(slots=True)
class Layered:
    """``rows``: the keys of each layer in the order of their rows. ``before``: what stands in the layer before and is
    joined to it, ``after`` the other way round. ``paths``: every edge as the keys it passes through, ends included."""

    rows: list[list[Key]]
    before: dict[Key, list[Key]] = field(default_factory=dict)
    after: dict[Key, list[Key]] = field(default_factory=dict)
    paths: list[list[Key]] = field(default_factory=list)


def layered(needs: Mapping[str, Sequence[str]]) -> Layered:
    """``needs``: for each key those it depends on, all of them keys, without a cycle."""
    level = levels(needs)
    drawn = Layered([[] for _ in range(max(level.values(), default=-1) + 1)])
    for key in needs:
        drawn.rows[level[key]].append(key)
    edges = [(needed, key) for key, needed_by in needs.items() for needed in dict.fromkeys(needed_by)]
    bends = sum(level[end] - level[begin] - 1 for begin, end in edges)
    for begin, end in edges:
        path: list[Key] = [begin, end]
        if bends <= MOST_BENDS:
            between: list[Key] = [(begin, end, place) for place in range(level[begin] + 1, level[end])]
            for place, bend in enumerate(between, level[begin] + 1):
                drawn.rows[place].append(bend)
            path[1:1] = between
        drawn.paths.append(path)
        for one, next_one in pairwise(path):
            drawn.after.setdefault(one, []).append(next_one)
            drawn.before.setdefault(next_one, []).append(one)
    _order(drawn)
    return drawn


def levels(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The length of the longest path to each key, from 0."""
    found: dict[str, int] = {}
    for key in TopologicalSorter(needs).static_order():
        found[key] = 1 + max((found[needed] for needed in needs[key]), default=-1)
    return found


def _order(drawn: Layered) -> None:
    """Rows count from 0 at the top of a layer to 1 at its bottom, so that long and short layers can be compared."""
    row_of = {key: row for rows in drawn.rows for key, row in _rows(rows)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = drawn.before if forward else drawn.after
        for rows in drawn.rows if forward else drawn.rows[::-1]:
            wishes = {key: _mean([row_of[one] for one in neighbours.get(key, ())], row_of[key]) for key in rows}
            rows.sort(key=wishes.__getitem__)
            row_of.update(_rows(rows))


def _rows(rows: Sequence[Key]) -> list[tuple[Key, float]]:
    return [(key, (row + 0.5) / len(rows)) for row, key in enumerate(rows)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
