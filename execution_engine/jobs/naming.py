"""Every name the engine gives: order numbers, flow and trace names, S3 keys (contract sections 1, 3, 7).

Nobody else assembles a key; so nothing can look in a place that nobody writes to.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

RUN_NUM = "0000"
"""The order number of the run's own records."""

JOB_ORDER_NAME = "_job"
"""The ``order_name`` of job-level events; no order may take it."""

MAX_ORDERS = 9_999
"""Of a job: an order's number has four digits."""

MAX_ATTEMPTS = 999
"""Of an order: the key of a callback holds no more digits of one."""

EXEC_PREFIX = "tmp/exec"
CALLBACK_PREFIX = "tmp/callbacks/runs"

_CALLBACK = re.compile(
    rf"^{CALLBACK_PREFIX}/(?P<run_id>[0-9a-f-]{{36}})/(?P<order_num>\d{{4}})/"
    r"(?:(?P<attempt>[1-9]\d{0,2})/)?(?:i/(?P<instance>[A-Za-z0-9_-]+)/)?(?P<kind>claim|result)\.json$"
)


def order_num(place: int) -> str:
    """``0001`` for the first order of a job, counted from 1; a job has at most 9,999."""
    if not 0 <= place <= MAX_ORDERS:
        raise ValueError(f"order place {place} is outside 0–{MAX_ORDERS}")
    return f"{place:04d}"


def flow_id(username: str, trace_id: str, flow_label: str) -> str:
    return f"{username}:{trace_id}-{flow_label}"


def leg(trace_id: str, epoch: float) -> str:
    """The trace of one leg: one ``trace_id`` for the whole run, a new epoch for each leg."""
    return f"{trace_id}:{epoch:.6f}"


def row_key(run_id: str, num: str) -> str:
    return f"{run_id}:{num}"


def lock_key(run_id: str) -> str:
    return f"lock:{run_id}"


def submission_key(name: str) -> str:
    """Where an idempotency key is kept; whatever it looks like, as a digest of one length."""
    return f"key:{hashlib.sha256(name.encode()).hexdigest()}"


def watchdog_name(run_id: str, num: str, attempt: int) -> str:
    """Deterministic, so that starting it twice is one watchdog. The job's own has ``0000`` and attempt 1."""
    return f"{run_id}-{num}-{attempt}"


def age_key_path(ssm_prefix: str, run_id: str) -> str:
    """Where a run's private age key lies in Parameter Store."""
    return f"{ssm_prefix.rstrip('/')}/runs/{run_id}/age-key"


def bundle_key(run_id: str, num: str) -> str:
    return f"{EXEC_PREFIX}/{run_id}/{num}/exec.zip"


def environment_key(run_id: str, num: str) -> str:
    """The variables of an SSM order, an object of its own: encrypted at rest, and gone once they are delivered."""
    return f"{EXEC_PREFIX}/{run_id}/{num}/environment.json"


def launch_key(run_id: str, num: str, attempt: int = 1) -> str:
    """What the instances of an SSM order fetch when they are told to run an attempt."""
    return _exec_folder(run_id, num, attempt) + "launch.zip"


def renewal_key(run_id: str, num: str, attempt: int = 1) -> str:
    """Where the instances of an SSM order look for newer addresses, before those they were launched with die."""
    return _exec_folder(run_id, num, attempt) + "renewed.json"


def _exec_folder(run_id: str, num: str, attempt: int) -> str:
    return f"{EXEC_PREFIX}/{run_id}/{num}/" + ("" if attempt == 1 else f"{attempt}/")


def code_key(run_id: str, sha256: str) -> str:
    """A code object that orders of one run share, named by its content."""
    return f"{EXEC_PREFIX}/{run_id}/code/{sha256}.zip"


def upload_key(sha256: str, nonce: str) -> str:
    """Code handed in from a caller's own machine, until its submission has been answered.

    Named for one submission, so that the end of one never takes the code away from another.
    """
    return f"{EXEC_PREFIX}/uploads/{nonce}/{sha256}.zip"


def kept_job_key(run_id: str) -> str:
    """The job as it was submitted, sealed: what a retry is made of."""
    return f"{EXEC_PREFIX}/{run_id}/{RUN_NUM}/job.age"


def done_key(run_id: str) -> str:
    return f"{run_id}/done"


def callback_folder(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    """Where one attempt reports; attempt 1 uses the order's own folder, each instance of an SSM order one below
    that. Ends with a slash."""
    base = f"{CALLBACK_PREFIX}/{run_id}/{num}/" + ("" if attempt == 1 else f"{attempt}/")
    return base if instance is None else f"{base}i/{instance}/"


def instances_prefix(run_id: str, num: str, attempt: int = 1) -> str:
    """Below this the instances of an SSM order report, each in a folder named as it is."""
    return callback_folder(run_id, num, attempt) + "i/"


def claim_key(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    return callback_folder(run_id, num, attempt, instance) + "claim.json"


def result_key(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    return callback_folder(run_id, num, attempt, instance) + "result.json"


def heartbeat_key(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    return callback_folder(run_id, num, attempt, instance) + "heartbeat.json"


def events_key(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    """What the order's commands wrote to ``$AWS_EXE_SYS_EVENTS_DIR``, as one JSON list."""
    return callback_folder(run_id, num, attempt, instance) + "events.json"


def gathering_key(run_id: str, num: str, attempt: int = 1) -> str:
    """Says that somebody makes the order's result out of those of its instances."""
    return callback_folder(run_id, num, attempt) + "gathering.json"


def log_prefix(run_id: str, num: str, attempt: int = 1, instance: str | None = None) -> str:
    """The log is the concatenation of the objects below this prefix in the order of their names."""
    return callback_folder(run_id, num, attempt, instance) + "log/"


def log_chunk_name(index: int) -> str:
    """Names sort as numbers: ``00000000``, ``00000001``, …"""
    return f"{index:08d}"


def control_key(run_id: str, num: str) -> str:
    """One per order, whatever its attempt: what the engine asks of whoever runs it."""
    return f"{CALLBACK_PREFIX}/{run_id}/{num}/control.json"


@dataclass(frozen=True, slots=True)
class Callback:
    """What the name of a notifying object says. A hint only (law 3)."""

    run_id: str
    order_num: str
    attempt: int
    kind: str
    instance: str | None = None


def parse_callback(key: str) -> Callback | None:
    """The callback that an object's key names, or None if the key is no claim or result."""
    found = _CALLBACK.match(key)
    if found is None:
        return None
    return Callback(
        run_id=found["run_id"],
        order_num=found["order_num"],
        attempt=int(found["attempt"] or 1),
        kind=found["kind"],
        instance=found["instance"],
    )
