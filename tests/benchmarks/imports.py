"""How long a function's code takes to load: a fresh process each time, compiled code, no network."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

HANDLERS = ("init_job", "orchestrator", "watchdog_check", "worker")
_TIMES = 5
_SETTINGS = (
    "ORDERS_TABLE",
    "ORDER_EVENTS_TABLE",
    "LOCKS_TABLE",
    "INTERNAL_BUCKET",
    "DONE_BUCKET",
    "WORKER_LAMBDA",
    "ORCHESTRATOR_LAMBDA",
    "WATCHDOG_SFN",
    "SSM_PREFIX",
)
_PROGRAM = """
import time
begun = time.perf_counter()
import execution_engine.handlers.{handler}
print((time.perf_counter() - begun) * 1000)
"""


def rows() -> Iterator[dict[str, Any]]:
    environment = {
        **os.environ,
        **{f"AWS_EXE_SYS_{name}": "x" for name in _SETTINGS},
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for handler in HANDLERS:
        command = [sys.executable, "-c", _PROGRAM.format(handler=handler)]
        times = [
            float(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
            for _ in range(_TIMES + 1)
        ]
        yield {"import": handler, "ms": round(statistics.median(times[1:]), 1)}
