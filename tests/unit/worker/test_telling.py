from __future__ import annotations

import pytest

from execution_engine.worker.telling import tell


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("plain words"), "ValueError: plain words"),
        (KeyError(), "KeyError"),
        (OSError("two\n  lines"), "OSError: two lines"),
        (
            OSError("GET https://b.s3.amazonaws.com/a/b?X-Amz-Signature=abc&x=y failed"),
            "OSError: GET https://b.s3.amazonaws.com/a/b?… failed",
        ),
        (
            OSError("Max retries exceeded with url: /a/b?X-Amz-Signature=abc (Caused by x)"),
            "OSError: Max retries exceeded with url: /a/b?… (Caused by x)",
        ),
        (OSError("what? nothing"), "OSError: what? nothing"),
        (OSError("x" * 1000), "OSError: " + "x" * 491 + "…"),
    ],
)
def test_one_bounded_line_without_a_query(error: Exception, told: str) -> None:
    assert tell(error) == told
