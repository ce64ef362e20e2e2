"""The engine of this process: made at the function's start, from its environment."""

from __future__ import annotations

import os
from functools import cache

from execution_engine.logs import configure
from execution_engine.wiring import Engine


@cache
def engine() -> Engine:
    configure()
    return Engine(os.environ)


def worker_engine() -> Engine:
    """The same, of a process that runs callers' commands: these can't read its memory and environment."""
    from execution_engine.worker import guard

    guard.forbid_dumping()
    made = engine()
    made.settings.need("internal_bucket")
    return made
