from __future__ import annotations

import threading
from typing import Any

import pytest

from execution_engine.worker.control import Control, asked_stop
from execution_engine.worker.stop import Stop, StopRequest


@pytest.mark.parametrize(
    ("document", "stop"),
    [
        (None, None),
        ({}, None),
        ({"action": "dance"}, None),
        ({"action": "stop", "reason": "cancelled", "status": "failed"}, Stop("failed", "cancelled")),
        ({"action": "stop", "reason": "timed_out", "status": "timed_out"}, Stop("timed_out", "timed_out")),
        ({"action": "stop"}, Stop("failed")),
        ({"action": "stop", "reason": 5, "status": "succeeded"}, Stop("failed")),
        ({"action": "stop", "status": []}, Stop("failed")),
        ({"action": "stop", "attempt": 1}, Stop("failed")),
        ({"action": "stop", "attempt": 2}, None),
    ],
)
def test_what_is_asked(document: dict[str, Any] | None, stop: Stop | None) -> None:
    assert asked_stop(document, 1) == stop


def test_it_goes_on_asking_through_trouble_until_a_stop() -> None:
    request, asked = StopRequest(), []
    answers: list[dict[str, Any] | Exception | None] = [
        None,
        OSError("no network"),
        {"action": "renew"},
        {"action": "stop", "reason": "cancelled"},
    ]

    def read(timeout: float) -> dict[str, Any] | None:
        asked.append(timeout)
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    control = Control(read, request, attempt=1, interval=0.01)
    with control:
        request.wait(20)
        assert request.asked == Stop("failed", "cancelled")
    assert len(asked) == 4
    assert "control" not in [thread.name for thread in threading.enumerate()]


def test_a_short_order_never_asks() -> None:
    asked: list[float] = []
    with Control(lambda timeout: asked.append(timeout), StopRequest(), attempt=1, interval=60.0):  # type: ignore[func-returns-value]
        pass
    assert asked == []
