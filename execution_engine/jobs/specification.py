"""From a caller's document to a ``Job``, or to everything that is wrong with it (contract section 1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from types import MappingProxyType

from execution_engine.jobs import deadlines
from execution_engine.jobs.documents import JobDocument, OrderDocument, read
from execution_engine.jobs.faults import Faults, kind, place
from execution_engine.jobs.job import TARGETS, Door, Job, Order, SsmTargets
from execution_engine.jobs.measure import MIB, json_bytes
from execution_engine.jobs.naming import MAX_ORDERS
from execution_engine.jobs.order_rules import Known, order_faults
from execution_engine.jobs.references import References, resolve
from execution_engine.jobs.row_size import row_fault

__all__ = ["MAX_ORDERS", "MIB", "Door", "Job", "Order", "SsmTargets", "door_of", "parse_job"]

_FLOW_LABELS: dict[Door, str] = {"init": "exec", "ssm": "ssm"}


def door_of(document: object) -> Door:
    """Which door a job file takes: ``ssm`` as soon as one of its orders is for instances. Never raises."""
    orders = document.get("orders") if isinstance(document, dict) else None
    for order in orders if isinstance(orders, list | tuple) else ():
        if isinstance(order, dict) and (order.get("ssm_targets") is not None or order.get("execution_target") == "ssm"):
            return "ssm"
    return "init"


def parse_job(document: object, *, door: Door, size_limit: int = MIB, targets: Collection[str] = TARGETS) -> Job:
    """The job in a parsed JSON or YAML document. ``size_limit`` is in bytes of compact JSON in UTF-8;
    ``targets`` are the names that ``execution_target`` may have.

    Raises ``JobRefused`` with all faults at once (or, above ``MAX_SHOWN``, with their number), whatever
    the document is; nothing else. No fault repeats the value of a variable.
    """
    size = json_bytes(document, size_limit)
    faults = Faults()
    if size > size_limit:
        faults.add("", f"the job is {size:,} bytes as JSON; at most {size_limit:,} are taken")
    job, bad_fields = read(JobDocument, document, "", faults, stand_ins={"username": "-"}, apart=frozenset({"orders"}))
    if not isinstance(document, dict):
        raise faults.refusal()
    raw_orders = _raw_orders(document, faults)
    documents: list[OrderDocument] = []
    unsound: list[frozenset[str]] = []
    refused_names: set[str] = set()
    for index, raw in enumerate(raw_orders):
        where = f"orders[{index}]"
        order, bad = read(OrderDocument, raw, where, faults, stand_ins={"cmds": ["-"], "timeout": 1})
        has_repo = job.git_repo is not None or "git_repo" in bad_fields
        has_key_path = job.sops_key_ssm_path is not None or "sops_key_ssm_path" in bad_fields
        if isinstance(raw, dict):
            known = Known(targets, has_repo, has_key_path)
            rules = order_faults(order, bad, door=door, known=known)
            for field, message in rules:
                faults.add(place(where, field), message)
            refused_names |= {raw[name] for name in bad & {"order_name", "queue_id"} if isinstance(raw[name], str)}
        documents.append(order)
        unsound.append(bad)
    references = resolve(documents, faults, refused_names=refused_names)
    timeouts = [0 if "timeout" in bad else order.timeout for order, bad in zip(documents, unsound, strict=True)]
    job_timeout = deadlines.job_timeout(job, bad_fields, references, timeouts, faults)
    presign_expiry = deadlines.presign_expiry(job, job_timeout, timeouts, faults)
    orders = _orders(documents, references, job, door)
    dependents = references.graph.dependents()
    for index, made in enumerate(orders):
        if found := row_fault(made, dependents[made.order_num]):
            field, message = found
            faults.add(place(f"orders[{index}]", field) if field else f"orders[{index}]", message)
    faults.raise_if_any()
    return Job(
        door=door,
        username=job.username,
        orders=orders,
        flow_label=job.flow_label or _FLOW_LABELS[door],
        job_timeout=job_timeout,
        presign_expiry=presign_expiry,
        git_repo=job.git_repo,
        git_provider=job.git_provider,
        git_token_location=job.git_token_location,
        git_ssh_key_location=job.git_ssh_key_location,
        commit_hash=job.commit_hash,
        sops_key_ssm_path=job.sops_key_ssm_path,
        pr_number=job.pr_number,
        issue_number=job.issue_number,
    )


def _raw_orders(document: dict[object, object], faults: Faults) -> Sequence[object]:
    orders = document.get("orders")
    if orders is None:
        faults.add("orders", "is missing")
    elif not isinstance(orders, list | tuple):
        faults.add("orders", f"must be a list of orders, not {kind(orders)}")
    elif not orders:
        faults.add("orders", "is empty; a job needs at least one order")
    elif len(orders) > MAX_ORDERS:
        faults.add("orders", f"has {len(orders):,} orders; a job has at most {MAX_ORDERS:,}")
    else:
        return orders
    return ()


def _orders(
    documents: Sequence[OrderDocument], references: References, job: JobDocument, door: Door
) -> tuple[Order, ...]:
    return tuple(_order(document, index, references, job, door) for index, document in enumerate(documents))


def _order(document: OrderDocument, index: int, references: References, job: JobDocument, door: Door) -> Order:
    num = references.nums[index]
    repo = None if document.s3_location else document.git_repo or job.git_repo
    return Order(
        order_num=num,
        order_name=references.names[index],
        queue_id=references.queue_ids[index],
        cmds=document.cmds,
        timeout=document.timeout,
        execution_target="ssm" if door == "ssm" else document.execution_target or "codebuild",
        git_repo=repo,
        git_folder=document.git_folder,
        commit_hash=(document.commit_hash or job.commit_hash) if repo else None,
        s3_location=document.s3_location,
        env_vars=MappingProxyType(dict(document.env_vars)),
        ssm_paths=document.ssm_paths,
        secret_manager_paths=document.secret_manager_paths,
        target_role_arn=document.target_role_arn,
        sops_key=document.sops_key,
        dependencies=tuple(dict.fromkeys(document.dependencies)),
        needs=references.graph.needs(num),
        must_succeed=document.must_succeed,
        retries=document.retries,
        ssm_targets=document.ssm_targets,
        ssm_document_name=document.ssm_document_name,
    )
