"""Where a run has come to in offering the orders that never depended on anything, in the order of the job."""

from __future__ import annotations

from collections.abc import Callable

from execution_engine.jobs.naming import order_num
from execution_engine.orders.plan import Limits


def places(after: int, total: int, count: int) -> list[str]:
    """The next ``count`` order numbers behind a place, as far as there are."""
    return [order_num(place) for place in range(after + 1, min(after + count, total) + 1)]


class Cursor:
    """``place``: 1 is the first order. Every order up to it was offered if it was the cursor's to offer."""

    def __init__(self, place: int, total: int, limits: Limits) -> None:
        self.place = place
        self._total = total
        self._limits = limits
        self._pages_left = limits.pages
        self._stride = 0

    @property
    def has_had_enough(self) -> bool:
        """Whether it stopped for this pass although there is more."""
        return self.place < self._total and self._pages_left <= 0

    def page(self, room: int) -> list[str]:
        """What to look at next; empty at the end, and when this pass had enough pages.

        No more than there is room for; but where few of them are free to go, ever more at once.
        """
        if self._pages_left <= 0:
            return []
        self._stride = min(max(room, self._stride), self._limits.page)
        return places(self.place, self._total, self._stride)

    def advance(self, page: list[str], room: int, offers: Callable[[str], bool]) -> list[str]:
        """Goes through a page until the room is taken; answers what it offers."""
        self._pages_left -= 1
        self._stride *= 2
        offered: list[str] = []
        for num in page:
            if len(offered) >= room:
                break
            self.place = int(num)
            if offers(num):
                offered.append(num)
        return offered
