"""Starts watchdogs: Step Functions executions with a deterministic name and input (law 5)."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from execution_engine.jobs.naming import watchdog_name
from execution_engine.storage.service_errors import code_of


class StepFunctionWatchdogs:
    """Implements ``orders.store.Watchdogs``."""

    def __init__(self, client: Any, state_machine: str) -> None:
        self._client = client
        self._state_machine = state_machine

    def start(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        watched = {"run_id": run_id, "order_num": num, "attempt": attempt, "wait": wait}
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine,
                name=watchdog_name(run_id, num, attempt),
                input=json.dumps(watched, sort_keys=True),
            )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
