"""Cancelling a run: asked for here, done by the passes that follow (law 9)."""

from __future__ import annotations

from typing import Any

import structlog

from execution_engine.errors import ConditionLost, NotFound
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.status import Reason
from execution_engine.orders.store import Records, Waker

log = structlog.get_logger()

CANCELLING = "cancelling"


class Cancellation:
    def __init__(self, records: Records, waker: Waker) -> None:
        self._records = records
        self._waker = waker

    def cancel(self, run_id: str) -> dict[str, Any]:
        """Safe to repeat; a run that is over stays as it ended, and one that is being stopped goes on with it.

        ``run_status`` is the status the run ended with, or ``cancelling``. Also while the run is submitted
        (who has its id knows that it was signalled to start): it then ends before it begins.
        Raises ``NotFound``.
        """
        run = self._known(run_id)
        if run.phase is not Phase.COMPLETED and run.stop is None:
            try:
                self._records.ask_to_stop(run_id, Reason.CANCELLED)
                log.info("run is cancelled", run_id=run_id, trace_id=run.trace_id)
            except ConditionLost:  # it just ended, or somebody else was quicker
                run = self._known(run_id)
        if run.phase is not Phase.COMPLETED:
            # Again each time: the one who asked first may have died before.
            self._waker.wake(run_id, RUN_NUM)
        return {
            "status": "ok",
            "run_id": run_id,
            "trace_id": run.trace_id,
            "run_status": str(run.status) if run.phase is Phase.COMPLETED else CANCELLING,
        }

    def _known(self, run_id: str) -> Run:
        run = self._records.read(run_id, with_run=True).run
        if run is None or run.phase is Phase.WITHDRAWN:
            raise NotFound(f"there is no run {run_id}; records live a day after a run's deadline")
        return run
