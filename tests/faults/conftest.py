"""Thousands of runs say the same thousands of lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from faults.crash_walk import in_silence

from execution_engine.orders import move


@pytest.fixture(autouse=True, scope="module")
def _lifecycle() -> Iterator[None]:
    """It is asked the same few questions a hundred thousand times, and makes a machine for each; its answers depend
    on the question alone (``unit/orders/test_machine.py`` asks them all)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(move, "next_status", cache(move.next_status))
        yield


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    with in_silence():
        yield
