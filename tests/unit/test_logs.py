"""A presigned URL's query string opens an object: it is never printed, wherever it comes from."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from execution_engine import logs, redaction

URL = "https://bucket.s3.amazonaws.com/tmp/callbacks/runs/x/result.json"
QUERY = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F1&X-Amz-Signature=5ec7e7"
SIGNED = f"{URL}?{QUERY}"

Print = Callable[..., dict[str, Any]]


class Holder:
    def __repr__(self) -> str:
        return f"<Holder of {SIGNED}>"


@pytest.fixture(params=[False, True], ids=["json", "readable"])
def printed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Logs one line through the real set-up and answers what came out."""
    before = structlog.get_config()
    target = io.StringIO()
    monkeypatch.setattr("sys.stderr", target)
    logs.configure(readable=request.param)
    structlog.configure(cache_logger_on_first_use=False)

    def write(event: str, **values: Any) -> str:
        structlog.get_logger().warning(event, **values)
        return target.getvalue()

    yield write
    structlog.configure(**before)


@pytest.mark.parametrize(
    "values",
    [
        {"url": SIGNED},
        {"text": f"PUT {SIGNED}, then '{SIGNED}' and <{SIGNED}>"},
        {"upper": SIGNED.replace("https", "HTTPS")},
        {"nested": {"a": [1, {"b": (SIGNED,)}]}},
        {"a_set": {SIGNED}},
        {SIGNED: 1},
        {"keys": {SIGNED: 1}},
        {"raw": SIGNED.encode()},
        {"error": ValueError(SIGNED)},
        {"thing": Holder()},
        {"things": [Holder()]},
        {"path": f"Max retries exceeded with url: /b/result.json?{QUERY} (Caused by …)"},
        {"lower": f"/b/k?{QUERY.lower()}".replace("akia", "AKIA")},
        {"other": f"asked {URL.replace('https', 'HTTPS')}?token=5ec7e7"},
        {"old": "/b/k?AWSAccessKeyId=AKIA&Expires=1&Signature=5ec7e7"},
    ],
    ids=lambda values: next(iter(values))[:6],
)
def test_no_query_of_a_presigned_url_is_printed(printed: Callable[..., str], values: dict[str, Any]) -> None:
    out = printed("event", **values)
    assert "event" in out
    assert "5ec7e7" not in out
    assert "AKIA" not in out


def test_neither_in_the_message_nor_in_a_traceback(printed: Callable[..., str]) -> None:
    try:
        raise ConnectionError(f"no answer from {SIGNED}")
    except ConnectionError:
        out = printed(f"asked {SIGNED}", exc_info=True)
    assert "ConnectionError: no answer from" in out
    assert URL in out
    assert "5ec7e7" not in out


def test_everything_else_is_printed_as_it_is() -> None:
    line = {
        "url": URL,
        "question": "is it? yes",
        "n": 1,
        "ratio": 0.5,
        "none": None,
        "flag": True,
        "list": ["a?b", {"c": 2}],
        "link": "https://console.aws.amazon.com/cloudwatch/home#logs",
    }
    assert redaction.redacted(line) == line


def test_lines_are_json_with_level_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = structlog.get_config()
    target = io.StringIO()
    monkeypatch.setattr("sys.stderr", target)
    try:
        logs.configure()
        structlog.configure(cache_logger_on_first_use=False)
        structlog.get_logger().info("two\nlines", n=1)
        structlog.get_logger().debug("unseen")
    finally:
        structlog.configure(**before)
    (line,) = target.getvalue().splitlines()
    found = json.loads(line)
    assert (found["event"], found["n"], found["level"]) == ("two\nlines", 1, "info")
    assert found["timestamp"].endswith("Z")
