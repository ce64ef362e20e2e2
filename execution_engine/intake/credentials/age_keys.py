"""A caller's own age keys: private ones as ``age-keygen`` writes them, and the public ones that orders name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from execution_engine.bundles.age import public_keys
from execution_engine.errors import BundleUnreadable
from execution_engine.intake.credentials.values import Plain, Unusable, contents
from execution_engine.jobs.job import Job

WHERE = "sops_key_ssm_path"


def age_keys(value: str | bytes) -> Mapping[str, str]:
    """Public key → private key. Raises ``Unusable``, which goes on where the location was named."""
    found = contents(value)
    text = found.text if isinstance(found, Plain) else "\n".join(found.values.values())
    try:
        return public_keys(text)
    except BundleUnreadable:
        raise Unusable("holds no age key: one that age-keygen writes (AGE-SECRET-KEY-1…) was expected") from None


def mismatches(job: Job, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """``(place, message)`` for each order that is to be sealed so that nobody here could open it."""
    for index, order in enumerate(job.orders):
        if order.sops_key is not None and order.sops_key.strip() not in known:
            at = f"{WHERE} ({job.sops_key_ssm_path})"
            why = f"is not the public key of what lies at {at}: its bundle could never be opened; name one pair's two"
            yield f"orders[{index}].sops_key", why
