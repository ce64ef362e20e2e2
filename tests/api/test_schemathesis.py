"""The API as `serve` has it, tried by schemathesis from the document that it publishes: whatever is sent, what comes
back is as described, and what can not be taken is refused."""

from __future__ import annotations

from pathlib import Path

from api.conftest import Known
from api.stand import fuzz

EXAMPLES = 80
"""Of each operation, beside those that schemathesis derives from the document."""


def test_anything_that_may_be_sent(known: Known, tmp_path: Path) -> None:
    found = fuzz(known.url, tmp_path, examples=EXAMPLES)
    assert found.code == 0, found.told
    assert found.cases >= 2_000, found.told


def test_questions_about_what_there_is(known: Known, tmp_path: Path) -> None:
    """Where most answers are 200."""
    places = {
        "path.run_id": known.run_id,
        "path.trace_id": known.trace_id,
        "path.order_num": "0001",
        "path.order_name": "build",
    }
    found = fuzz(known.url, tmp_path, examples=EXAMPLES, known=places, include_method="GET")
    assert found.code == 0, found.told
    assert found.cases >= 500, found.told
