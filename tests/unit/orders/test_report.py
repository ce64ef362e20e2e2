"""Claims and results come from anybody; whatever they hold, the order goes on to an end that says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.orders.report import RESULT_LIMIT, TAIL_LIMIT, Claim, Result, parse_claim, parse_result
from execution_engine.orders.status import Status

RUN = "00000000-0000-4000-8000-000000000001"
IDS = {"run_id": RUN, "order_num": "0001", "attempt": 2}


def result(document: Any) -> Result:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_result(data, **IDS)


def test_a_whole_result() -> None:
    document = {
        **IDS,
        "status": "failed",
        "log": "the end",
        "exit_code": -9,
        "reason": "cancelled",
        "started_at": 1_700_000_000.25,
        "ended_at": 1_700_000_001,
        "log_bytes": 2**40,
        "events": 3,
        "execution_url": "https://example.org/a?b=c",
        "unknown": [{}],
    }
    assert result(document) == Result(
        status=Status.FAILED,
        log="the end",
        exit_code=-9,
        reason="cancelled",
        started_at=1_700_000_000.25,
        ended_at=1_700_000_001.0,
        log_bytes=2**40,
        events=3,
        execution_url="https://example.org/a?b=c",
    )


@pytest.mark.parametrize("status", ["succeeded", "failed", "timed_out"])
def test_a_status_is_all_that_a_result_needs(status: str) -> None:
    assert result({"status": status}) == Result(status=Status(status))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a":' * 100_000, "no JSON"),
        (b'{"exit_code": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b'"succeeded"', "no JSON object"),
        (b"null", "no JSON object"),
        (b"[]", "no JSON object"),
        (b" " * RESULT_LIMIT + b"{}", "larger than"),
        ({}, "its status is unknown"),
        ({"status": "SUCCEEDED"}, "its status is unknown"),
        ({"status": ["succeeded"]}, "its status is unknown"),
        ({"status": "\ud800"}, "its status is unknown"),
        ({"status": "running"}, "running, which ends nothing"),
        ({"status": "queued"}, "queued, which ends nothing"),
        ({"status": "succeeded", "run_id": "another"}, "its run_id is another one's"),
        ({"status": "succeeded", "run_id": None}, "its run_id is another one's"),
        ({"status": "succeeded", "order_num": "0002"}, "its order_num is another one's"),
        ({"status": "succeeded", "order_num": 1}, "its order_num is another one's"),
        ({"status": "succeeded", "attempt": 1}, "its attempt is another one's"),
        ({"status": "succeeded", "attempt": "2"}, "its attempt is another one's"),
        ({"status": "failed", "reason": "dependency_failed"}, "its reason is one that no attempt ends for"),
    ],
)
def test_what_can_not_be_read_is_a_failure_that_says_so(document: Any, why: str) -> None:
    found = result(document)
    assert (found.status, found.reason) == (Status.FAILED, "result_unreadable")
    assert why in found.log
    assert len(found.log) < 200


@pytest.mark.parametrize("field", ["exit_code", "log_bytes"])
@pytest.mark.parametrize("value", [2**63, -(2**63), 10**400, 1.0, "1", True, None, [1], {}])
def test_what_is_no_whole_number_is_left_out(field: str, value: Any) -> None:
    assert getattr(result({"status": "succeeded", field: value}), field) is None


@pytest.mark.parametrize("field", ["started_at", "ended_at"])
@pytest.mark.parametrize("value", ["1", True, None, -1, 1e11, 10**400, float("nan"), float("inf"), [1]])
def test_what_is_no_time_is_left_out(field: str, value: Any) -> None:
    assert getattr(result({"status": "succeeded", field: value}), field) is None


@pytest.mark.parametrize(
    ("events", "kept"), [(-5, 0), (None, 0), ("7", 0), (True, 0), (2**70, 0), (10**9, 10_000), (7, 7)]
)
def test_the_number_of_events_is_bounded(events: Any, kept: int) -> None:
    assert result({"status": "succeeded", "events": events}).events == kept


@pytest.mark.parametrize(("value", "kept"), [("x" * 300, "x" * 200), ("", None), (5, None), ({"a": 1}, None)])
def test_a_reason_is_a_short_text(value: Any, kept: str | None) -> None:
    assert result({"status": "failed", "reason": value}).reason == kept


def test_half_a_surrogate_pair_is_made_fit_for_every_store() -> None:
    found = result(b'{"status": "failed", "log": "a\\ud800b", "reason": "\\udfff", "execution_url": "u\\ud801"}')
    assert (found.log, found.reason, found.execution_url) == ("a?b", "?", "u?")


def test_a_record_keeps_the_end_of_the_log() -> None:
    found = result({"status": "failed", "log": "x" * 10_000 + "end"})
    assert len(found.log) == 10_003
    assert len(found.tail) == TAIL_LIMIT
    assert found.tail.endswith("xend")
    assert result({"status": "failed", "log": {"no": "text"}}).log == ""


def test_a_whole_claim() -> None:
    data = {"nonce": "n", "at": 5, "void": True, "execution_url": "https://example.org", "reason": "worker_lost"}
    assert parse_claim(json.dumps(data).encode()) == Claim(
        nonce="n", at=5.0, void=True, execution_url="https://example.org", reason="worker_lost"
    )


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b"9" * 5_000])
def test_a_malformed_claim_is_a_claim_all_the_same(data: bytes) -> None:
    assert parse_claim(data) == Claim(nonce="", at=None)


@pytest.mark.parametrize("void", ["true", 1, [True], None])
def test_only_true_makes_a_claim_void(void: Any) -> None:
    assert not parse_claim(json.dumps({"void": void}).encode()).void


def test_fields_of_a_claim_of_the_wrong_kind_are_left_out() -> None:
    data = {"nonce": 5, "at": 10**400, "execution_url": ["u"], "reason": "x" * 999}
    assert parse_claim(json.dumps(data).encode()) == Claim(nonce="5", at=None, reason="x" * 200)


def test_a_success_has_no_reason_to_end_the_job_otherwise() -> None:
    assert result({"status": "succeeded", "reason": "job_timed_out"}) == Result(status=Status.SUCCEEDED)


@pytest.mark.parametrize(("said", "kept"), [(-5, 0), (2**60, 2**53), (1.5, None), (True, None), ("7", None)])
def test_the_length_of_a_log_is_a_length(said: Any, kept: int | None) -> None:
    assert result({"status": "failed", "log_bytes": said}).log_bytes == kept
