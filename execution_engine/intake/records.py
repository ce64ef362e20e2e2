"""A submission as it is recorded: the run and its orders. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from execution_engine.intake.packing import Names
from execution_engine.jobs.job import Job
from execution_engine.jobs.rendering import targets_document
from execution_engine.orders.event import Epochs
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally

RECORD_LIFETIME = 24 * 3600
"""Seconds that a run's and its orders' records outlive the run's deadline (contract section 4)."""


def first_run(job: Job, names: Names, key_path: str, now: float, retry_of: str | None = None) -> Run:
    deadline = now + job.job_timeout
    return Run(
        run_id=names.run_id,
        trace_id=names.trace_id,
        flow_id=names.flow_id,
        username=job.username,
        phase=Phase.SUBMITTING,
        total=len(job.orders),
        created_at=now,
        deadline=deadline,
        ttl=int(deadline) + RECORD_LIFETIME,
        # The queued events take the next epochs; whoever writes later goes on from behind them.
        last_epoch=last_epoch_of_submission(job, now),
        sops_key_path=key_path,
        tally=Tally(open=len(job.orders)),
        retry_of=retry_of,
    )


def last_epoch_of_submission(job: Job, now: float) -> float:
    epochs = Epochs(0.0, now)
    for _ in job.orders:
        epochs.next()
    return epochs.last


def first_orders(job: Job, run: Run, digests: Mapping[str, str]) -> list[Order]:
    """``digests``: the bundles' SHA-256 by order number, where there are bundles already."""
    dependents = job.graph().dependents()
    return [
        Order(
            run_id=run.run_id,
            order_num=order.order_num,
            trace_id=run.trace_id,
            flow_id=run.flow_id,
            order_name=order.order_name,
            queue_id=order.queue_id,
            execution_target=order.execution_target,
            cmds=order.cmds,
            timeout=order.timeout,
            must_succeed=order.must_succeed,
            dependencies=order.dependencies,
            waiting=frozenset(order.needs),
            dependents=tuple(dependents[order.order_num]),
            retries=order.retries,
            ssm_targets=None if order.ssm_targets is None else targets_document(order.ssm_targets),
            ssm_document_name=order.ssm_document_name,
            bundle_sha256=digests.get(order.order_num, ""),
            sops_key_path=run.sops_key_path,
            created_at=run.created_at,
            last_update=run.created_at,
            deadline=run.deadline,
            ttl=run.ttl,
        )
        for order in job.orders
    ]
