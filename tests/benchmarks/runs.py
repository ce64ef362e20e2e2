"""Whole runs of nothing but ``true``, on an embedded AWS of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from execution_engine.local.embedded_aws import EmbeddedAws
from execution_engine.local.names import VALUES
from execution_engine.local.state_folder import StateFolder
from execution_engine.wiring import Engine, connect

_POLL = 0.02


def job(shape: str, n: int, target: str = "lambda", instances: int = 0) -> dict[str, Any]:
    """``fan``: n orders that need nothing. ``chain``: each needs the one before. ``instances``: on how many each
    order runs, with a variable, where ``target`` is ``ssm``."""
    where: dict[str, Any] = {"execution_target": target}
    if target == "ssm":
        where |= {"ssm_targets": {"instance_ids": instance_ids(instances)}, "env_vars": {"WORD": "a"}}
    orders: list[dict[str, Any]] = [
        {"order_name": f"o{place}", "cmds": ["true"], "timeout": 60, **where} for place in range(1, n + 1)
    ]
    if shape == "chain":
        for before, order in pairwise(orders):
            order["dependencies"] = [before["order_name"]]
    return {"username": "bench", "orders": orders}


def instance_ids(n: int) -> list[str]:
    return [f"node-{place}" for place in range(1, n + 1)]


class Bench:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(
        self, shape: str, n: int, limit: float = 900.0, target: str = "lambda", instances: int = 0
    ) -> tuple[float, str]:
        """Seconds from submission to ``done``, and the run's id. Raises if it did not succeed in ``limit``."""
        begun = time.perf_counter()
        answer = self._engine.client("lambda").invoke(
            FunctionName=str(VALUES["ssm_config_function" if target == "ssm" else "init_job_function"]),
            Payload=json.dumps({"job": job(shape, n, target, instances)}).encode(),
        )
        run_id = str(json.loads(answer["Payload"].read())["run_id"])
        while not self._engine.done.exists(run_id):
            if time.perf_counter() - begun > limit:
                raise TimeoutError(f"{shape} of {n}: not done after {limit} s")
            time.sleep(_POLL)
        seconds = time.perf_counter() - begun
        done = json.loads(self._engine.done_bucket.read(f"{run_id}/done", 10_000) or b"{}")
        if done.get("summary") != {"succeeded": n, "failed": 0, "timed_out": 0}:
            raise AssertionError(f"{shape} of {n} ended as {done}")
        return seconds, run_id

    def wait_for_watchdogs(self, limit: float = 300.0) -> None:
        """Until the last watchdog has seen that its order is over."""
        client = self._engine.client("stepfunctions")
        machine = self._engine.settings.watchdog_sfn
        begun = time.perf_counter()
        while client.list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)["executions"]:
            if time.perf_counter() - begun > limit:
                raise TimeoutError("watchdogs still run")
            time.sleep(0.5)


@contextmanager
def embedded(folder: Path, environ: dict[str, str], extra: dict[str, str] | None = None) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(StateFolder(folder), environ=environ, connect=connect, extra_environment=extra or {}) as aws:
        yield aws
