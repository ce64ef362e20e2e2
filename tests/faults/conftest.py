"""Thousands of runs say the same thousands of lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults.crash_walk import in_silence


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with in_silence():
        yield
