from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from execution_engine.local.recovery import Recovery

RUN = "00000000-0000-4000-8000-00000000abcd"


class Executions:
    """Step Functions, as far as it is asked; and the starter of watchdogs beside it."""

    def __init__(self, status: str | None = None, error: str = "ExecutionDoesNotExist") -> None:
        self.status = status
        self.error = error
        self.asked: list[str] = []
        self.started: list[tuple[str, str, int, int]] = []

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        self.asked.append(executionArn)
        if self.status is None:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "DescribeExecution")
        return {"status": self.status}

    def start(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        self.started.append((run_id, num, attempt, wait))


def recovery(executions: Executions) -> Recovery:
    return Recovery(executions, executions)


@pytest.mark.parametrize(("status", "watched"), [("RUNNING", True), ("FAILED", False), (None, False)])
def test_a_run_is_watched_while_its_own_watchdog_runs(status: str | None, watched: bool) -> None:
    executions = Executions(status)
    assert recovery(executions).is_watched(RUN) is watched
    assert executions.asked == [
        f"arn:aws:states:us-east-1:000000000000:execution:execution-engine-watchdog:{RUN}-0000-1"
    ]


def test_what_can_not_be_told_is_not_taken_for_a_no() -> None:
    with pytest.raises(ClientError):
        recovery(Executions(error="ThrottlingException")).is_watched(RUN)


def test_watchdogs_look_at_once_and_the_runs_own_comes_last() -> None:
    executions = Executions()
    recovery(executions).take_up(RUN, {"0001": 1, "0004": 3})
    assert executions.started == [(RUN, "0001", 1, 1), (RUN, "0004", 3, 1), (RUN, "0000", 1, 1)]
