"""What every ``orders.store.Reports`` must do with results, whoever wrote them and whatever they are."""

from __future__ import annotations

import pytest
from contracts.reports_contract import NOW, NUM, ReportsBackend, as_json

from execution_engine.jobs.naming import RUN_NUM, result_key
from execution_engine.orders.report import RESULT_LIMIT
from execution_engine.orders.status import Status

UNREADABLE = [
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[" * 100_000,
    b"[]",
    b'"succeeded"',
    b"{}",
    b'{"status": "running"}',
    b'{"status": "queued"}',
    b'{"status": null}',
    b'{"status": ["succeeded"]}',
    b'{"status": {}}',
    b'{"status": "succeeded", "order_num": "0002"}',
    b'{"status": "succeeded", "attempt": 2}',
    b'{"status": "succeeded", "run_id": "another"}',
]


class ResultsContract:
    """Subclasses have a fixture ``backend``; each test has a ``run_id`` of its own."""

    @pytest.mark.parametrize("attempt", [1, 2])
    def test_a_result_is_read(self, backend: ReportsBackend, run_id: str, attempt: int) -> None:
        told = as_json(
            run_id=run_id,
            order_num=NUM,
            attempt=attempt,
            status="failed",
            log="ünd\n",
            exit_code=3,
            reason="cancelled",
            started_at=NOW,
            ended_at=NOW + 1,
            log_bytes=5,
            events=2,
            unknown="field",
        )
        backend.put(result_key(run_id, NUM, attempt), told)
        result = backend.reports.result(run_id, NUM, attempt)
        assert result is not None
        assert (result.status, result.log, result.exit_code, result.reason) == (
            Status.FAILED,
            "ünd\n",
            3,
            "cancelled",
        )
        assert (result.started_at, result.ended_at, result.log_bytes, result.events) == (NOW, NOW + 1, 5, 2)
        assert backend.reports.has_result(run_id, NUM, attempt)
        assert not backend.reports.has_result(run_id, NUM, 3 - attempt)

    @pytest.mark.parametrize("body", UNREADABLE)
    def test_what_is_no_result_is_a_failed_one(self, backend: ReportsBackend, run_id: str, body: bytes) -> None:
        backend.put(result_key(run_id, NUM), body)
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert (result.status, result.reason) == (Status.FAILED, "result_unreadable")
        assert result.log

    def test_a_result_beyond_the_limit_is_a_failed_one(self, backend: ReportsBackend, run_id: str) -> None:
        log = "x" * RESULT_LIMIT
        backend.put(result_key(run_id, NUM), as_json(status="succeeded", log=log))
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert (result.status, result.reason) == (Status.FAILED, "result_unreadable")

    def test_a_result_at_the_limit_is_read(self, backend: ReportsBackend, run_id: str) -> None:
        frame = len(as_json(status="succeeded", log=""))
        backend.put(result_key(run_id, NUM), as_json(status="succeeded", log="x" * (RESULT_LIMIT - frame)))
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert result.status is Status.SUCCEEDED

    def test_what_is_odd_in_a_result_is_left_out(self, backend: ReportsBackend, run_id: str) -> None:
        body = b'{"status": "succeeded", "exit_code": "0", "started_at": NaN, "ended_at": 1e400, "log": "\\ud800"}'
        backend.put(result_key(run_id, NUM), body)
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert (result.status, result.exit_code, result.started_at, result.ended_at) == (
            Status.SUCCEEDED,
            None,
            None,
            None,
        )
        result.log.encode()

    def test_the_first_result_stands(self, backend: ReportsBackend, run_id: str) -> None:
        assert backend.reports.write_result(run_id, NUM, 1, {"status": "timed_out", "log": "first", "exit_code": None})
        assert not backend.reports.write_result(run_id, NUM, 1, {"status": "succeeded", "log": "second"})
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert (result.status, result.log) == (Status.TIMED_OUT, "first")

    def test_a_workers_result_stands_against_the_engines(self, backend: ReportsBackend, run_id: str) -> None:
        backend.put(result_key(run_id, NUM), as_json(status="succeeded"))
        assert not backend.reports.write_result(run_id, NUM, 1, {"status": "failed", "reason": "worker_lost"})
        result = backend.reports.result(run_id, NUM, 1)
        assert result is not None
        assert result.status is Status.SUCCEEDED

    def test_the_start_signal_is_the_runs_result(self, backend: ReportsBackend, run_id: str) -> None:
        assert not backend.reports.has_result(run_id, RUN_NUM, 1)
        for _ in range(2):
            backend.reports.signal_start(run_id)
            assert backend.reports.has_result(run_id, RUN_NUM, 1)
