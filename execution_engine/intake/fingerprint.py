"""Tells whether two submissions are of one job, without keeping anything of the job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from execution_engine.jobs.job import Job

_COST = 2**14
"""scrypt's: about 40 ms and 16 MB a guess. A job may hold secrets, its fingerprint lies in a table."""


def fingerprint(job: Job, salt: str) -> str:
    """Equal for jobs that mean the same, with whatever spelling; ``salt`` makes it useless elsewhere."""
    content = json.dumps(_plain(job), sort_keys=True, separators=(",", ":")).encode()
    return hashlib.scrypt(hashlib.sha256(content).digest(), salt=salt.encode(), n=_COST, r=8, p=1, dklen=32).hex()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
