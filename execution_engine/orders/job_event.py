"""Lines of history that are about the run as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from execution_engine.jobs.naming import JOB_ORDER_NAME
from execution_engine.orders.event import Event
from execution_engine.orders.run import Run


def job_event(run: Run, event_type: str, status: str, epoch: float, data: Mapping[str, Any]) -> Event:
    """``job_started`` or ``job_completed`` (contract section 4)."""
    return Event(
        trace_id=run.trace_id,
        order_name=JOB_ORDER_NAME,
        epoch=epoch,
        event_type=event_type,
        status=status,
        run_id=run.run_id,
        flow_id=run.flow_id,
        data=data,
    )
