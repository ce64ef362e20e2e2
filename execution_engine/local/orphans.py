"""What a function that was killed leaves behind: commands that go on without it, and nobody to hear of them.

Where functions run in AWS, all of their sandbox ends with them. Here the embedded AWS adopts the orphans
(``processes.adopt_orphans``) and ends them in the order in which a worker ends its commands.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Collection

from execution_engine.local.processes import group_of, table


class Orphans:
    """``grace``: seconds between the interrupt and the kill, of whole process groups. ``spared``: the groups of
    children that are none, asked after each look at the children."""

    def __init__(
        self, grace: float, now: Callable[[], float], spared: Callable[[], Collection[int]] = frozenset
    ) -> None:
        self._grace = grace
        self._now = now
        self._spared = spared
        self._asked: dict[int, float] = {}

    def end(self) -> None:
        """Called again and again. Children in our own process group are left to whoever started them."""
        children = [(child, state) for child, parent, state in table() if parent == os.getpid()]
        others = {os.getpgrp(), -1, *self._spared()}
        found = set()
        for child, state in children:
            group = group_of(child)
            if group in others:
                continue
            if state == "Z":
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.waitpid(child, os.WNOHANG)
            else:
                found.add(group)
        self._asked = {group: since for group, since in self._asked.items() if group in found}
        for group in found:
            self._ask(group)

    def _ask(self, group: int) -> None:
        first = group not in self._asked
        since = self._asked.setdefault(group, self._now())
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if first:
                os.killpg(group, signal.SIGINT)
            elif self._now() - since >= self._grace:
                os.killpg(group, signal.SIGKILL)
