"""What a submission's answer means (contract section 1), and that of whoever steers a run (section 5)."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.cli.machine import MachineLost, Submitted
from execution_engine.errors import Fault, JobRefused, NotFound

_NOT_FOUND = 404


def submitted(payload: bytes, *, failed: bool) -> Submitted:
    """``failed``: the function itself broke. Raises ``JobRefused`` with the answer's faults, ``NotFound``, and
    ``MachineLost`` for what is no fault of the job."""
    answer = accepted(payload, "the submission", failed=failed)
    try:
        return Submitted(str(answer["run_id"]), str(answer["trace_id"]), str(answer["flow_id"]))
    except KeyError as missing:
        raise MachineLost(f"the submission's answer lacks {missing}") from None


def accepted(payload: bytes, what: str, *, failed: bool) -> dict[str, Any]:
    """The answer to ``what`` was asked for, unless it is a refusal. Raises as ``submitted`` does."""
    status, answer = _document(payload)
    if failed:
        raise MachineLost(f"{what} failed: {answer.get('errorMessage') or 'its function broke'}")
    if answer.get("status") == "ok":
        return answer
    if status == _NOT_FOUND:
        raise NotFound(str(answer.get("error") or "there is no such run"))
    faults = [
        Fault(str(fault.get("where", "")), str(fault.get("message", "")))
        for fault in answer.get("errors") or ()
        if isinstance(fault, dict)
    ]
    if faults:
        raise JobRefused(faults)
    raise MachineLost(f"{what} failed: {answer.get('error') or 'its answer can not be read'}")


def _document(payload: bytes) -> tuple[int | None, dict[str, Any]]:
    """The answer itself, or the one inside an HTTP answer, with that one's status."""
    status = None
    try:
        answer = json.loads(payload)
        if isinstance(answer, dict) and isinstance(answer.get("body"), str):
            status, answer = answer.get("statusCode"), json.loads(answer["body"])
    except ValueError:
        answer = None
    return status, answer if isinstance(answer, dict) else {}
