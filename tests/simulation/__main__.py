"""``python -m simulation``: plays schedules, prints what it found. Progress goes to stderr."""

from __future__ import annotations

import argparse
import json
import sys

from simulation.mutations import MUTATIONS
from simulation.runner import Summary, simulate
from simulation.schedule import SOUND, play

_EVERY = 5.0
_TOLD = ("calls", "invocations", "crashes", "throttled", "unanswered", "messages lost", "messages twice", "launches")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=2_000, metavar="N", help="how many (2,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first; the next has the next (1)")
    parser.add_argument("--jobs", type=int, default=2, metavar="J", help="processes (2)")
    parser.add_argument("--keep-going", action="store_true", help="go on after a seed that failed")
    parser.add_argument("--mutation", choices=sorted(MUTATIONS), help="break this on purpose")
    parser.add_argument("--trace", action="store_true", help="print the timeline of each schedule")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON document")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """0: nothing was violated."""
    options = _options(arguments)
    seeds = range(options.seed, options.seed + options.schedules)
    if options.trace:
        return _trace(seeds, options.mutation)
    summary = simulate(
        seeds, jobs=options.jobs, keep_going=options.keep_going, mutation=options.mutation, progress=_Progress(seeds)
    )
    again = f" --mutation {options.mutation}" if options.mutation else ""
    for seed, violations in sorted(summary.failures.items()):
        print(f"seed {seed}:", *violations, sep="\n  ", file=sys.stderr)
        print(f"  its timeline: --seed {seed} --schedules 1{again} --trace", file=sys.stderr)
    print(json.dumps(summary.document()) if options.json else _line(summary))
    return 1 if summary.failures else 0


def _trace(seeds: range, mutation: str | None) -> int:
    failed = False
    for seed in seeds:
        report = play(seed, traced=True, mutation=MUTATIONS[mutation] if mutation else SOUND)
        print(f"seed {seed}", *report.timeline, *(f"VIOLATED: {one}" for one in report.violations), sep="\n")
        failed |= bool(report.violations)
    return 1 if failed else 0


class _Progress:
    """A line every few seconds."""

    def __init__(self, seeds: range) -> None:
        self._total = len(seeds)
        self._next = _EVERY

    def __call__(self, summary: Summary) -> None:
        if summary.seconds < self._next:
            return
        self._next = summary.seconds + _EVERY
        failed = f", {len(summary.failures)} with violations" if summary.failures else ""
        print(f"{summary.schedules} of {self._total} schedules{failed}", file=sys.stderr, flush=True)


def _line(summary: Summary) -> str:
    rate = summary.schedules / max(summary.seconds, 0.001)
    told = ", ".join(f"{summary.seen[name]} {name}" for name in _TOLD)
    return f"{summary.schedules} schedules, {len(summary.failures)} with violations, {rate:.0f}/s: {told}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
