"""Which order waits for which. Built on ``graphlib``, which like everything here walks without recursion."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter


class DependencyGraph:
    """Orders by their ``order_num`` and, for each, the numbers it needs. Every needed number is an order's.

    All but ``cycles`` expect a graph without cycles (a parsed job has none) and raise
    ``graphlib.CycleError`` otherwise.
    """

    def __init__(self, needs: Mapping[str, Collection[str]]) -> None:
        self._needs = {num: tuple(needed) for num, needed in needs.items()}
        for num, needed in self._needs.items():
            for other in needed:
                if other not in self._needs:
                    raise ValueError(f"order {num} needs {other}, which is no order of the graph")

    def cycles(self) -> list[tuple[str, ...]]:
        """Cycles that share no order, each starting at its lowest number, every member needing the next.

        Not every cycle there is, but every order that can never run leads into one of these.
        """
        stuck = self._stuck()
        found: list[tuple[str, ...]] = []
        visited: set[str] = set()
        for start in stuck:
            walk: dict[str, int] = {}
            num = start
            while num not in visited:
                visited.add(num)
                walk[num] = len(walk)
                num = next(needed for needed in self._needs[num] if needed in stuck)
            if num in walk:
                ring = list(walk)[walk[num] :]
                first = ring.index(min(ring))
                found.append(tuple(ring[first:] + ring[:first]))
        return sorted(found)

    def _stuck(self) -> dict[str, None]:
        """The orders in a cycle or behind one: what is left when everything that can end has ended."""
        sorter = TopologicalSorter(self._needs)
        with suppress(CycleError):  # documented: it still hands out every node that no cycle blocks
            sorter.prepare()
        stuck = dict.fromkeys(self._needs)
        while ready := sorter.get_ready():
            for num in ready:
                del stuck[num]
            sorter.done(*ready)
        return stuck

    def needs(self, num: str) -> tuple[str, ...]:
        return self._needs[num]

    def dependents(self) -> dict[str, tuple[str, ...]]:
        """For each order the ones that need it, sorted."""
        behind: dict[str, set[str]] = {num: set() for num in self._needs}
        for num, needed in self._needs.items():
            for other in needed:
                behind[other].add(num)
        return {num: tuple(sorted(others)) for num, others in behind.items()}

    def levels(self) -> Iterator[tuple[str, ...]]:
        """The orders in rows for drawing: each stands one row below the lowest it needs."""
        sorter = TopologicalSorter(self._needs)
        sorter.prepare()
        while ready := sorter.get_ready():
            yield tuple(sorted(ready))
            sorter.done(*ready)

    def longest_path(self, weights: Mapping[str, float]) -> float:
        """The greatest sum of weights along any path; 0 without orders. Weights are not negative."""
        longest: dict[str, float] = {}
        for num in TopologicalSorter(self._needs).static_order():
            longest[num] = weights[num] + max((longest[other] for other in self._needs[num]), default=0)
        return max(longest.values(), default=0)
