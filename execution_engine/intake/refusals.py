"""What a job that is right may still ask for in vain: found before anything is started."""

from __future__ import annotations

from collections.abc import Iterator, Set

from execution_engine.bundles.age import parse_recipient
from execution_engine.errors import Fault, JobRefused, Unsealable
from execution_engine.jobs.job import Job, Order

_NO_KEY = (
    "is ssm, which this deployment does not run without a KMS key, since that encrypts the orders' variables until "
    "they are delivered: AWS_EXE_SYS_KMS_KEY is not set"
)


def refuse_what_is_not_possible(job: Job, targets: Set[str], *, encrypts: bool) -> None:
    """Raises ``JobRefused``, all faults. ``targets``: where this deployment can run orders; ``encrypts``: it has a
    KMS key."""
    faults = [
        fault
        for index, order in enumerate(job.orders)
        for fault in _faults(f"orders[{index}]", order, targets, encrypts)
    ]
    if faults:
        raise JobRefused(faults)


def _faults(where: str, order: Order, targets: Set[str], encrypts: bool) -> Iterator[Fault]:
    if order.execution_target == "ssm" and not encrypts:
        yield Fault(f"{where}.execution_target", _NO_KEY)
    elif order.execution_target not in targets:
        known = ", ".join(sorted(targets)) or "nothing"
        yield Fault(
            f"{where}.execution_target",
            f"is {order.execution_target}{_by_default(order)}, which this deployment does not run; it runs {known}",
        )
    if order.sops_key is not None:
        try:
            parse_recipient(order.sops_key)
        except Unsealable as error:
            yield Fault(f"{where}.sops_key", str(error))


def _by_default(order: Order) -> str:
    return {
        "codebuild": " (what an order gets that names none)",
        "ssm": " (what every order of POST /ssm gets)",
    }.get(order.execution_target, "")
