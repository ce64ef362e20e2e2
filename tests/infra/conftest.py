"""One copy of the stacks for all tests that only look at them."""

from __future__ import annotations

import pytest
from infra.stacks import Stacks, no_provider, no_terraform


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """For what needs no provider."""
    if reason := no_terraform():
        pytest.skip(reason)
    return Stacks(tmp_path_factory.mktemp("stacks"))


@pytest.fixture(scope="session")
def stacks(copied: Stacks) -> Stacks:
    if reason := no_provider():
        pytest.skip(reason)
    return copied
