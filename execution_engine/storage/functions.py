"""Asynchronous invocations of the engine's own functions."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.jobs.naming import RUN_NUM


class Functions:
    """``Event`` invocations: accepted, not awaited."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, function: str, event: dict[str, Any]) -> None:
        self._client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())


class OrchestratorWaker:
    """Implements ``orders.store.Waker``."""

    def __init__(self, functions: Functions, orchestrator: str) -> None:
        self._functions = functions
        self._orchestrator = orchestrator

    def wake(self, run_id: str, num: str = RUN_NUM) -> None:
        self._functions.send(self._orchestrator, {"look": {"run_id": run_id, "order_num": num}})
