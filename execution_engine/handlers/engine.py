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
