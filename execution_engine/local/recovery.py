"""Runs that nobody works on any more, since the embedded AWS that did was ended: finds them, and sets their
watchdogs on them again. The watchdogs do the rest, as in AWS; the engine knows nothing of this.

While an embedded AWS lives, so does the watchdog of each run that goes on in it. With it all executions end, and
the next one does not know them (``adaptations.forget_lost_executions``). It works on none of the runs it finds
until somebody asks for one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from execution_engine.jobs.naming import RUN_NUM, watchdog_name
from execution_engine.local.clients import unless
from execution_engine.local.names import ACCOUNT_ID, REGION, VALUES
from execution_engine.orders.store import Watchdogs

FIRST_LOOK = 1
"""Seconds: what the watchdogs have to find has happened already."""


class Recovery:
    """``executions`` is a client of Step Functions; ``watchdogs`` starts them under the engine's own names."""

    def __init__(self, executions: Any, watchdogs: Watchdogs) -> None:
        self._executions = executions
        self._watchdogs = watchdogs

    def is_watched(self, run_id: str) -> bool:
        """Whether the run's own watchdog is there: it is from its submission to its very end."""
        try:
            found = self._executions.describe_execution(executionArn=_arn(watchdog_name(run_id, RUN_NUM, 1)))
        except ClientError as error:
            unless(error, "ExecutionDoesNotExist")
            return False
        return bool(found["status"] == "RUNNING")

    def take_up(self, run_id: str, attempts: Mapping[str, int]) -> None:
        """``attempts``: order number → the attempt that is out, or is to follow after a back-off.

        The run's own watchdog comes last: who finds it may rely on the others.
        """
        for num, attempt in attempts.items():
            self._watchdogs.start(run_id, num, attempt, FIRST_LOOK)
        self._watchdogs.start(run_id, RUN_NUM, 1, FIRST_LOOK)


def _arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:{VALUES['watchdog_state_machine']}:{name}"
