"""Where AWS does something that ministack does not: the three things the engine leans on."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from execution_engine.local.names import VALUES

PROCESSES: Mapping[object, int] = {VALUES["worker_function"]: 64}
"""How many processes a function may have at once; the engine bounds its workers itself."""

OTHER_PROCESSES = 4


def know_if_none_match() -> None:
    """S3's condition key ``s3:if-none-match``, for bucket policies."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    known = actions.s3_service_context

    def with_if_none_match(
        iam_action: str,
        query_params: Mapping[str, Any] | None,
        path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        context: dict[str, Any] = known(iam_action, query_params, path, headers)
        condition = (headers or {}).get("if-none-match")
        if iam_action == "s3:PutObject" and condition:
            context["s3:if-none-match"] = condition
        return context

    actions.s3_service_context = with_if_none_match


def queue_invocations() -> Callable[[], None]:
    """Lambda's queue: an invocation beyond a function's processes waits for one of them.

    ministack starts one more process for each, however many: a hundred watchdogs that tick together
    would be a hundred interpreters. (No function of the engine waits for another one, so none waits
    here for itself.)

    What is returned closes the queue: whoever asks from then on waits for ever. A state machine that
    repeats a failed task would otherwise start functions as fast as they are being ended.
    """
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    acquire, release = functions.acquire_worker, functions.release_worker
    released = threading.Condition()
    closed = threading.Event()

    def acquire_in_turn(name: str, *arguments: Any, **options: Any) -> Any:
        options["max_concurrency"] = PROCESSES.get(name, OTHER_PROCESSES)
        with released:
            while closed.is_set() or (leased := acquire(name, *arguments, **options))[0] is None:
                released.wait()
        return leased

    def release_to_the_next(worker: Any) -> None:
        with released:
            release(worker)
            released.notify_all()

    functions.acquire_worker, functions.release_worker = acquire_in_turn, release_to_the_next
    return closed.set


def forget_lost_executions() -> None:
    """A state machine's execution outlives whoever serves it; ministack's end with their process.

    It brings those that were running back as failed, and their names stay taken: no watchdog could ever be
    started again under its own name, since one that exists counts as started. So they are forgotten instead.
    """
    states: Any = importlib.import_module("ministack.services.stepfunctions")
    load = states.load_persisted_state

    def load_without_lost(data: Any) -> None:
        load(data)
        executions = states._executions._data
        lost = [key for key, found in executions.items() if found.get("error") == "States.ServiceRestart"]
        for key in lost:
            del executions[key]

    states.load_persisted_state = load_without_lost
