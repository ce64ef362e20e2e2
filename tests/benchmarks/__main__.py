"""Prints one JSON object a line; what is not measured is null. Progress goes to stderr."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import imports, intake
from benchmarks.counting_proxy import CountingProxy
from benchmarks.runs import Bench, embedded, instance_ids
from execution_engine.local.instances import declare, parse_instances
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import Engine

COUNTED = [("fan", 1), ("fan", 10), ("fan", 100), ("fan", 300), ("fan", 1000), ("chain", 10), ("chain", 100)]
OF_TARGETS = [("codebuild", 0), ("ssm", 1), ("ssm", 3), ("ssm", 10)]
"""Counted in chains: what one more link makes."""

_LINKS = (2, 7)
TIMED = [("fan", 100), ("chain", 30)]
_TIMES = 3


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def counted(most: int) -> Iterator[dict[str, Any]]:
    """All calls that submission, orchestration, workers and watchdogs make, retries among them."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        CountingProxy() as proxy,
        embedded(Path(folder), dict(os.environ), {"AWS_ENDPOINT_URL": proxy.url}) as aws,
    ):
        proxy.point_at(aws.endpoint)
        bench = Bench(Engine(aws.settings))
        for shape, n in COUNTED:
            if n > most:
                continue
            _say(f"counting {shape} {n}")
            proxy.counts.clear()
            bench.run(shape, n)
            bench.wait_for_watchdogs()
            total = proxy.counts.total()
            _say(f"  {total} calls: {dict(proxy.counts.most_common())}")
            per_order = round(total / n, 2)
            yield {"shape": shape, "n": n, "calls": total, "calls_per_order": per_order, "seconds_per_order": None}


def counted_by_target() -> Iterator[dict[str, Any]]:
    """What a further order of a chain takes on each target; of instances: their own requests by URL among them. But for
    StartBuild and SendCommand, one each, which stand-ins answer."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        CountingProxy() as proxy,
        embedded(Path(folder), dict(os.environ), {"AWS_ENDPOINT_URL": proxy.url}) as aws,
    ):
        proxy.point_at(aws.endpoint)
        declare(StateFolder(Path(folder)).instances, parse_instances(",".join(instance_ids(10))))
        bench = Bench(Engine(aws.settings))
        bench.run("fan", 1)
        for target, instances in OF_TARGETS:
            _say(f"counting a link on {target}, {instances} instances")
            seen: list[Counter[str]] = []
            for links in _LINKS:
                proxy.counts.clear()
                bench.run("chain", links, target=target, instances=instances)
                bench.wait_for_watchdogs()
                seen.append(Counter(proxy.counts))
            further = _LINKS[1] - _LINKS[0]
            each = {name: round((count - seen[0][name]) / further, 2) for name, count in seen[1].most_common()}
            _say(f"  {sum(each.values()):.2f} calls: {each}")
            yield {"shape": f"link on {target}", "n": instances, "calls_per_order": round(sum(each.values()), 2)}


def timed() -> Iterator[dict[str, Any]]:
    """Warm: the first run, in which functions start, is not counted. The median of three."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, embedded(Path(folder), dict(os.environ)) as aws:
        bench = Bench(Engine(aws.settings))
        for shape, n in TIMED:
            _say(f"timing {shape} {n}")
            seconds = [bench.run(shape, n)[0] for _ in range(_TIMES + 1)][1:]
            yield {
                "shape": shape,
                "n": n,
                "calls_per_order": None,
                "seconds_per_order": round(statistics.median(seconds) / n, 4),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000, help="leave out larger shapes")
    parser.add_argument(
        "--only", choices=("imports", "intake", "timed", "targets", "counted"), help="leave out the rest"
    )
    arguments = parser.parse_args()
    measured = {
        "imports": imports.rows,
        "intake": intake.rows,
        "timed": timed,
        "targets": counted_by_target,
        "counted": partial(counted, arguments.most),
    }
    for rows in (measure() for name, measure in measured.items() if arguments.only in (None, name)):
        for row in rows:
            print(json.dumps(row), flush=True)


main()
