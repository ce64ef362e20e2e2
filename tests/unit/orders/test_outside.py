from __future__ import annotations

import json

import pytest

from execution_engine.orders.outside import result_from_outside, stop_request
from execution_engine.orders.report import Result, parse_result
from execution_engine.orders.status import Status
from execution_engine.worker.control import asked_stop
from execution_engine.worker.stop import Stop


@pytest.mark.parametrize("reason", ["cancelled", None])
@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT])
def test_a_worker_ends_as_it_is_asked_to(status: Status, reason: str | None) -> None:
    request = json.loads(json.dumps(stop_request(2, status, reason, 7.5)))
    assert asked_stop(request, attempt=2) == Stop(str(status), reason)
    assert asked_stop(request, attempt=1) is None
    assert request["asked_at"] == 7.5


def test_a_result_from_outside_is_read_like_any_other() -> None:
    data = json.dumps(result_from_outside(Status.TIMED_OUT, "job_timed_out", "nobody answered", 7.5)).encode()
    assert parse_result(data, run_id="r", order_num="0001", attempt=1) == Result(
        status=Status.TIMED_OUT, reason="job_timed_out", log="nobody answered", ended_at=7.5
    )
