"""One embedded AWS for the whole walk: what a case takes away it gives back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from policies.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("policies")).open() as opened:
        yield opened
