"""Many schedules on a few processes. What a seed gives does not depend on how many they are."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

from simulation.mutations import MUTATIONS
from simulation.schedule import SOUND, Report, play

_AT_ONCE = 10
"""Schedules that a process plays between two words of its progress."""


@dataclass
class Summary:
    """``failures``: the violations of each seed that had some. ``slack``: the most, see ``Report``."""

    schedules: int = 0
    seconds: float = 0.0
    slack: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)
    failures: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, report: Report) -> None:
        self.schedules += 1
        self.slack = max(self.slack, report.slack)
        self.seen.update(report.seen)
        if report.violations:
            self.failures[report.seed] = report.violations

    def document(self) -> dict[str, object]:
        rate = self.schedules / self.seconds if self.seconds else 0.0
        return {
            "schedules": self.schedules,
            "violations": len(self.failures),
            "seeds": sorted(self.failures),
            "seconds": round(self.seconds, 1),
            "schedules_per_second": round(rate, 1),
            "longest_end": round(self.slack, 3),
            "seen": {str(name): count for name, count in sorted(self.seen.items())},
        }


def simulate(
    seeds: range,
    *,
    jobs: int = 2,
    keep_going: bool = False,
    mutation: str | None = None,
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Ends early at a seed that fails, unless it is to keep going."""
    summary, begun = Summary(), time.monotonic()
    for reports in _played(seeds, jobs, mutation):
        for report in reports:
            summary.add(report)
        summary.seconds = time.monotonic() - begun
        progress(summary)
        if summary.failures and not keep_going:
            break
    return summary


def _played(seeds: range, jobs: int, mutation: str | None) -> Iterator[list[Report]]:
    portions = [seeds[start : start + _AT_ONCE] for start in range(0, len(seeds), _AT_ONCE)]
    if jobs < 2 or len(portions) < 2:
        yield from (_portion(mutation, portion) for portion in portions)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(partial(_portion, mutation), portions)


def _portion(mutation: str | None, seeds: range) -> list[Report]:
    gc.disable()  # what a schedule leaves goes with it; looking for it meanwhile takes a tenth of the time
    try:
        return [play(seed, mutation=MUTATIONS[mutation] if mutation else SOUND) for seed in seeds]
    finally:
        gc.enable()
        gc.collect()
