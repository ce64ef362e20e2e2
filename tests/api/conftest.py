"""`serve`, and a run to ask about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from api.stand import at_rest, serving
from integration.machine import Machine, order


@dataclass(frozen=True)
class Known:
    url: str
    run_id: str
    trace_id: str


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """A run that there really was, and from then on nothing runs."""
    root = tmp_path_factory.mktemp("api")
    note = "echo '{\"a\": [1]}' > $AWS_EXE_SYS_EVENTS_DIR/note.json"
    ran = Machine(root).run([order("build", note, "seq 1000"), order("test", "exit 3", dependencies=["build"])]).json
    with at_rest(root / "state"), serving(root / "state") as url:
        yield Known(url, ran["run_id"], ran["trace_id"])
