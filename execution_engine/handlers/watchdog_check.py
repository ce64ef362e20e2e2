"""One tick of a watchdog; the state machine's task."""

from __future__ import annotations

from typing import Any

import structlog

from execution_engine.handlers.engine import engine, leg
from execution_engine.watchdog.watchdog import Watched

log = structlog.get_logger()
_watchdog = engine().watchdog


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers its own next input; ``wait`` is in seconds."""
    watched = Watched(str(event["run_id"]), str(event["order_num"]), int(event["attempt"]))
    wait = leg(lambda: _check(watched), run_id=watched.run_id, order_num=watched.order_num)
    return {
        "done": wait is None,
        "run_id": watched.run_id,
        "order_num": watched.order_num,
        "attempt": watched.attempt,
        "wait": event["wait"] if wait is None else wait,
    }


def _check(watched: Watched) -> int | None:
    wait = _watchdog.check(watched)
    log.info("watched", done=wait is None)
    return wait
