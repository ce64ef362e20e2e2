"""Which moments of a recorded run are worth dying at: found by a rule, so that a new call needs nobody to add it.

Where a call changes something, the moment before it is sent and the one after it took effect are two worlds;
so both. A call that only looks leaves none behind: of each part, the first and the last of those do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from integration.crashes.call_names import changes_something
from integration.crashes.folder import AFTER, BEFORE, Point


def choose(calls: Iterable[tuple[str, str]]) -> list[Point]:
    """``calls``: (part, call) of one whole run, in order. Before the first of a kind, and after a later one."""
    counted = Counter(calls)
    changing = [kind for kind in counted if changes_something(kind[1])]
    looking: dict[str, list[str]] = {}
    for part, call in counted:
        if not changes_something(call):
            looking.setdefault(part, []).append(call)
    points = []
    for part, call in changing:
        points.append(Point(part, call, 1, BEFORE))
        points.append(Point(part, call, _later(counted[part, call]), AFTER))
    for part, names in looking.items():
        points += [Point(part, call, 1, AFTER) for call in dict.fromkeys((names[0], names[-1]))]
    return points


def _later(count: int) -> int:
    """Not the first, if there are more; but one that is sure to come: no two runs make equally many calls."""
    return min(count, max(2, count // 3))
