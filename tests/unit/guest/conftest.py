from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.guest.instance import Instance
from unit.worker.stand import Stand, standing


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as stand:
        yield stand


@pytest.fixture
def instance(tmp_path: Path, stand: Stand) -> Instance:
    return Instance(tmp_path, stand)
