"""The API as `serve` has it, tried by schemathesis from the document that it publishes: whatever is sent, what comes
back is as described, and what can not be taken is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from api.stand import at_rest, fuzz, serving
from integration.machine import Machine, order

EXAMPLES = 80
"""Of each operation, beside those that schemathesis derives from the document."""


@dataclass(frozen=True)
class Known:
    url: str
    run_id: str
    trace_id: str


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """A run that there really was, and from then on nothing runs."""
    root = tmp_path_factory.mktemp("api")
    note = "echo '{\"a\": [1]}' > $AWS_EXE_SYS_EVENTS_DIR/note.json"
    ran = Machine(root).run([order("build", note, "seq 1000"), order("test", "exit 3", dependencies=["build"])]).json
    with at_rest(root / "state"), serving(root / "state") as url:
        yield Known(url, ran["run_id"], ran["trace_id"])


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
