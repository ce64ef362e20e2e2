"""``launch.json`` in ``launch.zip``: whom an attempt runs on, what they run, and where each of them reports.

Written once, so whoever reads it reads the same: it says who must report before the order has ended. In its place a
void one may stand; then nobody is ever told to run the attempt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from execution_engine.bundles.manifest import Manifest
from execution_engine.bundles.members import read_members, write_members
from execution_engine.errors import BundleUnreadable
from execution_engine.orders.order import Order
from execution_engine.orders.status import Reason
from execution_engine.orders.values import text

DOCUMENT_NAME = "launch.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One that was read back. ``roster``: the instances' ids, as they were given; ``heartbeat``: seconds between two
    beats of each; ``is_last``: no later attempt can need what this one's instances fetch; ``void``: the reason for
    which nobody will be told to run it."""

    sha256: str
    roster: tuple[str, ...] = ()
    heartbeat: float = 0.0
    has_environment: bool = False
    is_last: bool = True
    void: str | None = None


def launch_document(
    order: Order,
    manifest: Manifest,
    secret_names: Sequence[str],
    *,
    not_after: float,
    environment: str | None,
    code: str | None,
    renewal: str,
    instances: Mapping[str, Mapping[str, Any]],
    log_interval: float,
    pass_env: Sequence[str],
) -> dict[str, Any]:
    """As ``launch.json`` holds it. ``environment``, ``code``, ``renewal`` are addresses, ``instances`` those of each
    by its id; ``not_after``: seconds since the epoch; who starts later is too late."""
    return {
        "format": FORMAT,
        "run_id": order.run_id,
        "order_num": order.order_num,
        "order_name": order.order_name,
        "attempt": order.attempt,
        "is_last": order.attempt > order.retries,
        "trace_id": order.trace_id,
        "flow_id": order.flow_id,
        "not_after": not_after,
        "manifest": json.loads(manifest.to_json()),
        "secret_names": list(secret_names),
        "pass_env": list(pass_env),
        "environment": environment,
        "code": code,
        "renewal": renewal,
        "log_interval": log_interval,
        "instances": {name: dict(addresses) for name, addresses in instances.items()},
    }


def void_launch(reason: str) -> bytes:
    """The zip that keeps a launch from ever being written."""
    document = {"format": FORMAT, "void": True, "reason": reason}
    return write_members({DOCUMENT_NAME: json.dumps(document).encode()})


def read_launch(data: bytes) -> Launch:
    """One that can't be made out is void: no instance can make it out either, and the order must end."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        document = json.loads(read_members(data, [DOCUMENT_NAME])[DOCUMENT_NAME])
        if document.get("void") is True:
            return Launch(sha256=sha256, void=text(document.get("reason"), 200) or str(Reason.DISPATCH_FAILED))
        return Launch(
            sha256=sha256,
            roster=tuple(document["instances"]),
            heartbeat=float(document["manifest"]["heartbeat"]),
            has_environment=bool(document["environment"]),
            is_last=document["is_last"] is True,
        )
    except (BundleUnreadable, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Launch(sha256=sha256, void=str(Reason.BUNDLE_UNREADABLE))
