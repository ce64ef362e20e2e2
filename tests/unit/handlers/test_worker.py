from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from unit.handlers.conftest import Load, given_to

from execution_engine.worker.assignment import Assignment

CONSOLE = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"
EVENT = {
    "run_id": "00000000-0000-4000-8000-000000000001",
    "order_num": "0001",
    "order_name": "build",
    "attempt": 1,
    "bucket": "b",
    "key": "k",
    "sha256": "ab" * 32,
    "not_after": 1.0,
    "trace_id": "t",
    "flow_id": "f",
    "SOPS_KEY_SSM_PATH": "/engine/key",
}


@pytest.mark.parametrize(
    ("context", "url"),
    [
        (
            SimpleNamespace(log_group_name="/aws/lambda/x", log_stream_name="2026/11/23/[$LATEST]ab"),
            f"{CONSOLE}$252Faws$252Flambda$252Fx/log-events/2026$252F11$252F23$252F$255B$2524LATEST$255Dab",
        ),
        (SimpleNamespace(), None),
        (None, None),
    ],
)
def test_an_attempt_is_worked_on_and_says_where_it_prints(
    load: Load, monkeypatch: pytest.MonkeyPatch, context: Any, url: str | None
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    module = load("worker", given_to("worker"))
    seen: list[object] = []

    class Worker:
        def work(self, assignment: Assignment) -> Any:
            seen.append(assignment)
            return SimpleNamespace(fate="reported")

    class Engine:
        def worker(self, log_url: str | None) -> Worker:
            seen.append(log_url)
            return Worker()

    monkeypatch.setattr(module, "_engine", Engine())
    assert module.handler(EVENT, context) == {"fate": "reported"}
    assert seen == [url, Assignment.from_payload(EVENT)]
