"""The three tables as PynamoDB models (contract section 4). Shapes only; what they mean is in ``orders``.

Table names come from the settings, so the models are made by functions. Runs and orders share one table:
a run's own record has neither ``run_id`` nor ``order_num``, which keeps it out of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from execution_engine.storage.document_attribute import DocumentAttribute


class OrderRow(Model):
    """``<run_id>:<order_num>``. Attribute names are those of ``orders.order.Order``."""

    pk = UnicodeAttribute(hash_key=True)
    run_id = UnicodeAttribute()
    order_num = UnicodeAttribute()
    trace_id = UnicodeAttribute()
    flow_id = UnicodeAttribute()
    order_name = UnicodeAttribute()
    queue_id = UnicodeAttribute()
    execution_target = UnicodeAttribute()
    cmds = ListAttribute(of=UnicodeAttribute)
    timeout = NumberAttribute()
    must_succeed = BooleanAttribute()
    dependencies = ListAttribute(of=UnicodeAttribute)
    waiting = UnicodeSetAttribute(null=True)
    dependents = ListAttribute(of=UnicodeAttribute)
    retries = NumberAttribute()
    ssm_targets = DocumentAttribute(null=True)
    ssm_document_name = UnicodeAttribute(null=True)
    bundle_sha256 = UnicodeAttribute()
    sops_key_path = UnicodeAttribute()
    created_at = NumberAttribute()
    last_update = NumberAttribute()
    deadline = NumberAttribute()
    ttl = NumberAttribute()
    status = UnicodeAttribute()
    attempt = NumberAttribute()
    launches = NumberAttribute()
    not_before = NumberAttribute(null=True)
    dispatched_at = NumberAttribute(null=True)
    launched_at = NumberAttribute(null=True)
    started_at = NumberAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    exit_code = NumberAttribute(null=True)
    execution_id = UnicodeAttribute(null=True)
    execution_url = UnicodeAttribute(null=True)
    log_bytes = NumberAttribute(null=True)
    log_tail = UnicodeAttribute(null=True)
    events_written = NumberAttribute()
    instances = DocumentAttribute(null=True)
    damaged = UnicodeAttribute(null=True)


class RunRow(Model):
    """``<run_id>:0000``. Attribute names are those of ``orders.run.Run`` and its ``Tally``."""

    pk = UnicodeAttribute(hash_key=True)
    trace_id = UnicodeAttribute()
    flow_id = UnicodeAttribute()
    username = UnicodeAttribute()
    phase = UnicodeAttribute()
    total = NumberAttribute()
    created_at = NumberAttribute()
    deadline = NumberAttribute()
    ttl = NumberAttribute()
    last_epoch = NumberAttribute()
    sops_key_path = UnicodeAttribute()
    open = NumberAttribute()
    in_flight = NumberAttribute()
    succeeded = NumberAttribute()
    failed = NumberAttribute()
    timed_out = NumberAttribute()
    required_failed = NumberAttribute()
    required_timed_out = NumberAttribute()
    deadline_ended = NumberAttribute()
    cancelled = NumberAttribute()
    cursor = NumberAttribute()
    ready = UnicodeSetAttribute(null=True)
    stop = UnicodeAttribute(null=True)
    stop_cursor = NumberAttribute()
    completed_at = NumberAttribute(null=True)
    status = UnicodeAttribute(null=True)
    retry_of = UnicodeAttribute(null=True)
    signalled = BooleanAttribute(null=True)


class EventRow(Model):
    """``trace_id``, ``sk``: one line of history. Attribute names are those of ``orders.event.Event``."""

    trace_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    order_name = UnicodeAttribute()
    epoch = NumberAttribute()
    event_type = UnicodeAttribute()
    status = UnicodeAttribute()
    run_id = UnicodeAttribute()
    flow_id = UnicodeAttribute()
    order_num = UnicodeAttribute(null=True)
    data = DocumentAttribute(null=True)
    ttl = NumberAttribute()


class LockRow(Model):
    """``lock:<run_id>``."""

    pk = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(null=True)
    fence = NumberAttribute(null=True)
    until = NumberAttribute(null=True)
    marks = UnicodeSetAttribute(null=True)
    ttl = NumberAttribute(null=True)


class SubmissionRow(Model):
    """``key:<sha256>``, in the table of the locks. Attribute names are those of ``orders.submission.Submission``."""

    pk = UnicodeAttribute(hash_key=True)
    run_id = UnicodeAttribute()
    trace_id = UnicodeAttribute()
    flow_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    until = NumberAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


@dataclass(frozen=True, slots=True)
class TableNames:
    orders: str
    events: str
    locks: str


@dataclass(frozen=True, slots=True)
class Tables:
    """The models, bound to one deployment's tables."""

    names: TableNames
    order: type[OrderRow]
    run: type[RunRow]
    event: type[EventRow]
    lock: type[LockRow]
    submission: type[SubmissionRow]

    @classmethod
    def named(cls, names: TableNames, region: str) -> Tables:
        def bound(base: type, table: str) -> type:
            return type(base.__name__, (base,), {"Meta": type("Meta", (), {"table_name": table, "region": region})})

        return cls(
            names=names,
            order=bound(OrderRow, names.orders),
            run=bound(RunRow, names.orders),
            event=bound(EventRow, names.events),
            lock=bound(LockRow, names.locks),
            submission=bound(SubmissionRow, names.locks),
        )
