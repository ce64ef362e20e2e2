"""What the answers to a submission, a cancellation and a retry mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.cli.answers import submitted
from execution_engine.cli.machine import MachineLost, Submitted
from execution_engine.errors import Fault, JobRefused, NotFound

OK = {"status": "ok", "run_id": "r", "trace_id": "t", "flow_id": "f", "done_endpt": "s3://done/r/done"}
REFUSED = {"status": "error", "error": "no", "errors": [{"where": "orders[0]", "message": "is bad"}]}


def in_http(answer: dict[str, Any], code: int = 200) -> dict[str, Any]:
    return {"statusCode": code, "body": json.dumps(answer)}


@pytest.mark.parametrize("answer", [OK, in_http(OK)])
def test_a_job_that_was_taken(answer: dict[str, Any]) -> None:
    assert submitted(json.dumps(answer).encode(), failed=False) == Submitted("r", "t", "f")


@pytest.mark.parametrize("answer", [REFUSED, in_http(REFUSED, 400)])
def test_a_job_that_was_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(JobRefused) as refused:
        submitted(json.dumps(answer).encode(), failed=False)
    assert refused.value.faults == (Fault("orders[0]", "is bad"),)


@pytest.mark.parametrize(
    ("payload", "failed", "said"),
    [
        (b'{"errorMessage": "Task timed out", "errorType": "X"}', True, "Task timed out"),
        (b"", True, "its function broke"),
        (b'{"status": "error", "error": "no key", "errors": []}', False, "no key"),
        (b"null", False, "can not be read"),
        (b"[1]", False, "can not be read"),
        (b"<html>", False, "can not be read"),
        (b'{"status": "ok"}', False, "run_id"),
        (b'{"statusCode": 502, "body": "Bad gateway"}', False, "can not be read"),
    ],
)
def test_what_is_no_fault_of_the_job(payload: bytes, failed: bool, said: str) -> None:
    with pytest.raises(MachineLost, match=said):
        submitted(payload, failed=failed)


def test_a_run_that_is_not_there() -> None:
    answer = in_http({"status": "error", "error": "there is no run x", "errors": []}, 404)
    with pytest.raises(NotFound, match="there is no run x"):
        submitted(json.dumps(answer).encode(), failed=False)
