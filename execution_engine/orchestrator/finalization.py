"""The end of a run: recorded once, then its key deleted, then ``done`` written (law 8).

Any of it may be cut off and done again; the order sees to it that whoever finds ``done`` finds everything
else about the run in place.
"""

from __future__ import annotations

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost
from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.job_event import job_event
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.signals import SILENCE, Signals
from execution_engine.orders.store import DoneMarkers, Keys, Records

log = structlog.get_logger()


class Finalization:
    def __init__(
        self, records: Records, keys: Keys, done: DoneMarkers, clock: Clock, signals: Signals = SILENCE
    ) -> None:
        self._records = records
        self._keys = keys
        self._done = done
        self._clock = clock
        self._signals = signals

    def finish(self, run: Run) -> None:
        """``run`` has nothing open, as it stands in its record."""
        epoch = run.completed_at or run.last_epoch
        if run.phase is not Phase.COMPLETED:
            event = self._event(run)
            epoch = event.epoch
            try:
                self._records.complete(run, event)
                self._signals.completed(run)
            except ConditionLost:
                found = self._records.read(run.run_id, with_run=True).run
                if found is None or found.phase is not Phase.COMPLETED:
                    raise  # something else stood in the way: ``done`` may not come before the record
                run, epoch = found, found.completed_at or found.last_epoch
        self._signals.ended(run, epoch)
        self._keys.delete(run.sops_key_path)
        self._done.write(
            run.run_id,
            {
                "status": str(run.outcome),
                "summary": run.summary,
                "run_id": run.run_id,
                "trace_id": run.trace_id,
                "flow_id": run.flow_id,
            },
        )
        log.info("run completed", run_id=run.run_id, status=str(run.outcome), **run.summary)

    def _event(self, run: Run) -> Event:
        epoch = Epochs(run.last_epoch, self._clock.now()).next()
        return job_event(run, "job_completed", str(run.outcome), epoch, {"summary": run.summary})
