"""What a submission's answer means (contract section 1)."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.cli.machine import MachineLost, Submitted
from execution_engine.errors import Fault, JobRefused


def submitted(payload: bytes, *, failed: bool) -> Submitted:
    """``failed``: the function itself broke. Raises ``JobRefused`` with the answer's faults, and
    ``MachineLost`` for what is no fault of the job."""
    answer = _document(payload)
    if failed:
        raise MachineLost(f"the submission failed: {answer.get('errorMessage') or 'its function broke'}")
    if answer.get("status") == "ok":
        try:
            return Submitted(str(answer["run_id"]), str(answer["trace_id"]), str(answer["flow_id"]))
        except KeyError as missing:
            raise MachineLost(f"the submission's answer lacks {missing}") from None
    faults = [
        Fault(str(fault.get("where", "")), str(fault.get("message", "")))
        for fault in answer.get("errors") or ()
        if isinstance(fault, dict)
    ]
    if faults:
        raise JobRefused(faults)
    raise MachineLost(f"the submission failed: {answer.get('error') or 'its answer can not be read'}")


def _document(payload: bytes) -> dict[str, Any]:
    """The answer itself, or the one inside an HTTP answer."""
    try:
        answer = json.loads(payload)
        if isinstance(answer, dict) and isinstance(answer.get("body"), str):
            answer = json.loads(answer["body"])
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {}
