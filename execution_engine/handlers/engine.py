"""The engine of this process: made at the function's start, from its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from execution_engine.handlers import legs
from execution_engine.logs import configure
from execution_engine.wiring import Engine

T = TypeVar("T")


@cache
def engine() -> Engine:
    made = Engine(os.environ)
    configure(readable=sys.stderr.isatty(), level=made.settings.log_level, stamps=[legs.stamp])
    return made


def leg(act: Callable[[], T], **known: str) -> T:
    """``act`` as a leg of its own; ``known``: what each of its lines says, such as ``run_id``."""
    return legs.begin(act, engine().clock.now(), **known)


def worker_engine() -> Engine:
    """The same, of a process that runs callers' commands: these can't read its memory and environment."""
    from execution_engine.worker import guard

    guard.forbid_dumping()
    made = engine()
    made.settings.need("internal_bucket")
    return made
