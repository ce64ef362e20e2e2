from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from execution_engine.errors import JobRefused
from execution_engine.jobs.encoding import job_document, submission

JOB = {"username": "ada", "orders": [{"cmds": ["true"], "timeout": 60}]}


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def faults_of(request: object) -> list[tuple[str, str]]:
    with pytest.raises(JobRefused) as refused:
        job_document(request)
    return [(fault.where, fault.message) for fault in refused.value.faults]


def test_both_forms_of_a_request_are_one_document() -> None:
    wrapped = "\n".join(encoded(json.dumps(JOB))[at : at + 20] for at in range(0, 200, 20))
    for request in (
        {"job": JOB},
        {"job_parameters_b64": encoded(json.dumps(JOB))},
        {"job_parameters_b64": wrapped},
    ):
        document, trace_id, key = job_document(request)
        assert (document, trace_id, key) == (JOB, None, None)


def test_what_is_said_beside_the_job() -> None:
    taken = job_document({"job": JOB, "trace_id": "0a1b-2c", "idempotency_key": "deploy of monday"})
    assert (taken.trace_id, taken.idempotency_key) == ("0a1b-2c", "deploy of monday")


@pytest.mark.parametrize(
    ("request_", "where", "message"),
    [
        (None, "", "must be an object"),
        ({}, "", "neither is there"),
        ({"job": JOB, "job_parameters_b64": "e30="}, "", "both are there"),
        ({"job": []}, "job", "must hold an object, not a list"),
        ({"job_parameters_b64": 3}, "job_parameters_b64", "base64, not a number"),
        ({"job_parameters_b64": "{}"}, "job_parameters_b64", "is no base64"),
        ({"job_parameters_b64": "ä"}, "job_parameters_b64", "is no base64"),
        ({"job_parameters_b64": encoded(b"\xff{}")}, "job_parameters_b64", "not UTF-8 (at byte 0)"),
        ({"job_parameters_b64": encoded("{'a': 1}")}, "job_parameters_b64", "line 1, column 2"),
        ({"job_parameters_b64": encoded("[]")}, "job_parameters_b64", "must hold an object, not a list"),
        ({"job_parameters_b64": encoded('{"a": 1, "a": 2}')}, "job_parameters_b64", '"a" appears twice'),
        ({"job_parameters_b64": encoded('{"a": NaN}')}, "job_parameters_b64", "NaN is no JSON"),
        ({"job_parameters_b64": encoded('{"a": -Infinity}')}, "job_parameters_b64", "-Infinity is no JSON"),
        ({"job_parameters_b64": encoded('{"a": 1e999}')}, "job_parameters_b64", "too large"),
        (
            {"job_parameters_b64": encoded('{"a": 1' + "0" * 5000 + "}")},
            "job_parameters_b64",
            "can't be taken",
        ),
        ({"job_parameters_b64": encoded("[" * 200_000)}, "job_parameters_b64", "nested too deeply"),
        ({"job": JOB, "trace_id": "a:b"}, "trace_id", "must be 1–64"),
        ({"job": JOB, "trace_id": 5}, "trace_id", "must be text"),
        ({"job": JOB, "idempotency_key": "k" * 257}, "idempotency_key", "at most 256"),
        ({"job": JOB, "idempotencykey": "k"}, "idempotencykey", 'did you mean "idempotency_key"?'),
    ],
)
def test_a_request_that_is_wrong_in_one_place(request_: object, where: str, message: str) -> None:
    ((place, said),) = faults_of(request_)
    assert place == where
    assert message in said


def test_a_job_that_was_not_put_into_a_request() -> None:
    told = faults_of(JOB)
    assert ("orders", "is no field of a request") in told
    assert any('put the job itself under "job"' in said for _, said in told)


def test_the_faults_of_the_request_and_of_its_job_are_told_together() -> None:
    bad: dict[str, Any] = {"job": {**JOB, "job_timeout": 0}, "trace_id": "?"}
    with pytest.raises(JobRefused) as refused:
        submission(bad, door="init")
    assert [fault.where for fault in refused.value.faults] == ["trace_id", "job_timeout"]
    with pytest.raises(JobRefused) as refused:
        submission({"job": 3, "trace_id": "?"}, door="init")
    assert [fault.where for fault in refused.value.faults] == ["trace_id", "job"]


def test_a_submission_is_the_job_and_what_was_said_beside_it() -> None:
    taken = submission({"job": JOB, "trace_id": "ab", "idempotency_key": "k"}, door="init")
    assert (taken.job.username, taken.trace_id, taken.idempotency_key) == ("ada", "ab", "k")
