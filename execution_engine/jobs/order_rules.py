"""What the fields of an order mean together, at the door they came through."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from execution_engine.jobs.documents import OrderDocument
from execution_engine.jobs.faults import nearest
from execution_engine.jobs.job import Door

MAX_LAMBDA_SECONDS = 840
"""The function itself lives 900; the rest is for fetching, unsealing and reporting."""

_NO_SOPS = (
    "is not for orders on instances: nothing of them is sealed with SOPS, their variables are encrypted with the "
    "engine's KMS key until they are delivered; leave it out"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What an order's fields are judged by beside themselves."""

    targets: Collection[str]
    job_has_repo: bool
    job_has_key_path: bool


def order_faults(order: OrderDocument, bad: frozenset[str], *, door: Door, known: Known) -> Iterator[tuple[str, str]]:
    """Yield (field, message) for each rule broken. Of ``bad`` fields, already reported, nothing is said."""
    yield from (_init_faults if door == "init" else _ssm_faults)(order, bad, known)
    yield from _code_faults(order, bad, known)


def _init_faults(order: OrderDocument, bad: frozenset[str], known: Known) -> Iterator[tuple[str, str]]:
    target = order.execution_target
    if target is not None and target not in known.targets:
        names = sorted(known.targets)
        yield "execution_target", f"must be one of {', '.join(names)}{nearest(target, names)}"
    if target == "ssm":
        yield "execution_target", "ssm orders go to POST /ssm, in a job of their own; here: lambda, codebuild"
    else:
        for field in ("ssm_targets", "ssm_document_name"):
            if getattr(order, field) is not None:
                yield field, "is only for orders on instances, which go to POST /ssm in a job of their own"
    if target == "lambda" and "timeout" not in bad and order.timeout > MAX_LAMBDA_SECONDS:
        yield (
            "timeout",
            f"must be at most {MAX_LAMBDA_SECONDS} seconds on lambda; longer orders belong on codebuild",
        )
    if order.sops_key is not None and not known.job_has_key_path:
        yield "sops_key", "needs the job's sops_key_ssm_path: where does the private key lie that opens the bundle?"


def _ssm_faults(order: OrderDocument, bad: frozenset[str], known: Known) -> Iterator[tuple[str, str]]:
    """A job's ``sops_key_ssm_path`` alone is let pass, as at the other door: it changes nothing."""
    target = order.execution_target
    if target is not None and target not in known.targets:
        yield "execution_target", "must be ssm, as every order here is, or left out"
    elif target not in (None, "ssm"):
        yield "execution_target", f"{target} orders go to POST /init, in a job of their own; here all are ssm"
    elif order.ssm_targets is None and "ssm_targets" not in bad:
        yield "ssm_targets", "is missing: which instances shall run the order?"
    if order.sops_key is not None:
        yield "sops_key", _NO_SOPS


def _code_faults(order: OrderDocument, bad: frozenset[str], known: Known) -> Iterator[tuple[str, str]]:
    if order.s3_location is not None:
        for field in ("git_repo", "git_folder"):
            if getattr(order, field) is not None:
                yield "s3_location", f"can't be combined with {field}: the code comes from S3 or from git"
    elif order.git_folder is not None and not (order.git_repo or known.job_has_repo or "git_repo" in bad):
        yield "git_folder", "needs a git_repo, on the order or on the job"
