"""``validate JOB`` and ``graph JOB``: what a job file says, without running it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from execution_engine.cli import destinations, drawing, exits
from execution_engine.cli.calls import Call
from execution_engine.cli.job_files import load
from execution_engine.cli.wording import counted
from execution_engine.jobs.job import Job

NAMED = 5
"""So many instances and tags are named."""


def validate(call: Call, path: Path) -> int:
    """What is wrong ends the command as it ends ``run``: all faults, exit 2."""
    job = load(path).job
    if call.output.as_json:
        call.output.document({"valid": True, "orders": orders(job)})
    else:
        on = destinations.some(destinations.all_names(job), NAMED)
        call.output.text(f"valid: {counted(len(job.orders), 'order')}" + (f" on {on}" if on else ""))
    return exits.SUCCEEDED


def graph(call: Call, path: Path, form: str, width: int) -> int:
    job = load(path).job
    if call.output.as_json:
        call.output.document({"orders": orders(job)})
    else:
        call.output.text(drawing.FORMS[form](job, width))
    return exits.SUCCEEDED


def orders(job: Job) -> list[dict[str, Any]]:
    """``level``: 1 for orders that need nobody, else one more than the deepest they need. ``ssm_targets``: of orders
    that run on instances."""
    levels = drawing.levels(job)
    return [
        {
            "order_num": order.order_num,
            "order_name": order.order_name,
            "execution_target": order.execution_target,
            "must_succeed": order.must_succeed,
            "needs": list(order.needs),
            "level": levels[order.order_num],
            **({} if order.ssm_targets is None else {"ssm_targets": destinations.document(order.ssm_targets)}),
        }
        for order in job.orders
    ]
