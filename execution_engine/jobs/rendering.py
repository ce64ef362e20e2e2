"""A job as a caller would write it, every default said: for keeping it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from execution_engine.jobs.deadlines import MARGIN_SECONDS
from execution_engine.jobs.job import Job, Order, SsmTargets

_JOB_FIELDS = (
    "username",
    "flow_label",
    "job_timeout",
    "git_repo",
    "git_provider",
    "git_token_location",
    "git_ssh_key_location",
    "commit_hash",
    "sops_key_ssm_path",
    "pr_number",
    "issue_number",
)
_ORDER_FIELDS = (
    "order_name",
    "cmds",
    "timeout",
    "execution_target",
    "git_repo",
    "git_folder",
    "commit_hash",
    "s3_location",
    "env_vars",
    "ssm_paths",
    "secret_manager_paths",
    "target_role_arn",
    "sops_key",
    "dependencies",
    "must_succeed",
    "retries",
    "ssm_document_name",
)


def document_of(job: Job) -> dict[str, object]:
    """``parse_job`` makes the same job of it, at the job's own door; JSON can hold it. It may hold secrets."""
    document = _fields(job, _JOB_FIELDS)
    if job.presign_expiry != math.ceil(job.job_timeout + MARGIN_SECONDS):
        # The default is not written out: it may be shorter than what a given one must cover.
        document["presign_expiry"] = job.presign_expiry
    document["orders"] = [_order(order) for order in job.orders]
    return document


def _order(order: Order) -> dict[str, object]:
    document = _fields(order, _ORDER_FIELDS)
    if order.queue_id != order.order_num:
        document["queue_id"] = order.queue_id
    if order.ssm_targets is not None:
        document["ssm_targets"] = targets_document(order.ssm_targets)
    return document


def targets_document(targets: SsmTargets) -> dict[str, object]:
    """``ssm_targets`` as a caller writes it: plain objects and lists. Each tag has a list of values."""
    if targets.instance_ids:
        return {"instance_ids": list(targets.instance_ids)}
    return {"tags": {key: list(values) for key, values in targets.tags.items()}}


def _fields(value: Job | Order, names: tuple[str, ...]) -> dict[str, object]:
    given = ((name, getattr(value, name)) for name in names)
    return {name: _plain(field) for name, field in given if field is not None}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
