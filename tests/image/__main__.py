"""Prints what the image weighs and how long its functions take to start, one JSON object a line.

``python -m image``, after the tests: the image is there. A cold start is the time of a function's first invoke
through the emulator: the handler's imports, its clients, and all that the invoke itself asks of an embedded AWS.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from image.container import container, lacking
from image.events import NO_RUN, job
from image.functions import Deployment, deployment
from image.layers import layers

_TIMES = 5


def weights(folder: Path) -> dict[str, Any]:
    """MB, compressed."""
    found = layers(folder)
    ours = [layer.size for layer in found if layer.ours]
    return {
        "image": "compressed",
        "ours_mb": round(sum(ours) / 1e6, 1),
        "base_mb": round(sum(layer.size for layer in found if not layer.ours) / 1e6, 1),
        "whole_mb": round(sum(layer.size for layer in found) / 1e6, 1),
        "our_layers_mb": [round(size / 1e6, 1) for size in ours],
    }


def cold_starts(deployed: Deployment) -> Iterator[dict[str, Any]]:
    """Of the first invokes that a job of one order makes, one after the other; medians.

    ``start_ms``: what the first takes longer than the next of its kind, which is the imports and the clients.
    """
    cold: dict[str, list[float]] = defaultdict(list)
    warm: dict[str, list[float]] = defaultdict(list)

    def first(key: str, event: Any, again: Any) -> Any:
        with deployed.function(key) as function:
            answer, milliseconds = function.timed(event)
            cold[key].append(milliseconds)
            warm[key].append(function.timed(again)[1])
        return answer

    for _ in range(_TIMES):
        deployed.launches.taken.clear()
        run_id = first("init_job", job("true"), job("true"))["run_id"]
        look = {"look": {"run_id": run_id, "order_num": "0001"}}
        first("orchestrator", look, look)
        assignment = deployed.launches.taken[0][1]
        first("worker", assignment, assignment)
        watched = {"run_id": run_id, "order_num": "0001", "attempt": 1, "wait": 1}
        first("watchdog_check", watched, {**watched, "run_id": NO_RUN})
    for key, times in cold.items():
        yield {
            "cold_start": key,
            "ms": round(statistics.median(times)),
            "least_ms": round(min(times)),
            "next_ms": round(statistics.median(warm[key])),
            "start_ms": round(statistics.median(times) - statistics.median(warm[key])),
        }


def main() -> int:
    if why := lacking():
        sys.stderr.write(f"nothing is measured: {why}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(weights(Path(folder) / "layers")) + "\n")
        with container() as box, deployment(box, Path(folder) / "deployment") as deployed:
            for row in cold_starts(deployed):
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
