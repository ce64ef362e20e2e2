"""What the agent prints in place of structlog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.guest import structlog_stand_in as structlog


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    found = [json.loads(line) for line in err.splitlines()]
    for line in found:
        assert line.pop("timestamp").endswith("Z")
    return found


def test_a_line_carries_what_is_bound_and_given(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger().bind(part="x")
    with structlog.contextvars.bound_contextvars(run_id="r"):
        with structlog.contextvars.bound_contextvars(order_num="0001"):
            log.info("one", count=1)
        log.warning("two")
    log.error("three", why=OSError("broken"))
    log.debug("not shown")
    assert lines(capsys) == [
        {"run_id": "r", "order_num": "0001", "part": "x", "count": 1, "event": "one", "level": "info"},
        {"run_id": "r", "part": "x", "event": "two", "level": "warning"},
        {"part": "x", "why": "OSError('broken')", "event": "three", "level": "error"},
    ]


def test_no_query_of_a_url_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().error("refused", error="GET https://bucket/key?X-Amz-Signature=abc failed")
    assert lines(capsys)[0]["error"] == "GET https://bucket/key failed"


def test_an_exception_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("no good")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError: no good" in lines(capsys)[0]["exception"]


def test_that_nobody_reads_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    structlog.get_logger().info("unheard")
